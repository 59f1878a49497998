"""How workers claim messages: leases, recovery, and the order of claims."""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, func, or_, select, update

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.store_tables import MESSAGES
from smsbridge.bridge.store.stored_message import AT_ONCE, UNDER_WAY, End, State, StoredMessage
from smsbridge.http.exchange import MOST_WAIT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.errors import Attempt

CRASHED = "the process died while sending it"
_PAUSE_SECONDS = 0.5
LEASE_SECONDS = 15.0
"""How long a claim lasts unless its lease is renewed."""

RESTORED = "it was waiting when the backup was made, and may have been sent since"


def holder_name() -> str:
    """Return a unique name for this process."""
    return f"{socket.gethostname()[:32]}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """The workers' side of a store.

    ``holder``: the name of this process if several share the store; then its claims are leases,
    which it must renew. Empty otherwise.
    """

    store: MessageStore
    holder: str = ""
    _in_hand: dict[str, int | None] = field(init=False, repr=False, default_factory=dict)
    _sure_until: dict[int, float] = field(init=False, repr=False, default_factory=dict)

    def claim(
        self,
        actor: str,
        attempt: Callable[[StoredMessage], Attempt],
        *,
        ids: Sequence[str] = (),
        recipient: str | None = None,
    ) -> StoredMessage | None:
        """Claim the next due message; None if there is none.

        The claim is durable when this returns, so before any byte is sent. ``attempt`` returns the
        attempt about to be made. Messages to one recipient are claimed in order: one that is being
        sent, or waits for a retry, blocks later ones. ``ids``: only one of these, or the next one
        to ``recipient``.
        """
        if not self.holder:
            return self._claim(actor, attempt, ids, recipient, "")
        name = f"{self.holder}/{secrets.token_hex(4)}"
        self._in_hand[name] = claimed = None
        sure_until = self.store.now() + LEASE_SECONDS / 2
        try:
            claimed = self._claim(actor, attempt, ids, recipient, name)
        except StoreError:
            claimed = self._find_claim(name)
            if claimed is None:
                raise
        finally:
            if claimed is None:
                del self._in_hand[name]
            else:
                self._sure_until[claimed.seq] = sure_until
                self._in_hand[name] = claimed.seq
        return claimed

    def holds(self, message: StoredMessage) -> bool:
        """Return whether a claimed message may still be sent.

        If the process hung meanwhile, its lease may have expired and the message be *unknown*.
        """
        names = self._names(message)
        if not names or self.store.now() < self._sure_until[message.seq]:
            return True
        mine = and_(MESSAGES.c.state == State.HANDED_OVER, MESSAGES.c.holder.in_(names))
        until = self.store.now() + LEASE_SECONDS
        try:
            with self.store.database.write("hold") as connection:
                held = connection.execute(update(MESSAGES).where(mine).values(leased_until=until))
        except StoreError:
            return False
        return held.rowcount == 1

    def release(self, message: StoredMessage) -> None:
        """Stop renewing a message's lease: its outcome is recorded, or lost."""
        self._sure_until.pop(message.seq, None)
        for name in self._names(message):
            del self._in_hand[name]

    def _names(self, message: StoredMessage) -> list[str]:
        return [name for name, seq in list(self._in_hand.items()) if seq == message.seq]

    def _find_claim(self, name: str) -> StoredMessage | None:
        """Return the claim if it was committed although the commit's answer was lost."""
        mine = and_(MESSAGES.c.holder == name, MESSAGES.c.state == State.HANDED_OVER)
        until = time.monotonic() + LEASE_SECONDS
        while time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
            with suppress(StoreError), self.store.database.write("claim again") as connection:
                connection.execute(update(MESSAGES).where(mine).values(self._lease(name)))
                row = connection.execute(select(MESSAGES).where(mine)).mappings().first()
                return StoredMessage.of_row(row) if row is not None else None
        return None

    def _claim(
        self,
        actor: str,
        attempt: Callable[[StoredMessage], Attempt],
        ids: Sequence[str],
        recipient: str | None,
        name: str,
    ) -> StoredMessage | None:
        database = self.store.database
        due = (_DUE_AMONG,) if ids else (_DUE_BY_TIME, _DUE_AT_ONCE)
        given: dict[str, Any] = {"ids": list(ids), "to": recipient} if ids else {}

        def take(connection: Connection) -> StoredMessage | None:
            given["now"] = self.store.now()
            rows = (connection.execute(one, given).mappings().first() for one in due)
            row = next((one for one in rows if one is not None), None)
            if row is None:
                return None
            database.at("claim: found")
            found = StoredMessage.of_row(row)
            end = End(state=State.HANDED_OVER, attempt=attempt(found))
            more = {"tries": found.tries + 1, **self._lease(name)}
            claimed = self.store.move_row(connection, found, end, actor, **more)
            database.at("claim: marked")
            return claimed

        if claimed := database.commit("claim", take):
            database.at("claim: taken")
        return claimed

    def renew(self) -> None:
        """Renew the leases of this process."""
        names = list(self._in_hand)
        mine = and_(MESSAGES.c.state == State.HANDED_OVER, MESSAGES.c.holder.in_(names))
        until = self.store.now() + LEASE_SECONDS
        if names:
            with self.store.database.write("renew") as connection:
                connection.execute(update(MESSAGES).where(mine).values(leased_until=until))

    def _lease(self, name: str) -> dict[str, Any]:
        if not name:
            return {}
        return {"holder": name, "leased_until": self.store.now() + LEASE_SECONDS}

    def recover(self, actor: str) -> int:
        """Make messages *unknown* that a dead process was sending; return how many.

        If several processes share the store, those are the ones whose lease has expired.
        """
        over = or_(MESSAGES.c.leased_until.is_(None), MESSAGES.c.leased_until <= self.store.now())
        return self._doubt(and_(MESSAGES.c.state == State.HANDED_OVER, over), actor, CRASHED)

    def doubt_all(self, actor: str) -> int:
        """Make all waiting messages of a restored store *unknown*; return how many.

        They may have been sent since the backup.
        """
        return self._doubt(MESSAGES.c.state.in_(UNDER_WAY), actor, RESTORED)

    def _doubt(self, which: ColumnElement[bool], actor: str, why: str) -> int:
        asked = select(MESSAGES).where(which).with_for_update(skip_locked=True)
        with self.store.database.write("recover") as connection:
            rows = connection.execute(asked).mappings().all()
            for row in rows:
                end = End(state=State.UNKNOWN, due=AT_ONCE, why=why)
                self.store.move_row(connection, StoredMessage.of_row(row), end, actor)
        return len(rows)

    def hasten(self) -> int:
        """Make due at once what would wait longer than it ever has to; return how many messages.

        A retry or a lookup became due by a clock that has been set back since. A send time stays.
        """
        now = self.store.now()
        again = and_(
            MESSAGES.c.state == State.STORED,
            MESSAGES.c.tries > 0,
            func.coalesce(MESSAGES.c.send_at, now) <= now,
        )
        waits = or_(again, MESSAGES.c.state == State.UNKNOWN)
        late = and_(waits, MESSAGES.c.due > now + MOST_WAIT)
        with self.store.database.read() as connection:
            if connection.execute(select(MESSAGES.c.seq).where(late).limit(1)).first() is None:
                return 0
        due = update(MESSAGES).where(late).values(due=AT_ONCE)
        return self.store.database.commit(
            "messages hastened", lambda connection: connection.execute(due).rowcount
        )

    def due_unknown(self) -> list[StoredMessage]:
        """Return the *unknown* messages due for lookup: the first 1000."""
        due = and_(MESSAGES.c.state == State.UNKNOWN, MESSAGES.c.due <= self.store.now())
        asked = select(MESSAGES).where(due).order_by(MESSAGES.c.due, MESSAGES.c.seq).limit(1000)
        with self.store.database.read() as connection:
            return [StoredMessage.of_row(row) for row in connection.execute(asked).mappings()]

    def others_like(self, message: StoredMessage) -> list[StoredMessage]:
        """Return other messages with the same recipient and text that may be in a log.

        Those are the ones that were sent, or may have been.
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


def claimable() -> ColumnElement[bool]:
    """Return the condition for a message that may be claimed; ``now`` is a bind parameter."""
    return and_(_goes_first(), MESSAGES.c.due <= bindparam("now"))


def _goes_first() -> ColumnElement[bool]:
    """Return the condition for a message that no earlier one to its recipient blocks."""
    earlier = MESSAGES.alias("earlier")
    waits: ColumnElement[bool] = exists().where(
        earlier.c.recipient == MESSAGES.c.recipient,
        earlier.c.state.in_(UNDER_WAY),
        earlier.c.seq < MESSAGES.c.seq,
        earlier.c.send_at.is_(None),
    )
    return and_(MESSAGES.c.state == State.STORED, ~waits)


def first_numbers(*rules: ColumnElement[bool]) -> Select[Any]:
    """Return the query for the number of each recipient's first message in line."""
    waits = and_(MESSAGES.c.state.in_(UNDER_WAY), MESSAGES.c.send_at.is_(None), *rules)
    number = func.min(MESSAGES.c.seq + 0)  # + 0: don't scan the primary key
    return select(number.label("seq")).where(waits)


def _first(due: ColumnElement[Any], *rules: ColumnElement[bool]) -> Select[Any]:
    found = select(MESSAGES).where(*rules).order_by(due, MESSAGES.c.seq).limit(1)
    return found.with_for_update(skip_locked=True)


_DUE_BY_TIME = _first(MESSAGES.c.due, claimable(), MESSAGES.c.due > AT_ONCE)
"""The next message whose time has come. Built once: building takes longer than running it."""

_DUE_AT_ONCE = _first(MESSAGES.c.due, _goes_first(), MESSAGES.c.due == AT_ONCE)
"""The next message that is due immediately."""

_DUE_AMONG = _first(
    MESSAGES.c.due + 0.0,  # + 0.0 avoids an index scan through everything waiting
    claimable(),
    or_(
        MESSAGES.c.id.in_(bindparam("ids", expanding=True)),
        MESSAGES.c.seq == first_numbers(MESSAGES.c.recipient == bindparam("to")).scalar_subquery(),
    ),
)
