"""The clock of a lane: that of its machine, or some seconds ahead of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

MOST_SECONDS = 10 * 366 * 86_400
"""How far ahead a clock may be set: ten years."""


class LaneClock:
    """A clock that can be set forward, and put right again."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now``: the clock that it follows."""
        self._now = now
        self.ahead = 0.0

    def __call__(self) -> datetime:
        """Return the time in the lane."""
        return self._now() + timedelta(seconds=self.ahead)
