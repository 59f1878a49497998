"""What an interaction claims to cover of a request: the places that it pins.

A ``request`` claims the method, the query, each header that it names, and its body: each field
with its value and type, and that there is no other, unless a matcher or ``$extra: allow`` loosens
it there. It claims path and credentials if it names them. A ``call`` claims the ``fields`` that it
gives, and that the credentials are right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from smsbridge.testing.fixture.load import Interaction
from smsbridge.testing.fixture.match import matcher_of
from smsbridge.testing.fixture.placeholders import placeholders
from smsbridge.testing.mutants.operators import Mutant
from smsbridge.testing.mutants.wire import Path, Spot

_BODIES = ("form", "json", "soap")
_MAY_LACK = ("$optional", "$absent")
_OF_THE_BODY = ("other-body", "label")
_OPEN = object()
"""What is at a place of which nothing is claimed."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What one interaction claims of the request that it answered.

    ``is_credential``: whether a place of that request carries a credential.
    """

    interaction: Interaction
    is_credential: Callable[[Spot], bool]

    def has(self, mutant: Mutant) -> bool:
        """Return whether the interaction claims to notice a mutant; one that means the same is."""
        spot = mutant.spot
        if mutant.reason:
            return self.interaction.request is not None
        if self.interaction.request is not None:
            return self._pins(self.interaction.request, mutant)
        call = self.interaction.call or {}
        if self.is_credential(spot):
            is_right = call.get("credentials", "right") == "right"
            return is_right and mutant.operator in ("drop", "rename", "alter", "empty")
        if "fields" not in call or spot.part not in ("query", *_BODIES):
            return False
        if mutant.operator == "double":  # the wire alone knows
            return False
        return _field(call["fields"], spot.path, mutant.operator)

    def _pins(self, pattern: Mapping[str, Any], mutant: Mutant) -> bool:  # noqa: PLR0911  (one for each part)
        spot = mutant.spot
        if mutant.operator in _OF_THE_BODY:
            return any(part in pattern for part in _BODIES[:2])
        if pattern.get("credentials") == "right" and self.is_credential(spot):
            return mutant.operator in ("drop", "rename", "alter", "empty")
        match spot.part:
            case "method":
                return not matcher_of(pattern.get("method", "POST"))
            case "path":
                return "path" in pattern and not matcher_of(pattern["path"])
            case "query":
                return _field(pattern.get("query", {}), spot.path, mutant.operator)
            case "headers":
                named = {name.lower(): part for name, part in pattern.get("headers", {}).items()}
                part = named.get(spot.name.lower(), _OPEN)
                return part is not _OPEN and _value(part, mutant.operator)
            case "operation":
                return "soap" in pattern
            case "soap" if "soap" in pattern:
                return _field(pattern["soap"]["args"], spot.path, mutant.operator)
            case "form" | "json" as part if part in pattern:
                return _field(pattern[part], spot.path, mutant.operator)
        return False


def _field(pattern: Any, path: Path, operator: str) -> bool:  # noqa: PLR0911  (one for each kind)
    """Return whether a pattern claims what an operator does to the field at a path below it."""
    if not path:
        return _value(pattern, operator)
    if not isinstance(pattern, (Mapping, list)) or matcher_of(pattern):
        inner = pattern.get("$optional") if isinstance(pattern, Mapping) else None
        return isinstance(inner, (Mapping, list)) and _field(inner, path, operator)
    step, *rest = path
    if isinstance(pattern, list):
        known = isinstance(step, int) and step < len(pattern)
        return known and _field(pattern[int(step)], tuple(rest), operator)
    is_strict = pattern.get("$extra") != "allow"
    if step not in pattern:
        return is_strict
    if rest:
        return _field(pattern[str(step)], tuple(rest), operator)
    if operator in ("rename", "capitals") and is_strict:
        return True
    return _value(pattern[str(step)], operator)


def _value(pattern: Any, operator: str) -> bool:
    """Return whether a pattern claims what an operator does to the value that it stands for."""
    if name := matcher_of(pattern):
        if operator in ("drop", "rename", "capitals"):
            return name not in _MAY_LACK
        if operator == "retype":
            return name in ("$type", "$regex", "$date", "$phone")
        inner = pattern[name]
        return name == "$optional" and operator != "drop" and _value(inner, operator)
    if isinstance(pattern, str) and any(k in ("capture", "mint") for k, _ in placeholders(pattern)):
        return operator in ("drop", "rename", "capitals", "empty")
    return True


def credential_spots(
    values: Collection[str], value: Callable[[Spot], Any]
) -> Callable[[Spot], bool]:
    """Return what tells whether a place carries one of some credentials.

    ``value`` returns what is at a place.
    """

    def is_credential(spot: Spot) -> bool:
        if spot.part == "security":
            return True
        if spot.part == "headers" and spot.name.lower() == "authorization":
            return True
        try:
            return value(spot) in values
        except (KeyError, IndexError, TypeError):
            return False

    return is_credential
