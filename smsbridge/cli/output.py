"""How the command line shows messages and outcomes: one JSON object a line, or a readable table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from smsbridge.cli.attempt_json import attempt_words
from smsbridge.cli.exit_codes import Exit, exit_of
from smsbridge.cli.streams import Unwritten, give_up, put, say
from smsbridge.client.send_many import OutcomeWord, outcome_of
from smsbridge.errors import SendError, whereabouts
from smsbridge.message import ReceivedMessage, SentMessage
from smsbridge.text.masking import codes_alone

if TYPE_CHECKING:
    from smsbridge.message import Submission

_MOST_TEXT = 60
_CUT = ("error", "text")
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
    lines = [[_cell(getattr(row, name), name) for name in columns] for row in rows]
    if not lines:
        say("no messages")
        return
    wide = [max(map(len, cells)) for cells in zip(columns, *lines, strict=True)]
    for cells in (columns, *lines):
        padded = (cell.ljust(width) for cell, width in zip(cells, wide, strict=True))
        put("  ".join(padded).rstrip())


def message_json(row: SentMessage | ReceivedMessage) -> dict[str, Any]:
    """Return a message as JSON has it; times as ISO 8601, in UTC."""
    given = {one.name: getattr(row, one.name) for one in fields(row)}
    return {name: _plain(value) for name, value in given.items()}


def success(submission: Submission) -> dict[str, Any]:
    """Return an accepted send as JSON has it."""
    return {
        "outcome": OutcomeWord.ACCEPTED,
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
        "outcome": outcome_of(error),
        "id": None,
        "error": error.why,
        **{name: value for name, value in more.items() if value is not None},
        **_tries(error),
        **attempt_words(error.attempt),
    }


def _tries(ended: Submission | SendError) -> dict[str, int]:
    return {"tries": ended.tries} if ended.tries > 1 else {}


def conclude(ended: Submission | SendError, *, as_json: bool) -> NoReturn:
    """Show how a send ended and exit with its code, whatever can't be written or interrupts."""
    code = exit_of(ended) if isinstance(ended, SendError) else Exit.DONE
    try:
        if isinstance(ended, SendError):
            show_failure(ended, as_json=as_json)
        else:
            show_submission(ended, as_json=as_json)
    except KeyboardInterrupt:
        give_up("stdout")  # it may be what takes so long
    sys.exit(code)


def show_submission(submission: Submission, *, as_json: bool) -> None:
    """Print an accepted send: what a script needs on stdout, the rest on stderr."""
    plain = f"accepted  id {printable(submission.id)}  status {submission.status}"
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
    """Print the notes of an error on stderr, each in a line of its own below it."""
    for note in getattr(error, "__notes__", ()):
        say(f"  {printable(note)}")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _json_line(document: dict[str, Any]) -> str:
    """Return JSON in one line, in which what no terminal should get is escaped."""
    text = json.dumps(document, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def printable(value: object) -> str:
    """Return words of a provider in one line, without what could steer a terminal."""
    text = " ".join(str(value).split()) if value is not None else ""
    return (
        "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text) or "-"
    )


def _cell(value: Any, name: str) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    shown = printable(value)
    if name in _CUT and len(shown) > _MOST_TEXT:
        return f"{shown[: _MOST_TEXT - 1]}…"
    return shown
