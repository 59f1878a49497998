"""What Ctrl-C, SIGTERM and SIGHUP do: end a command, interrupt a send, or stop a run gently."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from smsbridge.client.threads import SIGNAL_SECONDS

_NUMBERS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def until_signal() -> Iterator[Callable[[], None]]:
    """Yield what waits for the first signal that ends a command; then restore the handlers.

    These are SIGINT, SIGTERM and, where it exists and isn't ignored (``nohup``), SIGHUP.
    """
    over = threading.Event()

    def wait() -> None:
        while not over.wait(SIGNAL_SECONDS):
            pass

    hang_up = getattr(signal, "SIGHUP", None)
    more = [hang_up] if hang_up and signal.getsignal(hang_up) is signal.SIG_DFL else []
    with _handle(lambda _: over.set(), *more):
        yield wait


@contextmanager
def stop_gently(stop: Callable[[int], None], notice: bytes) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM call ``stop`` with its number, and the second end it all."""

    def first(number: int) -> None:
        stop(number)
        signal.signal(number, signal.SIG_DFL)
        if sys.stderr is None:  # then descriptor 2 may be a file of the run
            return
        with suppress(OSError):
            os.write(2, notice)  # click's stream may be in the middle of a write

    with _handle(first):
        yield


@contextmanager
def interrupt_by_sigterm() -> Iterator[None]:
    """Make SIGTERM interrupt as Ctrl-C does, unless it is ignored."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _handle(act: Callable[[int], None], *more: int) -> Iterator[None]:
    numbers = (*_NUMBERS, *more)
    before = {number: signal.signal(number, lambda got, _: act(got)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
