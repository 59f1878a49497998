"""Reads what a call says in the places of its table, such as ``{now|epoch}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.filters import text
from smsbridge.mapping.reread import field_at
from smsbridge.mapping.template import Template, split

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.operation import Operation, Question


def words_by_place(
    table: Operation | Question, fields: Mapping[str, Any], request: Request
) -> dict[str, str]:
    """Return the word of a call in each place of its table, unless it has two different ones."""
    pairs = [(one, text(field_at(fields, path))) for path, one in table.places().items()]
    pairs += [(one, request.header(name)) for name, one in table.headers.items()]
    found: dict[str, str] = {}
    doubtful = set[str]()
    for template, word in pairs:
        words = _words_between(template, word)
        for place, one in words:
            if found.setdefault(place, one) != one:
                doubtful.add(place)
    return {place: word for place, word in found.items() if place not in doubtful}


def _words_between(template: Template, word: str) -> list[tuple[str, str]]:
    """Return each place of a template with its part of a word, matched as short as possible.

    Takes linear time, since anyone may send the word.
    """
    own, places = [""], list[str]()
    for part in parts_of(template):
        literals, found = split(part) if isinstance(part, str) else (["", ""], [])
        own[-1] += literals[0]
        own += literals[1:]
        places += [one[0] for one in found] if isinstance(part, str) else [""]
    first, *others = own
    last = others.pop() if others else ""
    end = len(word) - len(last)
    if not (word.startswith(first) and word.endswith(last)):
        return []
    words, here = list[str](), len(first)
    for one in others:
        there = word.find(one, here)
        if there < 0:
            return []
        words.append(word[here:there])
        here = there + len(one)
    if end < here or not places:
        return []
    words.append(word[here:end])
    return [(place, one) for place, one in zip(places, words, strict=True) if place]


def parts_of(template: Template) -> list[Any]:
    """Return the parts of a template, of which the texts say what they are made of."""
    if isinstance(template, list | tuple):
        return [part for one in template for part in parts_of(one)]
    return [template]


def with_words(template: Template, said: Mapping[str, str]) -> Template:
    """Return a template with its places filled from a call."""
    if isinstance(template, str):
        own, places = split(template)
        words = (_literal(said[p[0]]) if p[0] in said else p[0] for p in places)
        braced = [_literal(one) for one in own]
        return braced[0] + "".join(a + b for a, b in zip(words, braced[1:], strict=True))
    if isinstance(template, list | tuple):
        return [with_words(one, said) for one in template]
    if isinstance(template, Mapping):
        return {key: with_words(one, said) for key, one in template.items()}
    return template


def _literal(word: str) -> str:
    return word.replace("{", "{{").replace("}", "}}")
