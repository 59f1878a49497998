"""``smsbridge status``: where a message stands."""

from __future__ import annotations

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.options import choose_backend, take_id
from smsbridge.cli.output import SENT, show_rows

_HELP = """Show where a message stands. ID is the provider's.

\b
Examples:
  smsbridge status c319d3b35e8f8712cde20dae39ac3c19f86eda25
  smsbridge status c319d3b35e8f8712cde20dae39ac3c19f86eda25 --json

The status of a message that the provider doesn't know is unknown. For the messages of a CSV:
smsbridge report RESULTS --status.
"""


@click.command(help=_HELP)
@click.argument("id", callback=take_id)
@asking_options
def status(
    id: str,  # noqa: A002  (the argument's name in the help)
    backend: str | None,
    config: str | None,
    url: str | None,
    *,
    as_json: bool,
) -> None:
    """Show one message."""
    from smsbridge.client.sync import Client

    with Client(choose_backend(backend, url, config)) as client:
        row = client.status(id)
    show_rows([row], SENT, as_json=as_json)
