"""Wakes a thread that waits, from any other thread, a signal's handler or the collector."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock


class Bell:
    """One thread waits for it; to ring it again before it was heard does nothing more.

    It is a lock alone: ``SimpleQueue.get`` with a timeout may wait for ever, where the system stops
    its thread for longer than the timeout at the wrong moment (seen with Python 3.11 and 3.12).
    """

    def __init__(self) -> None:
        """Nobody has rung it yet."""
        self._silence = Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """Wake who waits, or who will wait next."""
        with suppress(RuntimeError):  # it rings already
            self._silence.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, for so many seconds at most; return whether it did."""
        return self._silence.acquire(timeout=seconds)
