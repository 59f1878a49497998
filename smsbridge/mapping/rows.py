"""Turns rows of an answer into values: where a message stands, what was sent or received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.path import LIST, at, steps
from smsbridge.mapping.times import parse_time, read_time
from smsbridge.mapping.words import When, meaning_of, word_at
from smsbridge.message import ReceivedMessage, SentMessage, Status

if TYPE_CHECKING:
    from smsbridge.errors import CallRecord
    from smsbridge.mapping.operation import Operation, Paths, Question

T = TypeVar("T")

_NOTHING: tuple[Any, ...] = (None, "", [], {})
_NO_TIME = ("0", "0000-00-00", "0000-00-00 00:00:00")  # what databases write for "no time"
_ARRIVED = (Status.SENT, Status.DELIVERED, Status.READ)


class AnswerRows(list[T]):
    """The rows of an answer, with the exchange that brought them."""

    def __init__(self, rows: Iterable[T], exchange: Sequence[CallRecord]) -> None:
        """``exchange``: what was said, masked."""
        super().__init__(rows)
        self.exchange = exchange


def exchange_of(rows: object) -> Sequence[CallRecord]:
    """Return the exchange that brought rows; none where a backend keeps none."""
    found: Sequence[CallRecord] = getattr(rows, "exchange", ())
    return found


def read_sent(
    table: Question,
    answer: Mapping[str, Any],
    statuses: Mapping[str, Status],
    zone: tzinfo | None = None,
) -> list[SentMessage]:
    """Return the rows of an answer about messages that were sent.

    A status that the table doesn't know is ``unknown``. ``zone``: the zone of times that are
    written without one. Raises `Unreadable` for anything but rows.
    """
    return [
        _sent_message(table, row, table.statuses or statuses, zone)
        for row in rows_in(table, answer)
    ]


def read_received(
    table: Question, answer: Mapping[str, Any], zone: tzinfo | None = None
) -> list[ReceivedMessage]:
    """Return the rows of an answer about messages that came in, as `read_sent` does."""
    rows = rows_in(table, answer)
    return [ReceivedMessage(**_words(table, row, zone), answer=row) for row in rows]


def row_of(rows: list[SentMessage], known: str) -> SentMessage:
    """Return the row with an id; if there is none, a row with the status ``unknown``."""
    found = [row for row in rows if row.id in (known, None)]
    return replace(found[0], id=known) if len(found) == 1 else SentMessage(id=known)


def rows_in(table: Operation | Question, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of an answer; a single object in place of a list is one row.

    An object of objects, as PHP writes a list, is its values, unless it has a part of a row itself.
    Raises `Unreadable` for anything but rows.
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
            raise Unreadable(f"{whole} is a single word, not rows")
    if isinstance(found, list):
        given = [row for row in found if isinstance(row, Mapping) or row not in _NOTHING]
    elif isinstance(found, Mapping) and _are_rows(table, found):
        given = list(found.values())
    else:
        given = [] if found in _NOTHING else [found]
    rows = [row for row in given if isinstance(row, Mapping)]
    if given and not rows:
        raise Unreadable(f"{table.rows} does not hold rows")
    return rows


def _are_rows(table: Operation | Question, found: Mapping[str, Any]) -> bool:
    """Return whether an object is a list of rows by their keys, and not a row itself."""
    parts = (part for name in table.row for path in table.paths(name) for part in path.split(" "))
    objects = bool(found) and all(isinstance(row, Mapping) for row in found.values())
    return objects and not any(steps(part)[0] in found for part in parts)


def _sent_message(
    table: Question,
    row: Mapping[str, Any],
    statuses: Mapping[str, Status],
    zone: tzinfo | None,
) -> SentMessage:
    words = _words(table, row, zone)
    if "error" in words:  # if some words of a field mark a failure, its others are not errors
        blamed = (path for path in table.paths("error") if _blames(table, row, path))
        words["error"] = first_word(row, tuple(blamed))
    own = words.pop("status", None)
    status = (own and meaning_of(statuses, own)) or Status.UNKNOWN
    arrived = status in _ARRIVED
    for marker, ended in ((table.failed, Status.UNDELIVERED), (table.refused, Status.REJECTED)):
        if marker.holds_any(row):  # a row that also says "sent" contradicts itself: unknown
            status = Status.UNKNOWN if arrived else ended
    return SentMessage(**words, status=status, provider_status=own, answer=row)


def _blames(table: Question, row: Mapping[str, Any], path: str) -> bool:
    word = {**table.failed.match, **table.refused.match}.get(path)
    return word is None or When({path: word}).holds(row)


def _words(table: Question, row: Mapping[str, Any], zone: tzinfo | None) -> dict[str, Any]:
    words: dict[str, Any] = {name: first_word(row, table.paths(name)) for name in table.row}
    if number := words.get("recipient"):
        words["recipient"] = number.removeprefix("tel:")  # a URI (RFC 3966)
    if "at" in words:
        told = (parse_time(word, zone, table.time_format) for word in _times(table, row))
        words["at"] = next((found.time for found in told if found), None)
    return words


def _times(table: Question, row: Mapping[str, Any]) -> Iterator[str]:
    return _find(row, table.paths("at")) if "at" in table.row else iter(())


def first_word(row: Mapping[str, Any], paths: Paths) -> str | None:
    """Return the first word that one of several paths leads to; for a pair with a blank, both."""
    return next(_find(row, paths), None)


def first_time(row: Mapping[str, Any], paths: Paths) -> datetime | None:
    """Return the first time that one of several paths leads to, as `read_time` does."""
    return next(filter(None, map(read_time, _find(row, paths))), None)


def exact_time(
    table: Question, row: Mapping[str, Any], zone: tzinfo | None = None
) -> datetime | None:
    """Return the time of a row if it is certain: in seconds since 1970, or in a known zone."""
    told = (parse_time(word, zone, table.time_format) for word in _times(table, row))
    return next((found.time for found in told if found and found.sure), None)


def unread_time(table: Question, row: Mapping[str, Any]) -> str | None:
    """Return the first word of a row that should be a time, if none of these words can be read."""
    words = [word for word in _times(table, row) if word not in _NO_TIME]
    readable = any(parse_time(word, form=table.time_format) for word in words)
    return None if readable else next(iter(words), None)


def _find(row: Mapping[str, Any], paths: Paths) -> Iterator[str]:
    for path in [paths] if isinstance(paths, str) else paths:
        found = [word_at(row, part) for part in path.split(" ")]
        words = [word for word in found if word is not None]
        if len(words) == len(found):
            yield " ".join(words)
