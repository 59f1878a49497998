"""Templates read backwards: what values a provider's field was filled with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from smsbridge.mapping.filters import FILTERS, one_text, text
from smsbridge.mapping.markup import Markup, language
from smsbridge.mapping.path import at
from smsbridge.mapping.template import (
    RECIPIENTS,
    Template,
    filters_of,
    join_words,
    names,
    places_of,
    split,
    texts,
)
from smsbridge.mapping.times import ParsedTime, form_trouble, parse_time
from smsbridge.text.hmac_text import ALGORITHMS

_ESCAPED = {Markup.XML: """([^<>"']*)""", Markup.JSON: r'((?:[^"\\]|\\.)*?)'}


def reread(template: Template, word: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the values of a template by name, as far as they can be read back from its result.

    That is one value, or several in XML and JSON. What no filter makes is not a value; one that
    can't be undone, such as ``upper``, leaves the word as it is. ``known``: values that may decide
    which of several templates it was.
    """
    if isinstance(template, Mapping):
        ((key, inner),) = template.items()
        if key in FILTERS:
            whole = _undo(key, word)
            return {} if whole is None else reread(inner, whole, known)
        deciders = places_of(key)
        if key in ALGORITHMS or len(deciders) != 1 or not isinstance(inner, Mapping):
            return {}
        decided = (known or {}).get(deciders[0][1])
        first = sorted(inner.items(), key=lambda option: option[0] != decided)
        read = ((said, reread(one, word, known)) for said, one in first)
        options = (
            found or {deciders[0][1]: said}
            for said, found in read
            if found or (said != "*" and inner[said] == word)
        )
        return next(options, {})
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
    told = {p[1]: _undo_filters(p, one) for p, one in zip(places, words, strict=False)}
    return {name: one for name, one in told.items() if one is not None}


def values_in(given: Mapping[str, Any], places: Mapping[str, Template]) -> dict[str, str]:
    """Return the values of a call, by our names: its table, read backwards."""
    pairs: list[tuple[Template, str]] = []
    for path, template in places.items():
        word = field_at(given, path)
        several = isinstance(word, list) and RECIPIENTS in names(template)
        if word not in (None, ""):
            pairs.append((template, one_text(word) if several else text(word)))
    return reread_all(pairs)


def reread_all(pairs: Iterable[tuple[Template, str]]) -> dict[str, str]:
    """Return the values of several templates with their results: one may decide another."""
    several, found, known = list(pairs), dict[str, str](), dict[str, str]()
    for template, word in several:
        known |= reread(template, word)
    for template, word in several:
        found |= reread(template, word, known)
    return found


@dataclass(frozen=True, slots=True)
class SaidTime:
    """A time as a call says it, and the format of ``strftime`` that it is in; empty for another."""

    word: str
    form: str = ""

    def read(self, zone: tzinfo | None) -> ParsedTime | None:
        """Return the time, as `parse_time` does; None if it can't be read."""
        return (
            None
            if self.form and form_trouble(self.form)
            else parse_time(self.word, zone, self.form)
        )


def time_in(given: Mapping[str, Any], places: Mapping[str, Template], name: str) -> SaidTime | None:
    """Return what a call says of a time; None if nothing.

    It may be in several fields, such as a date and an hour. What can't be read back is said as
    it stands there.
    """
    plain, words, forms = "", list[str](), list[str]()
    for path, template in places.items():
        word = field_at(given, path)
        if word in (None, "") or name not in names(template):
            continue
        if form := _time_form(template, name):
            words.append(text(word))
            forms.append(form)
        else:
            told = reread(template, text(word)).get(name, "")
            plain = told or plain or (text(word) if isinstance(template, str) else "")
    if words:
        return SaidTime(" ".join(words), " ".join(forms))
    return SaidTime(plain) if plain else None


def _time_form(template: Template, name: str) -> str:
    """Return the format in which a template writes a time; empty if it has no such format."""
    if not isinstance(template, str):
        return ""
    own, places = split(template)
    forms = [filters_of(place)[-1:] for place in places if place[1] == name]
    if len(forms) < len(places) or not all(form and form[0][0] == "%" for form in forms):
        return ""
    return join_words(tuple(part.replace("%", "%%") for part in own), (form[0] for form in forms))


def field_at(fields: Mapping[str, Any], path: str) -> Any:
    """Return what is at a path, or in a place of the route: ``{id}``."""
    return fields.get(path) if path.startswith("{") else at(fields, path)


def is_exact(template: Template) -> bool:
    """Return whether what is read back from a template is what it was filled with."""
    filters = (
        one for part in texts(template) for place in places_of(part) for one in filters_of(place)
    )
    return all(name in FILTERS and FILTERS[name].undo for name in filters)


def _undo_filters(place: re.Match[str], word: str) -> str | None:
    """Return what the filters of a place were given; None for a word that they never make."""
    read: str | None = word
    for name in reversed(filters_of(place)):
        if read is None or name not in FILTERS or FILTERS[name].undo is None:
            break
        read = _undo(name, read)
    return read


def _undo(name: str, word: str) -> str | None:
    undo = FILTERS[name].undo
    try:
        return undo(word) if undo else None
    except ValueError:
        return None
