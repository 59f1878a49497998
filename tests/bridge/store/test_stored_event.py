"""A row of events, as the bridge reads it."""

from __future__ import annotations

from pathlib import Path

from smsbridge import Status
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.stored_event import EventKind

from support.bridges import open_store
from support.events import a_received, a_report, events_of


def test_a_row_has_the_words_of_its_kind_and_shows_no_number_and_no_text(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        EventStore(store).add(a_received("one", "A secret text"))
        EventStore(store).add(a_report("two"))
        received, report = events_of(store)
    assert (received.kind, received.status, received.text) == ("received", None, "A secret text")
    assert (report.kind, report.status) == (EventKind.REPORT, Status.DELIVERED)
    for private in ("447700900123", "12025550100", "secret"):
        assert private not in repr(received)
        assert private not in repr(a_received("one", "A secret text"))
