"""Templates read backwards: what values a provider's field was filled with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from smsbridge.mapping.filters import FILTERS, one_text, text
from smsbridge.mapping.markup import Markup, language
from smsbridge.mapping.path import at
from smsbridge.mapping.template import (
    RECIPIENTS,
    Template,
    filters_of,
    names,
    places_of,
    split,
    texts,
)
from smsbridge.text.hmac_text import ALGORITHMS

_ESCAPED = {Markup.XML: """([^<>"']*)""", Markup.JSON: r'((?:[^"\\]|\\.)*?)'}


def reread(template: Template, word: str) -> dict[str, str]:
    """Return the values of a template by name, as far as they can be read back from its result.

    That is one value, or several in XML and JSON. Of the filters only ``xml`` and ``json`` can be
    undone.
    """
    if isinstance(template, Mapping):
        ((key, inner),) = template.items()
        deciders = places_of(key)
        if key in ALGORITHMS or len(deciders) != 1 or not isinstance(inner, Mapping):
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
    return {place[1]: _undo_filters(place, one) for place, one in zip(places, words, strict=False)}


def values_in(given: Mapping[str, Any], places: Mapping[str, Template]) -> dict[str, str]:
    """Return the values of a call, by our names: its table, read backwards."""
    found: dict[str, str] = {}
    for path, template in places.items():
        word = field_at(given, path)
        several = isinstance(word, list) and RECIPIENTS in names(template)
        whole = one_text(word) if several else text(word)
        found |= reread(template, whole) if word not in (None, "") else {}
    return found


def field_at(fields: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path, or in a place of the route: ``{id}``."""
    return fields.get(path) if path.startswith("{") else at(fields, path)


def is_exact(template: Template) -> bool:
    """Return whether what is read back from a template is what it was filled with."""
    filters = (
        one for part in texts(template) for place in places_of(part) for one in filters_of(place)
    )
    return all(name in FILTERS and FILTERS[name].undo for name in filters)


def _undo_filters(place: re.Match[str], word: str) -> str:
    for name in reversed(filters_of(place)):
        undo = FILTERS[name].undo if name in FILTERS else None
        if undo is None:
            break
        word = undo(word)
    return word
