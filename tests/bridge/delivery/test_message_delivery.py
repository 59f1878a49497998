"""One delivery: claim, send, and record the outcome, whatever happens meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from smsbridge.bridge.store.message_store import NoStep
from smsbridge.bridge.store.stored_message import End, State

from support.bridges import SECONDS, Clock, open_store, put
from support.deliveries import Deliveries, Slow
from support.stores import Place


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliveries(place: Place, clock: Clock) -> Iterator[Deliveries]:
    with open_store(place, clock) as store:
        yield Deliveries(store, "here")


def begin(deliveries: Deliveries) -> tuple[Slow, threading.Thread]:
    """Begin a delivery whose send waits."""
    deliveries.clients["new"] = slow = Slow(deliveries.memory)
    delivery = deliveries.delivery()
    thread = threading.Thread(target=delivery.deliver, args=("worker 1",), daemon=True)
    thread.start()
    assert slow.begun.wait(SECONDS)
    return slow, thread


def test_a_message_is_claimed_sent_and_recorded(deliveries: Deliveries) -> None:
    stored, other = put(deliveries.store), put(deliveries.store, recipient="+12025550124")
    delivery = deliveries.delivery()
    delivered = delivery.deliver("worker 1", ids=[other.id])
    assert delivered is not None
    assert delivered.id == other.id
    assert delivery.deliver("worker 1", ids=[other.id]) is None
    assert [one.id for one in deliveries.ends] == [other.id]
    assert delivery.deliver("worker 1", ids=[other.id], recipient=stored.recipient) is not None
    assert delivery.ended == {("new", "accepted"): 2}


def test_an_outcome_is_recorded_as_soon_as_the_store_can_be_written(
    deliveries: Deliveries,
) -> None:
    put(deliveries.store)
    slow, thread = begin(deliveries)
    with deliveries.store.database.write("test") as connection:
        connection.exec_driver_sql("ALTER TABLE attempts RENAME TO away")
    slow.go_on.set()
    time.sleep(0.3)
    with deliveries.store.database.write("test") as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO attempts")
    thread.join(SECONDS)
    assert [one.state for one in deliveries.store.list_messages()] == ["accepted"]
    assert len(deliveries.memory.messages) == 1


@pytest.mark.parametrize(
    ("coming", "state"), [("accepted", State.ACCEPTED), ("not_sent", State.UNKNOWN)]
)
def test_after_a_lease_expired_only_an_acceptance_is_recorded(
    deliveries: Deliveries, clock: Clock, coming: str, state: State
) -> None:
    stored = put(deliveries.store)
    deliveries.memory.next(coming)
    slow, thread = begin(deliveries)
    clock.seconds += 60
    assert deliveries.queue.recover("recovery") == 1
    slow.go_on.set()
    thread.join(SECONDS)
    found = deliveries.store.find(stored.id)
    assert found is not None
    assert found.state is state


def test_an_outcome_never_ends_another_workers_claim(deliveries: Deliveries, clock: Clock) -> None:
    stored = put(deliveries.store)
    first = deliveries.claim()
    again = End(state=State.STORED, due=clock(), why="it was not sent")
    deliveries.store.move(first, again, "worker 1")  # and the answer of the commit was lost
    clock.seconds += 1
    second = deliveries.claim()
    with pytest.raises(NoStep):
        deliveries.store.move(first, again, "worker 1")
    assert deliveries.store.find(stored.id) == second


def test_a_message_that_became_unknown_before_its_first_byte_is_not_sent(
    deliveries: Deliveries, clock: Clock
) -> None:
    stored = put(deliveries.store)

    def stand_still(point: str) -> None:
        if point == "send: begun":
            clock.seconds += 60
            assert deliveries.queue.recover("recovery") == 1

    deliveries.store.database.at = stand_still
    assert deliveries.delivery().deliver("worker 1") is not None
    found = deliveries.store.find(stored.id)
    assert found is not None
    assert found.state is State.UNKNOWN
    assert deliveries.memory.messages == []


def test_a_claim_still_held_after_a_pause_is_sent(deliveries: Deliveries, clock: Clock) -> None:
    put(deliveries.store)

    def pause(point: str) -> None:
        clock.seconds += 10 if point == "send: begun" else 0

    deliveries.store.database.at = pause
    assert deliveries.delivery().deliver("worker 1") is not None
    assert [one.state for one in deliveries.ends] == [State.ACCEPTED]
