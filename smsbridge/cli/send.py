"""``smsbridge send``: one message; the exit code carries the outcome."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.chosen import chosen_backend
from smsbridge.cli.showing import asks, failure, show_submission, time_of
from smsbridge.errors import SendError

if TYPE_CHECKING:
    from smsbridge.message import MessageFields

_UNKNOWN = 3
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
    from smsbridge.client import Client
    from smsbridge.message import Channel

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
    with Client(chosen_backend(given["backend"], given["url"])) as client:
        try:
            submission = client.send(to, text, **fields)
        except SendError as error:
            if given["as_json"]:
                click.echo(json.dumps(failure(error)))
            raise
        except KeyboardInterrupt:
            click.echo("smsbridge: interrupted: the message may have been sent", err=True)
            sys.exit(_UNKNOWN)
    show_submission(submission, as_json=given["as_json"])
