"""What comes in, as the store keeps it: each event once, whoever tells it and how often."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from smsbridge.bridge.store_tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from smsbridge.bridge.store import Store
    from smsbridge.bridge.stored_event import NewEvent

_ID_BYTES = 16


def _nobody(_door: str, _caller: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class EventStore:
    """The events of a store. ``has_webhook``: whether a door's caller is told by a webhook."""

    store: Store
    has_webhook: Callable[[str, str], bool] = _nobody

    def add(self, new: NewEvent) -> bool:
        """Keep an event, on the disk when this returns; False if it is there already."""
        return self.store.database.commit("event", lambda at: self.add_row(at, new) is not None)

    def add_row(self, connection: Connection, new: NewEvent) -> int | None:
        """Add the row of an event and return its number; None if it is there already."""
        same = select(EVENTS.c.seq).where(EVENTS.c.event_key == new.event_key)
        if connection.execute(same).first() is not None:
            return None
        now = self.store.now()
        made = {"id": f"evt_{os.urandom(_ID_BYTES).hex()}", "came_at": now}
        due = self.due(new.door, new.caller, now)
        values = {**asdict(new), **made, "due": due, "hidden": False, "tries": 0}
        key = connection.execute(insert(EVENTS), values).inserted_primary_key
        return int(key[0]) if key is not None else None

    def due(self, door: str | None, caller: str | None, now: float) -> float | None:
        """Return when the webhook of an event is due; None where none is to be sent."""
        return now if door and caller and self.has_webhook(door, caller) else None
