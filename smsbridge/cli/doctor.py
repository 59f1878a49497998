"""``smsbridge doctor``: looks at a config as a send would use it."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict

import click

from smsbridge.cli.chosen import chosen_backend
from smsbridge.errors import CallerError

_WIDE = len("network")
_HELP = """Look at the config as a send would use it, and say what to do. Sends no message.

\b
Examples:
  smsbridge doctor
  smsbridge doctor --backend oldcorp --json

It resolves names, tries TLS, reads the WSDL and fetches a token. Exit code 1 if anything is to be
done.
"""


@click.command(help=_HELP)
@click.option("--backend", metavar="NAME", help="A block of smsbridge.toml; its default otherwise.")
@click.option("--url", metavar="URL|-", help="A backend as a URL; - reads it from stdin.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def doctor(backend: str | None, url: str | None, *, as_json: bool) -> None:
    """Examine one backend."""
    from smsbridge.doctor import Check, examine
    from smsbridge.transports.blocking import RequestsTransport

    well, wide = True, _WIDE

    def tell(check: Check) -> None:
        nonlocal well
        well = well and check.well
        if as_json:
            click.echo(json.dumps({**asdict(check), "well": check.well}))
            return
        lead = f"{'ok' if check.well else 'FAIL':<5} {check.name:<{wide}}  "
        click.echo(lead + check.said)
        if check.todo:
            click.echo(f"{'':<{len(lead)}}→ {check.todo}")

    try:
        chosen = chosen_backend(backend, url)
        senders = list(chosen.senders())
        wide = max([wide, *(len(key) for _, one in senders for key in one.credentials())])
        for name, one in senders:
            named = f"{name}, {one.name}" if name else one.name
            if not one.protocols:
                tell(Check(name="config", said=f"{named}: nothing goes on the wire"))
                continue
            transport = RequestsTransport(one)
            tell(Check(name="config", said=f"{named} over {one.protocol}"))
            with closing(transport):
                for check in examine(one, transport):
                    tell(check)
    except CallerError as error:
        tell(Check(name="config", said=str(error), todo="mend the config"))
    if not well:
        sys.exit(1)
