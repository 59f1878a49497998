"""Which paths doors take requests at, so that no request has two places to go."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from smsbridge.bridge.table_values import OWN_PATHS
from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.bridge.doors.door import Door


def check_door_paths(doors: Sequence[Door], webhooks: Collection[tuple[str, str]]) -> None:
    """Refuse doors whose requests can't be told apart; raises `ConfigError`.

    ``webhooks``: the name and path of each block whose provider posts events to the bridge.
    """
    for number, door in enumerate(doors):
        for path in sorted(door.paths()):
            for other in doors[:number]:
                if at := next((one for one in sorted(other.paths()) if is_shared(path, one)), None):
                    both = f"{other.config.name} and {door.config.name}"
                    raise ConfigError(
                        f"the doors {both} take the same calls, at {at}: give one of them a path "
                        "of its own"
                    )
            name = f"door {door.config.name}"
            if own := next((one for one in OWN_PATHS if is_shared(path, one)), None):
                raise ConfigError(
                    f"{name} takes calls at {own}, which is used by the bridge itself: give it a "
                    "path of its own"
                )
            for block, webhook in webhooks:
                if _is_below(path, webhook):
                    why = f"{name} takes calls at the path of its webhook: give another path"
                    raise ConfigError(f"bridge.events.{block}: {why}")


def is_shared(one: str, other: str) -> bool:
    """Return whether some path fits both, where ``*`` stands for any part of a segment."""
    first, second = _segments(one), _segments(other)
    return len(first) == len(second) and all(map(_fits_either, first, second))


def _is_below(path: str, above: str) -> bool:
    first, second = _segments(path), _segments(above)
    return len(first) >= len(second) and all(map(_fits_either, first, second))


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _fits_either(one: str, other: str) -> bool:
    return _fits(one, other) or _fits(other, one)


def _fits(pattern: str, segment: str) -> bool:
    return re.fullmatch(".+".join(map(re.escape, pattern.split("*"))), segment) is not None
