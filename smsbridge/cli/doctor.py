"""``smsbridge doctor``: looks at a config as a send would use it."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import asks
from smsbridge.cli.streams import put
from smsbridge.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsbridge.backends.base import Backend
    from smsbridge.cli.doctor_logic import Check
    from smsbridge.http.transport import Transport

_WIDE = len("network")
_HELP = """Look at the config as a send would use it, and say what to do. Sends no message.

\b
Examples:
  smsbridge doctor
  smsbridge doctor --backend oldcorp --json

It resolves names, tries TLS, reads the WSDL and fetches a token. Exit code 1 if anything is to be
done. Credentials that no token is fetched with are not tried, which a line with `note` says: only a
call tells whether the provider takes them.
"""


@click.command(help=_HELP)
@asks
def doctor(backend: str | None, url: str | None, *, as_json: bool) -> None:
    """Examine one backend."""
    from smsbridge.cli.doctor_logic import Check
    from smsbridge.http.requests_transport import RequestsTransport

    sheet = _Sheet(as_json=as_json)
    try:
        chosen = chosen_backend(backend, url)
        senders = list(chosen.senders())
        sheet.widen(key for _, one in senders for key in one.credentials())
        for name, one in senders:
            named = f"{name}, {one.name}" if name else one.name
            if not one.protocols:
                sheet.tell(Check(name="config", said=f"{named}: nothing goes on the wire"))
                continue
            transport = RequestsTransport(one)
            sheet.tell(Check(name="config", said=f"{named} over {one.protocol}"))
            with closing(transport):
                sheet.examine(one, transport, name or backend)
    except CallerError as error:
        sheet.tell(Check(name="config", said=str(error), todo="mend the config"))
    if not sheet.well:
        sys.exit(Exit.ERROR)


class _Sheet:
    """What was found, printed as it is."""

    def __init__(self, *, as_json: bool) -> None:
        self.well = True
        self._as_json = as_json
        self._wide = _WIDE

    def widen(self, names: Iterable[str]) -> None:
        self._wide = max([self._wide, *map(len, names)])

    def tell(self, check: Check, word: str = "ok") -> None:
        self.well = self.well and check.well
        if self._as_json:
            put(json.dumps({**asdict(check), "well": check.well}))
            return
        lead = f"{word if check.well else 'FAIL':<5} {check.name:<{self._wide}}  "
        put(lead + check.said)
        if check.todo:
            put(f"{'':<{len(lead)}}→ {check.todo}")

    def examine(self, backend: Backend, transport: Transport, block: str | None) -> None:
        from smsbridge.cli.doctor_logic import Check, examine

        done = set()
        for check in examine(backend, transport):
            self.tell(check)
            done.add(check.name)
        if backend.credentials() and "token" not in done:
            self.tell(Check(name="account", said=_untried(backend, block)), "note")


def _untried(backend: Backend, block: str | None) -> str:
    said = "not tried: only a call tells"
    if "sent" not in backend.protocols[backend.protocol].operations():
        return said
    chosen = f" --backend {block}" if block else ""
    return f"{said}; smsbridge sent --limit 1{chosen} tries it and sends nothing"
