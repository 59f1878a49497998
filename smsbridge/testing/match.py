"""Does a value match a pattern of a fixture? Strict by default: types count, extras don't fit.

Matchers stand in place of a value: ``$any`` ``$type`` ``$regex`` ``$optional`` ``$absent``
``$one-of`` ``$phone``; ``$extra: allow`` in a mapping lets undeclared fields pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from smsbridge.message import E164

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
Fill = Callable[[str], str]


def mismatch(pattern: Any, value: Any, fill: Fill, path: str = "") -> str | None:
    """Return where and how a value differs from a pattern, or None. ``fill`` fills placeholders.

    The text names the path and what was expected, never the value: it may be private.
    """
    if isinstance(pattern, Mapping):
        if len(pattern) == 1 and (name := next(iter(pattern))) in _MATCHERS:
            return _MATCHERS[name](pattern[name], value, fill, path)
        if unknown := [key for key in pattern if key.startswith("$") and key != "$extra"]:
            return f"the pattern has no matcher {unknown[0]}; known are {', '.join(_MATCHERS)}"
        return _mapping(pattern, value, fill, path)
    if isinstance(pattern, list):
        return _list(pattern, value, fill, path)
    expected = fill(pattern) if isinstance(pattern, str) else pattern
    if type(expected) is type(value) and expected == value:
        return None
    return f"{path or 'value'} is not {pattern!r}"


def _mapping(pattern: Mapping[str, Any], value: Any, fill: Fill, path: str) -> str | None:
    if not isinstance(value, Mapping):
        return f"{path or 'value'} is no mapping"
    for key, part in pattern.items():
        if key != "$extra" and (
            why := mismatch(part, value.get(key, ABSENT), fill, f"{path}.{key}".lstrip("."))
        ):
            return why
    if pattern.get("$extra") != "allow" and (extra := sorted(value.keys() - pattern.keys())):
        return f"{f'{path}.{extra[0]}'.lstrip('.')} is not declared"
    return None


def _list(pattern: list[Any], value: Any, fill: Fill, path: str) -> str | None:
    if not isinstance(value, list) or len(value) != len(pattern):
        return f"{path or 'value'} is no list of {len(pattern)}"
    parts = zip(pattern, value, strict=True)
    found = (mismatch(part, item, fill, f"{path}[{i}]") for i, (part, item) in enumerate(parts))
    return next((why for why in found if why), None)


def _any(_: Any, value: Any, _fill: Fill, path: str) -> str | None:
    return f"{path} is absent" if value is ABSENT else None


def _type(name: str, value: Any, _fill: Fill, path: str) -> str | None:
    fits = isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
    return None if fits else f"{path} is no {name}"


def _regex(expression: str, value: Any, _fill: Fill, path: str) -> str | None:
    fits = isinstance(value, str) and re.fullmatch(expression, value)
    return None if fits else f"{path} does not match {expression!r}"


def _optional(pattern: Any, value: Any, fill: Fill, path: str) -> str | None:
    return None if value is ABSENT else mismatch(pattern, value, fill, path)


def _absent(_: Any, value: Any, _fill: Fill, path: str) -> str | None:
    return None if value is ABSENT else f"{path} is there"


def _one_of(patterns: list[Any], value: Any, fill: Fill, path: str) -> str | None:
    if any(mismatch(pattern, value, fill, path) is None for pattern in patterns):
        return None
    return f"{path} is none of {patterns!r}"


def _phone(_: Any, value: Any, _fill: Fill, path: str) -> str | None:
    fits = isinstance(value, str) and E164.fullmatch(value)
    return None if fits else f"{path} is no phone number"


_MATCHERS: Mapping[str, Callable[[Any, Any, Fill, str], str | None]] = {
    "$any": _any,
    "$type": _type,
    "$regex": _regex,
    "$optional": _optional,
    "$absent": _absent,
    "$one-of": _one_of,
    "$phone": _phone,
}
