"""kill -9 of the bridge, at named points and at random: no message is lost or sent twice."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest

from smsbridge.bridge.store.stored_message import State

from support.bridge_child import ANSWERED, HALF, WHOLE
from support.bridge_killing import killed, pauses
from support.stores import Place, file_place

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
        with killed(file_place(folder)) as run:
            for nth in (1, 3, 7):
                run.first.begin(point, nth)
                with run.calling(2):
                    assert run.first.wait() == -signal.SIGKILL, point
            ended = run.judge()
        assert ended[State.ACCEPTED] > 0, point
        if point in _UNSURE:
            assert ended[State.UNKNOWN] > 0, point


@pytest.mark.full
@pytest.mark.timeout(900)
def test_one_of_two_killed_at_each_point_loses_nothing_and_doubles_nothing(
    shared_place: Place,
) -> None:
    with killed(shared_place) as run:
        run.begin()
        for point in POINTS:
            assert run.first.kill() == -signal.SIGKILL
            for nth in (1, 3, 7):
                run.first.begin(point, nth)
                with run.calling(2):
                    assert run.first.wait() == -signal.SIGKILL, point
            run.begin()
        ended = run.judge()
    assert ended[State.ACCEPTED] > 100
    assert ended[State.UNKNOWN] >= len(_UNSURE)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_killed_at_random_300_times_it_loses_nothing_and_doubles_nothing(
    place: Place,
) -> None:
    with killed(place) as run:
        run.begin()
        with run.calling(2):
            for number, pause in enumerate(pauses(seed=7, count=300, most=0.4)):
                one = run.children[number % len(run.children)]
                time.sleep(pause)
                assert one.kill() == -signal.SIGKILL
                one.begin()
        ended = run.judge()
        assert ended[State.ACCEPTED] > 100


@pytest.mark.full
@pytest.mark.timeout(120)
def test_what_a_dead_process_had_not_claimed_is_done_by_the_other_within_30_seconds(
    shared_place: Place,
) -> None:
    with killed(shared_place) as run:
        run.begin()
        run.first.kill()
        run.first.begin("send: begun", 3)
        with run.calling(2):
            assert run.first.wait() == -signal.SIGKILL
        died = time.monotonic()
        going = (State.STORED, State.HANDED_OVER)
        while any(one.state in going for one in run.messages()):
            assert time.monotonic() - died < 30
            time.sleep(0.2)
        assert State.UNKNOWN in {one.state for one in run.messages()}
        run.judge()


@pytest.mark.full
@pytest.mark.timeout(240)
def test_a_server_that_is_restarted_in_mid_run_loses_nothing(shared_place: Place) -> None:
    server = shared_place.server
    assert server is not None
    with killed(shared_place) as run:
        run.begin()
        with run.calling(4):
            for number in (signal.SIGINT, signal.SIGQUIT):  # it ends, and it crashes
                time.sleep(1.5)
                server.stop(number)
                time.sleep(1.0)
                server.start()
                before = len(run.messages())
                until = time.monotonic() + 30
                while len(run.messages()) < before + 20:
                    assert time.monotonic() < until, "nothing is stored any more"
                    time.sleep(0.1)
        assert all(one.runs for one in run.children)
        ended = run.judge()
    assert ended[State.ACCEPTED] > 40


@pytest.mark.full
@pytest.mark.timeout(240)
def test_a_process_that_stands_still_and_goes_on_doubles_nothing(shared_place: Place) -> None:
    with killed(shared_place) as run:
        run.begin()
        with run.calling(4):
            time.sleep(1.0)
            os.kill(run.first.pid, signal.SIGSTOP)
            stood = time.time()
            time.sleep(30.0)
            after = run.messages()
            os.kill(run.first.pid, signal.SIGCONT)
            time.sleep(2.0)
        waits = [one for one in after if one.state in (State.STORED, State.HANDED_OVER)]
        assert not [one for one in waits if one.stored_at < stood]
        ended = run.judge()
    assert ended[State.ACCEPTED] > 40


@pytest.mark.full
@pytest.mark.timeout(240)
def test_connections_that_are_cut_lose_nothing_and_double_nothing(shared_place: Place) -> None:
    server = shared_place.server
    cut = (
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " ORDER BY random() LIMIT 3) AS chosen"
    )
    assert server is not None
    name = str(shared_place.store).rpartition("/")[2]
    with killed(shared_place) as run:
        run.begin()
        with run.calling(4):
            for pause in pauses(seed=11, count=80, most=0.3):
                time.sleep(pause)
                server.ask(cut, name)
        assert all(one.runs for one in run.children)
        ended = run.judge()
    assert ended[State.ACCEPTED] > 40


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_full_disk_refuses_loses_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("prlimit is Linux's")
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    with killed(file_place(tmp_path)) as run:
        run.begin()
        pid = run.first.pid
        with run.calling(4):
            for _ in range(3):
                until = time.monotonic() + 10
                while len(run.messages()) < 20 and time.monotonic() < until:
                    time.sleep(0.05)
                size = (tmp_path / "bridge.db").stat().st_size
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (min(size, 8192), unlimited[1]))
                time.sleep(1.5)
                refused = sum(len(one.tried) - len(one.answered) for one in run.callers)
                assert refused > 0
                os.kill(pid, 0)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
                time.sleep(1.5)
        run.end()
        ended = run.judge()
    assert ended[State.UNKNOWN] == 0


@pytest.mark.full
@pytest.mark.timeout(120)
def test_a_sigterm_ends_what_is_being_sent(place: Place) -> None:
    with killed(place) as run:
        run.begin()
        with run.calling(4):
            time.sleep(1.0)
            begun = time.monotonic()
            run.end()
            assert time.monotonic() - begun < 25 * len(run.children)
        found = run.messages()
        assert State.HANDED_OVER not in {one.state for one in found}
        ended = run.judge()
    assert ended[State.UNKNOWN] == 0
