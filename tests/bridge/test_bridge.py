"""What a bridge answers as a whole, and how it stops."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from smsbridge.backends.memory import MemoryBackend
from smsbridge.bridge.doors.door_calls import Waiting
from smsbridge.bridge.serve_bridge import serve_bridge
from smsbridge.bridge.store.stored_message import State

from support.bridges import SECONDS, config_text, read, running, sending
from support.deliveries import Slow


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


def test_a_stop_that_leaves_a_send_in_flight_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow(MemoryBackend())
    config = read(tmp_path, config_text())
    with serve_bridge(config, "http://127.0.0.1:8780", client_of=lambda *_: slow) as bridge:
        bridge.handle(sending(), "192.0.2.1")
        assert slow.begun.wait(SECONDS)
        assert not bridge.stop(0.2)
        assert "a send in flight will be unknown" in caplog.text
        slow.go_on.set()


def test_after_a_stop_nothing_is_sent(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.send("Before")
        run.settled()
        assert run.bridge.stop(SECONDS)
        run.send("After")
        time.sleep(1.0)  # twice as long as a worker waits before it looks again
        assert run.store.counts()[State.STORED] == 1
        assert run.arrived() == ["Before"]
