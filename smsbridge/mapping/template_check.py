"""Finds what is wrong with a template when the table is read, before anything is sent."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from smsbridge.mapping.filters import FILTERS, TIME_FILTERS, Gives, is_of_a_time
from smsbridge.mapping.markup import Markup, inner_texts, language, unescapable
from smsbridge.mapping.template import PLACE, TIMES, places_of, split, texts
from smsbridge.text.hmac_text import ALGORITHMS, FORMS
from smsbridge.text.suggest import nearest

_DOUBLED = re.compile(r"(?<!\{)\{\{([a-z_][a-z0-9_.]*)(\|[^{}]*)?\}\}(?!\})")
_ANYWHERE = (Gives.PLAIN, Gives.BARE)
_NATURE: Mapping[str, Gives] = {
    **dict.fromkeys(("recipient", "recipients", "channels", "encoding"), Gives.PLAIN),
    **dict.fromkeys(("uuid", "failed"), Gives.PLAIN),
    **dict.fromkeys(TIMES, Gives.PLAIN),
    **dict.fromkeys(("segments", "unread"), Gives.BARE),
    "before": Gives.ANY,  # it may be an id, to which filters of times don't apply
}
"""Where values may be without a filter; all others may hold any text."""
_BARE_TIMES = ("epoch", "epoch-ms")


def trouble(template: Any, known: Collection[str] | None = None) -> str | None:
    """Return what is wrong with a template, or None; ``known`` are the values that there are."""
    if isinstance(template, Mapping):
        if shape := _misshapen(template):
            return shape
    elif isinstance(template, list | tuple):
        if not template:
            return "a list has parts, which stand one after the other"
        if why := next((why for part in template if (why := trouble(part))), None):
            return why
    elif isinstance(template, float) and not math.isfinite(template):
        return "give a finite number"
    elif not isinstance(template, str | int | float):
        return "give text, a number, true or false, a choice, a filter or a list"
    return next((why for part in texts(template) if (why := _part_trouble(part, known))), None)


def _part_trouble(part: str, known: Collection[str] | None) -> str | None:
    if re.search(r"[{}]", PLACE.sub("", part)) or _DOUBLED.search(part):
        rule = "braces hold a value and its filters, such as {recipient|digits}"
        return f"{part!r}: {rule}; write {{{{ for a literal brace"
    wrong = (why for place in places_of(part) if (why := _place_trouble(place, known)))
    return next(wrong, None) or _escape_trouble(part)


def route_trouble(route: str, known: Collection[str] | None = None) -> str | None:
    """Return what is wrong with a route, or None, as `trouble` does."""
    if any(found[1] is None for found in PLACE.finditer(route)):
        return f"{route!r}: a route can't have a literal brace: write %7B for {{ and %7D for }}"
    return trouble(route, known)


def _escape_trouble(part: str) -> str | None:
    """Return what is wrong with the values of a constant that is XML or JSON, or None."""
    own, places = split(part)
    markup = language("\0".join(own))
    if markup is None:
        return None
    for place in places:
        if _gives(place) not in (*_ANYWHERE, Gives[markup.name]):
            fits = place[0].replace("}", f"|{markup}}}")
            return f"{place[0]} would break the {markup.name} around it: write {fits}"
    for place in places_of(unescapable(part, markup)):
        if markup is Markup.JSON and _gives(place) is not Gives.BARE:
            return f"{place[0]} has no quotes around it: give them, or a {{{place[1]}|number}}"
        if _gives(place) not in _ANYWHERE:
            return f"{place[0]} is in CDATA, where nothing can be escaped: remove the CDATA"
    inner = (one.replace(f"|{markup}}}", "}") for one in inner_texts(part, markup))
    return next((why for one in inner if (why := _escape_trouble(one))), None)


def _gives(place: re.Match[str]) -> Gives:
    """Return what a value is good for after its filters."""
    name, found = place[1], _NATURE.get(place[1], Gives.ANY)
    for one in place[2].split("|")[1:]:
        if is_of_a_time(one):
            found = found if name == "before" else Gives.PLAIN
            found = Gives.BARE if one in _BARE_TIMES and found is Gives.PLAIN else found
            continue
        gives = FILTERS[one].gives
        if gives in _ANYWHERE:
            found = gives
        elif gives is not Gives.SAME:
            found = Gives.PLAIN if found in _ANYWHERE else gives
    return found


def _misshapen(template: Mapping[str, Any]) -> str | None:
    if len(template) != 1:
        return "a choice has one key: the value that it depends on"
    ((key, inner),) = template.items()
    if key in FILTERS:
        return trouble(inner)
    if key in ALGORITHMS:
        return _signature_trouble(key, inner)
    if not places_of(key):
        return f"{key!r} is neither a filter nor a value such as {{channels}}"
    if not isinstance(inner, Mapping):
        return "a choice needs a template for each word"
    return next((why for one in inner.values() if (why := trouble(one))), None)


def _signature_trouble(algorithm: str, inner: Any) -> str | None:
    if not isinstance(inner, Mapping) or not {"key", "of"} <= inner.keys() <= {"key", "of", "as"}:
        example = '{ key = "{secret}", of = "{body}", as = "hex" }'
        return f"{algorithm} takes key, of and as: {example}"
    if (form := inner.get("as", "hex")) not in FORMS:
        return f"as: there is no {form!r}; {nearest(str(form), FORMS)}"
    return trouble(inner["key"]) or trouble(inner["of"])


def _place_trouble(place: re.Match[str], known: Collection[str] | None) -> str | None:
    name, filters = place[1], place[2].split("|")[1:]
    if known is not None and name not in known:
        return f"there is no value {{{name}}}; {nearest(name, known)}"
    for number, one in enumerate(filters):
        if is_of_a_time(one):
            if name not in TIMES or number:
                return f"the filter {one!r} is for a time: {', '.join(TIMES)}"
        elif one not in FILTERS:
            return f"there is no filter {one!r}; {nearest(one, [*FILTERS, *TIME_FILTERS])}"
    return None
