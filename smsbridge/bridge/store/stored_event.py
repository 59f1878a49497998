"""An event in the store: a delivery report, or one of our own, or an incoming message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from smsbridge.bridge.store.stored_message import FIRST_NUMBER
from smsbridge.message import Status

FAILURE_STATUSES = (Status.REJECTED, Status.EXPIRED, Status.UNDELIVERED)
"""The statuses that say that a message did not arrive."""


class EventKind(StrEnum):
    """What an event is: a delivery report, or one of our own, or an incoming message."""

    REPORT = "report"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event from a provider, or how a send ended. ``backend``: the block that it came from.

    ``event_key``: the hash that identifies duplicates. ``door`` and ``caller``: its owner, None
    while unknown. ``message``: the row number of the message that a report is about. ``at``: when
    it happened.
    """

    kind: EventKind
    backend: str
    event_key: str
    at: float
    door: str | None = None
    caller: str | None = None
    message: int | None = None
    status: Status | None = None
    provider_id: str | None = None
    sender: str | None = field(default=None, repr=False)
    recipient: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    channel: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A row of events. The numbers and text of a report are only in its message."""

    seq: int
    id: str
    kind: EventKind
    backend: str
    door: str | None
    caller: str | None
    message: int | None
    at: float
    came_at: float
    status: Status | None
    provider_id: str | None
    sender: str | None = field(repr=False)
    recipient: str | None = field(repr=False)
    text: str | None = field(repr=False)
    channel: str | None
    error: str | None
    read_at: float | None
    due: float | None
    tries: int
    delivered_at: float | None

    @property
    def number(self) -> str:
        """Its id in dialects with numeric ids; fits 32 bits."""
        return str(FIRST_NUMBER + self.seq)

    @classmethod
    def of_row(cls, row: Any) -> StoredEvent:
        """Return the event in a row, a mapping of its columns."""
        given = {name: row[name] for name in cls.__slots__}
        given["kind"] = EventKind(row["kind"])
        given["status"] = Status(row["status"]) if row["status"] else None
        return cls(**given)
