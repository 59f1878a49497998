"""The values of a table: a constant, ``"{recipient|digits}"``, a choice by a value, or a filter.

A choice has one key, the value that decides, and a template for each of its words; ``"*"`` is any
other word: ``{"{channels}": {"whatsapp": "1", "sms+whatsapp": "1"}}``. A filter over a whole
template has its name as the key: ``{"md5": "{username}{password}{now|epoch}"}``. A template whose
value is absent, and a choice that has no such word, give None: the field is left out.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from smsbridge.errors import InvalidMessage
from smsbridge.text.suggest import nearest

Template = str | int | float | bool | Mapping[str, Any]
Values = Mapping[str, Any]

_PLACE = re.compile(r"\{([a-z_][a-z0-9_.]*)((?:\|[^{}|]+)*)\}")
TIMES = ("send_at", "now", "after", "before", "first", "last")


def text(value: Any) -> str:
    """Return a value as the wire shows it: ``true`` and ``false``, a datetime as ISO 8601."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _digits(value: Any) -> str:
    return re.sub(r"[^0-9]", "", text(value))


def _national(value: Any) -> str:
    from smsbridge.text.phone import national

    return national(text(value))


def _number(value: Any) -> int | float:
    word = text(value)
    if not re.fullmatch(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?", word):
        raise InvalidMessage("the table makes a number of a value that is none")
    return float(word) if "." in word else int(word)


def _bytes(value: Any) -> bytes:
    return text(value).encode()


FILTERS: Mapping[str, Callable[[Any], Any]] = {
    "text": text,
    "digits": _digits,
    "e164": lambda value: f"+{_digits(value)}",
    "national": _national,
    "number": _number,
    "upper": lambda value: text(value).upper(),
    "lower": lambda value: text(value).lower(),
    "base64": lambda value: base64.b64encode(_bytes(value)).decode(),
    "hex": lambda value: _bytes(value).hex().upper(),
    "hex-ucs2": lambda value: text(value).encode("utf-16-be").hex().upper(),
    "md5": lambda value: hashlib.md5(_bytes(value), usedforsecurity=False).hexdigest(),
    "sha1": lambda value: hashlib.sha1(_bytes(value), usedforsecurity=False).hexdigest(),
    "sha256": lambda value: hashlib.sha256(_bytes(value)).hexdigest(),
}
TIME_FILTERS: Mapping[str, Callable[[datetime], str]] = {
    "epoch": lambda time: str(math.ceil(time.timestamp())),  # not before it
    "epoch-ms": lambda time: str(math.ceil(time.timestamp() * 1000)),
    "iso": lambda time: time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "date": lambda time: time.astimezone(UTC).strftime("%Y-%m-%d"),
}
"""For a time; so is a format of ``strftime`` that begins with %, in UTC: ``{now|%Y%m%d%H%M%S}``."""


@lru_cache(4096)
def _places(template: str) -> tuple[re.Match[str], ...]:
    return tuple(_PLACE.finditer(template))


def render(template: Template, values: Values) -> Any:
    """Return what a template gives: text, or as it is written a number or a bool; or None."""
    if isinstance(template, str):
        return _fill(template, values)
    if not isinstance(template, Mapping):
        return template
    ((key, inner),) = template.items()
    if key in FILTERS:
        rendered = render(inner, values)
        return None if rendered is None else FILTERS[key](rendered)
    chosen = _chosen(template, values)
    return None if chosen is None else render(chosen, values)


def rendered(templates: Mapping[str, Template], values: Values) -> dict[str, Any]:
    """Return what each template of a table gives; those without a value are left out."""
    given = {name: render(template, values) for name, template in templates.items()}
    return {name: value for name, value in given.items() if value is not None}


def needed(template: Template, values: Values) -> Iterator[str]:
    """Yield the names of the values that decide or fill a template for these very values."""
    if isinstance(template, str):
        yield from (place[1] for place in _places(template))
    elif isinstance(template, Mapping):
        ((key, inner),) = template.items()
        yield from (place[1] for place in _places(key))
        chosen = inner if key in FILTERS else _chosen(template, values)
        yield from () if chosen is None else needed(chosen, values)


def _chosen(template: Mapping[str, Any], values: Values) -> Template | None:
    ((decider, words),) = template.items()
    chosen: Template | None = words.get(text(_fill(decider, values) or ""), words.get("*"))
    return chosen


def _fill(template: str, values: Values) -> Any:
    places = _places(template)
    if any(values.get(place[1]) is None for place in places):
        return None
    if len(places) == 1 and places[0][0] == template:
        return _filtered(places[0], values)
    return _PLACE.sub(lambda place: text(_filtered(place, values)), template)


def address(template: str, values: Values) -> str:
    """Return a route with its values in it, each percent-encoded."""
    for name in names(template):
        if values.get(name) is None:
            raise InvalidMessage(f"{name} is missing: the route has it")
    filled = _PLACE.sub(lambda place: quote(text(_filtered(place, values)), safe=""), template)
    path = filled.partition(" ")[2].partition("?")[0]
    if template != filled and {".", ".."} & set(path.split("/")):
        raise InvalidMessage("a value makes a step . or .. of the route, which leads elsewhere")
    return filled


def _filtered(place: re.Match[str], values: Values) -> Any:
    value = values[place[1]]
    for name in place[2].split("|")[1:]:
        if (name.startswith("%") or name in TIME_FILTERS) and isinstance(value, str):
            continue  # the id of a message in the place of a time
        if name.startswith("%"):
            value = value.astimezone(UTC).strftime(name)
        else:
            value = (TIME_FILTERS.get(name) or FILTERS[name])(value)
    return value if place[2].endswith("|number") else text(value)


def names(template: Template) -> Iterator[str]:
    """Yield the name of each value that a template can carry to the provider."""
    yield from (place[1] for part in _texts(template) for place in _places(part))


def words(template: Template, name: str) -> Iterator[str]:
    """Yield the words that a choice by the value ``name`` knows."""
    if isinstance(template, Mapping) and "{" + name + "}" in template:
        yield from template["{" + name + "}"]


def reread(template: Template, word: str) -> tuple[str, str] | None:
    """Return name and word of a template's one value, read from what it gave; or None."""
    if isinstance(template, Mapping):
        ((key, inner),) = template.items()
        deciders = list(_PLACE.finditer(key))
        if len(deciders) != 1 or not isinstance(inner, Mapping):
            return None
        read = ((said, reread(one, word)) for said, one in inner.items())
        told = (
            found or (deciders[0][1], said)
            for said, found in read
            if found or (said != "*" and inner[said] == word)
        )
        return next(told, None)
    places = list(_PLACE.finditer(template)) if isinstance(template, str) else []
    if len(places) != 1 or not isinstance(template, str):
        return None
    before, after = template[: places[0].start()], template[places[0].end() :]
    around = word.startswith(before) and word.removeprefix(before).endswith(after)
    return (places[0][1], word.removeprefix(before).removesuffix(after)) if around else None


def _texts(template: Template) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for key, inner in template.items():
            yield from () if key in FILTERS else [key]
            inners = (
                inner.values() if key not in FILTERS and isinstance(inner, Mapping) else [inner]
            )
            for one in inners:
                yield from _texts(one)


def trouble(template: Any, known: Collection[str] | None = None) -> str | None:
    """Return what is wrong with a template, or None; ``known`` are the values that there are."""
    if isinstance(template, Mapping):
        if shape := _misshapen(template):
            return shape
    elif isinstance(template, float) and not math.isfinite(template):
        return "give a finite number"
    elif not isinstance(template, str | int | float):
        return "give text, a number, true or false, a choice or a filter"
    for part in _texts(template):
        if re.search(r"[{}]", _PLACE.sub("", part)):
            return f"{part!r}: braces hold a value and its filters, such as {{recipient|digits}}"
        for place in _PLACE.finditer(part):
            if why := _place_trouble(place, known):
                return why
    return None


def _misshapen(template: Mapping[str, Any]) -> str | None:
    if len(template) != 1:
        return "a choice has one key, the value that decides"
    ((key, inner),) = template.items()
    if key in FILTERS:
        return trouble(inner)
    if not _PLACE.search(key):
        return f"{key!r} is no filter, and no value that decides, such as {{channels}}"
    if not isinstance(inner, Mapping):
        return "a choice has a template for each word"
    return next((why for one in inner.values() if (why := trouble(one))), None)


def _place_trouble(place: re.Match[str], known: Collection[str] | None) -> str | None:
    name, filters = place[1], place[2].split("|")[1:]
    if known is not None and name not in known:
        return f"there is no value {{{name}}}; {nearest(name, known)}"
    for number, one in enumerate(filters):
        if one.startswith("%") or one in TIME_FILTERS:
            if name not in TIMES or number:
                return f"the filter {one!r} is for a time: {', '.join(TIMES)}"
        elif one not in FILTERS:
            return f"there is no filter {one!r}; {nearest(one, [*FILTERS, *TIME_FILTERS])}"
    return None
