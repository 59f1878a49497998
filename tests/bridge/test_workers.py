"""What workers make of a send: each outcome, tries and their waits, and how they end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Reason
from smsbridge.backends.base import Backend
from smsbridge.backends.memory import MemoryBackend
from smsbridge.bridge.lookup import Lookup
from smsbridge.bridge.message_queue import MessageQueue
from smsbridge.bridge.store import Store
from smsbridge.bridge.stored_message import State, StoredMessage
from smsbridge.bridge.workers import Delivery, Sender, bridge_client
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Session

from support.bridges import SECONDS, Clock, open_store, put
from support.each import each


class Worked:
    """A store, a backend in memory, and what sends from one to the other."""

    def __init__(self, store: Store) -> None:
        self.store, self.memory = store, MemoryBackend()
        self.session = Session()
        self.backends: dict[str, Backend] = {"new": self.memory}
        self.clients = {"new": Client(self.memory)}
        self.ends: list[StoredMessage] = []
        self.queue = MessageQueue(store)

    @property
    def sender(self) -> Sender:
        return Sender(
            backends=self.backends,
            clients=self.clients,
            session=self.session,
            now=self.store.now,
        )

    def delivery(self, workers: int = 2) -> Delivery:
        lookup = Lookup(queue=self.queue, clients=self.clients, rules={}, waits=())
        return Delivery(
            self.queue, self.sender, lookup, workers=workers, keep=60.0, settled=self.ends.append
        )

    def claim(self) -> StoredMessage:
        found = self.queue.claim("worker 1", self.sender.attempt)
        assert found is not None
        return found


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[Worked]:
    with open_store(tmp_path) as store:
        yield Worked(store)


@each(
    ("coming", "state"),
    [
        ("accepted", State.ACCEPTED),
        ("rejected", State.REJECTED),
        ("not_sent", State.NOT_SENT),
        ("unknown", State.UNKNOWN),
    ],
)
def test_each_outcome_of_a_client_is_a_state(tmp_path: Path, coming: str, state: State) -> None:
    with open_store(tmp_path) as store:
        worked = Worked(store)
        worked.memory.next(coming)
        put(store)
        end = worked.sender.send(worked.claim())
        assert end.state is state
        assert end.attempt is not None
        assert (end.due is not None) == (state is State.UNKNOWN)
        assert end.reason == (Reason.REQUEST if state is State.REJECTED else None)


def test_what_was_not_sent_is_tried_again_as_the_block_says(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        worked = Worked(store)
        block = {"backend": "memory", "retry": {"attempts": 3}}
        worked.backends["new"] = Client.from_mapping(block).backend
        worked.memory.next("not_sent", times=3)
        put(store)
        for tried in (1, 2):
            claimed = worked.claim()
            assert claimed.tries == tried
            end = worked.sender.send(claimed)
            assert end.state is State.STORED
            assert end.due is not None
            assert clock() <= end.due <= clock() + 2
            store.move(claimed, end, "worker 1")
            clock.seconds += 10
        assert worked.sender.send(worked.claim()).state is State.NOT_SENT


def test_the_tries_of_a_client_are_left_to_the_store() -> None:
    backend = Client.from_mapping({"backend": "memory", "retry": {"attempts": 3}}).backend
    assert bridge_client(backend, Session()).backend.retry is None


def test_an_unexpected_error_is_unknown(worked: Worked) -> None:
    class Fails(Client):
        def send(self, *_: object, **__: object) -> Any:
            raise RuntimeError("a bug")

    worked.clients["new"] = Fails(worked.memory)
    put(worked.store)
    end = worked.sender.send(worked.claim())
    assert (end.state, end.why) == (State.UNKNOWN, "it failed: RuntimeError")


def test_a_block_that_is_gone_sends_nothing(worked: Worked) -> None:
    put(worked.store, backend="away")
    end = worked.sender.send(worked.claim())
    assert (end.state, end.why) == (State.NOT_SENT, "the config has no [backends.away]")


def test_all_that_is_stored_is_sent_once(worked: Worked) -> None:
    wanted = [put(worked.store, recipient=f"+120255501{number:02}") for number in range(30)]
    delivery = worked.delivery(4)
    delivery.start()
    until = time.monotonic() + SECONDS
    while len(worked.ends) < 30 and time.monotonic() < until:
        time.sleep(0.01)
    assert delivery.stop(SECONDS)
    assert sorted(one.reference for one in worked.memory.messages) == sorted(o.id for o in wanted)
    assert delivery.ended == {("new", "accepted"): 30}
    assert worked.store.counts()[State.ACCEPTED] == 30


def test_a_stop_claims_nothing_more_and_waits_for_what_is_being_sent(worked: Worked) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Client):
        def send(self, *given: Any, **more: Any) -> Any:
            begun.set()
            go_on.wait(SECONDS)
            return super().send(*given, **more)

    worked.clients["new"] = Slow(worked.memory)
    put(worked.store, "First")
    delivery = worked.delivery(1)
    delivery.start()
    assert begun.wait(SECONDS)
    put(worked.store, "Second", recipient="+12025550124")
    threading.Timer(0.2, go_on.set).start()
    assert delivery.stop(SECONDS)
    assert [one.state for one in worked.store.list_messages()] == ["stored", "accepted"]


def test_a_stop_has_an_end_even_if_a_send_has_none(worked: Worked) -> None:
    go_on = threading.Event()

    class Hangs(Client):
        def send(self, *given: Any, **more: Any) -> Any:
            go_on.wait(SECONDS)
            return super().send(*given, **more)

    worked.clients["new"] = Hangs(worked.memory)
    put(worked.store)
    delivery = worked.delivery(1)
    delivery.start()
    while worked.store.counts()[State.STORED]:
        time.sleep(0.01)
    assert not delivery.stop(0.2)
    assert worked.store.counts()[State.HANDED_OVER] == 1
    go_on.set()


def test_an_outcome_is_recorded_as_soon_as_the_store_can_be_written(worked: Worked) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Client):
        def send(self, *given: Any, **more: Any) -> Any:
            begun.set()
            go_on.wait(SECONDS)
            return super().send(*given, **more)

    worked.clients["new"] = Slow(worked.memory)
    put(worked.store)
    delivery = worked.delivery(1)
    delivery.start()
    assert begun.wait(SECONDS)
    with worked.store.database.write("test") as connection:
        connection.exec_driver_sql("ALTER TABLE attempts RENAME TO away")
    go_on.set()
    time.sleep(0.3)
    with worked.store.database.write("test") as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO attempts")
    until = time.monotonic() + SECONDS
    while not worked.ends and time.monotonic() < until:
        time.sleep(0.01)
    assert delivery.stop(SECONDS)
    assert [one.state for one in worked.store.list_messages()] == ["accepted"]
    assert len(worked.memory.messages) == 1


def test_a_start_doubts_what_the_last_process_was_sending(worked: Worked) -> None:
    put(worked.store)
    worked.claim()
    delivery = worked.delivery()
    delivery.start()
    until = time.monotonic() + SECONDS
    while not worked.ends and time.monotonic() < until:
        time.sleep(0.01)
    delivery.stop(SECONDS)
    (left,) = worked.store.list_messages()
    assert (left.state, left.due) == (State.UNKNOWN, None)
    assert worked.memory.messages == []
