"""Which messages are polled, and when."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from smsbridge import Status
from smsbridge.bridge.events.status_questions import (
    LAST_SECONDS,
    MOST_WAIT,
    StatusQuestions,
    StatusRule,
)
from smsbridge.bridge.store.message_store import MessageStore

from support.bridges import Clock, open_store, put
from support.each import each
from support.events import a_report, accepted, reports_of
from support.stores import Place

ENDS = frozenset({Status.DELIVERED, Status.UNDELIVERED})


def questions(store: MessageStore) -> StatusQuestions:
    rule = StatusRule(routes=frozenset({"new"}), wait=60.0, ends=ENDS)
    return StatusQuestions(store, {"new": rule})


def test_a_message_is_polled_less_often_with_age_and_then_no_more(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store)
        message = accepted(store)
        begun, asked = clock(), list[float]()
        found = questions(store)
        assert found.begin() == 1
        for _ in range(500):
            due = store.find(message.id)
            assert due is not None
            if due.due is None:
                break
            clock.seconds = due.due
            found.begin()
            assert (one := found.next()) is not None
            assert found.claim(one)
            asked.append(clock() - begun)
        assert asked[:4] == [60.0, 120.0, 180.0, 270.0]
        steps = [later - earlier for earlier, later in pairwise(asked)]
        assert steps == sorted(steps)
        assert max(steps) == MOST_WAIT
        assert LAST_SECONDS - MOST_WAIT <= asked[-1] <= LAST_SECONDS
        assert found.next() is None


def test_after_setting_the_clock_back_no_poll_is_put_off_longer_than_any_could_be(
    place: Place,
) -> None:
    with open_store(place, clock := Clock()) as store:
        put(store)
        message = accepted(store)
        found = questions(store)
        found.begin()
        clock.seconds -= MOST_WAIT - 60
        found.begin()
        assert store.find(message.id) == replace(message, due=clock() + MOST_WAIT)
        clock.seconds -= MOST_WAIT
        for asked in (found, questions(store)):
            asked.begin()
            assert asked.next() == replace(message, due=clock())
            clock.seconds -= 2 * MOST_WAIT


@each(
    ("status", "provider_id", "backend", "count"),
    [
        (Status.QUEUED, "p-1", "new", 1),
        (Status.SENT, "p-1", "new", 1),
        (Status.DELIVERED, "p-1", "new", 0),
        (Status.QUEUED, None, "new", 0),
        (Status.QUEUED, "p-1", "other", 0),
    ],
)
def test_only_messages_that_can_still_change_are_polled(
    tmp_path: Path, status: Status, provider_id: str, backend: str, count: int
) -> None:
    with open_store(tmp_path) as store:
        put(store, backend=backend)
        accepted(store, provider_id, status)
        put(store, "Waits")
        found = questions(store)
        assert [found.begin(), found.begin()] == [count, 0]


def test_a_message_that_ended_meanwhile_is_not_polled(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store)
        accepted(store)
        found = questions(store)
        found.begin()
        reports_of(store).record(a_report())
        clock.seconds += 60
        assert (one := found.next()) is not None
        assert not found.claim(one)
        assert (found.next(), found.begin()) == (None, 0)


def test_of_two_processes_one_polls(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store)
        accepted(store)
        one, other = questions(store), questions(store)
        assert (one.begin(), other.begin()) == (1, 0)
        clock.seconds += 60
        due = one.next()
        assert due is not None
        assert [one.claim(due), other.claim(due)] == [True, False]


def test_a_message_accepted_while_nobody_polled_is_polled(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store)
        accepted(store)
        clock.seconds += LAST_SECONDS - 1
        assert questions(store).begin() == 1
        put(store)
        accepted(store, "p-2")
        clock.seconds += LAST_SECONDS + 1
        assert questions(store).begin() == 0
