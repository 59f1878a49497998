"""The workers of one process: they send all that is stored, once, and end when they are told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsbridge.bridge.stored_message import State
from smsbridge.bridge.thread_workers import ThreadWorkers

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


def test_a_stop_claims_nothing_more_and_waits_for_what_is_being_sent(
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


def test_a_stop_has_an_end_even_if_a_send_has_none(deliveries: Deliveries) -> None:
    deliveries.clients["new"] = slow = Slow(deliveries.memory)
    put(deliveries.store)
    workers = ThreadWorkers(deliveries.queue, deliveries.delivery(), 1)
    workers.start()
    assert slow.begun.wait(SECONDS)
    assert not workers.stop(0.2)
    assert deliveries.store.counts()[State.HANDED_OVER] == 1
    slow.go_on.set()


def test_a_start_doubts_what_the_last_process_was_sending(deliveries: Deliveries) -> None:
    put(deliveries.store)
    deliveries.claim()
    workers = ThreadWorkers(deliveries.queue, deliveries.delivery(), 2)
    workers.start()
    time.sleep(0.1)
    workers.stop(SECONDS)
    (left,) = deliveries.store.list_messages()
    assert left.state is State.UNKNOWN
    assert deliveries.memory.messages == []
