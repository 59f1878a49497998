"""What a fixture lets a client do in place of sending a message, and what must come of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from smsbridge.errors import InvalidMessage, Reason
from smsbridge.filters import received_filters, selected, sent_filters
from smsbridge.message import Status
from smsbridge.testing.plain_yaml import Block
from smsbridge.testing.shape import DO, EXPECT, ROW

if TYPE_CHECKING:
    from smsbridge.testing.reader import Reader

_SENDING = ("accepted", "not_sent", "rejected", "unknown")
_ASKING = ("answered", "rejected", "no_answer")
ENDS: Mapping[str, tuple[str, ...]] = {
    "send": _SENDING,
    "resend": _SENDING,
    "delete": ("accepted", "rejected", "no_answer"),
    "status": _ASKING,
    "received": _ASKING,
    "sent": _ASKING,
}
"""How each operation may end."""

OUTCOMES = tuple(dict.fromkeys(word for words in ENDS.values() for word in words))
_TIMES, _DAYS = ("after", "before"), ("day", "first", "last")
_LIKE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.*")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """An operation of the client, and what it is called with; times are aware."""

    operation: str
    arguments: Mapping[str, Any]


def read_do(reader: Reader, top: Block) -> Do | None:
    """Return what a fixture lets a client do, held to what the client would take."""
    if "do" not in top:
        return None
    if "message" in top:
        raise reader.error(top.lines["do"], "give one of message and do")
    every = {key: kind for kinds in DO.values() for key, kind in kinds.items()}
    block = reader.block(top, "do", every, "operation")
    reader.one_of(block, "operation", tuple(DO))
    operation = block["operation"]
    reader.check(block, DO[operation], *(("id",) if operation in ("resend", "status") else ()))
    given = {key: _value(reader, block, key) for key in block if key != "operation"}
    try:
        _hold(operation, given)
    except InvalidMessage as error:
        raise reader.error(top.lines["do"], str(error)) from None
    return Do(operation=operation, arguments=given)


def read_expect(reader: Reader, top: Block, operation: str) -> Block:
    """Return what must come of an operation, which is empty where a fixture asks for nothing."""
    if "expect" not in top:
        return Block()
    expect = reader.block(top, "expect", EXPECT, "outcome")
    reader.one_of(expect, "outcome", ENDS.get(operation, OUTCOMES))
    for key, allowed in (("reason", list(Reason)), ("status", list(Status))):
        if key in expect:
            reader.one_of(expect, key, allowed)
    if "rows" in expect:
        if expect["outcome"] != "answered":
            raise reader.error(expect.lines["rows"], "rows: only what is answered has rows")
        for row in expect["rows"]:
            _row(reader, row, operation, expect.lines["rows"])
    return expect


def time_of(word: str) -> datetime | None:
    """Return the time that a word of ISO 8601 with a zone stands for, or None."""
    try:
        return datetime.fromisoformat(word) if _TIME.fullmatch(word) else None
    except ValueError:
        return None


def _row(reader: Reader, row: Any, operation: str, line: int) -> None:
    reader.check(row, ROW["received" if operation == "received" else "sent"], line=line)
    if "status" in row:
        reader.one_of(row, "status", list(Status))
    at = row.get("at")
    if at and "{" not in at and time_of(at) is None:
        raise reader.error(row.lines["at"], _needs_time("at"))


def _value(reader: Reader, block: Block, key: str) -> Any:
    """Return a value as the client takes it; in a log's ``before`` what is no time is an id."""
    word = block[key]
    by_id = key == "before" and block["operation"] == "sent" and not _LIKE_TIME.fullmatch(word)
    if key in _TIMES and not by_id:
        if (time := time_of(word)) is None:
            raise reader.error(block.lines[key], _needs_time(key))
        return time
    if key in _DAYS:
        try:
            return date.fromisoformat(word if _DAY.fullmatch(word) else "")
        except ValueError:
            raise reader.error(block.lines[key], f"{key}: give a day, such as 2026-11-22") from None
    return word


def _needs_time(key: str) -> str:
    return f"{key}: give a time with its zone, such as 2026-11-22T22:11:18Z"


def _hold(operation: str, given: Mapping[str, Any]) -> None:
    match operation:
        case "sent":
            sent_filters(given, str)
        case "received":
            received_filters(given)
        case "delete":
            days = (given.get(day) for day in _DAYS)
            selected(given.get("id", ""), *days)
        case _ if not given["id"].strip():
            raise InvalidMessage("id: give the provider's id of a message")
