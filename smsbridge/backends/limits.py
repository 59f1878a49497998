"""Limits and retries of a config: how fast, how many at once, and how many tries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from smsbridge.errors import ConfigError
from smsbridge.text.located import unknown_key

_MOST_ATTEMPTS = 4
_MOST_PER_SECOND = 10_000
_MOST_IN_FLIGHT = 1_000


class NumberTable:
    """A table of config that holds numbers only; each subclass is a frozen dataclass."""

    @classmethod
    def of(cls, key: str, given: object) -> Self:
        """Return the table of a block of config; raises `ConfigError`."""
        names = [one.name for one in fields(cls)]  # type: ignore[arg-type]  # each is a dataclass
        if not isinstance(given, Mapping) or not given:
            raise ConfigError(f"{key}: give a table of {', '.join(names)}", (key,))
        if unknown := unknown_key(given, names):
            name, hint = unknown
            raise ConfigError(f"{key}: no key {name!r}; {hint}", (key, name))
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry(NumberTable):
    """How often a call is tried in all, 1 to 4, when it is proved that a repeat is safe.

    Between two tries it waits as the provider asked, else for a random time of at most 1 s, a
    maximum that doubles each time (full jitter), but never more than 5 minutes.

    >>> Client.from_mapping({"backend": "console", "retry": {"attempts": 2}}).backend.retry
    Retry(attempts=2)
    """

    attempts: int = 3

    def __post_init__(self) -> None:
        """Refuse what is not a small number."""
        _check_number("retry", "attempts", self.attempts, int, _MOST_ATTEMPTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(NumberTable):
    """How many calls per second, and how many at once, for all threads or tasks of one client.

    A whole number limits each second; calls at any other rate are evenly spaced.

    >>> Client.from_mapping({"backend": "console", "limit": {"per_second": 5}}).backend.limit
    Limit(per_second=5, in_flight=None)
    """

    per_second: float | None = None
    in_flight: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a number above 0."""
        if self.per_second is not None:
            _check_number("limit", "per_second", self.per_second, (int, float), _MOST_PER_SECOND)
        if self.in_flight is not None:
            _check_number("limit", "in_flight", self.in_flight, int, _MOST_IN_FLIGHT)


def _check_number(table: str, key: str, value: Any, kind: Any, most: int) -> None:
    number = isinstance(value, kind) and not isinstance(value, bool)
    if not number or not 0 < value <= most:
        raise ConfigError(f"{table}.{key}: give a number above 0 and up to {most}", (table, key))
