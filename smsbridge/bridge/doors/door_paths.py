"""Refuses doors at whose paths a request could also be for something else."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from smsbridge.bridge.table_values import OWN_PATHS
from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.bridge.doors.door import Door


def check_door_paths(doors: Sequence[Door], webhooks: Collection[tuple[str, str]]) -> None:
    """Refuse a door that shares a path with another, the bridge or a webhook.

    Raises `ConfigError`. ``webhooks``: the name and path of each block whose provider posts events
    to the bridge.
    """
    for number, door in enumerate(doors):
        for path in sorted(door.paths()):
            for other in doors[:number]:
                if at := _overlap(path, other.paths()):
                    both = f"{other.config.name} and {door.config.name}"
                    raise ConfigError(
                        f"the doors {both} take the same calls, at {at}: give one of them a path "
                        "of its own"
                    )
            name = f"door {door.config.name}"
            if at := _overlap(path, OWN_PATHS):
                raise ConfigError(
                    f"{name} takes calls at {at}, which is used by the bridge itself: give it a "
                    "path of its own"
                )
            for block, webhook in webhooks:
                if _is_below(path, webhook):
                    why = f"{name} takes calls at the path of its webhook: give another path"
                    raise ConfigError(f"bridge.events.{block}: {why}")


def _overlap(path: str, others: Collection[str]) -> str:
    """Return the first of other paths that a request at a path may also be for, or empty.

    ``*`` stands for any part of a segment.
    """
    first = _segments(path)
    for other in sorted(others):
        second = _segments(other)
        if len(first) == len(second) and all(map(_fits_either, first, second)):
            return other
    return ""


def _is_below(path: str, above: str) -> bool:
    """Return whether some path fits one, and is at or below the other."""
    first, second = _segments(path), _segments(above)
    return len(first) >= len(second) and all(map(_fits_either, first, second))


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _fits_either(one: str, other: str) -> bool:
    return _fits(one, other) or _fits(other, one)


def _fits(pattern: str, segment: str) -> bool:
    return re.fullmatch(".+".join(map(re.escape, pattern.split("*"))), segment) is not None
