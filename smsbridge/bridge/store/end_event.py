"""Which changes of a message its caller is told without a report: those that nobody reports.

A caller whose message was stored has been told yes, and learns the rest from reports. No provider
reports what it refused or never got, nor what a person decides.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.stored_event import FAILURE_STATUSES, EventKind, NewEvent
from smsbridge.bridge.store.stored_message import UNDER_WAY, State, StoredMessage, status_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FAILED = (State.REJECTED, State.NOT_SENT, State.CANCELLED)
_OPEN = (*UNDER_WAY, State.UNKNOWN)
_KEY_BYTES = 32


def end_event(connection: Connection, before: State, message: StoredMessage) -> NewEvent | None:
    """Return the event of a change that was just made; None if there is nothing to tell.

    ``before``: the state until then. A failure is told, but not that a failed message, of which its
    caller knows, is cancelled; *accepted* only if it was in doubt or a failure was told before.
    """
    if message.state in _FAILED:
        is_news = before in _OPEN or not _is_known_failed(connection, message)
    elif message.state is State.ACCEPTED:
        is_news = before is State.UNKNOWN or _is_known_failed(connection, message)
    else:
        is_news = False
    return _event(message) if is_news else None


def _is_known_failed(connection: Connection, message: StoredMessage) -> bool:
    return EventStore.was_told(connection, message.seq, FAILURE_STATUSES)


def _event(message: StoredMessage) -> NewEvent:
    return NewEvent(
        kind=EventKind.REPORT,
        backend=message.backend,
        event_key=os.urandom(_KEY_BYTES).hex(),  # a change is made once
        at=message.changed_at,
        door=message.door,
        caller=message.caller,
        message=message.seq,
        status=status_of(message),
        provider_id=message.provider_id,
        error=str(message.reason or message.state) if message.state in _FAILED else None,
    )
