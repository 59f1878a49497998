"""Checks the filters that a caller gives for the provider's log, before any I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from smsbridge.client.logging import LOG
from smsbridge.errors import InvalidMessage
from smsbridge.mapping.rows import unread_time
from smsbridge.mapping.times import shape
from smsbridge.message import UNSENDABLE, ReceivedMessage, SentMessage, check_time
from smsbridge.text.phone import E164, same_number

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Session

Row = TypeVar("Row", SentMessage, ReceivedMessage)

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AROUND_DIGITS = re.compile(r"[\s().-]")
_NUMBER = re.compile(r"\+?[0-9]{7,}")
Failed = Literal["request", "phone"]
_FAILED = get_args(Failed)
_UNREAD = "unread time: "


def received_filters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters of received messages that are given."""
    if not isinstance(given.get("unread", False), bool):
        raise InvalidMessage("unread: give True or False")
    filters = {n: value for n, value in given.items() if value is not None and value is not False}
    for name in ("after", "before"):
        check_time(name, filters.get(name))
    check_word("device", filters.get("device"))
    return _from_the_second(filters)


def sent_filters(given: Mapping[str, Any], number: Callable[[str], str]) -> dict[str, Any]:
    """Return the filters of the log that are given; ``number`` turns a recipient into E.164."""
    filters = {name: value for name, value in given.items() if value is not None}
    for name in ("after", "before"):
        if name == "after" or not isinstance(filters.get(name), str):
            check_time(name, filters.get(name))
    for name in ("id", "keyword"):
        check_word(name, filters.get(name))
    if isinstance(filters.get("before"), str):
        check_word("before", filters["before"])
        if looks_like_a_time(filters["before"]):
            raise InvalidMessage(
                f"before {filters['before']!r}: give an aware datetime, such as "
                "datetime(2027, 1, 31, 9, 0, tzinfo=UTC), or the id of a message"
            )
    if filters.get("failed") not in (None, *_FAILED):
        raise InvalidMessage(f"failed: give one of {', '.join(_FAILED)}")
    if "recipient" in filters:
        recipient = filters["recipient"]
        found = number(recipient) if isinstance(recipient, str) else ""
        if not E164.fullmatch(found):
            raise InvalidMessage("recipient: give + and 5 to 15 digits, such as +12025550123")
        filters["recipient"] = found
    return _from_the_second(filters)


def deletion(known: str, day: date | None, first: date | None, last: date | None) -> dict[str, Any]:
    """Return the values of a delete: one message by its id, one day, or a period of whole days."""
    chosen = [bool(known), day is not None, first is not None or last is not None]
    if sum(chosen) != 1 or (first is None) != (last is None):
        raise InvalidMessage(
            "delete needs one selector: a submission or an id, or day, or first and last; "
            "without one nothing is deleted"
        )
    if known:
        return {"id": known}
    if day is not None:
        return {"first": _midnight("day", day)}
    values = {"first": _midnight("first", first), "last": _midnight("last", last)}
    if values["last"] < values["first"]:
        raise InvalidMessage("delete: last is before first")
    return values


def is_between(time: datetime | None, filters: Mapping[str, Any]) -> bool:
    """Return whether a time, of whole seconds, fits the filters ``after`` and ``before``."""
    after, before = filters.get("after"), filters.get("before")
    if time is None:
        return True
    late = after is None or time >= after.replace(microsecond=0)
    return late and (not isinstance(before, datetime) or time <= before)


def with_readable_times(
    rows: list[Row],
    question: str,
    filters: Mapping[str, Any],
    backend: Backend,
    session: Session,
) -> list[Row]:
    """Return rows; where times are asked for, without those whose time can't be read.

    There is no telling whether they are new. This is logged once per question.
    """
    table = backend.question(question)
    if table is None:
        return rows
    times = [None if row.at else unread_time(table, row.answer) for row in rows]
    kept = f"{_UNREAD}{question}"
    if (word := next(filter(None, times), None)) and kept not in session.kept:
        session.kept[kept] = True
        LOG.warning(
            "%s of %s over %s: the time of a row can't be read; it looks like %r. Such rows are "
            "left out if times are asked for; set time_format in the table",
            *(question, backend.name, backend.protocol, shape(word)),
        )
    asked = any(isinstance(filters.get(name), datetime) for name in ("after", "before"))
    return [row for row, word in zip(rows, times, strict=True) if not (asked and word)]


def _from_the_second(filters: dict[str, Any]) -> dict[str, Any]:
    """Round ``after`` down to its second: providers count whole ones, and ``epoch`` rounds up."""
    after = filters.get("after")
    return filters if after is None else {**filters, "after": after.replace(microsecond=0)}


def looks_like_a_time(given: str) -> bool:
    """Return whether a word starts like a date: it was meant as a time rather than as an id."""
    return bool(_DATE.match(given.strip()))


def is_wanted(row: ReceivedMessage, sender: str | None, pattern: re.Pattern[str] | None) -> bool:
    """Return whether a message is from a sender (a number or a word) and matches a pattern."""
    of_it = (
        sender is None
        or row.sender == sender
        or (row.sender is not None and _is_number(sender) and same_number(row.sender, sender))
    )
    return of_it and (pattern is None or bool(pattern.search(row.text or "")))


def _is_number(sender: str) -> bool:
    """Return whether a sender is a number, in any spelling, and not a word or a short code."""
    bare = _AROUND_DIGITS.sub("", sender)
    return bool(_NUMBER.fullmatch(bare) or E164.fullmatch(bare))


def check_word(name: str, value: object) -> None:
    """Refuse what is neither None nor a text that can be looked for."""
    if value is None:
        return
    if not isinstance(value, str) or not value.strip() or UNSENDABLE.search(value):
        raise InvalidMessage(f"{name}: give text, without NUL")


def _midnight(name: str, day: object) -> datetime:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidMessage(f"{name}: give a date, such as date(2027, 1, 31)")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def pattern_of(match: object) -> re.Pattern[str] | None:
    """Return the regular expression that a text must match, or None for any; of text, not bytes."""
    if match is None:
        return None
    try:
        pattern = re.compile(match)  # type: ignore[call-overload]  # what is not a pattern raises
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        raise InvalidMessage(f"match: give a regular expression: {error}") from None
    if not isinstance(pattern.pattern, str):
        raise InvalidMessage("match: give a regular expression of text, not of bytes")
    found: re.Pattern[str] = pattern
    return found
