"""Which event is told next, and what became of it: at least once, and in order as far as it goes.

An event is claimed before it is posted: what is due is moved on by a lease, on the disk, so after a
crash it is due again. Of several who claim it one wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, update

from smsbridge.bridge.store_tables import ENDPOINTS, EVENTS, MESSAGES
from smsbridge.bridge.stored_event import StoredEvent
from smsbridge.bridge.stored_message import StoredMessage

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from smsbridge.bridge.store import Store

WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The seconds between two tries, as Standard Webhooks proposes them: ten tries in 75 hours."""
LEASE = 60.0
"""For how many seconds an event is claimed: longer than any post takes."""
_DISABLE_AFTER = 5 * 86_400.0
_TRIES_TO_DISABLE = 4
_JITTER = 0.1

Place = tuple[str, str]
"""The door and the caller of an endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An event that is to be posted now, and the message that a report is about."""

    event: StoredEvent
    message: StoredMessage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How it stands with one endpoint.

    ``waiting``: how many events are to be told yet; ``given_up``: how many were tried ten times.
    ``oldest``: when the oldest of both came in. ``failing_since``: no event was taken since then.
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
    """The events of a store that are to be told."""

    store: Store

    def due_places(self) -> list[Place]:
        """Return the endpoints for which an event is due by now, and which aren't disabled."""
        due = and_(EVENTS.c.due <= self.store.now(), EVENTS.c.delivered_at.is_(None))
        asked = select(EVENTS.c.door, EVENTS.c.caller).where(due, EVENTS.c.door.is_not(None))
        off = select(ENDPOINTS.c.door, ENDPOINTS.c.caller).where(_IS_DISABLED)
        with self.store.database.read() as connection:
            disabled = {(one.door, one.caller) for one in connection.execute(off)}
            found = [(one.door, one.caller) for one in connection.execute(asked.distinct())]
        return [place for place in found if place not in disabled]

    def claim(self, place: Place) -> Claimed | None:
        """Claim the oldest event of an endpoint that is due, or None; it is on the disk then."""
        row = self._next(place)
        if row is None:
            return None
        event = StoredEvent.of_row(row)
        lease = self.store.now() + LEASE
        mine = and_(_is(event), EVENTS.c.due == event.due)
        with self.store.database.write("event claim") as connection:
            if connection.execute(select(ENDPOINTS).where(_at(place), _IS_DISABLED)).first():
                return None
            moved = update(EVENTS).where(mine).values(due=lease, tries=event.tries + 1)
            if connection.execute(moved).rowcount != 1:
                return None
        return Claimed(
            event=replace(event, due=lease, tries=event.tries + 1), message=self._about(event)
        )

    def _next(self, place: Place) -> Any:
        due = and_(EVENTS.c.due <= self.store.now(), EVENTS.c.delivered_at.is_(None))
        asked = select(EVENTS).where(_of(place), due).order_by(EVENTS.c.seq).limit(1)
        with self.store.database.read() as connection:
            return connection.execute(asked).mappings().first()

    def _about(self, event: StoredEvent) -> StoredMessage | None:
        if event.message is None:
            return None
        asked = select(MESSAGES).where(MESSAGES.c.seq == event.message)
        with self.store.database.read() as connection:
            row = connection.execute(asked).mappings().first()
        return StoredMessage.of_row(row) if row is not None else None

    def settle(self, event: StoredEvent) -> None:
        """Record that an event was taken: its endpoint works."""
        now = self.store.now()
        failing = and_(_at(_place(event)), ENDPOINTS.c.failing_since.is_not(None))
        with self.store.database.write("event delivered") as connection:
            connection.execute(update(EVENTS).where(_is(event)).values(delivered_at=now, due=None))
            connection.execute(update(ENDPOINTS).where(failing).values(failing_since=None))

    def leave_out(self, event: StoredEvent) -> None:
        """Record that an event can't be told."""
        with self.store.database.write("event left out") as connection:
            connection.execute(update(EVENTS).where(_is(event)).values(due=None, tries=0))

    def fail(
        self,
        event: StoredEvent,
        *,
        retry_after: float | None = None,
        gone: bool = False,
        jitter: float = 0.0,
    ) -> bool:
        """Record that a try failed; return whether its endpoint is disabled by that.

        ``jitter``: from 0 to 1, how much of a tenth is added to the wait. ``gone``: the receiver
        wants no more of them.
        """
        now = self.store.now()
        wait = wait_after(event.tries, retry_after, jitter)
        due = now if gone else None if wait is None else now + wait
        claimed = and_(_is(event), EVENTS.c.due == event.due)  # else it is somebody else's by now
        with self.store.database.write("event failed") as connection:
            connection.execute(update(EVENTS).where(claimed).values(due=due))
            since = self._failing_since(connection, _place(event), now)
            over = event.tries >= _TRIES_TO_DISABLE and now - since >= _DISABLE_AFTER
            if not (gone or over):
                return False
            off = update(ENDPOINTS).where(_at(_place(event)), ENDPOINTS.c.disabled_at.is_(None))
            return connection.execute(off.values(disabled_at=now)).rowcount == 1

    @staticmethod
    def _failing_since(connection: Connection, place: Place, now: float) -> float:
        """Return since when an endpoint fails: since now, if it did not before."""
        row = connection.execute(select(ENDPOINTS).where(_at(place))).first()
        if row is None:
            door, caller = place
            values = {"door": door, "caller": caller, "failing_since": now}
            connection.execute(insert(ENDPOINTS).values(values))
        elif row.failing_since is None:
            connection.execute(update(ENDPOINTS).where(_at(place)).values(failing_since=now))
        else:
            return float(row.failing_since)
        return now

    def enable(self, place: Place) -> int:
        """Let an endpoint have what waits for it, and what was given up; return how many that is.

        Each has its ten tries anew.
        """
        again = and_(_of(place), EVENTS.c.delivered_at.is_(None), or_(_WAITS, _IS_GIVEN_UP))
        with self.store.database.write("endpoint enabled") as connection:
            works = update(ENDPOINTS).where(_at(place))
            connection.execute(works.values(disabled_at=None, failing_since=None))
            told = update(EVENTS).where(again).values(due=self.store.now(), tries=0)
            return connection.execute(told).rowcount

    def endpoints(self, known: Sequence[Place] = ()) -> list[Endpoint]:
        """Return the endpoints of which anything is known, and those of ``known``, by name."""
        open_ = and_(EVENTS.c.delivered_at.is_(None), EVENTS.c.door.is_not(None))
        names = (EVENTS.c.door, EVENTS.c.caller)
        numbers = (func.count().label("number"), func.min(EVENTS.c.came_at).label("oldest"))
        waiting, given_up = (
            select(*names, *numbers).where(open_, rule).group_by(*names)
            for rule in (_WAITS, _IS_GIVEN_UP)
        )
        found = {place: Endpoint(door=place[0], caller=place[1]) for place in known}
        with self.store.database.read() as connection:
            for row in connection.execute(select(ENDPOINTS)):
                found[row.door, row.caller] = Endpoint(
                    door=row.door,
                    caller=row.caller,
                    failing_since=row.failing_since,
                    disabled_at=row.disabled_at,
                )
            for key, asked in (("waiting", waiting), ("given_up", given_up)):
                for row in connection.execute(asked):
                    place = (row.door, row.caller)
                    one = found.get(place, Endpoint(door=row.door, caller=row.caller))
                    oldest = min(filter(None, (one.oldest, row.oldest)))
                    found[place] = replace(one, oldest=oldest, **{key: row.number})
        return [found[place] for place in sorted(found)]


def wait_after(tries: int, retry_after: float | None = None, jitter: float = 0.0) -> float | None:
    """Return the seconds from a failed try to the next; None after the last.

    ``retry_after``: what the receiver asked for, at most an hour; it makes no wait shorter.
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


def _at(place: Place) -> ColumnElement[bool]:
    return and_(ENDPOINTS.c.door == place[0], ENDPOINTS.c.caller == place[1])


_IS_DISABLED = ENDPOINTS.c.disabled_at.is_not(None)
_WAITS = EVENTS.c.due.is_not(None)
_IS_GIVEN_UP = and_(EVENTS.c.due.is_(None), EVENTS.c.tries > 0)
