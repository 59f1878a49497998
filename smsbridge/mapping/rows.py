"""Rows of an answer become plain values: where a message stands, what was sent or received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.path import LIST, at, steps
from smsbridge.mapping.times import parse_time, read_time
from smsbridge.mapping.words import When, word_at
from smsbridge.message import ReceivedMessage, SentMessage, Status

if TYPE_CHECKING:
    from smsbridge.mapping.operation import Paths, Question

_NOTHING: tuple[Any, ...] = (None, "", [], {})
_NO_TIME = ("0", "0000-00-00", "0000-00-00 00:00:00")  # what a database writes for none
_ARRIVED = (Status.SENT, Status.DELIVERED, Status.READ)


def read_sent(
    table: Question,
    answer: Mapping[str, Any],
    statuses: Mapping[str, Status],
    zone: tzinfo | None = None,
) -> list[SentMessage]:
    """Return the rows of an answer about messages that were sent.

    A status that the table doesn't know is ``unknown``. ``zone``: of times that are written
    without one. Raises `Unreadable` for what is not rows.
    """
    return [_sent(table, row, table.statuses or statuses, zone) for row in _rows(table, answer)]


def read_received(
    table: Question, answer: Mapping[str, Any], zone: tzinfo | None = None
) -> list[ReceivedMessage]:
    """Return the rows of an answer about messages that came in, as `read_sent` does."""
    return [ReceivedMessage(**_words(table, row, zone), answer=row) for row in _rows(table, answer)]


def row_of(rows: list[SentMessage], known: str) -> SentMessage:
    """Return the row of an id; of a message that isn't there one with the status ``unknown``."""
    found = [row for row in rows if row.id in (known, None)]
    return replace(found[0], id=known) if len(found) == 1 else SentMessage(id=known)


def _rows(table: Question, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of an answer; what stands alone where rows may be is one row.

    An object of objects, as PHP writes a list, is its values, unless it has a part of a row itself.
    """
    if not table.rows:
        return [answer]
    found = at(answer, table.rows)
    whole, _, more = table.rows.partition(".")
    if table.rows == LIST and LIST not in answer and _are_rows(table, answer):
        found = answer
    if found is None and more and answer:
        if whole not in answer:
            raise Unreadable(f"it has no {whole}")
        if isinstance(answer[whole], str | int | float) and answer[whole] != "":
            raise Unreadable(f"at {whole} is a word")
    if isinstance(found, list):
        given = [row for row in found if isinstance(row, Mapping) or row not in _NOTHING]
    elif isinstance(found, Mapping) and _are_rows(table, found):
        given = list(found.values())
    else:
        given = [] if found in _NOTHING else [found]
    rows = [row for row in given if isinstance(row, Mapping)]
    if given and not rows:
        raise Unreadable(f"at {table.rows} are not rows")
    return rows


def _are_rows(table: Question, found: Mapping[str, Any]) -> bool:
    """Return whether an object is a list of rows by their keys, and not a row itself."""
    parts = (part for name in table.row for path in table.paths(name) for part in path.split(" "))
    objects = bool(found) and all(isinstance(row, Mapping) for row in found.values())
    return objects and not any(steps(part)[0] in found for part in parts)


def _sent(
    table: Question,
    row: Mapping[str, Any],
    statuses: Mapping[str, Status],
    zone: tzinfo | None,
) -> SentMessage:
    words = _words(table, row, zone)
    if "error" in words:  # where a field says so of a failure, its other words are not errors
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


def _words(table: Question, row: Mapping[str, Any], zone: tzinfo | None) -> dict[str, Any]:
    words: dict[str, Any] = {name: first_word(row, table.paths(name)) for name in table.row}
    if "at" in words:
        told = (parse_time(word, zone, table.time_format) for word in _times(table, row))
        words["at"] = next((found.time for found in told if found), None)
    return words


def _times(table: Question, row: Mapping[str, Any]) -> Iterator[str]:
    return _found(row, table.paths("at")) if "at" in table.row else iter(())


def first_word(row: Mapping[str, Any], paths: Paths) -> str | None:
    """Return the first word that one of several paths leads to; of a pair with a blank both."""
    return next(_found(row, paths), None)


def first_time(row: Mapping[str, Any], paths: Paths) -> datetime | None:
    """Return the first time that one of several paths leads to, as `read_time` does."""
    return next(filter(None, map(read_time, _found(row, paths))), None)


def exact_time(
    table: Question, row: Mapping[str, Any], zone: tzinfo | None = None
) -> datetime | None:
    """Return the time of a row if it leaves no doubt: since 1970, or of a zone that is known."""
    told = (parse_time(word, zone, table.time_format) for word in _times(table, row))
    return next((found.time for found in told if found and found.sure), None)


def unread_time(table: Question, row: Mapping[str, Any]) -> str | None:
    """Return the first word of a row that should be a time, where none of them can be read."""
    words = [word for word in _times(table, row) if word not in _NO_TIME]
    readable = any(parse_time(word, form=table.time_format) for word in words)
    return None if readable else next(iter(words), None)


def _found(row: Mapping[str, Any], paths: Paths) -> Iterator[str]:
    for path in [paths] if isinstance(paths, str) else paths:
        found = [word_at(row, part) for part in path.split(" ")]
        words = [word for word in found if word is not None]
        if len(words) == len(found):
            yield " ".join(words)
