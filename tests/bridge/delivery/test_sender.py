"""The result of a send: each outcome, and retries with their delays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Reason
from smsbridge.bridge.delivery.sender import bridge_client
from smsbridge.bridge.store.stored_message import State
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Session

from support.bridges import Clock, open_store, put
from support.deliveries import Deliveries
from support.each import each


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[Deliveries]:
    with open_store(tmp_path) as store:
        yield Deliveries(store)


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
        worked = Deliveries(store)
        worked.memory.next(coming)
        put(store)
        end = worked.sender.send(worked.claim())
        assert end.state is state
        assert end.attempt is not None
        assert (end.due is not None) == (state is State.UNKNOWN)
        assert end.reason == (Reason.REQUEST if state is State.REJECTED else None)


def test_what_was_not_sent_is_retried_as_the_block_says(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        worked = Deliveries(store)
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


def test_the_client_does_not_retry() -> None:
    backend = Client.from_mapping({"backend": "memory", "retry": {"attempts": 3}}).backend
    assert bridge_client(backend, Session()).backend.retry is None


def test_an_unexpected_error_is_unknown(worked: Deliveries) -> None:
    class Fails(Client):
        def send(self, *_: object, **__: object) -> Any:
            raise RuntimeError("a bug")

    worked.clients["new"] = Fails(worked.memory)
    put(worked.store)
    end = worked.sender.send(worked.claim())
    assert (end.state, end.why) == (State.UNKNOWN, "it failed: RuntimeError")


def test_a_block_that_is_gone_sends_nothing(worked: Deliveries) -> None:
    put(worked.store, backend="away")
    end = worked.sender.send(worked.claim())
    assert (end.state, end.why) == (State.NOT_SENT, "the config has no [backends.away]")
