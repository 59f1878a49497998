"""A whole bridge: what it serves, what it refuses to begin, and how it goes on after an end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from smsbridge.bridge.door_calls import Waiting
from smsbridge.bridge.stored_message import State
from smsbridge.errors import ConfigError
from smsbridge.testing.mock.provider import Provider

from support.bridges import Clock, config_text, open_store, put, read, running, sending


def test_what_was_stored_before_an_end_is_sent_after_it(tmp_path: Path) -> None:
    with open_store(tmp_path, Clock(time.time())) as store:
        put(store, "Before")
    with running(tmp_path) as run:
        assert [one.state for one in run.settled()] == ["accepted"]
        assert run.arrived() == ["Before"]


def test_what_was_being_sent_is_looked_up_and_found(tmp_path: Path) -> None:
    provider = Provider(read(tmp_path, config_text()).backends["new"])
    with running(tmp_path, provider=provider) as run:
        run.provider.fault = "reset-after-request"
        run.send()
        run.until(lambda: run.store.counts()[State.ACCEPTED] == 1)
        (found,) = run.messages()
        assert run.arrived() == ["Hello"]
        states = [one["state"] for one in run.store.history(found)]
    assert states == ["stored", "handed_over", "unknown", "accepted"]


def test_a_second_bridge_of_one_store_is_refused(tmp_path: Path) -> None:
    with (
        running(tmp_path),
        pytest.raises(ConfigError, match="another process serves the store"),
        running(tmp_path),
    ):
        pass


def test_an_answer_that_waits_is_found_when_the_outcome_is(tmp_path: Path) -> None:
    with running(tmp_path, config_text('answer = "outcome"')) as run:
        waiting = run.bridge.handle(sending(), "192.0.2.1")
        assert isinstance(waiting, Waiting)
        run.settled()
        answer = run.bridge.outcome(waiting)
        assert answer is not None
        assert answer.status == 200


def test_what_can_t_be_read_at_all_is_refused_in_the_protocol_of_a_door(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        assert run.bridge.refuse(sending(), 413, "too large").status == 413
    with running(tmp_path, config_text('path = "/old"')) as run:
        assert run.bridge.refuse(sending(), 413, "too large").status == 413
