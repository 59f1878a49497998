"""The messages that doors store and look up: each once, for the caller that owns it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from smsbridge.bridge.store.database import Refusal
from smsbridge.bridge.store.end_event import end_event
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.store_tables import ATTEMPTS, MESSAGES
from smsbridge.bridge.store.stored_message import (
    AT_ONCE,
    FIRST_NUMBER,
    STEPS,
    End,
    NewMessage,
    State,
    StoredMessage,
    attempt_text,
    fingerprint_of,
    storable,
)
from smsbridge.mapping.call_values import channels_word
from smsbridge.text.phone import digits_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection

    from smsbridge.bridge.store.database import Database
    from smsbridge.message import Status

_ID_BYTES = 20
_STEP_WORDS = {State.STORED: "be sent again", State.CANCELLED: "be cancelled"}
_NOT_SHOWN = ("attempt", "job", "holder", "leased_until")
MOST_IN_JOB = 10
"""How many messages share a job, which sends them one after the other."""


class OtherContent(Refusal):
    """A caller reused a key with different content."""


class NoStep(Refusal):
    """The transition isn't allowed, or the message was changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Put:
    """A submitted message as stored. ``again``: it is a repeat of one stored before."""

    message: StoredMessage
    again: bool


def _nobody(_door: str, _caller: str) -> bool:
    return False


class MessageStore:
    """The messages of a database. ``now`` returns seconds since 1970 by its clock.

    ``has_webhook``: whether a door's caller has a webhook.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], float] | None = None,
        has_webhook: Callable[[str, str], bool] = _nobody,
    ) -> None:
        """``database`` is migrated; ``now`` is for tests."""
        self.database = database
        self.now = now or database.now
        self.has_webhook = has_webhook

    def put(self, new: NewMessage) -> Put:
        """Store one message, as `put_all` does."""
        return self.put_all([new])[0]

    def put_all(self, several: Sequence[NewMessage]) -> list[Put]:
        """Store messages, or find those that they repeat: all or none.

        They are durable when this returns. Raises `OtherContent`, or `StoreError` if they can't be
        stored.
        """

        def write(connection: Connection) -> list[Put]:
            self.database.take_turns(connection, [name for new in several for name in _turns(new)])
            known = [self._find_repeat(connection, new) for new in several]
            fresh = [new for new, found in zip(several, known, strict=True) if not found]
            added = iter(self._add_all(connection, fresh))
            return [Put(found, again=True) if found else next(added) for found in known]

        return self.database.commit("put", write)

    def _add_all(self, connection: Connection, several: Sequence[NewMessage]) -> Iterator[Put]:
        """Add messages and enqueue their jobs. Messages of one call are due at one time."""
        now = self.now()
        for start in range(0, len(several), MOST_IN_JOB):
            some = several[start : start + MOST_IN_JOB]
            ids = [os.urandom(_ID_BYTES).hex() for _ in some]
            job = self.database.issue(connection, ids, max(_due(new, now) for new in some))
            for new, known in zip(some, ids, strict=True):
                yield self._add(connection, new, known, job, now)

    def _add(
        self, connection: Connection, new: NewMessage, known: str, job: int | None, now: float
    ) -> Put:
        message = new.message
        send_at = message.send_at.timestamp() if message.send_at else None
        values = {
            "id": known,
            "door": new.door,
            "caller": new.caller,
            "protocol": new.protocol,
            "reference": storable(new.reference),
            "repeat_key": new.repeat_key,
            "content": new.content,
            "fingerprint": fingerprint_of(message),
            "recipient": message.recipient,
            "text": message.text,
            "sender": message.sender,
            "channels": channels_word(message.channels),
            "send_at": send_at,
            "backend": new.backend,
            "state": State.STORED,
            "due": _due(new, now),
            "job": job,
            "stored_at": now,
            "changed_at": now,
            "tries": 0,
            "resent": 0,
            "looked_up": 0,
            "hidden": False,
        }
        key = connection.execute(_ADD_MESSAGE, values).inserted_primary_key
        if key is None:
            raise TypeError("a message has no number")
        add_attempt(connection, key[0], now, f"caller {new.caller}", State.STORED)
        row = {**dict.fromkeys(MESSAGES.c.keys()), **values, "seq": key[0]}
        return Put(StoredMessage.of_row(row), again=False)

    def _find_repeat(self, connection: Connection, new: NewMessage) -> StoredMessage | None:
        here = and_(MESSAGES.c.door == new.door, MESSAGES.c.caller == new.caller)
        if new.repeat_key:
            same = MESSAGES.c.repeat_key == new.repeat_key
        elif new.same_within:
            since = self.now() - new.same_within
            same = and_(
                MESSAGES.c.fingerprint == fingerprint_of(new.message),
                MESSAGES.c.content == new.content,
                MESSAGES.c.stored_at > since,
            )
        else:
            return None
        row = connection.execute(select(MESSAGES).where(here, same)).mappings().first()
        if row is not None and row["content"] != new.content:
            raise OtherContent("its reference was used for another message")
        return StoredMessage.of_row(row) if row is not None else None

    def find(self, known: str, *, door: str = "", caller: str = "") -> StoredMessage | None:
        """Return a message by id or number, if the caller owns it and has not deleted it."""
        place: ColumnElement[bool] = MESSAGES.c.id == storable(known)
        if known.isascii() and known.isdecimal() and len(known) < 16:  # noqa: PLR2004  (a 64-bit number)
            number = int(known)
            place = or_(place, MESSAGES.c.seq.in_((number, number - FIRST_NUMBER)))
        rows = self._select(place, *_of(door, caller))
        return rows[0] if rows else None

    def list_messages(  # noqa: PLR0913  (each is a filter of the log)
        self,
        *,
        door: str = "",
        caller: str = "",
        states: Sequence[State] = (),
        statuses: Sequence[Status] = (),
        before: float | None = None,
        after: float | None = None,
        below: int | None = None,
        digits: str = "",
        keyword: str = "",
        limit: int = 50,
    ) -> list[StoredMessage]:
        """Return messages, newest first. ``below``: those with a smaller number.

        ``digits``: those to numbers that have these. ``keyword``: those with it in the text, which
        may differ in case, or, if it is digits alone, in the number.
        """
        rules = [*_of(door, caller)]
        rules += [MESSAGES.c.state.in_(states)] if states else []
        rules += [MESSAGES.c.status.in_(statuses)] if statuses else []
        rules += [MESSAGES.c.stored_at < before] if before is not None else []
        rules += [MESSAGES.c.stored_at >= after] if after is not None else []
        rules += [MESSAGES.c.seq < below] if below is not None else []
        rules += [MESSAGES.c.recipient.contains(digits)] if digits else []
        rules += [_has_keyword(keyword)] if keyword else []
        return self._select(*rules, limit=limit)

    def _select(self, *rules: ColumnElement[bool], limit: int = 1) -> list[StoredMessage]:
        asked = select(MESSAGES).where(*rules).order_by(MESSAGES.c.seq.desc()).limit(limit)
        with self.database.read() as connection:
            return [StoredMessage.of_row(row) for row in connection.execute(asked).mappings()]

    def hide(self, messages: Sequence[StoredMessage]) -> None:
        """Hide messages from their caller; they are still sent."""
        numbers = [one.seq for one in messages]
        with self.database.write("hide") as connection:
            connection.execute(
                update(MESSAGES).where(MESSAGES.c.seq.in_(numbers)).values(hidden=True)
            )

    def move(self, message: StoredMessage, end: End, actor: str, **more: Any) -> StoredMessage:
        """Move a message to another state; raises `NoStep` if it was changed meanwhile.

        ``more``: other columns. The change, its history row and the event that tells its caller are
        one transaction.
        """
        if end.state not in STEPS[message.state]:
            step = _STEP_WORDS.get(end.state, f"become {end.state}")
            raise NoStep(f"it is {message.state}, so it can't {step}")

        def write(connection: Connection) -> StoredMessage:
            moved = self.move_row(connection, message, end, actor, **more)
            is_heard = self.has_webhook(message.door, message.caller)
            if is_heard and (new := end_event(connection, message.state, moved)):
                EventStore(self).add_row(connection, new)
            return moved

        return self.database.commit(f"{end.state}", write)

    def move_row(
        self, connection: Connection, message: StoredMessage, end: End, actor: str, **more: Any
    ) -> StoredMessage:
        """Move a message's row to another state; raises `NoStep` if it was changed meanwhile.

        Its caller is told nothing.
        """
        now = self.now()
        values: dict[str, Any] = {
            "state": end.state,
            "due": end.due,
            "changed_at": now,
            "reason": end.reason,
            "why": storable(end.why),
            **more,
        }
        if end.attempt:
            values["attempt"] = attempt_text(end.attempt)
        if end.state is State.ACCEPTED:
            values |= {"provider_id": storable(end.provider_id), "status": end.status}
        if end.state is State.STORED and end.due is not None:
            values["job"] = self.database.issue(connection, [message.id], end.due)
        given = {"number": message.seq, "before": message.state, "since": message.changed_at}
        if connection.execute(_MOVE, {**values, **given}).rowcount != 1:
            raise NoStep(f"it is no longer {message.state}, or was changed meanwhile")
        add_attempt(connection, message.seq, now, actor, end.state, values["why"])
        known = {name: value for name, value in values.items() if name not in _NOT_SHOWN}
        return replace(message, **known, attempt=end.attempt or message.attempt)

    def history(self, message: StoredMessage) -> list[Mapping[str, Any]]:
        """Return a message's history, oldest first: at, actor, state and why."""
        asked = select(ATTEMPTS).where(ATTEMPTS.c.message == message.seq).order_by(ATTEMPTS.c.seq)
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(asked).mappings()]

    def counts(self) -> dict[State, int]:
        """Return the number of messages in each state."""
        asked = select(MESSAGES.c.state, func.count()).group_by(MESSAGES.c.state)
        with self.database.read() as connection:
            found = {State(state): number for state, number in connection.execute(asked)}
        return {state: found.get(state, 0) for state in State}

    def oldest_due(self) -> float | None:
        """Return when the longest-waiting message became due; None if none is waiting."""
        waits, at_once = MESSAGES.c.state == State.STORED, MESSAGES.c.due == AT_ONCE
        asked = (
            select(func.min(MESSAGES.c.changed_at)).where(waits, at_once),
            select(func.min(MESSAGES.c.due)).where(waits, MESSAGES.c.due > AT_ONCE),
        )
        with self.database.read() as connection:
            found = [connection.execute(one).scalar() for one in asked]
        return min((one for one in found if one is not None), default=None)


def _has_keyword(keyword: str) -> ColumnElement[bool]:
    in_text = MESSAGES.c.text.contains(storable(keyword) or "", autoescape=True)
    digits = digits_alone(keyword)
    return or_(in_text, MESSAGES.c.recipient.contains(digits)) if digits else in_text


def _due(new: NewMessage, now: float) -> float:
    send_at = new.message.send_at
    return send_at.timestamp() if send_at and send_at.timestamp() > now else AT_ONCE


def _turns(new: NewMessage) -> Iterator[str]:
    """Yield the locks for storing a message: one for claim order, one for its repeats."""
    yield f"to {new.message.recipient}"
    if new.repeat_key:
        yield f"repeat {new.door} {new.caller} {new.repeat_key}"


def _of(door: str, caller: str) -> Iterator[ColumnElement[bool]]:
    if door:
        yield MESSAGES.c.door == door
        yield MESSAGES.c.caller == caller
        yield MESSAGES.c.hidden.is_(False)


def add_attempt(  # noqa: PLR0913, PLR0917  (the columns of a row)
    connection: Connection,
    message: int,
    at: float,
    actor: str,
    state: State,
    why: str | None = None,
) -> None:
    """Add a row to a message's history."""
    values = {"message": message, "at": at, "actor": actor, "state": state, "why": why}
    connection.execute(_ADD_ATTEMPT, values)


_ADD_MESSAGE, _ADD_ATTEMPT = insert(MESSAGES), insert(ATTEMPTS)
_MOVE = update(MESSAGES).where(
    and_(
        MESSAGES.c.seq == bindparam("number"),
        MESSAGES.c.state == bindparam("before"),
        MESSAGES.c.changed_at == bindparam("since"),
    )
)
"""``since``: the message may have left this state and come back, claimed by another worker."""
