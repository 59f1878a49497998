"""A caller's log and incoming messages, by the filters of a question."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from smsbridge import Status
from smsbridge.bridge.doors.door_log import DoorLog
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.stored_message import End, State
from smsbridge.mapping.times import zone_of

from support.bridges import NUMBER, Clock, new_message, open_store, put
from support.each import each
from support.events import a_received, accepted

OTHER = "+12025550124"
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


@each(
    ("values", "texts"),
    [
        ({}, ["Code 4711", "Three", "Two", "One"]),
        ({"recipient": "12025550124"}, ["Code 4711", "Three"]),
        ({"keyword": "4711"}, ["Code 4711"]),
        ({"keyword": "0124"}, ["Code 4711", "Three"]),
        ({"keyword": "Code 0124"}, []),
        ({"after": "2027-01-31T12:00:20+00:00"}, ["Code 4711", "Three"]),
        ({"before": "2027-01-31T12:00:20+00:00"}, ["Two", "One"]),
        ({"failed": "request"}, ["One"]),
        ({"failed": "phone"}, []),
    ],
)
def test_a_filter_leaves_out_what_it_says(
    tmp_path: Path, values: dict[str, str], texts: list[str]
) -> None:
    with open_store(tmp_path, clock := Clock(NOON.timestamp())) as store:
        for text, to in (("One", NUMBER), ("Two", NUMBER), ("Three", OTHER), ("Code 4711", OTHER)):
            message = put(store, text, recipient=to)
            if text == "One":
                store.move(message, End(state=State.HANDED_OVER), "worker 1")
                claimed = store.find(message.id)
                assert claimed is not None
                store.move(claimed, End(state=State.REJECTED), "worker 1")
            clock.seconds += 10
        found = DoorLog(store, "shop").rows("sent", values, "shop")
        assert [one.text for one in found] == texts


@each(
    "values",
    [{"recipient": OTHER}, {"keyword": "0124"}, {"keyword": "Ü_50%"}],
)
def test_a_filter_finds_what_is_older_than_many_others(
    tmp_path: Path, values: dict[str, str]
) -> None:
    with open_store(tmp_path) as store:
        one = put(store, "Ü_50% off", recipient=OTHER)
        store.put_all([new_message(f"Other {number}") for number in range(1001)])
        assert DoorLog(store, "shop").rows("sent", values, "shop") == [one]


def test_before_an_id_lists_older_messages(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        one, two = put(store, "One"), put(store, "Two")
        log = DoorLog(store, "shop")
        assert log.rows("sent", {"before": two.id}, "shop") == [one]
        assert log.rows("sent", {"id": two.id}, "shop") == [two]
        assert log.rows("status", {"id": "x"}, "shop") == []


def test_days_are_deleted_and_nothing_without_a_selector(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock(NOON.timestamp())) as store:
        put(store, "One")
        clock.seconds += 86_400
        put(store, "Two")
        log = DoorLog(store, "shop")
        assert not log.delete({}, "shop")
        assert log.delete({"first": "2027-01-31"}, "shop")
        assert [one.text for one in log.rows("sent", {}, "shop")] == ["Two"]
        assert log.delete({"first": "2027-01-31", "last": "2027-02-01"}, "shop")
        assert log.rows("sent", {}, "shop") == []


def test_a_day_is_one_of_the_zone(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock(NOON.timestamp())) as store:
        for text in ("30 January, 23:30", "1 February, 00:30"):
            clock.seconds = NOON.timestamp() + (-18.0 if text.startswith("30") else 7.0) * 3600
            put(store, text)
        log = DoorLog(store, "shop", zone_of("Asia/Kolkata"))
        assert log.delete({"first": "2027-01-31T00:00:00+05:30"}, "shop")
        assert len(log.rows("sent", {}, "shop")) == 2
        assert log.delete({"first": "2027-01-30T00:00:00+05:30"}, "shop")
        assert [one.text for one in log.rows("sent", {}, "shop")] == ["1 February, 00:30"]


def test_a_period_without_an_end_that_can_be_read_is_no_selector(tmp_path: Path) -> None:
    with open_store(tmp_path, Clock(NOON.timestamp())) as store:
        one = put(store, "One")
        log = DoorLog(store, "shop")
        assert not log.delete({"first": "2027-01-31", "last": "soon"}, "shop")
        assert log.rows("sent", {}, "shop") == [one]


def test_a_day_with_more_than_are_read_at_once_is_deleted_too(tmp_path: Path) -> None:
    with open_store(tmp_path, Clock(NOON.timestamp())) as store:
        store.put_all([new_message(str(number)) for number in range(1001)])
        assert DoorLog(store, "shop").delete({"first": "2027-01-31"}, "shop")
        assert store.list_messages(door="shop", caller="shop") == []


def test_deleting_an_unknown_id_or_anothers_changes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        one = put(store, "One")
        log = DoorLog(store, "shop")
        assert log.delete({"id": one.id}, "till")
        assert log.delete({"id": "x"}, "shop")
        assert log.rows("sent", {}, "shop") == [one]


def test_a_failure_on_the_phone_is_one_that_was_reported(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for text, status in (
            ("There", Status.DELIVERED),
            ("Lost", Status.UNDELIVERED),
            ("Late", Status.EXPIRED),
        ):
            put(store, text)
            accepted(store, text, status)
        put(store, "Waits")
        found = DoorLog(store, "shop").rows("sent", {"failed": "phone"}, "shop")
        assert [one.text for one in found] == ["Late", "Lost"]


@each(
    ("values", "texts"),
    [
        ({}, ["One", "Two", "Three"]),
        ({"after": "2027-01-31T12:00:10+00:00"}, ["Two", "Three"]),
        ({"before": "2027-01-31T12:00:10+00:00"}, ["One"]),
        ({"device": "a phone of the old service"}, ["One", "Two", "Three"]),
    ],
)
def test_what_came_in_is_shown_by_its_filters(
    tmp_path: Path, values: dict[str, str], texts: list[str]
) -> None:
    with open_store(tmp_path) as store:
        for number, text in enumerate(("One", "Two", "Three")):
            EventStore(store).add(a_received(text, text, at=NOON.timestamp() + 10 * number))
        log = DoorLog(store, "shop")
        assert [one.text for one in log.received(values, "shop")] == texts
        assert log.received(values, "till") == DoorLog(store, "x").received(values, "shop") == []


def test_fetched_messages_are_marked_read(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        log = DoorLog(store, "shop")
        EventStore(store).add(a_received("one", "One"))
        assert len(log.received({"unread": "true"}, "shop")) == 1
        assert log.received({"unread": "true"}, "shop") == []
        assert len(log.received({}, "shop")) == 1


def test_what_came_in_is_deleted_by_its_id(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        log = DoorLog(store, "shop")
        EventStore(store).add(a_received("one", "One"))
        (event,) = log.received({}, "shop")
        assert log.delete({"id": event.id}, "till")
        assert len(log.received({}, "shop")) == 1
        assert log.delete({"id": event.id}, "shop")
        assert log.received({}, "shop") == []
