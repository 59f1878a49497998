"""A whole bridge: what it serves, what it refuses, and how it recovers from a crash."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from smsbridge.bridge.store.stored_message import State
from smsbridge.errors import ConfigError
from smsbridge.testing.mock.provider import Provider

from support.bridges import Clock, config_text, open_store, put, read, running


def test_what_was_stored_before_a_restart_is_sent_after_it(tmp_path: Path) -> None:
    with open_store(tmp_path, Clock(time.time())) as store:
        put(store, "Before")
    with running(tmp_path) as run:
        assert [one.state for one in run.settled()] == ["accepted"]
        assert run.arrived() == ["Before"]


def test_a_send_in_flight_at_a_crash_is_looked_up_and_found(tmp_path: Path) -> None:
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
