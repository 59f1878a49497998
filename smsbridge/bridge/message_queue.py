"""What a worker takes from the store, and what it brings back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, select

from smsbridge.bridge.store import move_row
from smsbridge.bridge.store_tables import MESSAGES
from smsbridge.bridge.stored_message import End, State, StoredMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Select

    from smsbridge.bridge.store import Store
    from smsbridge.errors import Attempt

CRASHED = "the process ended while it was being sent"
RESTORED = "it waited when the backup was made, and may have been sent since"


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """The side of a store that workers use."""

    store: Store

    def claim(
        self, actor: str, attempt: Callable[[StoredMessage], Attempt]
    ) -> StoredMessage | None:
        """Claim the next message that is due; None if none is.

        It is on the disk that it is claimed before this returns, so before a byte of it leaves.
        ``attempt`` returns the attempt that is about to be made. Messages to one recipient are
        claimed in their order: one that is being sent, or waits for another try, goes first.
        """
        database = self.store.database

        def take(connection: Connection) -> StoredMessage | None:
            now = self.store.now()
            row = connection.execute(_DUE, {"now": now}).mappings().first()
            if row is None:
                return None
            database.at("claim: found")
            found = StoredMessage.of_row(row)
            end = End(state=State.HANDED_OVER, attempt=attempt(found))
            claimed = move_row(connection, found, end, actor, now, tries=found.tries + 1)
            database.at("claim: marked")
            return claimed

        if claimed := database.commit("claim", take):
            database.at("claim: taken")
        return claimed

    def recover(self, actor: str) -> int:
        """Make *unknown* what was being sent when the last process ended; return how many."""
        return self._doubt((State.HANDED_OVER,), actor, CRASHED)

    def doubt_all(self, actor: str) -> int:
        """Make *unknown* all that is not settled, of a store that was restored; return how many.

        What waited at the time of the backup may have been sent since.
        """
        return self._doubt((State.HANDED_OVER, State.STORED), actor, RESTORED)

    def _doubt(self, states: tuple[State, ...], actor: str, why: str) -> int:
        now, count = self.store.now(), 0
        asked = select(MESSAGES).where(MESSAGES.c.state.in_(states))
        with self.store.database.write("recover") as connection:
            for row in connection.execute(asked).mappings().all():
                end = End(state=State.UNKNOWN, due=now, why=why)
                move_row(connection, StoredMessage.of_row(row), end, actor, now)
                count += 1
        return count

    def due_unknown(self) -> list[StoredMessage]:
        """Return the *unknown* messages that are to be looked up by now: the first 1000."""
        due = and_(MESSAGES.c.state == State.UNKNOWN, MESSAGES.c.due <= self.store.now())
        asked = select(MESSAGES).where(due).order_by(MESSAGES.c.due, MESSAGES.c.seq).limit(1000)
        with self.store.database.read() as connection:
            return [StoredMessage.of_row(row) for row in connection.execute(asked).mappings()]

    def others_like(self, message: StoredMessage) -> list[StoredMessage]:
        """Return the other messages with the same recipient and text that may have a row in a log.

        They are those that were sent, or may have been.
        """
        if message.attempt is None or not message.attempt.fingerprint:
            return []
        sent = (State.ACCEPTED, State.UNKNOWN, State.HANDED_OVER)
        alike = and_(
            MESSAGES.c.fingerprint == message.attempt.fingerprint,
            MESSAGES.c.seq != message.seq,
            MESSAGES.c.state.in_(sent),
        )
        with self.store.database.read() as connection:
            rows = connection.execute(select(MESSAGES).where(alike)).mappings()
            return [StoredMessage.of_row(row) for row in rows]


def _due() -> Select[Any]:
    earlier = MESSAGES.alias("earlier")
    waits: ColumnElement[bool] = exists().where(
        earlier.c.recipient == MESSAGES.c.recipient,
        earlier.c.state.in_((State.STORED, State.HANDED_OVER)),
        earlier.c.seq < MESSAGES.c.seq,
        earlier.c.send_at.is_(None),
    )
    ready = and_(MESSAGES.c.state == State.STORED, MESSAGES.c.due <= bindparam("now"), ~waits)
    return select(MESSAGES).where(ready).order_by(MESSAGES.c.due, MESSAGES.c.seq).limit(1)


_DUE = _due()
"""The next message that is due by ``now``: made once, since to make it takes longer than to ask."""
