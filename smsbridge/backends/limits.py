"""How fast, how many at once, and how often again: limits and retries of a config."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, Self, TypeVar

from smsbridge.errors import ConfigError, MissingExtra, NoAnswer, NotSent, SendError
from smsbridge.http.exchange import Course, Pause
from smsbridge.message import Submission
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.http.exchange import Session

T = TypeVar("T")

_BASE, _FACTOR, _CAP = 1.0, 2.0, 300.0  # seconds of back-off: the first, its growth, the most
_MOST_ATTEMPTS = 4
_MOST_PER_SECOND = 10_000
_MOST_IN_FLIGHT = 1_000
_MILLISECONDS = 1_000


class Numbers:
    """A table of config that holds numbers only; each subclass is a frozen dataclass."""

    @classmethod
    def of(cls, key: str, given: object) -> Self:
        """Return the table of a block of config; raises `ConfigError`."""
        names = [one.name for one in fields(cls)]  # type: ignore[arg-type]  # each is a dataclass
        if not isinstance(given, Mapping) or not given:
            raise ConfigError(f"{key}: give a table of {', '.join(names)}", (key,))
        for name in given:
            if name not in names:
                raise ConfigError(f"{key}: no key {name!r}; {nearest(name, names)}", (key, name))
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry(Numbers):
    """How often a call is tried in all, 1 to 4, when it is proved that a repeat is safe.

    Between two tries it waits as the provider asked, else for a random time of at most 1 s, which
    doubles each time (full jitter), and never above 5 minutes.
    """

    attempts: int = 3

    def __post_init__(self) -> None:
        """Refuse what is not a small number."""
        _hold("retry", "attempts", self.attempts, int, _MOST_ATTEMPTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Numbers):
    """How many calls a second, and how many at once; one client's threads or tasks share it.

    A whole number a second is what any second may hold; any other is so many evenly spaced.
    """

    per_second: float | None = None
    in_flight: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a number above 0."""
        if self.per_second is not None:
            _hold("limit", "per_second", self.per_second, (int, float), _MOST_PER_SECOND)
        if self.in_flight is not None:
            _hold("limit", "in_flight", self.in_flight, int, _MOST_IN_FLIGHT)


def _hold(table: str, key: str, value: Any, kind: Any, most: int) -> None:
    number = isinstance(value, kind) and not isinstance(value, bool)
    if not number or not 0 < value <= most:
        raise ConfigError(f"{table}.{key}: give a number above 0 and up to {most}", (table, key))


class Pace:
    """Counts calls against a number a second. Safe to share between threads."""

    def __init__(self, per_second: float, monotonic: Callable[[], float]) -> None:
        """``monotonic`` returns seconds that never go back."""
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
        """Return 0 if a call may go now, which counts it; else the seconds to wait first."""
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
    """Return the seconds to wait after so many tries: random, of at most 1 s, 2 s, then 4 s."""
    share = int.from_bytes(session.random(4)) / 2**32
    return share * min(_CAP, _BASE * _FACTOR ** (tried - 1))


def retried(call: Callable[[], Course[T]], retry: Retry | None, session: Session) -> Course[T]:
    """Make a call, and again as often as a config asks for, while it is proved that it is safe.

    How it ended says after how many tries.
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
            return replace(ended, tries=tried) if isinstance(ended, Submission) else ended
        yield Pause(backoff(tried, session) if wait is None else wait)
    raise AssertionError  # the last try has returned or raised
