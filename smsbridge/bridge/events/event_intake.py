"""Stores the events of a provider, from webhooks and polls."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smsbridge.bridge.events.reports import Became, Recorded, Reports
from smsbridge.bridge.store.stored_event import EventKind, NewEvent
from smsbridge.bridge.store.stored_message import storable
from smsbridge.message import Channel
from smsbridge.webhooks.deduplication import keys_of
from smsbridge.webhooks.events import Event, MessageReceived, MessageReported

if TYPE_CHECKING:
    from smsbridge.bridge.events.event_config import EventsConfig
    from smsbridge.bridge.store.event_store import EventStore
    from smsbridge.bridge.store.stored_message import StoredMessage
    from smsbridge.message import ReceivedMessage, SentMessage

LOG = logging.getLogger("smsbridge.bridge")
_POLLED = "polled"


@dataclass(slots=True)
class EventCounts:
    """Counts incoming events by block, kind and result. Thread-safe."""

    came: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _turn: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def add(self, backend: str, kind: EventKind, became: Became) -> None:
        """Count one."""
        with self._turn:
            self.came[backend, kind, became] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventIntake:
    """Stores the events of one block. ``proved`` gets each message that a report proves accepted.

    Its methods raise `StoreError` if the store can't be written; then nothing was stored.
    """

    config: EventsConfig
    events: EventStore
    reports: Reports
    counts: EventCounts
    proved: Callable[[StoredMessage], None]

    def take(self, event: Event) -> None:
        """Store a webhook's event; other kinds than these two are ignored."""
        if isinstance(event, MessageReported):
            self._report(event)
        elif isinstance(event, MessageReceived):
            self._receive(event)

    def take_status(self, message: StoredMessage, told: SentMessage) -> None:
        """Store a polled status of a message, if it is news."""
        if message.status is None or told.status.rank > message.status.rank:
            known = replace(told, id=message.provider_id, at=None)
            channel = Channel(message.channels.partition("+")[0])
            self._report(MessageReported(id=None, type=_POLLED, channel=channel, message=known))

    def take_row(self, row: ReceivedMessage) -> None:
        """Store a polled incoming message; one without an id is identified by its content."""
        said = {"sender": row.sender, "recipient": row.recipient, "text": row.text}
        event = MessageReceived(
            id=None, type=_POLLED, occurred_at=row.at, data=said, channel=Channel.SMS, message=row
        )
        self._receive(event, json.dumps(said, sort_keys=True))

    def _report(self, event: MessageReported) -> None:
        told = event.message
        new = NewEvent(
            **self._common(EventKind.REPORT, event),
            status=told.status,
            error=storable(told.error),
        )
        recorded = self.reports.record(new, storable(told.reference))
        self._note(new, recorded)
        if recorded.proved:
            self.proved(recorded.proved)

    def _receive(self, event: MessageReceived, content: str = "") -> None:
        told = event.message
        door, caller = self.config.owner(told.recipient) or (None, None)
        new = NewEvent(
            **self._common(EventKind.RECEIVED, event, content),
            door=door,
            caller=caller,
            sender=storable(told.sender),
            recipient=storable(told.recipient),
            text=storable(told.text),
        )
        kept = self.events.add(new)
        if kept or not content:  # a log shows what is known already each time that it is read
            self._note(new, Recorded(Became.KEPT if kept else Became.REPEATED))

    def _common(
        self, kind: EventKind, event: MessageReported | MessageReceived, content: str = ""
    ) -> dict[str, Any]:
        now, at = self.events.store.now(), event.occurred_at or event.message.at or event.created_at
        said = at.timestamp() if at else 0.0  # an unset clock may be before 1970
        return {
            "kind": kind,
            "backend": self.config.name,
            "event_key": event_key(self.config.name, kind, event, content),
            "at": min(said, now) if said > 0 else now,
            "provider_id": storable(event.message.id),
            "channel": str(event.channel),
        }

    def _note(self, new: NewEvent, recorded: Recorded) -> None:
        self.counts.add(new.backend, new.kind, recorded.became)
        message = recorded.message
        said = {"backend": new.backend, "state": new.status, "door": new.door, "caller": new.caller}
        if message:
            said |= {"id": message.id, "door": message.door, "caller": message.caller}
        LOG.info("%s: %s", new.kind, recorded.became, extra=said)


def event_key(
    backend: str, kind: EventKind, event: MessageReported | MessageReceived, content: str = ""
) -> str:
    """Return the hash that identifies duplicates of a block's event.

    An incoming message is identified by its id, else by that of the event, else by ``content``;
    without any it is always new, since two people may write the same.
    """
    by_message = isinstance(event, MessageReceived) and (event.message.id or "").strip()
    keys = keys_of(replace(event, id=None) if by_message else event)
    one = next(iter(keys), content or os.urandom(32).hex())
    return hashlib.sha256(f"{backend}\0{kind}\0{one}".encode()).hexdigest()
