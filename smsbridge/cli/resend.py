"""``smsbridge resend``: a message that the provider has, sent again."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.options import choose_backend, take_id
from smsbridge.cli.send import send_and_exit
from smsbridge.errors import Attempt

_HELP = """Ask the provider to send a message again. ID is the provider's.

\b
Examples:
  smsbridge resend c319d3b35e8f8712cde20dae39ac3c19f86eda25

This is a deliberate second send, and is never repeated. SMSMobileAPI accepts it only for a message
that failed. When an operator fails, it makes up to 3 tries by itself; those are not resends.
"""


@click.command(help=_HELP)
@click.argument("id", callback=take_id)
@asking_options
def resend(
    id: str,  # noqa: A002  (the argument's name in the help)
    backend: str | None,
    config: str | None,
    url: str | None,
    *,
    as_json: bool,
) -> None:
    """Send one message again."""
    chosen = choose_backend(backend, url, config)
    attempt = Attempt(
        backend=chosen.name, protocol=chosen.protocol, reference="", started=datetime.now(UTC)
    )
    send_and_exit(chosen, lambda client: client.resend(id), attempt, as_json=as_json)
