"""Templates read backwards: what values a provider's field was filled with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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
from smsbridge.mapping.words import word_at
from smsbridge.text.hmac_text import ALGORITHMS

_HASHES = frozenset({"md5", "sha1", "sha256"})
READABLE_FILTERS = tuple(name for name in FILTERS if name not in _HASHES)
"""The filters of a value that can be read back, exactly or as the provider has it."""

_CASES = frozenset({"upper", "lower"})
_HEX = frozenset({"hex", "hex-ucs2"})
_ESCAPED = {Markup.XML: """([^<>"']*)""", Markup.JSON: r'((?:[^"\\]|\\.)*?)'}


def reread(template: Template, word: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the values of a template by name, as far as they can be read back from its result.

    That is one value, or several in XML and JSON. What a filter never makes is not a value; a
    filter that can't be undone, such as ``upper``, leaves the word as it is. Nothing is read back
    from a hash. ``known``: values that may decide which of several templates it was.
    """
    template = _inline(template)
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
    value = _pattern(template)
    if not value:
        return {}
    found = re.fullmatch(value.join(map(re.escape, own)), word, re.DOTALL)
    words = found.groups() if found else ()
    told = {p[1]: _undo_filters(p, one) for p, one in zip(places, words, strict=False)}
    return {name: one for name, one in told.items() if one is not None}


def readable_names(template: Template) -> frozenset[str]:
    """Return the names of the values that `reread` can ever read back from a template."""
    template = _inline(template)
    if isinstance(template, Mapping):
        ((key, inner),) = template.items()
        if key in FILTERS:
            return readable_names(inner) if FILTERS[key].undo else frozenset()
        deciders = places_of(key)
        if key in ALGORITHMS or len(deciders) != 1 or not isinstance(inner, Mapping):
            return frozenset()
        return frozenset({deciders[0][1]}).union(*map(readable_names, inner.values()))
    if not isinstance(template, str) or not _pattern(template):
        return frozenset()
    places = places_of(template)
    return frozenset(place[1] for place in places if _undoable(filters_of(place)) is not None)


def _inline(template: Template) -> Template:
    """Return ``{"lower": "{text|hex}"}`` as ``{text|hex|lower}``, and any other as it is."""
    if isinstance(template, Mapping):
        ((key, inner),) = template.items()
        inner = _inline(inner) if key in FILTERS else inner
        if key in FILTERS and isinstance(inner, str):
            places = places_of(inner)
            if len(places) == 1 and places[0][0] == inner:
                return f"{inner[:-1]}|{key}}}"
    return template


def _pattern(template: str) -> str:
    """Return the pattern of each value of a template; empty if they can't be told apart."""
    own, places = split(template)
    if len(places) < 2:  # noqa: PLR2004  (one is alone)
        return "(.*)"
    markup = language("\0".join(own))
    if not markup or not all(re.search("""[<>"']""", part) for part in own[1:-1]):
        return ""
    return _ESCAPED[markup]


def values_in(given: Mapping[str, Any], places: Mapping[str, Template]) -> dict[str, str]:
    """Return the values of a call, by our names: its table, read backwards."""
    pairs: list[tuple[Template, str]] = []
    for path, template in places.items():
        word = field_at(given, path)
        several = isinstance(word, list) and RECIPIENTS in names(template)
        if isinstance(word, list | Mapping) and not several:
            word = None if path.startswith("{") else word_at(given, path)
        if word not in (None, ""):
            pairs.append((template, one_text(word) if several else text(word)))
    return reread_all(pairs)


def reread_all(pairs: Iterable[tuple[Template, str]]) -> dict[str, str]:
    """Return the values of several templates with their results: one may decide another."""
    several, found, known = list(pairs), dict[str, str](), dict[str, str]()
    for template, word in several:
        known |= reread(template, word)
    for template, word in sorted(several, key=lambda one: is_exact(one[0])):  # the exact ones win
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

    It may be in several fields, such as a date and an hour. What can't be read back is returned as
    it is there.
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
    parts = texts(_inline(template))
    filters = (one for part in parts for place in places_of(part) for one in filters_of(place))
    return all(name in FILTERS and FILTERS[name].undo for name in filters)


def _undo_filters(place: re.Match[str], word: str) -> str | None:
    """Return what the filters of a place were given; None for a word that they never make."""
    undoable = _undoable(filters_of(place))
    read: str | None = None if undoable is None else word
    for name in undoable or ():
        read = None if read is None else _undo(name, read)
    return read


def _undoable(filters: Sequence[str]) -> list[str] | None:
    """Return the filters to undo, the last first; None if nothing can be read back from them."""
    left, found = list(filters), list[str]()
    if not _HASHES.isdisjoint(left):
        return None
    while left:
        name = left.pop()
        if name not in FILTERS:
            break
        if FILTERS[name].undo:
            found.append(name)
            continue
        is_inside = any(one in FILTERS and FILTERS[one].undo for one in left)
        if is_inside and not (name in _CASES and left[-1] in _HEX):
            return None
    return found


def _undo(name: str, word: str) -> str | None:
    undo = FILTERS[name].undo
    try:
        return undo(word) if undo else None
    except ValueError:
        return None
