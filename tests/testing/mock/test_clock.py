"""A lane's clock follows another, some seconds ahead of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from smsbridge.testing.mock.clock import LaneClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_clock_is_as_far_ahead_as_it_was_set() -> None:
    clock = LaneClock(lambda: NOON)
    assert clock() == NOON
    clock.ahead += 90
    assert clock() - NOON == timedelta(seconds=90)
