"""The queue of events: claimed by one, due again after a lease, ten tries in three days."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsbridge.bridge.events.event_queue import (
    LEASE,
    WAITS,
    Claimed,
    Endpoint,
    EventQueue,
    Failed,
    wait_after,
)
from smsbridge.bridge.store.stored_event import StoredEvent

from support.bridges import Clock, open_store, put
from support.each import each
from support.events import events_of
from support.plans import plans_of
from support.stores import Place
from support.webhook_receivers import received, report

SHOP = ("shop", "shop")
DAY = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> Iterator[EventQueue]:
    with open_store(tmp_path, clock) as store:
        yield EventQueue(store)


def claimed(queue: EventQueue) -> Claimed:
    found = queue.claim(SHOP)
    assert found is not None
    return found


def last(queue: EventQueue) -> StoredEvent:
    return events_of(queue.store)[-1]


def shop(queue: EventQueue) -> Endpoint:
    (found,) = queue.endpoints([SHOP])
    return found


def test_events_are_claimed_in_their_order_with_the_message_they_are_about(
    queue: EventQueue, clock: Clock
) -> None:
    message = put(queue.store, "Hello")
    wanted = [report(queue.store, message), received(queue.store)]
    assert queue.due_places([SHOP]) == [SHOP]
    first, second = claimed(queue), claimed(queue)
    assert [first.event.id, second.event.id] == wanted
    assert first.message == message
    assert second.message is None
    assert (first.event.tries, first.event.due) == (1, clock() + LEASE)
    assert queue.claim(SHOP) is None
    assert queue.due_places([SHOP]) == []


def test_a_claim_without_a_result_is_due_again_after_its_lease(
    queue: EventQueue, clock: Clock
) -> None:
    known = received(queue.store)
    assert claimed(queue).event.id == known
    clock.seconds += LEASE - 1
    assert queue.claim(SHOP) is None
    clock.seconds += 1
    assert (claimed(queue).event.id, last(queue).tries) == (known, 2)


def test_of_concurrent_claims_one_wins(queue: EventQueue) -> None:
    for _ in range(20):
        received(queue.store)
    found: list[str] = []

    def claim() -> None:
        several = [queue.claim(SHOP) for _ in range(40)]
        found.extend(one.event.id for one in several if one)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == sorted(one.id for one in events_of(queue.store))


def test_a_delivered_event_is_never_posted_again(queue: EventQueue, clock: Clock) -> None:
    received(queue.store)
    queue.settle(claimed(queue).event)
    assert (last(queue).delivered_at, last(queue).due) == (clock(), None)
    clock.seconds += 10 * DAY
    assert queue.claim(SHOP) is None


def test_an_event_is_tried_ten_times_over_three_days_and_then_given_up(
    queue: EventQueue, clock: Clock
) -> None:
    received(queue.store)
    begun, tries = clock(), 0
    for _ in range(200_000):
        if queue.due_places([SHOP]):
            failed = queue.fail(claimed(queue).event)
            tries += 1
            assert failed == Failed(given_up=tries == 10, disabled=False)
        due = last(queue).due
        if due is None:
            break
        clock.seconds = due
    assert tries == 10
    assert clock() - begun == sum(WAITS) == 75 * 3600 + 35 * 60 + 5
    assert shop(queue).given_up == 1
    assert shop(queue).disabled_at is None


def test_setting_the_clock_back_delays_no_new_event(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        queue = EventQueue(store)
        wanted = [received(store), received(store)]
        clock.seconds -= 365 * DAY
        wanted.append(received(store))
        assert queue.due_places([SHOP]) == [SHOP]
        assert [claimed(queue).event.id for _ in wanted] == wanted


def test_a_due_retry_goes_before_what_came_in_later(queue: EventQueue, clock: Clock) -> None:
    first, second = received(queue.store), received(queue.store)
    queue.fail(claimed(queue).event)
    clock.seconds += WAITS[0]
    third = received(queue.store)
    assert [claimed(queue).event.id for _ in range(3)] == [second, first, third]


def test_after_setting_the_clock_back_no_try_waits_longer_than_it_ever_would(
    place: Place,
) -> None:
    with open_store(place, clock := Clock()) as store:
        queue = EventQueue(store)
        received(store)
        for tries, wait in enumerate(WAITS, 1):
            queue.fail(claimed(queue).event, jitter=1.0, retry_after=3600.0)
            due = last(queue).due
            assert due == clock() + max(wait * 1.1, 3600), tries
            assert queue.hasten([SHOP]) == 0
            clock.seconds -= 10
            assert queue.hasten([SHOP]) == 1
            clock.seconds += 10


def test_after_setting_the_clock_back_a_lost_claim_waits_no_longer_than_an_hour(
    place: Place,
) -> None:
    with open_store(place, clock := Clock()) as store:
        queue = EventQueue(store)
        known = received(store)
        claimed(queue)
        clock.seconds -= 3700
        assert queue.hasten([("shop", "till")]) == 0
        assert queue.hasten([SHOP]) == 1
        assert claimed(queue).event.id == known


def test_a_failure_at_a_time_to_come_does_not_put_off_the_end_of_five_days(
    queue: EventQueue, clock: Clock
) -> None:
    received(queue.store)
    queue.fail(claimed(queue).event)
    clock.seconds -= 365 * DAY
    begun = clock()
    received(queue.store)
    queue.fail(claimed(queue).event)
    assert shop(queue).failing_since == begun


@each(
    ("tries", "retry_after", "jitter", "wait"),
    [
        (1, None, 0.0, 5),
        (2, None, 0.0, 300),
        (2, None, 1.0, 330),
        (9, None, 0.0, 86_400),
        (10, None, 0.0, None),
        (11, 60.0, 0.0, None),
        (1, 90.0, 0.0, 90),
        (3, 90.0, 0.0, 1800),
    ],
)
def test_each_delay_is_longer_and_none_shorter_than_retry_after(
    tries: int, retry_after: float | None, jitter: float, wait: float | None
) -> None:
    found = wait_after(tries, retry_after, jitter)
    assert found == (pytest.approx(wait) if wait is not None else None)


def test_a_try_that_ends_after_its_lease_does_not_affect_the_next(
    queue: EventQueue, clock: Clock
) -> None:
    received(queue.store)
    late = claimed(queue).event
    clock.seconds += LEASE
    second = claimed(queue).event
    queue.fail(late)
    assert last(queue).due == second.due
    queue.settle(second)
    queue.fail(late)
    assert last(queue).delivered_at == clock()


def test_an_endpoint_without_success_for_five_days_is_disabled_and_its_events_wait(
    queue: EventQueue, clock: Clock
) -> None:
    received(queue.store)
    queue.fail(claimed(queue).event)
    since = clock()
    clock.seconds += 4 * DAY
    later = received(queue.store)
    disabled: list[bool] = []
    while not any(disabled):
        event = claimed(queue).event
        disabled.append(queue.fail(event).disabled)
        clock.seconds += DAY / 4
        assert clock() - since < 9 * DAY
    assert clock() - since >= 5 * DAY
    assert shop(queue).failing_since == since
    assert shop(queue).disabled_at == clock() - DAY / 4
    assert queue.due_places([SHOP]) == []
    assert queue.claim(SHOP) is None
    assert later in {one.id for one in events_of(queue.store)}
    received(queue.store)
    assert shop(queue).waiting + shop(queue).given_up == 3


def test_an_endpoint_that_is_too_slow_to_try_anything_twice_is_disabled_after_five_days_too(
    queue: EventQueue, clock: Clock
) -> None:
    for _ in range(30):
        received(queue.store)
    begun = clock()
    while not queue.fail(claimed(queue).event).disabled:
        clock.seconds += DAY / 4
        assert clock() - begun <= 5 * DAY
    assert max(one.tries for one in events_of(queue.store)) == 1


def test_one_failure_long_after_the_last_success_disables_nothing(
    queue: EventQueue, clock: Clock
) -> None:
    received(queue.store)
    queue.fail(claimed(queue).event)
    clock.seconds += 30 * DAY
    assert not queue.fail(claimed(queue).event).disabled
    assert shop(queue).disabled_at is None


def test_a_success_ends_the_count_of_days(queue: EventQueue, clock: Clock) -> None:
    for _ in range(2):
        received(queue.store)
    queue.fail(claimed(queue).event)
    assert shop(queue).failing_since == clock()
    queue.settle(claimed(queue).event)
    assert shop(queue).failing_since is None


def test_after_410_an_endpoint_is_disabled_at_once_and_nothing_is_lost(
    queue: EventQueue, clock: Clock
) -> None:
    known = [received(queue.store), received(queue.store)]
    assert queue.fail(claimed(queue).event, gone=True).disabled
    assert shop(queue).disabled_at == clock()
    assert queue.claim(SHOP) is None
    assert queue.enable(SHOP) == 2
    assert [claimed(queue).event.id for _ in known] == known


def test_enabling_requeues_waiting_and_given_up_events_with_ten_tries_each(
    queue: EventQueue, clock: Clock
) -> None:
    first = received(queue.store)
    while (due := last(queue).due) is not None:
        clock.seconds = due
        queue.fail(claimed(queue).event)
    told = received(queue.store)
    queue.settle(claimed(queue).event)
    assert queue.enable(SHOP) == 1
    event = claimed(queue).event
    assert (event.id, event.tries) == (first, 1)
    assert told != first
    assert queue.enable(("shop", "nobody")) == 0


def test_an_event_that_can_t_be_expressed_neither_waits_nor_comes_back(queue: EventQueue) -> None:
    received(queue.store)
    queue.leave_out(claimed(queue).event)
    assert queue.enable(SHOP) == 0
    assert (shop(queue).waiting, shop(queue).given_up) == (0, 0)


def test_what_waits_is_counted_for_each_endpoint_alone(queue: EventQueue) -> None:
    places = [SHOP, ("shop", "till"), ("shop", "app")]
    for caller in ("shop", "till", "shop", "shop"):
        received(queue.store, caller=caller)
    queue.settle(claimed(queue).event)
    assert queue.waiting_counts(places) == dict(zip(places, (2, 1, 0), strict=True))
    queue.fail(claimed(queue).event, gone=True)
    assert queue.disabled_places() == {SHOP}
    assert queue.due_places(places) == [("shop", "till")]


def test_how_long_the_oldest_has_waited_is_known_though_it_waits_for_another_try(
    queue: EventQueue, clock: Clock
) -> None:
    places = [SHOP, ("shop", "till"), ("shop", "app")]
    begun = clock()
    for caller in ("shop", "till"):
        received(queue.store, caller=caller)
    clock.seconds += 60
    received(queue.store)
    queue.fail(claimed(queue).event)
    assert queue.oldest_times(places) == {SHOP: begun, ("shop", "till"): begun}
    clock.seconds += 60
    for _ in range(2):
        queue.settle(claimed(queue).event)
    assert queue.oldest_times(places) == {("shop", "till"): begun}


def test_the_next_event_is_found_by_an_index(queue: EventQueue) -> None:
    with plans_of("events") as plans:
        queue.claim(SHOP)
    assert plans == [
        "SEARCH events USING INDEX events_due (door=? AND caller=? AND due>? AND due<?)",
        "SEARCH events USING INDEX events_due (door=? AND caller=? AND due=?)",
    ]


def test_an_endpoint_says_what_waits_for_it_and_since_when(queue: EventQueue, clock: Clock) -> None:
    begun = clock()
    received(queue.store)
    clock.seconds += 60
    received(queue.store)
    received(queue.store, caller="till")
    received(queue.store, door=None, caller=None)
    assert queue.endpoints([("shop", "app")]) == [
        Endpoint(door="shop", caller="app"),
        Endpoint(door="shop", caller="shop", waiting=2, oldest=begun),
        Endpoint(door="shop", caller="till", waiting=1, oldest=begun + 60),
    ]
