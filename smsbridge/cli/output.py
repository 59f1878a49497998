"""How the command line shows messages and outcomes: a JSON object per line, or a readable table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from smsbridge.cli.exit_codes import Exit, exit_of
from smsbridge.cli.streams import Unwritten, give_up, put, say
from smsbridge.cli.table import colour, show_table
from smsbridge.client.attempt_json import attempt_words
from smsbridge.errors import SendError, whereabouts
from smsbridge.message import ReceivedMessage, SentMessage
from smsbridge.text.masking import codes_alone

if TYPE_CHECKING:
    from smsbridge.message import Submission

SENT = ("at", "id", "recipient", "status", "error", "text")
RECEIVED = ("at", "id", "sender", "text")


def show_rows(
    rows: Iterable[SentMessage] | Iterable[ReceivedMessage],
    columns: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Print rows as they come, or as a table when all are there."""
    if as_json:
        for row in rows:
            put(_json_line(message_json(row)))
        return
    lines = [[_cell(getattr(row, name)) for name in columns] for row in rows]
    if not lines:
        say("no messages")
        return
    show_table(columns, lines)


def message_json(row: SentMessage | ReceivedMessage) -> dict[str, Any]:
    """Return a message as JSON has it; times as ISO 8601, in UTC."""
    given = {one.name: getattr(row, one.name) for one in fields(row)}
    return {name: _plain(value) for name, value in given.items()}


def success(submission: Submission) -> dict[str, Any]:
    """Return an accepted send as JSON has it."""
    return {
        "outcome": submission.outcome,
        "id": submission.id,
        "status": submission.status,
        "provider_status": codes_alone()(submission.provider_status or "") or None,
        **_tries(submission),
        **attempt_words(submission.attempt),
    }


def failure(error: SendError) -> dict[str, Any]:
    """Return a send that was not accepted as JSON has it."""
    more = {name: getattr(error, name, None) for name in ("reason", "code", "retry", "retry_after")}
    return {
        "outcome": error.outcome,
        "id": None,
        "error": error.why,
        **{name: value for name, value in more.items() if value is not None},
        **_tries(error),
        **attempt_words(error.attempt),
    }


def _tries(ended: Submission | SendError) -> dict[str, int]:
    return {"tries": ended.tries} if ended.tries > 1 else {}


def conclude(ended: Submission | SendError, *, as_json: bool) -> NoReturn:
    """Show how a send ended and exit with its code, even if output fails or an interrupt comes."""
    code = exit_of(ended) if isinstance(ended, SendError) else Exit.DONE
    try:
        if isinstance(ended, SendError):
            show_failure(ended, as_json=as_json)
        else:
            show_submission(ended, as_json=as_json)
    except KeyboardInterrupt:
        give_up("stdout")  # writing may be what takes so long
    sys.exit(code)


def show_submission(submission: Submission, *, as_json: bool) -> None:
    """Print an accepted send: what a script needs on stdout, the rest on stderr."""
    words = colour(submission.outcome), printable(submission.id), colour(submission.status)
    plain = "{}  id {}  status {}".format(*words)
    where = whereabouts(submission.attempt)
    try:
        put(json.dumps(success(submission)) if as_json else plain)
    except Unwritten as error:
        say(f"smsbridge: accepted ({where}), but {error}. Do not send it again.")
        return
    if not as_json:
        say(where)


def show_failure(error: SendError, *, as_json: bool) -> None:
    """Print a send that was not accepted; a note says so where its JSON can't be written."""
    if as_json:
        try:
            put(json.dumps(failure(error)))
        except Unwritten as trouble:
            error.add_note(f"{trouble}: this attempt was not written")
    say(f"smsbridge: {error}")
    show_notes(error)


def show_notes(error: BaseException) -> None:
    """Print the notes of an error on stderr, each in its own line below it."""
    for note in getattr(error, "__notes__", ()):
        say(f"  {printable(note)}")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _json_line(document: dict[str, Any]) -> str:
    """Return JSON in one line, with unprintable characters escaped."""
    text = json.dumps(document, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def printable(value: object) -> str:
    """Return words of a provider in one line, without unprintable characters."""
    text = " ".join(str(value).split()) if value is not None else ""
    return replace_controls(text) or "-"


def replace_controls(line: str) -> str:
    """Return a line without what could steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return printable(value)
