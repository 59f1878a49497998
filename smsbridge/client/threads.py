"""Runs calls in threads, and keeps their results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from threading import Condition, Lock, Thread, current_thread
from typing import Generic, TypeVar

from smsbridge.client.bell import Bell

T = TypeVar("T")

SIGNAL_SECONDS = 0.5
"""The most seconds that a signal waits for its handler.

Python calls a handler in the main thread only, and a wait without a limit doesn't end for a signal
that came just before it, or that the system gave to another thread.
"""

_LINGER = 0.05  # seconds that a thread waits for another call before it ends


class Threads(Generic[T]):
    """Runs calls in threads; ``ended`` holds what was returned so far: each call returns several.

    One thread begins the calls, waits for them and takes what they returned. If no other thread can
    be started, it makes the call itself: every call is made, or ``instead`` takes its place.
    """

    def __init__(self) -> None:
        """Create it empty."""
        self.ended: deque[T] = deque()
        self._flying: set[int] = set()
        self._numbers = count()
        self._calls: deque[Callable[[], None]] = deque()
        self._threads: set[Thread] = set()
        self._over = False
        self._changed = Condition()
        self._wake = Bell()

    @property
    def idle(self) -> bool:
        """Whether no call is running; all results are then in ``ended``."""
        return not self._flying

    def begin(self, call: Callable[[], Sequence[T]], instead: Callable[[], Sequence[T]]) -> None:
        """Make a call; if an interrupt comes before it has begun, ``instead`` gives its results."""
        number = next(self._numbers)
        claim = Lock()  # held by whoever decides whether the call is made

        def fly() -> None:
            if claim.acquire(blocking=False):
                self._make(number, call)

        try:
            self._flying.add(number)
            if not self._hand_over(fly):
                fly()
        except BaseException:
            if claim.acquire(blocking=False):
                self._make(number, instead)
            raise

    def _hand_over(self, fly: Callable[[], None]) -> bool:
        """Give a call to a thread; return whether there is one."""
        with self._changed:
            self._calls.append(fly)
            self._changed.notify()
            if len(self._threads) >= len(self._flying):  # one is free, or soon will be
                return True
            # never a daemon, so that the interpreter doesn't end a call in the middle
            thread = Thread(target=self._work, name="smsbridge", daemon=False)
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # as many as the system allows, or the interpreter is about to end
            with self._changed:
                self._threads.discard(thread)
                # else one of them makes it, or has: none ends while there is a call
                if not self._threads and fly in self._calls:
                    self._calls.remove(fly)
                    return False
        return True

    def _work(self) -> None:
        while (fly := self._next()) is not None:
            fly()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            if self._changed.wait_for(lambda: self._calls or self._over, _LINGER) and self._calls:
                return self._calls.popleft()
            self._threads.discard(current_thread())
            return None

    def _make(self, number: int, call: Callable[[], Sequence[T]]) -> None:
        try:
            self.ended.extend(call())
        finally:
            self._flying.discard(number)
            self._wake.ring()

    def wait(self) -> None:
        """Wait until a call may have ended; then look at ``ended`` and ``idle``."""
        if self._flying:
            self._wake.wait(SIGNAL_SECONDS)

    def close(self) -> None:
        """Wait until no call is running and no thread is left.

        One of its own threads doesn't wait, since it would wait for itself: the garbage collector
        may end an abandoned iterator in any thread.
        """
        own = current_thread() in self._threads
        while not own and not self.idle:
            self.wait()
        with self._changed:
            self._over = True
            self._changed.notify_all()
            left = list(self._threads)
        for thread in left:
            if not own and thread.ident is not None:  # it was started
                thread.join()
