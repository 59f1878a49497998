"""What the store keeps of what comes in, and what a caller is shown of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_event import StoredEvent
from smsbridge.bridge.store.stored_message import AT_ONCE

from support.bridges import Clock, open_store
from support.each import each
from support.events import a_received, a_report, events_of
from support.plans import plans_of
from support.stores import Place


def test_an_event_is_kept_once_under_an_id_that_stays(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        events = EventStore(store)
        assert events.add(a_received("one"))
        clock.seconds += 5
        assert not events.add(a_received("one", "Another text"))
        assert events.add(a_received("two"))
        one, two = events_of(store)
    assert (one.text, one.came_at) == ("Yes", clock() - 5)
    assert re.fullmatch("evt_[0-9a-f]{32}", one.id)
    assert one.id != two.id


def test_a_webhook_is_due_at_once_for_a_caller_who_has_one(tmp_path: Path) -> None:
    with open_store(tmp_path) as bare:
        store = MessageStore(bare.database, bare.now, lambda *place: place == ("shop", "till"))
        events = EventStore(store)
        events.add(a_received("one"))
        events.add(a_received("two", caller="till"))
        events.add(a_report("three"))
        assert [one.due for one in events_of(store)] == [None, AT_ONCE, None]


def texts(store: MessageStore, **filters: object) -> list[str | None]:
    given = {"door": "shop", "caller": "shop", **filters}
    return [one.text for one in EventStore(store).list_received(**given)]  # type: ignore[arg-type]  # filters


def test_a_caller_is_shown_its_own_by_its_filters(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock(1000.0)) as store:
        events = EventStore(store)
        for text in ("One", "Two", "Three"):
            events.add(a_received(text, text, at=clock()))
            clock.seconds += 1
        events.add(a_received("x", "Not mine", caller="till"))
        events.add(a_report("report"))
        assert texts(store) == ["One", "Two", "Three"]
        assert texts(store, after=1001.0) == ["Two", "Three"]
        assert texts(store, before=1001.0) == ["One"]
        assert texts(store, limit=2) == ["One", "Two"]
        assert texts(store, limit=2, after=0.0) == ["One", "Two"]
        one = events_of(store)[0]
        assert texts(store, known=one.id) == texts(store, known=one.number) == ["One"]
        assert texts(store, known="nobody") == []


def add_several(store: MessageStore, *times: float) -> None:
    """Keep messages of these times, whose texts are their numbers."""
    first = len(events_of(store))
    for number, at in enumerate(times, first):
        EventStore(store).add(a_received(str(number), str(number), at=at))


def fetch(store: MessageStore, **filters: object) -> list[StoredEvent]:
    """Return a page of two, and mark it read as a door does."""
    events = EventStore(store)
    given = {"door": "shop", "caller": "shop", "limit": 2, **filters}
    found = events.list_received(**given)  # type: ignore[arg-type]  # filters
    events.mark_read(found)
    return found


def test_a_caller_that_goes_on_from_the_last_time_gets_each(place: Place) -> None:
    times = [50.0, 10.2, 30.0, 10.1, 10.9, 40.5, 20.0, 20.0, 20.7, 20.1, 60.0]
    with open_store(place, clock := Clock(100.0)) as store:
        add_several(store, *times)
        clock.seconds += 1000
        seen, after, pages = set[str | None](), 0.0, 0
        while len(seen) < len(times):
            pages += 1
            assert pages < 10
            found = fetch(store, after=after)
            assert [one.at for one in found] == sorted(one.at for one in found)
            seen |= {one.text for one in found}
            after = float(int(max(one.at for one in found)))
        assert pages == 4


def test_a_caller_that_goes_back_from_the_first_time_gets_each(place: Place) -> None:
    times = [50.0, 10.2, 30.0, 10.1, 10.9, 40.5, 20.0, 20.0, 20.7, 20.1, 60.0]
    with open_store(place) as store:
        add_several(store, *times)
        seen, before = list[str | None](), 100.0
        while found := fetch(store, before=before):
            seen += [one.text for one in found]
            before = float(int(min(one.at for one in found)))
        assert sorted(map(str, seen)) == sorted(str(number) for number in range(len(times)))


def test_what_came_in_late_or_after_the_clock_was_set_back_is_shown_once(place: Place) -> None:
    with open_store(place, clock := Clock(40.0)) as store:
        add_several(store, 40.0)
        clock.seconds = 100.0
        add_several(store, 90.0)
        assert [one.text for one in fetch(store, after=90.0)] == ["1"]
        add_several(store, 50.0)
        assert [one.text for one in fetch(store, after=90.0)] == ["2", "1"]
        assert [one.text for one in fetch(store, after=90.0)] == ["1"]
        clock.seconds = 120.0
        add_several(store, 110.0)
        assert [one.text for one in fetch(store, after=115.0)] == ["3"]
        assert fetch(store, after=115.0) == []
        clock.seconds = 60.0
        add_several(store, 60.0)
        assert [one.text for one in fetch(store, after=110.0)] == ["4", "3"]


def test_without_a_filter_the_unread_come_first_and_then_the_newest(place: Place) -> None:
    with open_store(place) as store:
        add_several(store, *range(1, 6))
        pages = [[one.text for one in fetch(store)] for _ in range(4)]
        assert pages == [["0", "1"], ["2", "3"], ["3", "4"], ["3", "4"]]


def test_what_was_read_or_deleted_is_shown_no_more(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        events = EventStore(store)
        for text in ("One", "Two", "Three"):
            events.add(a_received(text, text))
        one, two, _ = events.list_received(door="shop", caller="shop")
        events.mark_read([one])
        assert texts(store, unread=True) == ["Two", "Three"]
        assert texts(store, unread=True, limit=1) == ["Two"]
        events.hide([two])
        assert texts(store) == ["One", "Three"]


def test_the_last_that_came_in_by_a_block_is_known(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        events = EventStore(store)
        assert events.last_time("new") is None
        for key, at in (("one", 20.0), ("two", 10.0)):
            events.add(a_received(key, at=at))
        events.add(a_report("report", at=90.0))
        assert events.last_time("new") == 20.0
        assert events.last_time("other") is None


def test_an_event_that_another_process_adds_at_the_same_time_ends_no_other_write(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path) as store:
        events = EventStore(store)
        with store.database.write("test") as connection:
            assert events.add_row(connection, a_received("one"))
            assert not events.add_row(connection, a_received("one"))
            assert events.add_row(connection, a_received("two"))
        assert len(events_of(store)) == 2


@each(
    ("ask", "plan"),
    [
        (
            lambda events: events.last_time("new"),
            "SEARCH events USING INDEX events_last (backend=?)",
        ),
        (
            lambda events: events.list_received(door="shop", caller="shop", unread=True),
            "SEARCH events USING INDEX events_unread (door=? AND caller=? AND kind=?)",
        ),
    ],
)
def test_what_is_asked_for_again_and_again_is_found_by_an_index(
    tmp_path: Path, ask: Callable[[EventStore], object], plan: str
) -> None:
    with open_store(tmp_path) as store, plans_of("events") as plans:
        ask(EventStore(store))
    assert plans == [plan]
