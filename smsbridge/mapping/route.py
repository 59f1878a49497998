"""The route of a call, filled with its values: each percent-encoded, in its path and its query."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.filters import one_text
from smsbridge.mapping.template import Values, compile_filters, join_words, split


def address(template: str, values: Values) -> str:
    """Return a route with its values in it, each percent-encoded."""
    return compile_address(template)(values)


def compile_address(template: str) -> Callable[[Values], str]:
    """Return what makes a route of its values, as `address` does."""
    path, mark, query = template.partition("?")
    fill_path = _compile_part(path)
    parts = [_compile_part(part) for part in query.split("&")] if mark else []

    def fill(values: Values) -> str:
        filled, absent = fill_path(values)
        if absent:
            raise InvalidMessage(f"{absent} is missing: the route has it")
        if {".", ".."} & set(filled.partition(" ")[2].split("/")):
            raise InvalidMessage(
                "a value makes a step . or .. in the route, which would lead elsewhere"
            )
        there = [part for part, absent in (one(values) for one in parts) if not absent]
        return f"{filled}?{'&'.join(there)}" if there else filled

    return fill if split(template)[1] else lambda _: split(template)[0][0]


def _compile_part(template: str) -> Callable[[Values], tuple[str, str]]:
    """Return what fills a part of a route, and tells which of its values is absent."""
    own, places = split(template)
    applied = [(place[1], compile_filters(place)) for place in places]

    def fill(values: Values) -> tuple[str, str]:
        absent = next((name for name, _ in applied if values.get(name) is None), "")
        if absent:
            return "", absent
        words = (quote(one_text(apply(values[name], values)), safe="") for name, apply in applied)
        return join_words(own, words), ""

    return fill
