"""``smsbridge send``: one message; the exit code carries the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.one_send import send_by
from smsbridge.cli.options import asks, time_of
from smsbridge.errors import InvalidMessage

if TYPE_CHECKING:
    from smsbridge.message import MessageFields

_HELP = """Send TEXT to the number TO.

\b
Examples:
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --backend staging --json
  echo "$URL" | smsbridge send +12025550123 "Hello" --url -

When the outcome is unknown, --json prints what `smsbridge resolve` takes.
"""


@click.command(help=_HELP, short_help="Send one message.")
@click.argument("to")
@click.argument("text")
@click.option("--sms", is_flag=True, help="By SMS: the default; with --whatsapp, by both.")
@click.option("--whatsapp", is_flag=True, help="By WhatsApp.")
@click.option("--at", metavar="TIME", help="Not before: ISO 8601 with a time zone.")
@click.option("--reference", metavar="R", help="Your own name for the message; made if absent.")
@asks
def send(to: str, text: str, at: str | None, reference: str | None, **given: Any) -> None:
    """Send TEXT to the number TO; the help is `_HELP`."""
    from smsbridge.http.exchange import Session
    from smsbridge.message import Channel, Message

    wanted = {
        Channel.WHATSAPP: given["whatsapp"],
        Channel.SMS: given["sms"] or not given["whatsapp"],
    }
    fields: MessageFields = {
        "channels": [channel for channel, asked in wanted.items() if asked],
        "send_at": None if at is None else time_of("--at", at),
    }
    if reference is not None:
        fields["reference"] = reference
    backend = chosen_backend(given["backend"], given["url"])
    message = Message(recipient=backend.number(to), text=text, **fields)  # type: ignore[arg-type]  # channels are normalised
    attempt = backend.attempt(message, Session())
    try:
        send_by(backend, lambda client: client.send(message), attempt, as_json=given["as_json"])
    except InvalidMessage as refused:
        raise _of_the_option(refused) from None


def _of_the_option(refused: InvalidMessage) -> InvalidMessage:
    """Name the option in place of the field."""
    said = str(refused)
    field = "send_at "
    return InvalidMessage(f"--at {said.removeprefix(field)}") if said.startswith(field) else refused
