"""Calls in threads of their own, and what each of them came to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Threads(Generic[T]):
    """Runs each call in a thread that ends with it; ``ended`` holds what was returned so far.

    One thread begins the calls, waits for them and takes what they returned. Where no other can
    start, that one makes the call itself: a call that was given is made, or another value stands
    in its place.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.ended: deque[T] = deque()
        self._flying: set[int] = set()
        self._numbers = count()
        self._threads: list[Thread] = []
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

        # no daemon, even if made by one: the interpreter ends no call in its middle
        thread = Thread(target=fly, name=f"smsbridge-{number}", daemon=False)
        self._flying.add(number)
        self._threads = [*filter(Thread.is_alive, self._threads), thread]
        try:
            thread.start()
        except RuntimeError:  # as many as the system allows, or the interpreter is about to end
            fly()
        except BaseException:
            if claim.acquire(blocking=False):
                self._make(number, instead)
            raise

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
        for thread in self._threads:
            if thread.ident is not None:  # it was started
                thread.join()
