"""``smsbridge doctor``: a line for each check, and what to do below it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING

import click

from smsbridge.cli.doctor.finding import Finding
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import choose_backend, provider_options, same_backend
from smsbridge.cli.streams import put
from smsbridge.cli.table import colour, fold
from smsbridge.errors import CallerError, MissingExtra

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.transport import Transport

_WIDE = len("network")
_AGAIN = "fix the config, then run smsbridge doctor again"
_HELP = """Check the config as a send would use it, and say what to fix. Sends no message.

\b
Examples:
  smsbridge doctor
  smsbridge doctor --backend oldcorp --json
  smsbridge doctor --live

If the config has a [bridge], and neither --backend nor --url is given, it checks each block that
a door sends through, and whether smsbridge serve would start: its tables, its doors and its store.

It resolves names, tries TLS, reads the WSDL and fetches a token. The exit code is 1 if there is
anything to fix. Credentials that fetch no token are not tried, and a line with `note` says so: only
a call shows whether the provider accepts them. With --json, `verdict` is ok, note, warn or fail.
"""


@click.command(help=_HELP)
@click.option(
    "--live", is_flag=True, help="Compare wsdl.lock with the WSDL that is at its address now."
)
@provider_options
def doctor(
    backend: str | None, config: str | None, url: str | None, *, as_json: bool, live: bool
) -> None:
    """Examine one backend, or a bridge and all that it sends through."""
    from smsbridge.cli.doctor.bridge import examine_bridge, find_bridge, senders_of

    report = _Report(as_json=as_json)
    try:
        bridge = None if backend is not None or url is not None else find_bridge(config)
        if bridge:
            senders = list(senders_of(bridge).items())
        else:
            chosen = choose_backend(backend, url, config)
            senders = list((chosen.members() or {"": chosen}).items())
        report.widen(key for _, one in senders for key in one.credentials())
        for name, one in senders:
            _examine(report, one, name, same_backend(name or backend, config), live=live)
        for found in examine_bridge(bridge) if bridge else ():
            report.add(found)
    except CallerError as error:
        todo = error.command if isinstance(error, MissingExtra) else _AGAIN
        report.add(Finding(name="config", said=str(error), todo=todo))
    if not report.well:
        sys.exit(Exit.ERROR)


def _examine(report: _Report, one: Backend, name: str, same: list[str], *, live: bool) -> None:
    """Examine one backend; raises `CallerError`. ``same``: the options that choose it."""
    from smsbridge.cli.doctor.credentials import check_credentials
    from smsbridge.cli.doctor.live import compare_live
    from smsbridge.cli.wsdl_source import wsdl_carrier
    from smsbridge.http.requests_transport import RequestsTransport

    named = f"{name}, {one.name}" if name not in ("", one.name) else one.name
    if not one.protocols:
        report.add(Finding(name="config", said=f"{named}: nothing is sent over a network"))
        return
    try:
        transport = RequestsTransport(one)
    except CallerError:  # what opens a client certificate may be what is wrong
        for found in check_credentials(one):
            if not found.well:
                report.add(found)
        raise
    report.add(Finding(name="config", said=f"{named} over {one.protocol}"))
    with closing(transport):
        report.examine(one, transport, same)
    if live:
        report.add(compare_live(one, wsdl_carrier(one.timeout, one)))


class _Report:
    """What was found, printed as it is found."""

    def __init__(self, *, as_json: bool) -> None:
        self.well = True
        self._as_json = as_json
        self._wide = _WIDE

    def widen(self, names: Iterable[str]) -> None:
        self._wide = max([self._wide, *map(len, names)])

    def add(self, found: Finding, word: str = "") -> None:
        self.well = self.well and found.well
        word = word or ("WARN" if found.warns else "ok")
        verdict = word if found.well else "FAIL"
        if self._as_json:
            row = {"name": found.name, "said": found.said, "todo": found.todo}
            put(json.dumps({**row, "well": found.well, "verdict": verdict.lower()}))
            return
        lead = f"{verdict:<5} {found.name:<{self._wide}}  "
        put(colour(verdict) + fold(lead, found.said)[len(verdict) :])
        if found.todo:
            put(fold(f"{'':<{len(lead)}}→ ", found.todo))

    def examine(self, backend: Backend, transport: Transport, same: list[str]) -> None:
        from smsbridge.cli.doctor.checks import examine

        done = set()
        for found in examine(backend, transport):
            self.add(found)
            done.add(found.name)
        if backend.credentials() and "token" not in done:
            self.add(Finding(name="account", said=_account_note(backend, same)), "note")


def _account_note(backend: Backend, same: list[str]) -> str:
    said = "not tried: only a call can tell"
    if "sent" not in backend.protocols[backend.protocol].operations():
        return said
    asking = shlex.join(["smsbridge", "sent", "--limit", "1", *same])
    return f"{said}; {asking} makes one and sends nothing"
