"""Wakes a waiting thread, from any other thread, a signal handler or the garbage collector."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock


class Bell:
    """One thread waits for it; ringing it again before it is heard does nothing.

    It is only a lock: ``SimpleQueue.get`` with a timeout may wait forever, if the system stops its
    thread for longer than the timeout at the wrong moment (seen with Python 3.11 and 3.12).
    """

    def __init__(self) -> None:
        """Start silent."""
        self._silence = Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """Wake the waiting thread, or the next one to wait."""
        with suppress(RuntimeError):  # it rings already
            self._silence.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, for at most so many seconds; return whether it did."""
        return self._silence.acquire(timeout=seconds)
