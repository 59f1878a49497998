"""Rows of an answer become plain values: where a message stands, what was sent or received."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.outcome import When, word_at
from smsbridge.mapping.path import at
from smsbridge.message import ReceivedMessage, SentMessage, Status

if TYPE_CHECKING:
    from smsbridge.mapping.operation import Paths, Question

_SECONDS_DIGITS = 10
_NOTHING: tuple[Any, ...] = (None, "", [])
_ARRIVED = (Status.SENT, Status.DELIVERED, Status.READ)
_DIGITS = re.compile(r"[0-9]{9,13}")
_ZONE = re.compile(r"[0-9](Z|[+-][0-9]{2}:?[0-9]{2})\s*$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_sent(
    table: Question, answer: Mapping[str, Any], statuses: Mapping[str, Status]
) -> list[SentMessage]:
    """Return the rows of an answer about messages that were sent.

    A status that the table doesn't know is ``unknown``. Raises `Unreadable` for what are no rows.
    """
    return [_sent(table, row, table.statuses or statuses) for row in _rows(table, answer)]


def read_received(table: Question, answer: Mapping[str, Any]) -> list[ReceivedMessage]:
    """Return the rows of an answer about messages that came in, as `read_sent` does."""
    return [ReceivedMessage(**_words(table, row), answer=row) for row in _rows(table, answer)]


def row_of(rows: list[SentMessage], known: str) -> SentMessage:
    """Return the row of an id; of a message that isn't there one with the status ``unknown``."""
    found = [row for row in rows if row.id in (known, None)]
    return replace(found[0], id=known) if len(found) == 1 else SentMessage(id=known)


def _rows(table: Question, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of an answer; what stands alone where rows may be is one row."""
    found = at(answer, table.rows) if table.rows else answer
    whole, _, more = table.rows.partition(".")
    if found is None and more and answer:
        if whole not in answer:
            raise Unreadable(f"it has no {whole}")
        if isinstance(answer[whole], str | int | float) and answer[whole] != "":
            raise Unreadable(f"at {whole} is a word")
    given = [row for row in (found if isinstance(found, list) else [found]) if row not in _NOTHING]
    rows = [row for row in given if isinstance(row, Mapping)]
    if given and not rows:
        raise Unreadable(f"at {table.rows} are no rows")
    return rows


def _sent(table: Question, row: Mapping[str, Any], statuses: Mapping[str, Status]) -> SentMessage:
    words = _words(table, row)
    if "error" in words:  # where a field says so of a failure, its other words are no error
        blamed = (path for path in table.paths("error") if _blames(table, row, path))
        words["error"] = first_word(row, tuple(blamed))
    own = words.pop("status", None)
    status = statuses.get(own, Status.UNKNOWN) if own else Status.UNKNOWN
    arrived = status in _ARRIVED
    for marker, ended in ((table.failed, Status.UNDELIVERED), (table.refused, Status.REJECTED)):
        if marker.holds_any(row):  # and if it says that it was sent too, nobody knows
            status = Status.UNKNOWN if arrived else ended
    return SentMessage(**words, status=status, provider_status=own, answer=row)


def _blames(table: Question, row: Mapping[str, Any], path: str) -> bool:
    word = {**table.failed.match, **table.refused.match}.get(path)
    return word is None or When({path: word}).holds(row)


def _words(table: Question, row: Mapping[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {name: first_word(row, table.paths(name)) for name in table.row}
    if "at" in words:
        words["at"] = first_time(row, table.paths("at"))
    return words


def first_word(row: Mapping[str, Any], paths: Paths) -> str | None:
    """Return the first word that one of several paths leads to; of a pair with a blank both."""
    return next(_found(row, paths), None)


def first_time(row: Mapping[str, Any], paths: Paths) -> datetime | None:
    """Return the first time that one of several paths leads to, as `read_time` does."""
    return next(filter(None, map(read_time, _found(row, paths))), None)


def exact_time(table: Question, row: Mapping[str, Any]) -> datetime | None:
    """Return the time of a row if it leaves no doubt: in seconds since 1970, or with a zone."""
    words = _found(row, table.paths("at")) if "at" in table.row else ()
    exact = (word for word in words if _DIGITS.fullmatch(word.strip()) or _ZONE.search(word))
    return next(filter(None, map(read_time, exact)), None)


def _found(row: Mapping[str, Any], paths: Paths) -> Iterator[str]:
    for path in [paths] if isinstance(paths, str) else paths:
        found = [word_at(row, part) for part in path.split(" ")]
        words = [word for word in found if word is not None]
        if len(words) == len(found):
            yield " ".join(words)


def read_time(said: str) -> datetime | None:
    """Return a time in UTC, from seconds, milliseconds or ISO 8601; None for anything else.

    A time without a zone is taken for UTC (ASSUMED: no provider says).
    """
    said = said.strip()
    if _DIGITS.fullmatch(said):
        unit = "milliseconds" if len(said) > _SECONDS_DIGITS + 1 else "seconds"
        return _EPOCH + timedelta(**{unit: int(said)})
    with suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(said)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return None
