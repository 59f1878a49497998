"""Takes the events of a provider into the store, however they came."""

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
    """How many events came in: by block, kind, and what became of them. Safe across threads."""

    came: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _turn: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def add(self, backend: str, kind: EventKind, became: Became) -> None:
        """Count one."""
        with self._turn:
            self.came[backend, kind, became] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventIntake:
    """Takes the events of one block. ``proved`` hears of a message that a report proves taken.

    Its methods raise `StoreError` where the store can't be written: nothing was kept then.
    """

    config: EventsConfig
    events: EventStore
    reports: Reports
    counts: EventCounts
    proved: Callable[[StoredMessage], None]

    def take(self, event: Event) -> None:
        """Keep an event of a webhook; of other kinds than these two nothing is kept."""
        if isinstance(event, MessageReported):
            self._report(event)
        elif isinstance(event, MessageReceived):
            self._receive(event)

    def take_status(self, message: StoredMessage, told: SentMessage) -> None:
        """Keep what a question said of a message, if that is news."""
        if message.status is None or told.status.rank > message.status.rank:
            known = replace(told, id=message.provider_id, at=None)
            channel = Channel(message.channels.partition("+")[0])
            self._report(MessageReported(id=None, type=_POLLED, channel=channel, message=known))

    def take_row(self, row: ReceivedMessage) -> None:
        """Keep a message that a question found; one without an id is known by what it says."""
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
        said = at.timestamp() if at else 0.0  # a clock that was never set says a time before 1970
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
    """Return the hash by which an event of a block is known when it comes again.

    A message that came in is known by its id, else by that of the event; without either by
    ``content``, or each time as a new one: two people may write the same.
    """
    by_message = isinstance(event, MessageReceived) and (event.message.id or "").strip()
    keys = keys_of(replace(event, id=None) if by_message else event)
    one = next(iter(keys), content or os.urandom(32).hex())
    return hashlib.sha256(f"{backend}\0{kind}\0{one}".encode()).hexdigest()
