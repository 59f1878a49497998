"""The workers of one process: they send each stored message once, and stop when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smsbridge.bridge.delivery.message_delivery import Delivery
from smsbridge.bridge.delivery.thread_workers import ThreadWorkers
from smsbridge.bridge.store.stored_message import State, StoredMessage

from support.bridges import SECONDS, open_store, put
from support.deliveries import Deliveries, Slow


@pytest.fixture
def deliveries(tmp_path: Path) -> Iterator[Deliveries]:
    with open_store(tmp_path) as store:
        yield Deliveries(store)


def test_all_that_is_stored_is_sent_once(deliveries: Deliveries) -> None:
    wanted = [put(deliveries.store, recipient=f"+120255501{number:02}") for number in range(30)]
    delivery = deliveries.delivery()
    workers = ThreadWorkers(deliveries.queue, delivery, 4)
    workers.start()
    deliveries.until(lambda: len(deliveries.ends) == 30)
    assert workers.stop(SECONDS)
    sent = sorted(one.reference for one in deliveries.memory.messages)
    assert sent == sorted(one.id for one in wanted)
    assert delivery.ended == {("new", "accepted"): 30}
    assert deliveries.store.counts()[State.ACCEPTED] == 30


def test_a_stop_ends_claiming_and_waits_for_sends_in_flight(
    deliveries: Deliveries,
) -> None:
    deliveries.clients["new"] = slow = Slow(deliveries.memory)
    put(deliveries.store, "First")
    workers = ThreadWorkers(deliveries.queue, deliveries.delivery(), 1)
    workers.start()
    assert slow.begun.wait(SECONDS)
    put(deliveries.store, "Second", recipient="+12025550124")
    threading.Timer(0.2, slow.go_on.set).start()
    assert workers.stop(SECONDS)
    assert [one.state for one in deliveries.store.list_messages()] == ["stored", "accepted"]


def test_a_stop_returns_even_if_a_send_hangs(deliveries: Deliveries) -> None:
    deliveries.clients["new"] = slow = Slow(deliveries.memory)
    put(deliveries.store)
    workers = ThreadWorkers(deliveries.queue, deliveries.delivery(), 1)
    workers.start()
    assert slow.begun.wait(SECONDS)
    assert not workers.stop(0.2)
    assert deliveries.store.counts()[State.HANDED_OVER] == 1
    slow.go_on.set()


def test_a_start_makes_unknown_what_the_last_process_was_sending(deliveries: Deliveries) -> None:
    put(deliveries.store)
    deliveries.claim()
    workers = ThreadWorkers(deliveries.queue, deliveries.delivery(), 2)
    workers.start()
    time.sleep(0.1)
    workers.stop(SECONDS)
    (left,) = deliveries.store.list_messages()
    assert left.state is State.UNKNOWN
    assert deliveries.memory.messages == []


class Early(Delivery):
    """Finds nothing, and is woken before the worker starts to wait."""

    def __init__(self, deliveries: Deliveries) -> None:
        super().__init__(deliveries.queue, deliveries.sender, deliveries.ends.append)
        self.wake: Callable[[], None] = lambda: None

    def deliver(self, *given: Any, **more: Any) -> StoredMessage | None:
        found = super().deliver(*given, **more)
        wake, self.wake = self.wake, lambda: None
        wake()
        return found


def test_a_wake_between_a_look_and_the_wait_is_not_lost(deliveries: Deliveries) -> None:
    delivery = Early(deliveries)
    workers = ThreadWorkers(deliveries.queue, delivery, 1, poll=10 * SECONDS)

    def put_and_wake() -> None:
        put(deliveries.store)
        workers.wake()

    delivery.wake = put_and_wake
    workers.start()
    deliveries.until(lambda: len(deliveries.ends) == 1)
    assert workers.stop(SECONDS)


def test_a_waiting_worker_is_woken_by_a_message_and_by_a_stop(deliveries: Deliveries) -> None:
    looked = threading.Event()
    delivery = Early(deliveries)
    delivery.wake = looked.set
    workers = ThreadWorkers(deliveries.queue, delivery, 1, poll=10 * SECONDS)
    workers.start()
    assert looked.wait(SECONDS)
    put(deliveries.store)
    workers.wake()
    deliveries.until(lambda: len(deliveries.ends) == 1)
    assert workers.stop(SECONDS)
