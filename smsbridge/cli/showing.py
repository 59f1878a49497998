"""How the command line shows messages and outcomes: one JSON object a line, or a readable table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from smsbridge.errors import Attempt, InvalidMessage, NotSent, OutcomeUnknown, Rejected, SendError
from smsbridge.message import ReceivedMessage, SentMessage

if TYPE_CHECKING:
    from smsbridge.message import Submission

F = TypeVar("F", bound=Callable[..., Any])

_OUTCOMES: tuple[tuple[type[SendError], str], ...] = (
    (NotSent, "not_sent"),
    (Rejected, "rejected"),
    (OutcomeUnknown, "unknown"),
)
_MOST_TEXT = 60
_CUT = ("error", "text")
SENT = ("at", "id", "recipient", "status", "error", "text")
RECEIVED = ("at", "id", "sender", "text")


def asks(command: F) -> F:
    """Add the options that every command has which asks a provider."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line."),
        click.option("--url", metavar="URL|-", help="A backend as a URL; - reads it from stdin."),
        click.option(
            "--backend", metavar="NAME", help="A block of smsbridge.toml; its default otherwise."
        ),
    ):
        command = option(command)
    return command


def show_rows(
    rows: Iterable[SentMessage] | Iterable[ReceivedMessage],
    columns: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Print rows as they come, or as a table when all are there."""
    if as_json:
        for row in rows:
            click.echo(_json_line(message_json(row)))
        return
    lines = [[_cell(getattr(row, name), name) for name in columns] for row in rows]
    if not lines:
        click.echo("no messages", err=True)
        return
    wide = [max(map(len, cells)) for cells in zip(columns, *lines, strict=True)]
    for cells in (columns, *lines):
        padded = (cell.ljust(width) for cell, width in zip(cells, wide, strict=True))
        click.echo("  ".join(padded).rstrip())


def message_json(row: SentMessage | ReceivedMessage) -> dict[str, Any]:
    """Return a message as JSON has it; times as ISO 8601, in UTC."""
    given = {one.name: getattr(row, one.name) for one in fields(row)}
    return {name: _plain(value) for name, value in given.items()}


def success(submission: Submission) -> dict[str, Any]:
    """Return an accepted send as JSON has it."""
    return {
        "outcome": "accepted",
        "id": submission.id,
        "status": submission.status,
        "provider_status": submission.provider_status,
        **attempt_json(submission.attempt),
    }


def failure(error: SendError) -> dict[str, Any]:
    """Return a send that was not accepted as JSON has it."""
    outcome = next(word for kind, word in _OUTCOMES if isinstance(error, kind))
    more = {name: getattr(error, name, None) for name in ("reason", "code", "retry", "retry_after")}
    return {
        "outcome": outcome,
        "id": None,
        "error": error.why,
        **{name: value for name, value in more.items() if value is not None},
        **attempt_json(error.attempt),
    }


def attempt_json(attempt: Attempt) -> dict[str, str]:
    """Return an attempt as JSON has it."""
    given = {one.name: getattr(attempt, one.name) for one in fields(attempt)}
    return {name: _plain(value) for name, value in given.items() if value or name != "via"}


def attempt_of(line: dict[str, Any]) -> Attempt:
    """Return the attempt that `attempt_json` wrote; raises `InvalidMessage`."""
    words = {one.name: line.get(one.name, "") for one in fields(Attempt)}
    started = _instant(words.pop("started"))
    texts = all(isinstance(word, str) for word in words.values())
    if started is None or not texts or not words["backend"]:
        raise InvalidMessage(
            "a line is no attempt: give what smsbridge send --json printed, or the results of "
            "send-many"
        )
    return Attempt(**words, started=started)


def show_submission(submission: Submission, *, as_json: bool) -> None:
    """Print an accepted send: what a script needs on stdout, the rest on stderr."""
    if as_json:
        click.echo(json.dumps(success(submission)))
        return
    click.echo(f"accepted  id {printable(submission.id)}  status {submission.status}")
    where = f"{submission.backend} over {submission.protocol}"
    named = f", reference {submission.reference}" if submission.reference else ""
    click.echo(f"{where}{named}", err=True)


def time_of(option: str, given: str) -> datetime:
    """Return the time of an option; raises `InvalidMessage`."""
    time = _instant(given)
    if time is None:
        raise InvalidMessage(
            f"{option} {given!r}: give ISO 8601 with a time zone, such as 2027-01-31T09:00+00:00"
        )
    return time


def _instant(given: Any) -> datetime | None:
    with suppress(ValueError, TypeError):
        time = datetime.fromisoformat(given)
        return time if time.tzinfo is not None else None
    return None


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
