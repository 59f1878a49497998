"""Dotted paths into nested words: ``result.messages.message[0].@kind``.

A step is a name, an attribute ``@kind``, the text of an element that has attributes, ``#text``, or
a name in a namespace, ``{urn:x}name``. ``[0]`` selects from a list; it may be left out if the list
has one item. ``*`` is the only name there is, whatever it is. A form's own names may have PHP's
brackets, ``to[]`` and ``messages[0][to]``. The header blocks of a SOAP envelope are under
``soap:Header``; ``#list`` is a JSON array that is the whole body; ``#status`` is the HTTP status of
an answer, and ``#answer`` the name of an empty one that a WSDL declares.
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
ONLY = "*"
_MOST_STEPS = 64
_STEP = re.compile(
    r"(?P<name>(?:\{[^{}]*\})?[^.\[\]{}]+)"
    r"(?P<inner>(?:\[(?:[0-9]{1,2}|[A-Za-z_-][A-Za-z0-9_-]{0,39})?\])*)(?:\.|\Z)"
)
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_FORM_NAME = re.compile(r"\[(?![0-9])|\]\[")
_NO_PATH = "{!r} is not a path: give names with dots between, such as a.b[0].c"


def steps(path: str, *, form: bool = False) -> list[str | int]:
    """Return the steps of a path, an index as a number; raises `ValueError` if it is not a path.

    ``form``: it may be the name of a form's field, with PHP's brackets: ``to[]``.
    """
    found = _steps(path)
    if not form and _is_of_a_form(path):
        raise ValueError(_NO_PATH.format(path))
    return list(found)


def _is_of_a_form(path: str) -> bool:
    return "[" in path and _FORM_NAME.search(path) is not None


@lru_cache(4096)
def _steps(path: str) -> tuple[str | int, ...]:
    found: list[str | int] = []
    at = 0
    while at < len(path) or not found or path.endswith(".", 0, at):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(_NO_PATH.format(path))
        found.append(step["name"])
        if len(found) > _MOST_STEPS:
            raise ValueError(f"a path has at most {_MOST_STEPS} steps")
        found += [_index(inner) for inner in _BRACKETS.findall(step["inner"])]
        at = step.end()
    return tuple(found)


def _index(inner: str) -> str | int:
    """Return what is in brackets as a step: an index, a name, or the first of a list."""
    return int(inner) if inner.isdigit() else inner or 0


def names(path: str) -> str:
    """Return a path without its indexes."""
    return ".".join(step for step in _steps(path) if isinstance(step, str))


def names_if_path(text: str) -> str:
    """Return a path without its indexes; a text that is no path, as a field's name, as it is."""
    try:
        return names(text)
    except ValueError:
        return text


def nest(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by path as nested objects: ``{"a.b": 1}`` is ``{"a": {"b": 1}}``.

    Raises `ValueError` if one field is in the place of another.
    """
    tree: dict[str, Any] = {}
    for path, value in fields.items():
        if not _put(tree, list(_steps(path)), value):
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
    """Return the value at a path of an answer, through lists with one item; None if absent.

    A name of the answer that is the whole path comes first: in a form ``to[]`` is a name.
    """
    if type(answer) is dict and path in answer:
        return answer[path]
    for step in _steps(path):
        if type(answer) is dict and type(step) is str:  # nearly always: no look at an ABC
            answer = _only(answer) if step == ONLY and ONLY not in answer else answer.get(step)
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


def _only(answer: dict[str, Any]) -> Any:
    """Return the value of the only key that a provider wrote; the status is not one of its keys."""
    found = [value for name, value in answer.items() if name != STATUS]
    return found[0] if len(found) == 1 else None


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
