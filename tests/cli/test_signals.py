"""A command that serves ends by a signal, and leaves the process as it was."""

from __future__ import annotations

import signal

import pytest

from smsbridge.cli.signals import until_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_it(number: signal.Signals) -> None:
    with until_signal() as over:
        assert not over.is_set()
        signal.raise_signal(number)
        assert over.wait(20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_a_signal_did_before_it_does_again(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with until_signal():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before
