"""A mapping read from a file that knows the line of each key, and a checker for any mapping."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Self

from smsbridge.errors import ConfigError
from smsbridge.text.suggest import nearest
from smsbridge.text.toml_quotes import toml_key

Key = tuple[str, ...]
KIND_WORDS: Mapping[type, str] = {
    str: "text",
    float: "a number",
    int: "a whole number",
    bool: "true or false",
}
"""The words that an error uses for each type."""


class Located(dict[str, Any]):
    """A mapping read from a file: it begins in ``line``; ``lines`` has that of each key, from 1."""

    def __init__(self, values: Mapping[str, Any], *, line: int, lines: Mapping[str, int]) -> None:
        """``lines`` names each key of ``values``; nested mappings may be `Located` too."""
        super().__init__(values)
        self.line = line
        self.lines = lines

    def line_of(self, path: Iterable[str | int]) -> int:
        """Return the line of the value at a path, or of the nearest mapping around it.

        A dot in a step counts as another step: ``"a.b" = 1`` and ``a.b = 1`` are the same here.
        """
        steps = [part for step in path for part in str(step).split(".")]
        return _deepest(self, steps, self.line)[1]

    def inherit(self, base: Located) -> Located:
        """Return the mapping with those keys of ``base`` that it lacks, each with its line."""
        return Located(base | self, line=self.line, lines={**base.lines, **self.lines})


@dataclass(frozen=True, slots=True)
class Checker:
    """A mapping that is read key by key, and the path of the mapping itself.

    Each error is a `ConfigError` with the wrong key, whose line the reader of the file knows.
    """

    values: Mapping[str, Any]
    at: Key = ()

    def __contains__(self, key: object) -> bool:
        """Return whether a key is there."""
        return key in self.values

    def fail(self, why: str, *key: str) -> NoReturn:
        """Raise the error for a key of the mapping, or for the mapping itself."""
        whole = (*self.at, *key)
        raise ConfigError(f"{toml_key(whole)}: {why}" if whole else why, whole)

    def table(self, key: str, *, optional: bool = False) -> Self:
        """Return the mapping at a key; an empty one if it is optional and absent."""
        found = self.values.get(key, {} if optional else None)
        if not isinstance(found, Mapping):
            if found is None:
                self.fail(f"{key} is missing")
            self.fail("give a table", key)
        return type(self)(found, (*self.at, key))

    def only(self, *allowed: str) -> None:
        """Refuse every other key."""
        if unknown := unknown_key(self.values, allowed):
            key, hint = unknown
            self.fail(f"not a key of {'.'.join(self.at)}; {hint}", key)

    def of(self, key: str, kind: type, default: Any = None) -> Any:
        """Return the value at a key: one of the types in `KIND_WORDS`."""
        value = self.values.get(key, default)
        if value is None:
            self.fail(f"{key} is missing")
        if not is_kind(value, kind):
            self.fail(f"give {KIND_WORDS[kind]}", key)
        return value


def unknown_key(given: Iterable[str], known: Collection[str]) -> tuple[str, str] | None:
    """Return the first unknown key, and a hint at what was meant; None if all keys are known."""
    for key in given:
        if key not in known:
            return key, nearest(key, known)
    return None


def is_kind(value: object, *kinds: type) -> bool:
    """Return whether a value has one of the given types; true and false are not numbers."""
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _deepest(value: Any, steps: list[str], line: int) -> tuple[int, int]:
    """Return how many of the last steps can't be followed, and the line that the others lead to."""
    found = [(len(steps), line)]
    if isinstance(value, Located):
        for key, below in value.items():
            parts = key.split(".")
            shared = min(len(parts), len(steps))
            if shared and parts[:shared] == steps[:shared]:
                inner = below if shared == len(parts) else None
                found.append(_deepest(inner, steps[shared:], value.lines[key]))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if steps[:1] == [str(index)]:
                found.append(_deepest(item, steps[1:], getattr(item, "line", line)))
    return min(found, key=lambda one: one[0])
