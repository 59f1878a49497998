"""``send-many --check``: what the messages of a CSV take, and whether all can be sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from smsbridge.cli.bulk.csv_file import MOST_SHOWN, Wrong
from smsbridge.cli.streams import put, say
from smsbridge.errors import CallerError, InvalidMessage, Unsupported
from smsbridge.message import fingerprint
from smsbridge.text.count import count
from smsbridge.text.segments import Encoding, segments

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.cli.bulk.csv_file import Sheet
    from smsbridge.http.exchange import Session
    from smsbridge.message import Message


@dataclass(kw_only=True)
class Totals:
    """What many messages take together.

    ``most``: the segments of the longest. ``ucs2``: how many are not in GSM-7. ``twice``: lines
    with number and text of an earlier line, of which only the first are kept.
    """

    messages: int = 0
    numbers: int = 0
    segments: int = 0
    most: int = 0
    ucs2: int = 0
    repeats: int = 0
    twice: list[tuple[int, int]]


def check_extras(backend: Backend, sheet: Sheet) -> None:
    """Raise `MissingExtra` if a message of the sheet would, before any has left."""
    from smsbridge.cli.explain_message import recipient_on_wire
    from smsbridge.client.pacing import Pace

    with closing(sheet.lines()) as lines:
        _, message = next(lines)
    for one in backend.by_name().values():
        if one.limit and one.limit.per_second:
            Pace(one.limit.per_second, lambda: 0.0)
        with suppress(InvalidMessage):  # which is its own outcome
            recipient_on_wire(one, message)


def check_sender(backend: Backend, sheet: Sheet) -> None:
    """Raise `BadSheet` where the backend can't carry a sender that a line gives."""
    from smsbridge.http.exchange import Session

    if "sender" not in sheet.fields:
        return
    with closing(sheet.lines()) as lines:
        first = next((one for one in lines if one[1].sender), None)
    wrong = Wrong(sheet.path)
    if first and (why := _why_not(backend, first[1], Session())):
        wrong.add(f"line {first[0]}: {why}")
    wrong.raise_all()


def show_check(backend: Backend, sheet: Sheet) -> None:
    """Print what the messages take. Raises `BadSheet` where the backend can't carry one."""
    totals = add_up(backend, sheet)
    put(f"messages    {totals.messages}, to {count(totals.numbers, 'number')}")
    longest = f", up to {totals.most} in one message" if totals.most > 1 else ""
    ucs2 = f"; {totals.ucs2} not in GSM-7" if totals.ucs2 else ""
    put(f"segments    {totals.segments}{longest}{ucs2}")
    put(f"duplicates  {', '.join(_twice(totals)) or 'none'}")
    put(f"time        {_least_time(backend, totals.messages)}")
    say("smsbridge: all can be sent; nothing was sent")


def add_up(backend: Backend, sheet: Sheet) -> Totals:
    """Return what the messages take. Raises `BadSheet` where the backend can't carry one."""
    from smsbridge.http.exchange import Session

    totals, wrong, session = Totals(twice=[]), Wrong(sheet.path), Session()
    with closing(sqlite3.connect("")) as seen:
        seen.execute("CREATE TABLE numbers (number PRIMARY KEY) WITHOUT ROWID")
        seen.execute("CREATE TABLE sends (print PRIMARY KEY, line) WITHOUT ROWID")
        for line, message in sheet.lines():
            if why := _why_not(backend, message, session):
                wrong.add(f"line {line}: {why}")
            needs = segments(message.text)
            totals.messages += 1
            totals.segments += needs.count
            totals.most = max(totals.most, needs.count)
            totals.ucs2 += needs.encoding is Encoding.UCS2
            seen.execute("INSERT OR IGNORE INTO numbers VALUES (?)", (message.recipient,))
            _note_repeat(seen, totals, line, fingerprint(message.recipient, message.text))
        (totals.numbers,) = seen.execute("SELECT count(*) FROM numbers").fetchone()
    wrong.raise_all()
    return totals


def _why_not(backend: Backend, message: Message, session: Session) -> str:
    """Return why a message can't be sent, as far as that shows before a request leaves."""
    why = ""
    for one in (backend.members() or {"": backend}).values():
        if not one.protocols:  # such as the console: it would send at once
            return ""
        try:
            with closing(one.send(message, session)) as sending:
                next(sending, None)
        except Unsupported as error:  # another part may do it
            why = str(error)
        except CallerError as error:
            return str(error)
        else:
            return ""
    return why


def _note_repeat(seen: sqlite3.Connection, totals: Totals, line: int, given: str) -> None:
    try:
        seen.execute("INSERT INTO sends VALUES (?, ?)", (given, line))
    except sqlite3.IntegrityError:
        totals.repeats += 1
        if len(totals.twice) < MOST_SHOWN:
            found = seen.execute("SELECT line FROM sends WHERE print = ?", (given,))
            totals.twice.append((line, found.fetchone()[0]))


def _twice(totals: Totals) -> Iterator[str]:
    for line, earlier in totals.twice:
        yield f"line {line} repeats line {earlier}"
    if more := totals.repeats - len(totals.twice):
        yield f"and {more} more"


def _least_time(backend: Backend, messages: int) -> str:
    """Return how long the calls take at least, by the limit of the config."""
    limits = (one.limit for one in backend.by_name().values())
    rate = next((limit.per_second for limit in limits if limit and limit.per_second), None)
    if rate is None:
        return "no limit in the config"
    return f"{timedelta(seconds=ceil(messages / rate))} at least, at {rate:g} a second"
