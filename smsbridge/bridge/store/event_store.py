"""The events in a store: each is stored once, however often and by whatever way it comes."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from math import floor
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from smsbridge.bridge.store.store_tables import EVENTS, IS_RECEIVED, IS_UNREAD
from smsbridge.bridge.store.stored_event import StoredEvent
from smsbridge.bridge.store.stored_message import AT_ONCE, FIRST_NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection

    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.stored_event import NewEvent
    from smsbridge.message import Status

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class EventStore:
    """The events of a store."""

    store: MessageStore

    def add(self, new: NewEvent) -> bool:
        """Store an event durably; return False if it was already stored."""

        def write(connection: Connection) -> bool:
            return not self.has(connection, new.event_key) and self.add_row(connection, new)

        return self.store.database.commit("event", write)

    def has(self, connection: Connection, event_key: str) -> bool:
        """Return whether an event is already stored."""
        same = select(EVENTS.c.seq).where(EVENTS.c.event_key == event_key)
        return connection.execute(same).first() is not None

    def add_row(self, connection: Connection, new: NewEvent, *, is_news: bool = True) -> bool:
        """Add the row of an event; return False if another process just did.

        ``is_news``: False if its caller gets no webhook for it.
        """
        now = self.store.now()
        made = {"id": f"evt_{os.urandom(_ID_BYTES).hex()}", "came_at": now}
        due = self.due(new.door, new.caller) if is_news else None
        more = {"due": due, "hidden": False, "tries": 0}
        try:
            with connection.begin_nested():  # the transaction may be shared
                connection.execute(insert(EVENTS), {**asdict(new), **made, **more})
        except IntegrityError:
            return False
        return True

    def due(self, door: str | None, caller: str | None) -> float | None:
        """Return when the webhook of an event is due: at once, or None if there is none to send."""
        told = door and caller and self.store.has_webhook(door, caller)
        return AT_ONCE if told else None

    @staticmethod
    def was_told(connection: Connection, message: int, statuses: Collection[Status]) -> bool:
        """Return whether a message, by its row number, has an event with one of these statuses.

        One that still waits for the outcome doesn't count.
        """
        before = select(EVENTS.c.seq).where(
            EVENTS.c.message == message,
            EVENTS.c.status.in_(statuses),
            EVENTS.c.door.is_not(None),
        )
        return connection.execute(before.limit(1)).first() is not None

    def last_time(self, backend: str) -> float | None:
        """Return the send time of a block's newest incoming message; None before the first."""
        newest = select(EVENTS.c.at).where(EVENTS.c.backend == backend, IS_RECEIVED)
        with self.store.database.read() as connection:
            found: float | None = connection.execute(
                newest.order_by(EVENTS.c.at.desc()).limit(1)
            ).scalar()
            return found

    def list_received(  # noqa: PLR0913  (each is a filter of the log)
        self,
        *,
        door: str,
        caller: str,
        known: str = "",
        unread: bool = False,
        before: float | None = None,
        after: float | None = None,
        limit: int = 50,
    ) -> list[StoredEvent]:
        """Return a caller's incoming messages: one page of them, oldest first.

        With a time, a page is in the order of their times and has the whole second in which it
        ends, so that a caller that goes on from there gets each. ``after`` also brings what came in
        since then under an earlier time, until it is read. Without a time, unread messages come
        first, in the order in which they came in. ``known``: only the one with this id or number.
        """
        own = and_(
            EVENTS.c.door == door,
            EVENTS.c.caller == caller,
            IS_RECEIVED,
            EVENTS.c.hidden.is_(False),
        )
        rules: list[ColumnElement[bool]] = [own]
        rules += [IS_UNREAD] if unread else []
        rules += [EVENTS.c.at < before] if before is not None else []
        rules += [_came_since(after, own)] if after is not None else []
        if known:
            number = int(known) if known.isascii() and known.isdecimal() and len(known) < 16 else 0  # noqa: PLR2004  (a 64-bit number)
            rules.append(or_(EVENTS.c.id == known, EVENTS.c.seq == number - FIRST_NUMBER))
        with self.store.database.read() as connection:
            if after is not None or before is not None:
                rules += _page_end(connection, rules, after, limit)
                asked = select(EVENTS).where(*rules).order_by(EVENTS.c.at, EVENTS.c.seq)
                return [StoredEvent.of_row(row) for row in connection.execute(asked).mappings()]
            asked = select(EVENTS).where(*rules, IS_UNREAD).order_by(EVENTS.c.seq).limit(limit)
            rows = connection.execute(asked).mappings().all()
            if not unread and len(rows) < limit:
                read = select(EVENTS).where(*rules, EVENTS.c.read_at.is_not(None))
                newest = read.order_by(EVENTS.c.seq.desc()).limit(limit - len(rows))
                rows = [*rows, *connection.execute(newest).mappings()]
        return sorted(map(StoredEvent.of_row, rows), key=lambda one: one.seq)

    def mark_read(self, events: Sequence[StoredEvent]) -> None:
        """Mark incoming messages as read by their caller."""
        self._change(events, "read", read_at=self.store.now())

    def hide(self, events: Sequence[StoredEvent]) -> None:
        """Hide incoming messages from their caller."""
        self._change(events, "hide", hidden=True)

    def _change(self, events: Sequence[StoredEvent], what: str, **values: object) -> None:
        numbers = [one.seq for one in events]
        change = update(EVENTS).where(EVENTS.c.seq.in_(numbers)).values(values)
        self.store.database.commit(what, lambda connection: connection.execute(change))


def _came_since(after: float, own: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition for what is from a time on, or came in since then and is unread."""
    first = select(func.min(EVENTS.c.seq)).where(own, EVENTS.c.at >= after).scalar_subquery()
    late = or_(EVENTS.c.came_at >= after, EVENTS.c.seq > first)
    return or_(EVENTS.c.at >= after, and_(EVENTS.c.read_at.is_(None), late))


def _page_end(
    connection: Connection, rules: Sequence[ColumnElement[bool]], after: float | None, limit: int
) -> list[ColumnElement[bool]]:
    """Return the condition that ends a page after the whole second of its last message.

    The second of ``after`` itself doesn't count: otherwise a caller could get stuck in it.
    """
    at = EVENTS.c.at
    order = at.desc() if after is None else at
    counts = [] if after is None else [or_(at < after, at >= floor(after) + 1)]
    asked = select(at).where(*rules, *counts).order_by(order).offset(limit - 1).limit(1)
    last: float | None = connection.execute(asked).scalar()
    if last is None:
        return []
    return [at >= floor(last) if after is None else at < floor(last) + 1]
