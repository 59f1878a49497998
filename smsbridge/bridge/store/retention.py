"""Clears numbers, texts, senders and references after ``keep``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, update

from smsbridge.bridge.store.store_tables import EVENTS, MESSAGES
from smsbridge.bridge.store.stored_message import SETTLED, State

if TYPE_CHECKING:
    from smsbridge.bridge.store.database import Database

_TRIED_FOR = 4 * 86_400.0
"""In seconds; longer than the ten tries of a webhook."""


def clear(database: Database, before: float) -> int:
    """Clear the numbers and texts of messages settled, and events received, before a time.

    The hashes that identify repeats of a message with a key stay. An event that waits for its
    webhook stays until its tries are over; so does the message that it is about. Return how many
    messages were cleared.
    """
    last = before - _TRIED_FOR
    waits = exists().where(
        EVENTS.c.message == MESSAGES.c.seq, EVENTS.c.due.is_not(None), EVENTS.c.came_at >= last
    )
    old = and_(
        MESSAGES.c.changed_at < before,
        MESSAGES.c.recipient.is_not(None),
        ~waits,
        or_(
            MESSAGES.c.state.in_(SETTLED),
            and_(MESSAGES.c.state == State.UNKNOWN, MESSAGES.c.due.is_(None)),
        ),
    )
    nothing = dict.fromkeys(("recipient", "text", "sender", "reference", "fingerprint"))
    unsaid = dict.fromkeys(("sender", "recipient", "text", "error"))
    said = or_(*(EVENTS.c[name].is_not(None) for name in unsaid))
    over = or_(EVENTS.c.due.is_(None), EVENTS.c.came_at < last)
    came = and_(EVENTS.c.came_at < before, over, said)
    no_key = and_(old, MESSAGES.c.repeat_key.is_(None))
    with database.write("clear") as connection:
        connection.execute(update(MESSAGES).where(no_key).values(content=""))
        connection.execute(update(EVENTS).where(came).values(unsaid))
        return connection.execute(update(MESSAGES).where(old).values(nothing)).rowcount
