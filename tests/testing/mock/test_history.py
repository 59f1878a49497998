"""The mock's log: what was sent and what came in, filtered, page by page, and deleted by part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from smsbridge.message import Status
from smsbridge.testing.mock.history import PAGE, History

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ONE, OTHER = "+12025550123", "+447700900123"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(clock: Clock) -> History:
    """Return a log of four messages, one each hour from noon, as time goes on."""
    log = History(clock)
    rows = (
        ("g-1", ONE, "Hello", None),
        ("g-2", OTHER, "call 12025550123", Status.UNDELIVERED),
        ("g-3", ONE, "Hello again", Status.REJECTED),
        ("g-4", OTHER, "Bye", None),
    )
    for hour, (known, recipient, text, status) in enumerate(rows):
        clock.time = NOON + timedelta(hours=hour)
        log.take(known, recipient, text, status)
    clock.time = NOON + timedelta(hours=9)
    return log


def ids(history: History, values: Mapping[str, str], question: str = "sent") -> list[str]:
    return [row["id"] for row in history.rows(question, values)]


def seconds(time: datetime) -> str:
    return str(int(time.timestamp()))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, ["g-4", "g-3", "g-2", "g-1"]),
        ({"id": "g-2"}, ["g-2"]),
        ({"id": "g-9"}, []),
        ({"failed": "request"}, ["g-3"]),
        ({"failed": "phone"}, ["g-2"]),
        ({"recipient": "12025550123"}, ["g-3", "g-1"]),
        ({"recipient": ONE}, ["g-3", "g-1"]),
        ({"recipient": "2025550123"}, []),
        ({"keyword": "Hello"}, ["g-3", "g-1"]),
        ({"keyword": "12025550123"}, ["g-3", "g-2", "g-1"]),
        ({"keyword": ONE}, ["g-3", "g-1"]),
        ({"keyword": "7700"}, ["g-4", "g-2"]),
        ({"keyword": "nothing"}, []),
        ({"keyword": "²"}, []),
        ({"keyword": "+"}, []),
        ({"before": "g-3"}, ["g-2", "g-1"]),
        ({"before": "g-1"}, []),
        ({"before": "g-9"}, []),
        ({"before": seconds(NOON + timedelta(hours=2))}, ["g-2", "g-1"]),
        ({"before": "2026-11-22T13:00:00Z"}, ["g-1"]),
        ({"after": seconds(NOON + timedelta(hours=2))}, ["g-4", "g-3"]),
        ({"after": "2026-11-22T13:30:00Z", "before": "g-4"}, ["g-3"]),
        ({"before": "g-4", "keyword": "Hello", "failed": "request"}, ["g-3"]),
        ({"colour": "blue"}, ["g-4", "g-3", "g-2", "g-1"]),
    ],
)
def test_the_log_is_told_newest_first_as_far_as_it_fits(
    history: History, values: Mapping[str, str], found: list[str]
) -> None:
    assert ids(history, values) == found


def test_a_row_says_what_is_known_by_our_names(history: History) -> None:
    (row,) = history.rows("sent", {"id": "g-2"})
    assert row == {
        "id": "g-2",
        "recipient": OTHER,
        "sender": "",
        "text": "call 12025550123",
        "at": "2026-11-22T13:00:00Z",
        "device": "",
        "status": Status.UNDELIVERED,
        "error": "the operator refused it",
    }
    (good,) = history.rows("sent", {"id": "g-1"})
    assert (good["status"], good["error"]) == (None, "")


def test_where_one_message_stands_is_told_by_its_id_alone(history: History) -> None:
    assert ids(history, {"id": "g-1", "before": "g-1"}, "status") == ["g-1"]
    assert ids(history, {}, "status") == []


@pytest.mark.parametrize("by", ["id", "at"])
def test_pages_of_the_log_have_fifty_rows_and_an_end(clock: Clock, by: str) -> None:
    history = History(clock)
    for number in range(2 * PAGE + 7):
        clock.time = NOON + timedelta(minutes=number)
        history.take(f"g-{number}", ONE, "Hello", None)
    pages: list[list[str]] = []
    values: dict[str, str] = {}
    while rows := history.rows("sent", values):
        pages.append([row["id"] for row in rows])
        values = {"before": rows[-1][by]}
    assert PAGE == 50
    assert [len(page) for page in pages] == [50, 50, 7]
    told = [int(known.removeprefix("g-")) for page in pages for known in page]
    assert told[0] == 2 * PAGE + 6
    assert all(later - earlier == 1 for later, earlier in pairwise(told))


def test_messages_of_one_second_are_told_apart_by_their_id(clock: Clock) -> None:
    history = History(clock)
    for known in ("a", "b", "c"):
        history.take(known, ONE, "Hello", None)
    assert ids(history, {"before": "c"}) == ["b", "a"]
    assert ids(history, {"before": seconds(NOON)}) == []


# Deleting


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"id": "g-1"}, ["g-3", "g-2"]),
        ({"id": "g-9"}, ["g-3", "g-2", "g-1"]),
        ({"first": "2026-11-21"}, ["g-3", "g-1"]),
        ({"first": "2026-11-21", "last": "2026-11-21"}, ["g-3", "g-1"]),
        ({"first": "2026-11-20", "last": "2026-11-21"}, ["g-3"]),
        ({"first": "2026-11-20", "last": "2026-11-22"}, []),
        ({"first": "2026-11-19"}, ["g-3", "g-2", "g-1"]),
        ({"first": "2026-11-22", "last": "2026-11-20"}, ["g-3", "g-2", "g-1"]),
        ({"id": "g-1", "first": "2026-11-21"}, ["g-3", "g-2"]),
    ],
)
def test_a_message_a_day_or_a_period_is_deleted(
    clock: Clock, values: Mapping[str, str], left: list[str]
) -> None:
    history = History(clock)
    for known, day in (("g-1", 20), ("g-2", 21), ("g-3", 22)):
        clock.time = NOON.replace(day=day)
        history.take(known, ONE, "Hello", None)
    assert history.delete(values)
    assert ids(history, {}) == left


def test_a_day_has_its_first_and_its_last_second(clock: Clock) -> None:
    history = History(clock)
    for known, time in (
        ("before", "2026-11-20T23:59:59"),
        ("first", "2026-11-21T00:00:00"),
        ("last", "2026-11-21T23:59:59"),
        ("after", "2026-11-22T00:00:00"),
    ):
        clock.time = datetime.fromisoformat(time).replace(tzinfo=UTC)
        history.take(known, ONE, "Hello", None)
    assert history.delete({"first": "2026-11-21"})
    assert ids(history, {}) == ["after", "before"]


@pytest.mark.parametrize("values", [{}, {"last": "2026-11-22"}, {"first": "soon"}, {"colour": "x"}])
def test_without_a_selector_nothing_is_deleted(history: History, values: Mapping[str, str]) -> None:
    assert not history.delete(values)
    assert len(ids(history, {})) == 4


def test_what_came_in_is_never_deleted(history: History) -> None:
    assert history.delete({"first": "2026-11-22"})
    assert ids(history, {}) == []
    assert ids(history, {}, "received") == ["1"]


# Sending again


@pytest.mark.parametrize("known", ["g-2", "g-3"])
def test_a_message_that_failed_is_sent_again_once(history: History, known: str) -> None:
    assert history.resend(known)
    (row,) = history.rows("status", {"id": known})
    assert (row["status"], row["error"]) == (None, "")
    assert not history.resend(known)


@pytest.mark.parametrize("known", ["g-1", "g-4", "g-9", ""])
def test_a_message_that_did_not_fail_is_not_sent_again(history: History, known: str) -> None:
    before = [entry.status for entry in history.sent]
    assert not history.resend(known)
    assert [entry.status for entry in history.sent] == before


# The first two seconds


def test_a_message_that_ends_undelivered_is_queued_for_its_first_two_seconds(clock: Clock) -> None:
    history = History(clock)
    history.take("g-1", ONE, "Hello", Status.UNDELIVERED)
    for later, status in (
        (0.0, Status.QUEUED),
        (1.999, Status.QUEUED),
        (2.0, Status.UNDELIVERED),
        (60.0, Status.UNDELIVERED),
    ):
        clock.time = NOON + timedelta(seconds=later)
        (row,) = history.rows("status", {"id": "g-1"})
        assert row["status"] is status
        assert bool(row["error"]) == (status is Status.UNDELIVERED)
        assert bool(ids(history, {"failed": "phone"})) == (status is Status.UNDELIVERED)


def test_a_message_that_is_still_queued_is_not_sent_again(clock: Clock) -> None:
    history = History(clock)
    history.take("g-1", ONE, "Hello", Status.UNDELIVERED)
    assert not history.resend("g-1")
    clock.time = NOON + timedelta(seconds=2)
    assert history.resend("g-1")


def test_any_other_status_is_told_from_the_beginning(clock: Clock) -> None:
    history = History(clock)
    history.take("g-1", ONE, "Hello", Status.REJECTED)
    (row,) = history.rows("status", {"id": "g-1"})
    assert (row["status"], bool(row["error"])) == (Status.REJECTED, True)


# What came in


def test_it_begins_with_one_message_that_came_in(history: History) -> None:
    (row,) = history.rows("received", {})
    assert (row["id"], row["sender"], row["text"]) == ("1", "+12025550142", "Hello")
    assert (row["recipient"], row["at"]) == ("", "2026-11-22T12:00:00Z")


def test_what_nobody_has_asked_for_is_unread(history: History) -> None:
    assert ids(history, {"unread": "true"}, "received") == ["1"]
    assert ids(history, {"unread": "true"}, "received") == []
    history.receive("2", "MPESA", "Hi", device="p-1")
    assert ids(history, {}, "received") == ["1", "2"]
    assert ids(history, {"unread": "true"}, "received") == []


def test_what_a_filter_leaves_out_stays_unread(history: History) -> None:
    history.receive("2", "MPESA", "Hi", device="p-1")
    assert ids(history, {"device": "p-1", "unread": "true"}, "received") == ["2"]
    assert ids(history, {"unread": "true"}, "received") == ["1"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"device": "p-1"}, ["2"]),
        ({"device": "p-2"}, []),
        ({"after": seconds(NOON + timedelta(minutes=1))}, ["2"]),
        ({"after": seconds(NOON)}, ["1", "2"]),
        ({"before": seconds(NOON + timedelta(minutes=1))}, ["1"]),
    ],
)
def test_what_came_in_is_filtered(
    clock: Clock, values: Mapping[str, str], found: list[str]
) -> None:
    history = History(clock)
    clock.time = NOON + timedelta(hours=1)
    entry = history.receive("2", "MPESA", "Hi", device="p-1")
    assert (entry.id, entry.sender, entry.at) == ("2", "MPESA", clock.time)
    assert ids(history, values, "received") == found
