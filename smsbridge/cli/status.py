"""``smsbridge status``: where a message stands."""

from __future__ import annotations

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.options import asks
from smsbridge.cli.output import SENT, show_rows

_HELP = """Show where the message with the provider's ID stands.

\b
Examples:
  smsbridge status c319d3b35e8f8712cde20dae39ac3c19f86eda25
  smsbridge status c319d3b35e8f8712cde20dae39ac3c19f86eda25 --json

A message that the provider doesn't know has the status unknown.
"""


@click.command(help=_HELP)
@click.argument("id")
@asks
def status(id: str, backend: str | None, url: str | None, *, as_json: bool) -> None:  # noqa: A002  (the argument's name in the help)
    """Show one message."""
    from smsbridge.client.sync import Client

    with Client(chosen_backend(backend, url)) as client:
        row = client.status(id)
    show_rows([row], SENT, as_json=as_json)
