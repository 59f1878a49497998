"""An event of the store: what a provider told of a message, or a message that came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from smsbridge.bridge.store.stored_message import FIRST_NUMBER
from smsbridge.message import Status


class EventKind(StrEnum):
    """What an event tells: where a message stands, or that one came in."""

    REPORT = "report"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that a provider told. ``backend``: the block whose events they are.

    ``event_key``: the hash by which it is known when it comes again. ``door`` and ``caller``: whose
    it is, None while that isn't known. ``message``: the number of the row that a report is about.
    ``at``: when it happened.
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
    """A row of events. A report has the numbers and the text in its message alone."""

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
        """Its id where that must be a number; it fits 32 bits."""
        return str(FIRST_NUMBER + self.seq)

    @classmethod
    def of_row(cls, row: Any) -> StoredEvent:
        """Return the event of a row, a mapping of its columns."""
        given = {name: row[name] for name in cls.__slots__}
        given["kind"] = EventKind(row["kind"])
        given["status"] = Status(row["status"]) if row["status"] else None
        return cls(**given)
