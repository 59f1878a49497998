"""The queue of events for webhooks: at-least-once, and in order except for retries.

An event is claimed before it is posted, by moving its due time past a lease. The claim is durable,
so after a crash the event is due again. If several workers claim it, one wins.

A new event is due at once, whatever the clock says. If the clock is set back, a retry waits no
longer than its longest delay, or an hour.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, false, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from smsbridge.bridge.store.store_tables import ENDPOINTS, EVENTS, MESSAGES
from smsbridge.bridge.store.stored_event import StoredEvent
from smsbridge.bridge.store.stored_message import AT_ONCE, StoredMessage
from smsbridge.http.exchange import MOST_WAIT

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from smsbridge.bridge.store.message_store import MessageStore

WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The seconds between tries, as Standard Webhooks recommends: ten tries in 75 hours."""
LEASE = 60.0
"""How many seconds a claim lasts: longer than any post takes."""
_DISABLE_AFTER = 5 * 86_400.0
_TRIES_TO_DISABLE = 4
_JITTER = 0.1

Place = tuple[str, str]
"""The door and the caller of an endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An event to post now, and the message that a report is about."""

    event: StoredEvent
    message: StoredMessage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The effect of a failed try: the event was given up, or the endpoint disabled."""

    given_up: bool
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The state of one endpoint.

    ``waiting``: the number of events to post; ``given_up``: of those that failed ten times.
    ``oldest``: when the oldest of both came in. ``failing_since``: no success since then.
    """

    door: str
    caller: str
    waiting: int = 0
    given_up: int = 0
    oldest: float | None = None
    failing_since: float | None = None
    disabled_at: float | None = None


@dataclass(frozen=True, slots=True)
class EventQueue:
    """The events of a store that await their webhooks."""

    store: MessageStore

    def due_places(self, places: Collection[Place]) -> list[Place]:
        """Return which of the endpoints are enabled and have a due event."""
        with self.store.database.read() as connection:
            off = {(one.door, one.caller) for one in connection.execute(_DISABLED)}
            return [place for place in places if place not in off and self._next(connection, place)]

    def claim(self, place: Place) -> Claimed | None:
        """Claim an endpoint's next due event durably, or return None."""
        with self.store.database.read() as connection:
            event = self._next(connection, place)
        if event is None:
            return None
        lease = self.store.now() + LEASE
        mine = and_(_is(event), EVENTS.c.due == event.due)
        moved = update(EVENTS).where(mine).values(due=lease, tries=event.tries + 1)

        def write(connection: Connection) -> bool:
            if connection.execute(_DISABLED.where(_at(place))).first():
                return False
            return connection.execute(moved).rowcount == 1

        if not self.store.database.commit("event claim", write):
            return None
        return Claimed(
            event=replace(event, due=lease, tries=event.tries + 1), message=self._about(event)
        )

    def _next(self, connection: Connection, place: Place) -> StoredEvent | None:
        """Return an endpoint's next due event: a retry or a new one, whichever is older."""
        again = and_(EVENTS.c.due > AT_ONCE, EVENTS.c.due <= self.store.now())
        found: list[StoredEvent] = []
        for due in (again, EVENTS.c.due == AT_ONCE):
            asked = select(EVENTS).where(_of(place), due).order_by(EVENTS.c.due, EVENTS.c.seq)
            rows = connection.execute(asked.limit(1)).mappings()
            found += map(StoredEvent.of_row, rows)
        return min(found, key=lambda one: one.due or one.came_at, default=None)

    def hasten(self, places: Collection[Place]) -> int:
        """Make due at once what would wait longer than it ever has to; return how many events.

        They became due by a clock that has been set back since.
        """
        late = and_(or_(false(), *map(_of, places)), EVENTS.c.due > self.store.now() + _MOST_WAITS)
        with self.store.database.read() as connection:
            if connection.execute(select(EVENTS.c.seq).where(late).limit(1)).first() is None:
                return 0
        due = update(EVENTS).where(late).values(due=AT_ONCE)
        return self.store.database.commit(
            "events hastened", lambda connection: connection.execute(due).rowcount
        )

    def _about(self, event: StoredEvent) -> StoredMessage | None:
        if event.message is None:
            return None
        asked = select(MESSAGES).where(MESSAGES.c.seq == event.message)
        with self.store.database.read() as connection:
            row = connection.execute(asked).mappings().first()
        return StoredMessage.of_row(row) if row is not None else None

    def settle(self, event: StoredEvent) -> None:
        """Record that an event was delivered, so its endpoint works."""
        failing = and_(_at(_place(event)), ENDPOINTS.c.failing_since.is_not(None))
        over = update(EVENTS).where(_is(event)).values(delivered_at=self.store.now(), due=None)

        def write(connection: Connection) -> None:
            connection.execute(over)
            connection.execute(update(ENDPOINTS).where(failing).values(failing_since=None))

        self.store.database.commit("event delivered", write)

    def leave_out(self, event: StoredEvent) -> None:
        """Record that an event can't be expressed."""
        over = update(EVENTS).where(_is(event)).values(due=None, tries=0)
        self.store.database.commit("event left out", lambda connection: connection.execute(over))

    def fail(
        self,
        event: StoredEvent,
        *,
        retry_after: float | None = None,
        gone: bool = False,
        jitter: float = 0.0,
    ) -> Failed:
        """Record that a try failed.

        ``jitter``: 0 to 1, adds up to a tenth to the delay. ``gone``: the receiver wants no more.
        """
        now, place = self.store.now(), _place(event)
        wait = wait_after(event.tries, retry_after, jitter)
        due = AT_ONCE if gone else None if wait is None else now + wait
        claimed = and_(_is(event), EVENTS.c.due == event.due)  # else it was reclaimed

        def write(connection: Connection) -> bool:
            connection.execute(update(EVENTS).where(claimed).values(due=due))
            since = self._failing_since(connection, place, now)
            over = now - since >= _DISABLE_AFTER
            if not (gone or (over and self._was_tried(connection, event))):
                return False
            off = update(ENDPOINTS).where(_at(place), ENDPOINTS.c.disabled_at.is_(None))
            return connection.execute(off.values(disabled_at=now)).rowcount == 1

        disabled = self.store.database.commit("event failed", write)
        return Failed(given_up=due is None, disabled=disabled)

    @staticmethod
    def _was_tried(connection: Connection, event: StoredEvent) -> bool:
        """Return whether one try has not decided it: this event, or all that wait, had several."""
        tries = select(func.sum(EVENTS.c.tries)).where(_of(_place(event)), _WAITS)
        least = _TRIES_TO_DISABLE
        return event.tries >= least or (connection.execute(tries).scalar() or 0) >= least

    @staticmethod
    def _failing_since(connection: Connection, place: Place, now: float) -> float:
        """Return since when an endpoint has been failing: now, if it wasn't before."""
        row = connection.execute(select(ENDPOINTS).where(_at(place))).first()
        if row is None:
            door, caller = place
            values = {"door": door, "caller": caller, "failing_since": now}
            with suppress(IntegrityError), connection.begin_nested():  # another process just did
                connection.execute(insert(ENDPOINTS).values(values))
        elif row.failing_since is None or row.failing_since > now:  # the clock was set back
            connection.execute(update(ENDPOINTS).where(_at(place)).values(failing_since=now))
        else:
            return float(row.failing_since)
        return now

    def enable(self, place: Place) -> int:
        """Enable an endpoint, and requeue what waits for it or was given up; return how many.

        Each gets ten new tries.
        """
        again = and_(_of(place), EVENTS.c.delivered_at.is_(None), or_(_WAITS, _IS_GIVEN_UP))
        works = update(ENDPOINTS).where(_at(place)).values(disabled_at=None, failing_since=None)
        told = update(EVENTS).where(again).values(due=AT_ONCE, tries=0)

        def write(connection: Connection) -> int:
            connection.execute(works)
            return connection.execute(told).rowcount

        return self.store.database.commit("endpoint enabled", write)

    def waiting_counts(self, places: Collection[Place]) -> dict[Place, int]:
        """Return how many events are waiting for each of the endpoints."""
        with self.store.database.read() as connection:
            return {
                place: connection.execute(
                    select(func.count()).where(_of(place), _WAITS)
                ).scalar_one()
                for place in places
            }

    def oldest_times(self, places: Collection[Place]) -> dict[Place, float]:
        """Return when the oldest came in of the events that are to be told yet, where any is."""
        with self.store.database.read() as connection:
            found = {place: connection.execute(_oldest(place)).scalar() for place in places}
        return {place: at for place, at in found.items() if at is not None}

    def disabled_places(self) -> set[Place]:
        """Return the disabled endpoints."""
        with self.store.database.read() as connection:
            return {(one.door, one.caller) for one in connection.execute(_DISABLED)}

    def endpoints(self, known: Collection[Place] = ()) -> list[Endpoint]:
        """Return all endpoints in the store, and those in ``known``, sorted.

        It reads all events, so it is for people, not for frequent polling.
        """
        found = {place: Endpoint(door=place[0], caller=place[1]) for place in known}
        with self.store.database.read() as connection:
            for stood in connection.execute(select(ENDPOINTS)).mappings():
                found[stood["door"], stood["caller"]] = Endpoint(**stood)
            for key, rule in (("waiting", _WAITS), ("given_up", _IS_GIVEN_UP)):
                for row in connection.execute(_count(rule)):
                    place = (row.door, row.caller)
                    one = found.get(place, Endpoint(door=row.door, caller=row.caller))
                    oldest = min(filter(None, (one.oldest, row.oldest)))
                    found[place] = replace(one, oldest=oldest, **{key: row.number})
        return [found[place] for place in sorted(found)]


def wait_after(tries: int, retry_after: float | None = None, jitter: float = 0.0) -> float | None:
    """Return the seconds from a failed try to the next; None after the last.

    ``retry_after``: the receiver's, at most an hour; it can only lengthen the delay.
    """
    if tries > len(WAITS):
        return None
    wait = WAITS[max(tries, 1) - 1] * (1 + _JITTER * jitter)
    return max(wait, retry_after or 0.0)


def _place(event: StoredEvent) -> Place:
    return (event.door or "", event.caller or "")


def _is(event: StoredEvent) -> ColumnElement[bool]:
    return and_(EVENTS.c.seq == event.seq, EVENTS.c.delivered_at.is_(None))


def _of(place: Place) -> ColumnElement[bool]:
    return and_(EVENTS.c.door == place[0], EVENTS.c.caller == place[1])


def _count(rule: ColumnElement[bool]) -> Select[Any]:
    names = (EVENTS.c.door, EVENTS.c.caller)
    numbers = (func.count().label("number"), func.min(EVENTS.c.came_at).label("oldest"))
    open_ = and_(EVENTS.c.delivered_at.is_(None), EVENTS.c.door.is_not(None), rule)
    return select(*names, *numbers).where(open_).group_by(*names)


def _oldest(place: Place) -> Select[Any]:
    number = func.min(EVENTS.c.seq + 0)  # + 0: don't scan the primary key
    first = select(number).where(_of(place), _WAITS).scalar_subquery()
    return select(EVENTS.c.came_at).where(EVENTS.c.seq == first)


def _at(place: Place) -> ColumnElement[bool]:
    return and_(ENDPOINTS.c.door == place[0], ENDPOINTS.c.caller == place[1])


_MOST_WAITS = case(
    {tries: wait_after(tries, MOST_WAIT, 1.0) for tries in range(1, len(WAITS) + 1)},
    value=EVENTS.c.tries,
    else_=MOST_WAIT,
)
"""The longest delay after an event's tries; a lease is shorter than any."""

_DISABLED = select(ENDPOINTS).where(ENDPOINTS.c.disabled_at.is_not(None))
_WAITS = EVENTS.c.due.is_not(None)
_IS_GIVEN_UP = and_(EVENTS.c.due.is_(None), EVENTS.c.tries > 0)
