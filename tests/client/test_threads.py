"""Calls in threads: each is made once, also where no thread can start."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress

import pytest

from smsbridge.client import threads as module
from smsbridge.client.threads import Threads

from support.interrupting import interrupt_at

SECONDS = 20


def never() -> list[str]:
    raise AssertionError


def test_what_calls_return_is_kept_in_the_order_in_which_they_end() -> None:
    first = threading.Event()
    threads: Threads[str] = Threads()
    threads.begin(lambda: ["slow"] if first.wait(SECONDS) else ["late"], never)
    threads.begin(lambda: ["quick", "too"], never)
    while not threads.ended:
        threads.wait()
    assert not threads.idle
    first.set()
    threads.close()
    assert (list(threads.ended), threads.idle) == (["quick", "too", "slow"], True)


def test_a_signal_that_a_call_gets_is_handled_while_it_runs() -> None:
    came = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: came.set())

    def call() -> list[bool]:
        time.sleep(0.1)  # meanwhile the main thread begins to wait
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        return [came.wait(SECONDS)]

    threads: Threads[bool] = Threads()
    try:
        threads.begin(call, lambda: [False])
        threads.close()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert list(threads.ended) == [True]


def refuse(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def interrupt(_thread: threading.Thread) -> None:
    raise KeyboardInterrupt


def test_where_no_thread_can_start_the_caller_makes_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading.Thread, "start", refuse)
    threads: Threads[str] = Threads()
    threads.begin(lambda: [threading.current_thread().name], never)
    threads.close()
    assert list(threads.ended) == [threading.main_thread().name]


def test_an_interrupt_before_a_call_began_leaves_another_value_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading.Thread, "start", interrupt)
    threads: Threads[str] = Threads()
    with pytest.raises(KeyboardInterrupt):
        threads.begin(never, lambda: ["not begun"])
    threads.close()
    assert list(threads.ended) == ["not begun"]


def test_an_interrupt_after_a_call_began_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def late(thread: threading.Thread) -> None:
        start(thread)
        thread.join(SECONDS)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", late)
    threads: Threads[str] = Threads()
    with pytest.raises(KeyboardInterrupt):
        threads.begin(lambda: ["made"], never)
    threads.close()
    assert list(threads.ended) == ["made"]


def test_an_interrupt_at_any_line_of_a_beginning_leaves_nothing_to_wait_for() -> None:
    names = {"begin", "_hand_over"}
    for line in range(100):
        threads: Threads[str] = Threads()
        with interrupt_at(module, names, line) as made, suppress(KeyboardInterrupt):
            threads.begin(lambda: ["made"], lambda: ["not begun"])
        threads.close()
        assert list(threads.ended) in ([], ["made"], ["not begun"]), line
        if not made.came:
            break
    assert 10 < line < 99
    assert list(threads.ended) == ["made"]


def test_a_close_in_a_thread_of_its_own_does_not_wait_for_itself() -> None:
    closed = threading.Event()
    threads: Threads[None] = Threads()

    def call() -> list[None]:
        threads.close()
        closed.set()
        return [None]

    threads.begin(call, lambda: [None])
    assert closed.wait(SECONDS)
    threads.close()
    assert list(threads.ended) == [None]
