"""kill -9 to the bridge, at named points and at random: nothing is lost, nothing doubled."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest

from smsbridge.bridge.stored_message import State

from support.bridge_child import ANSWERED, HALF, WHOLE
from support.bridge_killing import killed, pauses

POINTS = [
    "put: begun",
    "put: written",
    "put: committed",
    "claim: found",
    "claim: marked",
    "claim: taken",
    "send: begun",
    HALF,
    WHOLE,
    ANSWERED,
    "send: answered",
    "accepted: begun",
    "accepted: written",
    "accepted: committed",
]
_UNSURE = {"claim: taken", "send: begun", HALF}
"""The points at which a message may have left for all that anybody knows, and has not."""


@pytest.mark.full
@pytest.mark.timeout(600)
def test_killed_at_each_point_it_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    for number, point in enumerate(POINTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        with killed(folder) as run:
            for nth in (1, 3, 7):
                run.begin(point, nth)
                with run.calling(2):
                    assert run.wait() == -signal.SIGKILL, point
            ended = run.judge()
        assert ended[State.ACCEPTED] > 0, point
        if point in _UNSURE:
            assert ended[State.UNKNOWN] > 0, point


@pytest.mark.full
@pytest.mark.timeout(900)
def test_killed_at_random_300_times_it_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    with killed(tmp_path) as run:
        with run.calling(2):
            for pause in pauses(seed=7, count=300, most=0.4):
                run.begin()
                time.sleep(pause)
                assert run.kill() == -signal.SIGKILL
        ended = run.judge()
        assert ended[State.ACCEPTED] > 100


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_full_disk_refuses_loses_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("prlimit is Linux's")
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    with killed(tmp_path) as run:
        run.begin()
        with run.calling(4):
            for _ in range(3):
                until = time.monotonic() + 10
                while len(run.messages()) < 20 and time.monotonic() < until:
                    time.sleep(0.05)
                size = (tmp_path / "bridge.db").stat().st_size
                resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (min(size, 8192), unlimited[1]))
                time.sleep(1.5)
                refused = sum(len(one.tried) - len(one.answered) for one in run.callers)
                assert refused > 0
                os.kill(run.pid, 0)
                resource.prlimit(run.pid, resource.RLIMIT_FSIZE, unlimited)
                time.sleep(1.5)
        assert run.kill(signal.SIGTERM) == 0
        ended = run.judge()
    assert ended[State.UNKNOWN] == 0


@pytest.mark.full
@pytest.mark.timeout(120)
def test_a_sigterm_ends_what_is_being_sent(tmp_path: Path) -> None:
    with killed(tmp_path) as run:
        run.begin()
        with run.calling(4):
            time.sleep(1.0)
            begun = time.monotonic()
            assert run.kill(signal.SIGTERM) == 0
            assert time.monotonic() - begun < 25
        found = run.messages()
        assert State.HANDED_OVER not in {one.state for one in found}
        ended = run.judge()
    assert ended[State.UNKNOWN] == 0
