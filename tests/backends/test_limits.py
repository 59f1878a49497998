"""The limits and retries of a config: what they may be."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge import ConfigError

from support.asking import Gate
from support.each import each


@each("attempts", [0, -1, 5, 2.0, "3", True, None])
def test_attempts_are_a_number_from_1_to_4(attempts: Any) -> None:
    with pytest.raises(ConfigError, match=r"retry\.attempts: give a number above 0 and up to 4"):
        Gate(retry={"attempts": attempts})  # type: ignore[arg-type]  # as config gives it


@each(
    ("limit", "says"),
    [
        ({"per_second": 0}, "limit.per_second: give a number above 0 and up to 10000"),
        ({"per_second": -1}, "limit.per_second"),
        ({"per_second": 10_001}, "limit.per_second"),
        ({"per_second": "5"}, "limit.per_second"),
        ({"per_second": True}, "limit.per_second"),
        ({"per_second": float("nan")}, "limit.per_second"),
        ({"in_flight": 0}, "limit.in_flight: give a number above 0 and up to 1000"),
        ({"in_flight": 1.5}, "limit.in_flight"),
        ({"in_flight": 1001}, "limit.in_flight"),
        ({"per_minute": 5}, "limit: no key 'per_minute'"),
        ({}, "limit: give a table of per_second, in_flight"),
        (5, "limit: give a table of per_second, in_flight"),
    ],
)
def test_a_limit_that_can_not_be_is_refused(limit: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Gate(limit=limit)
