"""The values of a table: a constant, ``"{recipient|digits}"``, or a choice by a value.

A choice has one key, the value that decides, and a template for each of its words; ``"*"`` is any
other word: ``{"{channels}": {"whatsapp": "1", "sms+whatsapp": "1"}}``. A template whose value is
absent, and a choice that has no such word, give None: the field is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Choice = Mapping[str, Mapping[str, str]]
Template = str | Choice
Values = Mapping[str, Any]

_PLACE = re.compile(r"\{([a-z_.]+)(?:\|([a-z]+))?\}")


def _digits(value: Any) -> str:
    return re.sub(r"[^0-9]", "", text(value))


def _epoch(value: datetime) -> str:
    return str(math.ceil(value.timestamp()))  # not before it


def text(value: Any) -> str:
    """Return a value as the wire shows it: ``true`` and ``false``, a datetime as ISO 8601."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


FILTERS: Mapping[str, Callable[[Any], str]] = {"text": text, "digits": _digits, "epoch": _epoch}


def render(template: Template, values: Values) -> str | None:
    """Return the text of a template, or None where a value that it needs is absent."""
    chosen = _chosen(template, values)
    return None if chosen is None else _fill(chosen, values)


def needed(template: Template, values: Values) -> Iterator[str]:
    """Yield the names of the values that decide or fill a template for these very values."""
    if not isinstance(template, str):
        yield from (place[1] for decider in template for place in _PLACE.finditer(decider))
    yield from (place[1] for place in _PLACE.finditer(_chosen(template, values) or ""))


def _chosen(template: Template, values: Values) -> str | None:
    if isinstance(template, str):
        return template
    ((decider, words),) = template.items()
    return words.get(_fill(decider, values) or "", words.get("*"))


def _fill(template: str, values: Values) -> str | None:
    if any(values.get(place[1]) is None for place in _PLACE.finditer(template)):
        return None
    return _PLACE.sub(lambda place: FILTERS[place[2] or "text"](values[place[1]]), template)


def names(template: Template) -> Iterator[str]:
    """Yield the name of each value that a template can carry to the provider."""
    if isinstance(template, str):
        yield from (place[1] for place in _PLACE.finditer(template))
        return
    for decider, words in template.items():
        yield from names(decider)
        for word in words.values():
            yield from names(word)


def words(template: Template, name: str) -> Iterator[str]:
    """Yield the words that a choice by the value ``name`` knows."""
    if not isinstance(template, str) and "{" + name + "}" in template:
        yield from template["{" + name + "}"]


def plain(template: Template) -> str | None:
    """Return the name of the one value that is all of a template, or None: read backwards."""
    whole = _PLACE.fullmatch(template) if isinstance(template, str) else None
    return whole[1] if whole else None


def fault(template: Template) -> str | None:
    """Return what is wrong with a template, or None."""
    texts: list[str] = [template] if isinstance(template, str) else []
    if not isinstance(template, str):
        if len(template) != 1:
            return "a choice has one key, the value that decides"
        texts = [*template, *(text for words in template.values() for text in words.values())]
    for place in (place for text in texts for place in _PLACE.finditer(text)):
        if place[2] not in (None, *FILTERS):
            return f"there is no filter {place[2]!r}; there are {', '.join(FILTERS)}"
        if place[2] == "epoch" and place[1] != "send_at":
            return "the filter 'epoch' is for send_at"
    return None
