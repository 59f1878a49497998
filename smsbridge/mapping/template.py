"""The values of a table: a constant, ``"{recipient|digits}"``, a choice by a value, or a filter.

A choice has one key, the value that decides, and a template for each of its words; ``"*"`` is any
other word: ``{"{channels}": {"whatsapp": "1", "sms+whatsapp": "1"}}``. A filter over a whole
template has its name as the key: ``{"md5": "{username}{password}{now|epoch}"}``. A template whose
value is absent, and a choice that has no such word, give None: the field is left out. A brace that
is itself is doubled, ``{{``; a value in XML or JSON is escaped: ``<to>{sender|xml}</to>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.filters import FILTERS, TIME_FILTERS, is_of_a_time, text
from smsbridge.mapping.markup import Markup, language
from smsbridge.mapping.times import has_two_readings

Template = str | int | float | bool | Mapping[str, Any]
Values = Mapping[str, Any]

PLACE = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_.]*)((?:\|[^{}|]+)*)\}")
TIMES = ("send_at", "now", "after", "before", "first", "last")
_DAYS = ("first", "last")  # midnights in UTC, which stand for a day whatever the zone
TIME_ZONE = "time_zone"
"""The value that is the zone in which a provider takes times that are written without one."""


@lru_cache(4096)
def split(template: str) -> tuple[tuple[str, ...], tuple[re.Match[str], ...]]:
    """Return a template's own text, before, between and after its values, and these."""
    own, places, at = [""], list[re.Match[str]](), 0
    for found in PLACE.finditer(template):
        own[-1] += template[at : found.start()]
        at = found.end()
        if found[1] is None:
            own[-1] += found[0][0]
        else:
            places.append(found)
            own.append("")
    own[-1] += template[at:]
    return tuple(own), tuple(places)


def places_of(template: str) -> tuple[re.Match[str], ...]:
    """Return the values of a template: each a match with its name, and its filters with bars."""
    return split(template)[1]


def _joined(own: tuple[str, ...], between: Iterator[str]) -> str:
    return own[0] + "".join(word + after for word, after in zip(between, own[1:], strict=True))


def render(template: Template, values: Values) -> Any:
    """Return what a template gives: text, or as it is written a number or a bool; or None."""
    if isinstance(template, str):
        return _fill(template, values)
    if not isinstance(template, Mapping):
        return template
    ((key, inner),) = template.items()
    if key in FILTERS:
        rendered = render(inner, values)
        return None if rendered is None else FILTERS[key].apply(rendered)
    chosen = _chosen(template, values)
    return None if chosen is None else render(chosen, values)


def rendered(templates: Mapping[str, Template], values: Values) -> dict[str, Any]:
    """Return what each template of a table gives; those without a value are left out."""
    given = {name: render(template, values) for name, template in templates.items()}
    return {name: value for name, value in given.items() if value is not None}


def needed(template: Template, values: Values) -> Iterator[str]:
    """Yield the names of the values that decide or fill a template for these very values."""
    if isinstance(template, str):
        yield from (place[1] for place in places_of(template))
    elif isinstance(template, Mapping):
        ((key, inner),) = template.items()
        yield from (place[1] for place in places_of(key))
        chosen = inner if key in FILTERS else _chosen(template, values)
        yield from () if chosen is None else needed(chosen, values)


def _chosen(template: Mapping[str, Any], values: Values) -> Template | None:
    ((decider, words),) = template.items()
    word = text(_fill(decider, values) or "")
    if not word and _is_flag(decider) and {"true", "false"} <= words.keys():
        word = "false"
    chosen: Template | None = words.get(word, words.get("*"))
    return chosen


def _is_flag(decider: str) -> bool:
    """Return whether a choice is by what is true, or absent."""
    return decider == "{unread}" or decider.startswith("{options.")


def _fill(template: str, values: Values) -> Any:
    own, places = split(template)
    if any(values.get(place[1]) is None for place in places):
        return None
    if len(places) == 1 and places[0][0] == template:
        return _filtered(places[0], values)
    return _joined(own, (text(_filtered(place, values)) for place in places))


def address(template: str, values: Values) -> str:
    """Return a route with its values in it, each percent-encoded."""
    for name in names(template):
        if values.get(name) is None:
            raise InvalidMessage(f"{name} is missing: the route has it")
    own, places = split(template)
    words = (quote(text(_filtered(place, values)), safe="") for place in places)
    filled = _joined(own, words)
    path = filled.partition(" ")[2].partition("?")[0]
    if template != filled and {".", ".."} & set(path.split("/")):
        raise InvalidMessage("a value makes a step . or .. of the route, which leads elsewhere")
    return filled


def _filtered(place: re.Match[str], values: Values) -> Any:
    value = values[place[1]]
    for name in place[2].split("|")[1:]:
        if not is_of_a_time(name):
            value = FILTERS[name].apply(value)
        elif not isinstance(value, str):  # the id of a message in the place of a time
            value = _written(place[1], value, name, values.get(TIME_ZONE))
    return value if place[2].endswith("|number") else text(value)


def _written(name: str, time: datetime, form: str, zone: tzinfo | None) -> str:
    local = time.astimezone(UTC if zone is None or name in _DAYS else zone)
    if form in TIME_FILTERS:
        return TIME_FILTERS[form](local)
    if name == "send_at" and "%z" not in form and has_two_readings(local):
        raise InvalidMessage(
            f"send_at is in an hour that {zone} has twice, and the provider could not tell which: "
            "give a time before or after it"
        )
    return local.strftime(form)


def names(template: Template) -> Iterator[str]:
    """Yield the name of each value that a template can carry to the provider."""
    yield from (place[1] for part in texts(template) for place in places_of(part))


def words(template: Template, name: str) -> Iterator[str]:
    """Yield the words that a choice by the value ``name`` knows."""
    if isinstance(template, Mapping) and "{" + name + "}" in template:
        yield from template["{" + name + "}"]


_ESCAPED = {Markup.XML: """([^<>"']*)""", Markup.JSON: r'((?:[^"\\]|\\.)*?)'}


def reread(template: Template, word: str) -> dict[str, str]:
    """Return the values of a template by name, read from what it gave, as far as they show.

    That is one value, or several in XML and JSON. Only ``xml`` and ``json`` have a way back.
    """
    if isinstance(template, Mapping):
        ((key, inner),) = template.items()
        deciders = places_of(key)
        if len(deciders) != 1 or not isinstance(inner, Mapping):
            return {}
        read = ((said, reread(one, word)) for said, one in inner.items())
        told = (
            found or {deciders[0][1]: said}
            for said, found in read
            if found or (said != "*" and inner[said] == word)
        )
        return next(told, {})
    if not isinstance(template, str):
        return {}
    own, places = split(template)
    value = "(.*)"
    if len(places) > 1:
        markup = language("\0".join(own))
        if not markup or not all(re.search("""[<>"']""", part) for part in own[1:-1]):
            return {}
        value = _ESCAPED[markup]
    found = re.fullmatch(value.join(map(re.escape, own)), word, re.DOTALL)
    words = found.groups() if found else ()
    return {place[1]: _unfiltered(place, one) for place, one in zip(places, words, strict=False)}


def _unfiltered(place: re.Match[str], word: str) -> str:
    for name in reversed(place[2].split("|")[1:]):
        undo = FILTERS[name].undo if name in FILTERS else None
        if undo is None:
            break
        word = undo(word)
    return word


def texts(template: Template) -> Iterator[str]:
    """Yield each text of a template that may have values in it, also what a choice is by."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for key, inner in template.items():
            yield from () if key in FILTERS else [key]
            inners = (
                inner.values() if key not in FILTERS and isinstance(inner, Mapping) else [inner]
            )
            for one in inners:
                yield from texts(one)
