"""The fixtures that ship, each read once."""

from __future__ import annotations

from functools import cache

from smsbridge.testing.fixture.load import Fixture, load, shipped


@cache
def fixtures(prefix: str) -> list[Fixture]:
    return [load(name) for name in shipped(prefix)]
