"""Calls in threads, and what each of them came to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from threading import Condition, Lock, Thread, current_thread
from typing import Generic, TypeVar

T = TypeVar("T")

_LINGER = 0.05  # seconds that a thread waits for another call before it ends


class Threads(Generic[T]):
    """Runs calls in threads; ``ended`` holds what was returned so far.

    One thread begins the calls, waits for them and takes what they returned. Where no other can
    start, that one makes the call itself: a call that was given is made, or another value stands
    in its place.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.ended: deque[T] = deque()
        self._flying: set[int] = set()
        self._numbers = count()
        self._calls: deque[Callable[[], None]] = deque()
        self._threads: set[Thread] = set()
        self._over = False
        self._changed = Condition()
        self._wake: SimpleQueue[None] = SimpleQueue()

    @property
    def idle(self) -> bool:
        """Whether no call goes on: what they returned is in ``ended`` by then."""
        return not self._flying

    def begin(self, call: Callable[[], T], instead: Callable[[], T]) -> None:
        """Make a call; if an interrupt comes before it began, ``instead`` gives what ended."""
        number = next(self._numbers)
        claim = Lock()  # held by whoever decides whether the call is made

        def fly() -> None:
            if claim.acquire(blocking=False):
                self._make(number, call)

        self._flying.add(number)
        try:
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
            # no daemon, even if made by one: the interpreter ends no call in its middle
            thread = Thread(target=self._work, name="smsbridge", daemon=False)
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # as many as the system allows, or the interpreter is about to end
            with self._changed:
                self._threads.discard(thread)
                if not self._threads:  # else one of them makes it: none ends while there is a call
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

    def _make(self, number: int, call: Callable[[], T]) -> None:
        try:
            self.ended.append(call())
        finally:
            self._flying.discard(number)
            self._wake.put(None)

    def wait(self) -> None:
        """Return when a call may have ended: look at ``ended`` and ``idle``."""
        if self._flying:
            self._wake.get()

    def close(self) -> None:
        """Return when no call goes on, and no thread is left."""
        while not self.idle:
            self.wait()
        with self._changed:
            self._over = True
            self._changed.notify_all()
            left = list(self._threads)
        for thread in left:
            if thread.ident is not None:  # it was started
                thread.join()
