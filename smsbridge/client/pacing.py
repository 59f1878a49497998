"""When a call may leave, by the limit of a config; and when it is tried again, by its retry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, TypeVar

from smsbridge.errors import MissingExtra, NoAnswer, NotSent, SendError
from smsbridge.http.exchange import Course, Pause
from smsbridge.message import Submission

if TYPE_CHECKING:
    from fractions import Fraction

    from smsbridge.backends.group_send import SentEnd
    from smsbridge.backends.limits import Retry
    from smsbridge.http.exchange import Session

T = TypeVar("T")

_BASE, _FACTOR, _CAP = 1.0, 2.0, 300.0  # seconds of back-off: the first, its growth, the most
_MILLISECONDS = 1_000


class Pace:
    """Counts calls against a limit per second. Safe to share between threads."""

    def __init__(self, per_second: float, monotonic: Callable[[], float]) -> None:
        """``monotonic`` returns seconds that never go back."""
        from fractions import Fraction

        try:
            from pyrate_limiter import InMemoryBucket, Rate, RateItem
        except ImportError as missing:
            raise MissingExtra("limit", "limit.per_second") from missing
        exact = Fraction(per_second)
        rate = (int(exact), _MILLISECONDS) if exact.denominator == 1 else (1, _spacing(exact))
        self._bucket = InMemoryBucket([Rate(*rate)])
        self._item = RateItem
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Return 0, and count the call, if it may go now; else the seconds to wait first."""
        with self._lock:
            now = int(self._monotonic() * _MILLISECONDS)
            self._bucket.leak(now)
            item = self._item("call", now)
            if self._bucket.put(item):
                return 0.0
            wait = self._bucket.waiting(item)
        return max(wait, 1) / _MILLISECONDS if isinstance(wait, int) else 1 / _MILLISECONDS


def _spacing(per_second: Fraction) -> int:
    return ceil(_MILLISECONDS / per_second)


def backoff(tried: int, session: Session) -> float:
    """Return the seconds to wait after so many tries: random, up to 1 s, 2 s, then 4 s."""
    share = int.from_bytes(session.random(4)) / 2**32
    return share * min(_CAP, _BASE * _FACTOR ** (tried - 1))


def with_retries(call: Callable[[], Course[T]], retry: Retry | None, session: Session) -> Course[T]:
    """Make a call, and repeat it up to the configured tries while a repeat is proved to be safe.

    The result or error says how many tries it took.
    """
    most = retry.attempts if retry else 1
    for tried in range(1, most + 1):
        try:
            ended = yield from call()
        except (SendError, NoAnswer) as error:
            error.tries = tried
            safe = isinstance(error, NotSent | NoAnswer) and error.retry
            if not safe or tried == most:
                raise
            wait = getattr(error, "retry_after", None)
        else:
            if isinstance(ended, Submission) and ended.tries != tried:
                return replace(ended, tries=tried)
            return ended
        yield Pause(backoff(tried, session) if wait is None else wait)
    raise AssertionError  # the last try has returned or raised


def with_group_retries(
    call: Callable[[], Course[list[SentEnd]]], retry: Retry | None, session: Session
) -> Course[list[SentEnd]]:
    """Send several messages by one call, as `with_retries` does one.

    It is repeated only if it is proved that none of them was sent, so that none is sent twice.
    """
    most = retry.attempts if retry else 1
    for tried in range(1, most + 1):
        ends = yield from call()
        for number, end in enumerate(ends):
            if isinstance(end, SendError):
                end.tries = tried
            elif isinstance(end, Submission) and end.tries != tried:
                ends[number] = replace(end, tries=tried)
        safe = [end for end in ends if isinstance(end, NotSent) and end.retry]
        if len(safe) < len(ends) or tried == most:
            return ends
        waits = [end.retry_after for end in safe if end.retry_after is not None]
        yield Pause(max(waits, default=backoff(tried, session)))
    raise AssertionError  # the last try has returned
