"""A command that serves ends by a signal, and leaves the process as it was."""

from __future__ import annotations

import signal
import threading

import pytest

from smsbridge.cli.signals import until_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_it(number: signal.Signals) -> None:
    with until_signal() as wait:
        signal.raise_signal(number)
        wait()


def signal_itself(number: signal.Signals) -> None:
    signal.pthread_kill(threading.get_ident(), number)


def test_a_signal_that_another_thread_gets_ends_it_too() -> None:
    with until_signal() as wait:
        threading.Timer(0.1, signal_itself, [signal.SIGTERM]).start()
        wait()


def test_a_hang_up_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with until_signal():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_a_signal_did_before_it_does_again(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with until_signal():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before
