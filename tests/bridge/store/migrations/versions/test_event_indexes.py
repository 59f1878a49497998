"""The indexes of events, in a store that was there before."""

from __future__ import annotations

from pathlib import Path

from smsbridge.bridge.store.event_store import EventStore

from support.bridges import open_store
from support.events import a_received
from support.old_stores import first_store
from support.plans import plans_of


def test_a_store_that_was_there_before_has_them_too(tmp_path: Path) -> None:
    first_store(tmp_path / "bridge.db", text="Before", revision="3")
    with open_store(tmp_path) as store, plans_of("events") as plans:
        events = EventStore(store)
        events.add(a_received(at=20.0))
        assert events.last_time("new") == 20.0
    assert "events_last" in plans[-1]
