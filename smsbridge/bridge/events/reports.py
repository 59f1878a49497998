"""Applies delivery reports: matches each to its message, and moves the status upwards.

A report with our own reference may also prove that the provider accepted a message. Any does, if
the message is *unknown*. If it is not sent, refused, cancelled or waiting for another try, only
*sent*, *delivered* or *read* does, since a provider may also report what it refused. Nothing else
changes how a send ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, false, func, or_, select, update

from smsbridge.bridge.store.message_store import NoStep
from smsbridge.bridge.store.store_tables import ATTEMPTS, EVENTS, MESSAGES
from smsbridge.bridge.store.stored_event import (
    FAILURE_STATUSES,
    EventKind,
    NewEvent,
    StoredEvent,
)
from smsbridge.bridge.store.stored_message import UNDER_WAY, End, State, StoredMessage
from smsbridge.message import Status

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from smsbridge.bridge.store.event_store import EventStore

PROVED = "reported by its provider"
_SENT = (Status.SENT, Status.DELIVERED, Status.READ)
_MOST = 500
_TRIES = 3


class Became(StrEnum):
    """The result of an event: kept, a repeat, or waiting for its message."""

    KEPT = "kept"
    REPEATED = "repeated"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of a report. ``proved``: the message that it proves accepted."""

    became: Became
    message: StoredMessage | None = None
    proved: StoredMessage | None = None


def member_of(message: StoredMessage) -> str:
    """Return the block that a message went through; for a failover, the member that it tried."""
    return (message.attempt.via if message.attempt else "") or message.backend


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports in a store. ``routes``: by block, the names in ``to`` that send through it."""

    events: EventStore
    routes: Mapping[str, frozenset[str]]

    def record(self, new: NewEvent, reference: str | None = None) -> Recorded:
        """Store a report durably, and move the status of its message.

        ``reference``: the message's reference according to the provider.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._record(new, reference)
            except NoStep:  # the message was changed meanwhile
                continue
        return self._record(new, reference)

    def _record(self, new: NewEvent, reference: str | None) -> Recorded:
        def write(connection: Connection) -> Recorded:
            if self.events.has(connection, new.event_key):
                return Recorded(Became.REPEATED)
            found = self._find(connection, new, reference)
            if found is None or (found.state in UNDER_WAY and not _proves(new, found)):
                number = found.seq if found else None
                added = self.events.add_row(connection, replace(new, message=number))
                return Recorded(Became.WAITS if added else Became.REPEATED, found)
            moved, is_news = self._move(connection, found, new)
            whose = {"message": found.seq, "door": found.door, "caller": found.caller}
            self.events.add_row(connection, replace(new, **whose), is_news=is_news)  # type: ignore[arg-type]  # each has its type
            return Recorded(Became.KEPT, moved, moved if moved.state is not found.state else None)

        return self.events.store.database.commit("report", write)

    def _find(
        self, connection: Connection, new: NewEvent, reference: str | None
    ) -> StoredMessage | None:
        """Return the message that a report is about, if known."""
        routes = self.routes.get(new.backend, frozenset())
        here = select(MESSAGES).where(MESSAGES.c.backend.in_(routes))
        if reference:
            named = connection.execute(here.where(MESSAGES.c.id == reference)).mappings().first()
            if named is not None:
                return StoredMessage.of_row(named)
        if not new.provider_id:
            return None
        taken = here.where(MESSAGES.c.provider_id == new.provider_id)
        rows = connection.execute(taken.order_by(MESSAGES.c.seq.desc()).limit(_MOST)).mappings()
        found = (StoredMessage.of_row(row) for row in rows)
        return next((one for one in found if member_of(one) == new.backend), None)

    def _move(
        self, connection: Connection, message: StoredMessage, told: NewEvent | StoredEvent
    ) -> tuple[StoredMessage, bool]:
        """Move the status of a message up; return it, and whether the report was news."""
        status = told.status or Status.UNKNOWN
        if _proves(told, message):
            end = _end_of(told, message)
            actor = f"report {told.backend}"
            return self.events.store.move_row(connection, message, end, actor), True
        if message.state is not State.ACCEPTED:
            is_failure = status in FAILURE_STATUSES
            was_told = self.events.was_told(connection, message.seq, FAILURE_STATUSES)
            return message, is_failure and not was_told
        if self._is_of_other_try(connection, message, told):
            return message, False
        lower = [one for one in Status if one.rank < status.rank]
        higher = update(MESSAGES).where(
            MESSAGES.c.seq == message.seq,
            or_(MESSAGES.c.status.in_(lower), MESSAGES.c.status.is_(None)),
        )
        if connection.execute(higher.values(status=status)).rowcount == 1:
            return replace(message, status=status), True
        return message, status is message.status and not self._was_told(connection, message, told)

    def _was_told(
        self, connection: Connection, message: StoredMessage, told: NewEvent | StoredEvent
    ) -> bool:
        """Return whether the caller already knows the current status, which a lookup may have set.

        The answer to its send has already said that the message is queued.
        """
        status = told.status or Status.UNKNOWN
        known = status.rank <= Status.ACCEPTED.rank
        return known or self.events.was_told(connection, message.seq, [status])

    @staticmethod
    def _is_of_other_try(
        connection: Connection, message: StoredMessage, told: NewEvent | StoredEvent
    ) -> bool:
        """Return whether a report says that an earlier try of a message failed.

        Our reference matches every try. A delivery counts for any of them, since the text arrived.
        """
        ids = {told.provider_id, message.provider_id} - {None}
        if told.status not in FAILURE_STATUSES or len(ids) < 2:  # noqa: PLR2004  (that is, they differ)
            return False
        tries = select(func.count()).where(
            ATTEMPTS.c.message == message.seq, ATTEMPTS.c.state == State.HANDED_OVER
        )
        return connection.execute(tries).scalar_one() > 1

    def match(self, since: float) -> list[StoredMessage]:
        """Match reports that came too early, since a time; return messages proved accepted."""
        proved: list[StoredMessage] = []
        done = set[int]()
        here = or_(
            false(),
            *(
                and_(EVENTS.c.backend == name, MESSAGES.c.backend.in_(routes))
                for name, routes in self.routes.items()
            ),
        )
        with self.events.store.database.read() as connection:
            rows = [
                row
                for asked in (_WAITS_BY_REFERENCE, _waits_by_id(since))
                for row in connection.execute(asked.where(here).limit(_MOST)).mappings().all()
            ]
        for row in rows:
            event = StoredEvent.of_row({one.name: row[f"event_{one.name}"] for one in EVENTS.c})
            message = StoredMessage.of_row(row)
            is_named = event.message is not None
            is_its_own = is_named or member_of(message) == event.backend
            if is_its_own and event.seq not in done:  # of several messages, take the newest
                done.add(event.seq)
                proved += self._settle(event, message)
        return proved

    def _settle(self, event: StoredEvent, message: StoredMessage) -> list[StoredMessage]:
        def write(connection: Connection) -> list[StoredMessage]:
            moved, is_news = self._move(connection, message, event)
            due = self.events.due(message.door, message.caller) if is_news else None
            whose = {"message": message.seq, "door": message.door, "caller": message.caller}
            waits = update(EVENTS).where(EVENTS.c.seq == event.seq, EVENTS.c.door.is_(None))
            connection.execute(waits.values(**whose, due=due))
            return [moved] if moved.state is not message.state else []

        try:
            return self.events.store.database.commit("match", write)
        except NoStep:  # the message was changed meanwhile
            return []

    def forget(self, before: float) -> int:
        """Delete reports from before a time that match no message; return how many."""
        lost = delete(EVENTS).where(
            EVENTS.c.kind == EventKind.REPORT, EVENTS.c.door.is_(None), EVENTS.c.came_at < before
        )
        return self.events.store.database.commit(
            "forget", lambda connection: connection.execute(lost).rowcount
        )


def _proves(told: NewEvent | StoredEvent, message: StoredMessage) -> bool:
    """Return whether a report with our reference proves that its message was accepted."""
    if message.state in (State.ACCEPTED, State.HANDED_OVER):
        return False
    is_sent = message.attempt is not None and told.status in _SENT
    return message.state is State.UNKNOWN or is_sent


def _end_of(told: NewEvent | StoredEvent, message: StoredMessage) -> End:
    """Return the outcome that a report proves; of a failover, it names the member."""
    best = max(told.status or Status.UNKNOWN, Status.ACCEPTED, key=lambda one: one.rank)
    attempt = message.attempt
    return End(
        state=State.ACCEPTED,
        attempt=replace(attempt, via=told.backend) if attempt and attempt.via else None,
        provider_id=told.provider_id,
        status=best,
        why=PROVED,
    )


def _both() -> Select[Any]:
    columns = [column.label(f"event_{column.name}") for column in EVENTS.c]
    waits = select(MESSAGES, *columns).where(
        EVENTS.c.door.is_(None),
        EVENTS.c.caller.is_(None),  # to use the index of these three
        EVENTS.c.kind == EventKind.REPORT,
    )
    return waits.order_by(EVENTS.c.seq, MESSAGES.c.seq.desc())


_WAITS_BY_REFERENCE = (
    _both()
    .join(EVENTS, MESSAGES.c.seq == EVENTS.c.message)
    .where(
        or_(
            MESSAGES.c.state.not_in(UNDER_WAY),
            and_(
                MESSAGES.c.state == State.STORED,
                MESSAGES.c.attempt.is_not(None),
                EVENTS.c.status.in_(_SENT),
            ),
        )
    )
)


def _waits_by_id(since: float) -> Select[Any]:
    return (
        _both()
        .join(EVENTS, MESSAGES.c.provider_id == EVENTS.c.provider_id)
        .where(
            (EVENTS.c.message + 0).is_(None),  # + 0: avoid its index, which has all incoming
            EVENTS.c.came_at >= since,
            MESSAGES.c.state == State.ACCEPTED,
        )
    )
