"""Dotted paths into nested words: ``result.messages.message[0].@kind``.

A step is a name, an attribute ``@kind``, the text of an element that has attributes, ``#text``, or
a name in a namespace, ``{urn:x}name``. ``[0]`` selects from a list; it may be left out if the list
has one item. The header blocks of a SOAP envelope are under ``soap:Header``; ``#list`` is a JSON
array that is the whole body; ``#status`` is the HTTP status of an answer, and ``#answer`` the name
of an empty one that a WSDL declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

HEADER = "soap:Header"
TEXT = "#text"
STATUS = "#status"
ANSWER = "#answer"
LIST = "#list"
_MOST_STEPS = 64
_STEP = re.compile(r"(?P<name>(?:\{[^{}]*\})?[^.\[\]{}]+)(?:\[(?P<index>[0-9]{1,2})\])?(?:\.|\Z)")


def steps(path: str) -> list[str | int]:
    """Return the steps of a path, an index as a number; raises `ValueError` if it is not a path."""
    return list(_steps(path))


@lru_cache(4096)
def _steps(path: str) -> tuple[str | int, ...]:
    found: list[str | int] = []
    at = 0
    while at < len(path) or not found or path.endswith(".", 0, at):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(
                f"{path!r} is not a path: give names with dots between, such as a.b[0].c"
            )
        found.append(step["name"])
        if len(found) > _MOST_STEPS:
            raise ValueError(f"a path has at most {_MOST_STEPS} steps")
        if step["index"]:
            found.append(int(step["index"]))
        at = step.end()
    return tuple(found)


def names(path: str) -> str:
    """Return a path without its indexes."""
    return ".".join(step for step in steps(path) if isinstance(step, str))


def nest(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by path as nested objects: ``{"a.b": 1}`` is ``{"a": {"b": 1}}``.

    Raises `ValueError` if one field is in the place of another.
    """
    tree: dict[str, Any] = {}
    for path, value in fields.items():
        if not _put(tree, steps(path), value):
            raise ValueError(f"{path}: another field is in its place")
    if LIST in tree and len(tree) > 1:
        other = next(name for name in tree if name != LIST)
        raise ValueError(f"{other}: {LIST} is the whole body, so every field must be in it")
    return tree


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of nested objects by path: the inverse of `nest`."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            for index, item in enumerate(value):
                inner = item if isinstance(item, Mapping) else {TEXT: item}
                yield from flat(inner, f"{prefix}{name}[{index}].")
        else:
            yield prefix + name, value


def at(answer: Any, path: str) -> Any:
    """Return the value at a path of an answer, through lists with one item; None if absent."""
    for step in _steps(path):
        if type(answer) is dict and type(step) is str:  # nearly always: no look at an ABC
            answer = answer.get(step)
            continue
        if isinstance(step, int):
            items = answer if isinstance(answer, list) else [answer]
            answer = items[step] if step < len(items) else None
            continue
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        if step == TEXT and isinstance(answer, str):  # an element that has no attributes
            continue
        answer = answer.get(step) if isinstance(answer, Mapping) else None
    return answer


def _inner(place: Any, step: str | int, empty: Any) -> Any:
    if isinstance(step, int):
        while len(place) <= step:
            place.append(None)
        if place[step] is None:
            place[step] = empty
        return place[step]
    return place.setdefault(step, empty)


def _put(place: Any, path: list[str | int], value: Any) -> bool:
    """Set the value at a path; return whether that was possible."""
    for step, following in pairwise(path):
        place = _inner(place, step, [] if isinstance(following, int) else {})
        if not isinstance(place, list if isinstance(following, int) else dict):
            return False
    last = path[-1]
    free = _inner(place, last, None) is None if isinstance(last, int) else last not in place
    if free:
        place[last] = value
    return free
