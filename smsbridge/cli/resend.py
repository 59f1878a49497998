"""``smsbridge resend``: a message that the provider has, sent again."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.one_send import send_by
from smsbridge.cli.options import asks
from smsbridge.errors import Attempt

_HELP = """Let the provider send the message with its ID again.

\b
Examples:
  smsbridge resend c319d3b35e8f8712cde20dae39ac3c19f86eda25

It is a second send, by intent, and is never repeated. SMSMobileAPI takes it only for a message that
failed; what it tries by itself when the operator fails, up to 3 times, is not a resend.
"""


@click.command(help=_HELP)
@click.argument("id")
@asks
def resend(id: str, backend: str | None, url: str | None, *, as_json: bool) -> None:  # noqa: A002  (the argument's name in the help)
    """Send one message again."""
    chosen = chosen_backend(backend, url)
    attempt = Attempt(
        backend=chosen.name, protocol=chosen.protocol, reference="", started=datetime.now(UTC)
    )
    send_by(chosen, lambda client: client.resend(id), attempt, as_json=as_json)
