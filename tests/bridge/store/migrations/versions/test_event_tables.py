"""The tables of events: one row for an event, whoever writes, and a store that was there before."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.store_tables import EVENTS

from support.bridges import open_store
from support.events import a_received, a_report, accepted, events_of, reports_of
from support.old_stores import first_store


def test_an_event_key_is_unique_whoever_writes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for key in ("one", "two"):
            EventStore(store).add(a_received(key))
        with pytest.raises(StoreError), store.database.write("test") as connection:
            connection.execute(
                update(EVENTS).where(EVENTS.c.event_key == "two").values(event_key="one")
            )
        assert len(events_of(store)) == 2


def test_a_message_that_was_there_before_is_reported_too(tmp_path: Path) -> None:
    first_store(tmp_path / "bridge.db", text="Before", revision="2")
    with open_store(tmp_path) as store:
        accepted(store)
        reports_of(store).record(a_report())
        (found,) = store.list_messages()
        assert (found.text, found.status) == ("Before", "delivered")
