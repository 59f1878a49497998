"""``smsbridge send``: one message; the exit code carries the outcome."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.chosen import chosen_backend
from smsbridge.errors import InvalidMessage, NotSent, OutcomeUnknown, Rejected, SendError

if TYPE_CHECKING:
    from smsbridge.message import MessageFields, Submission

_UNKNOWN = 3
_OUTCOMES: tuple[tuple[type[SendError], str], ...] = (
    (NotSent, "not_sent"),
    (Rejected, "rejected"),
    (OutcomeUnknown, "unknown"),
)
_HELP = """Send TEXT to the number TO.

\b
Examples:
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --backend staging --json
  echo "$URL" | smsbridge send +12025550123 "Hello" --url -
"""


@click.command(help=_HELP, short_help="Send one message.")
@click.argument("to")
@click.argument("text")
@click.option("--backend", metavar="NAME", help="A block of smsbridge.toml; its default otherwise.")
@click.option("--url", metavar="URL|-", help="A backend as a URL; - reads it from stdin.")
@click.option("--sms", is_flag=True, help="By SMS: the default; with --whatsapp, by both.")
@click.option("--whatsapp", is_flag=True, help="By WhatsApp.")
@click.option("--at", metavar="TIME", help="Not before: ISO 8601 with a time zone.")
@click.option("--reference", metavar="R", help="Your own name for the message; made if absent.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
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
        "send_at": None if at is None else _time(at),
    }
    if reference is not None:
        fields["reference"] = reference
    with Client(chosen_backend(given["backend"], given["url"])) as client:
        try:
            submission = client.send(to, text, **fields)
        except SendError as error:
            if given["as_json"]:
                click.echo(json.dumps(_failure(error)))
            raise
        except KeyboardInterrupt:
            click.echo("smsbridge: interrupted: the message may have been sent", err=True)
            sys.exit(_UNKNOWN)
    if given["as_json"]:
        click.echo(json.dumps(_success(submission)))
        return
    click.echo(f"accepted  id {submission.id or '-'}  status {submission.status}")
    where = f"{submission.backend} over {submission.protocol}"
    click.echo(f"{where}, reference {submission.reference}", err=True)


def _time(given: str) -> datetime:
    with suppress(ValueError):
        time = datetime.fromisoformat(given)
        if time.tzinfo is not None:
            return time
    raise InvalidMessage(
        f"--at {given!r}: give ISO 8601 with a time zone, such as 2027-01-31T09:00+00:00"
    )


def _success(submission: Submission) -> dict[str, Any]:
    return {
        "outcome": "accepted",
        "id": submission.id,
        "status": submission.status,
        "provider_status": submission.provider_status,
        **_attempt(submission),
    }


def _failure(error: SendError) -> dict[str, Any]:
    outcome = next(word for kind, word in _OUTCOMES if isinstance(error, kind))
    more = {name: getattr(error, name, None) for name in ("reason", "code", "retry", "retry_after")}
    return {
        "outcome": outcome,
        "id": None,
        "error": error.why,
        **{name: value for name, value in more.items() if value is not None},
        **_attempt(error),
    }


def _attempt(holder: Submission | SendError) -> dict[str, str]:
    attempt = holder.attempt
    return {
        "backend": attempt.backend,
        "protocol": attempt.protocol,
        "reference": attempt.reference,
        "started": attempt.started.isoformat(),
    }
