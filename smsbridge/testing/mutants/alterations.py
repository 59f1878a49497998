"""What each operator does to a request that is taken apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from smsbridge.codecs.rest import FORM, JSON
from smsbridge.http.exchange import Request
from smsbridge.mapping.filters import text
from smsbridge.testing.mutants.wire import RequestParts, Spot, at, local

Change = Callable[[RequestParts], Request]
Changes = Iterator[tuple[Spot, Change]]
_PAIRED = ("query", "form")
_XML = ("soap", "security", "operation")
_OTHER = "urn:smsbridge:other"


def _line(change: Callable[[Request], Request], part: str) -> Changes:
    yield Spot(part=part), lambda wire: change(wire.request)


def use_method(other: str, instead: str) -> Callable[[RequestParts], Changes]:
    """Return what makes a request by another method, or by a second one if it is that already."""

    def make(wire: RequestParts) -> Changes:
        method = instead if wire.request.method == other else other
        yield from _line(lambda request: replace(request, method=method), "method")

    return make


def move_path(change: Callable[[str], str]) -> Callable[[RequestParts], Changes]:
    """Return what changes the path of the URL."""

    def move(request: Request) -> Request:
        url = urlsplit(request.url)
        return replace(request, url=urlunsplit(url._replace(path=change(url.path))))

    def make(wire: RequestParts) -> Changes:
        if move(wire.request) != wire.request:
            yield from _line(move, "path")

    return make


def toggle_slash(path: str) -> str:
    """Return a path with a last slash, or without the one that it has."""
    return path.rstrip("/") if path.endswith("/") and path != "/" else f"{path}/"


def alter_each(
    parts: tuple[str, ...], change: Callable[[RequestParts, Spot], bool | None]
) -> Callable[[RequestParts], Changes]:
    """Return what alters each place of some parts; where that returns False, it can't be."""

    def alter(wire: RequestParts, spot: Spot) -> Request | None:
        altered = wire.copy()
        return altered.together() if change(altered, spot) is not False else None

    def apply(wire: RequestParts, spot: Spot) -> Request:
        return alter(wire, spot) or wire.request

    def make(wire: RequestParts) -> Changes:
        plain = wire.copy().together()
        for spot in wire.spots():
            if spot.part in parts and alter(wire, spot) not in (None, plain):
                yield spot, partial(apply, spot=spot)

    return make


def drop(wire: RequestParts, spot: Spot) -> None:
    """Leave a place out."""
    if spot.part in _XML:
        element = wire.element(spot)
        element.getparent().remove(element)
    elif spot.part == "json":
        del at(wire.json, spot.path[:-1])[spot.path[-1]]
    else:
        pairs = wire.pairs(spot.part)
        pairs[:] = [one for one in pairs if one[0] != spot.name]


def rename_by(change: Callable[[str], str]) -> Callable[[RequestParts, Spot], bool | None]:
    """Return what gives a place another name."""

    def rename(wire: RequestParts, spot: Spot) -> bool | None:
        if spot.part in _XML:
            element = wire.element(spot)
            space = str(element.tag).rpartition("}")[0]
            element.tag = f"{space}}}{change(local(element))}" if space else change(element.tag)
        elif spot.part == "json":
            if isinstance(spot.path[-1], int):
                return False
            parent = at(wire.json, spot.path[:-1])
            given = [(change(n) if n == spot.name else n, part) for n, part in parent.items()]
            parent.clear()
            parent.update(given)
        else:
            pairs = wire.pairs(spot.part)
            pairs[:] = [(change(n) if n == spot.name else n, part) for n, part in pairs]
        return None

    return rename


def _put(wire: RequestParts, spot: Spot, value: Any) -> None:
    if spot.part in _XML:
        wire.element(spot).text = value
    elif spot.part == "json":
        at(wire.json, spot.path[:-1])[spot.path[-1]] = value
    else:
        pairs = wire.pairs(spot.part)
        pairs[:] = [(name, value if name == spot.name else part) for name, part in pairs]


def alter(wire: RequestParts, spot: Spot) -> bool | None:
    """Put another value of the same type; return False where there is none."""
    match wire.value(spot):
        case bool() as value:
            _put(wire, spot, not value)
        case int() | float() as value:
            _put(wire, spot, value + 1)
        case str() as value:
            _put(wire, spot, f"{value}0")
        case _:
            return False
    return None


def empty(wire: RequestParts, spot: Spot) -> bool | None:
    """Put an empty text in place of another."""
    if not isinstance(wire.value(spot), str):
        return False
    _put(wire, spot, "")
    return None


def retype(wire: RequestParts, spot: Spot) -> bool | None:
    """Put a value of another type."""
    match wire.value(spot):
        case bool() | int() | float() as value:
            _put(wire, spot, text(value))
        case str() as value:
            _put(wire, spot, int(value) if value.isascii() and value.isdecimal() else 7)
        case dict() | list() as value:
            _put(wire, spot, [value])
        case None:
            _put(wire, spot, "")
    return None


def double(wire: RequestParts, spot: Spot) -> bool | None:
    """Give a field twice."""
    if spot.part == "soap":
        element = wire.element(spot)
        element.addnext(deepcopy(element))
    else:
        pairs = wire.pairs(spot.part)
        value = dict(pairs)[spot.name]
        pairs.append((spot.name, value))
    return None


def add_field(wire: RequestParts) -> Changes:
    """Add a field that nothing declares: to the query, and to the body and each object in it."""
    name = "undeclared"

    def add(altered: RequestParts, spot: Spot) -> Request:
        altered = altered.copy()
        match spot.part:
            case "json":
                at(altered.json, spot.path[:-1])[name] = "1"
            case "soap":
                from lxml import etree

                parent = altered.operation
                for step in spot.path[:-1]:
                    parent = next(one for one in parent if local(one) == step)
                etree.SubElement(parent, name).text = "1"
            case _:
                altered.pairs(spot.part).append((name, "1"))
        return altered.together()

    spots = [Spot(part="query", path=(name,))]
    if wire.form is not None:
        spots.append(Spot(part="form", path=(name,)))
    if wire.is_json:
        every = [(), *(one.path for one in wire.spots() if one.part == "json")]
        objects = [path for path in every if isinstance(at(wire.json, path), dict)]
        spots += [Spot(part="json", path=(*path, name)) for path in objects]
    if wire.xml is not None and wire.operation is not None:
        spots.append(Spot(part="soap", path=(name,)))
    for spot in spots:
        yield spot, partial(add, spot=spot)


def swap_neighbours(wire: RequestParts) -> Changes:
    """Exchange the values of two fields that stand side by side."""

    def exchange(other: RequestParts, one: Spot, two: Spot) -> Request:
        altered = other.copy()
        first, second = other.value(one), other.value(two)
        _put(altered, one, second)
        _put(altered, two, first)
        return altered.together()

    spots = [
        one
        for one in wire.spots()
        if one.part in ("query", "form", "json", "soap") and isinstance(wire.value(one), str)
    ]
    for one, two in pairwise(spots):
        if one.part == two.part and wire.value(one) != wire.value(two):
            yield one, partial(exchange, one=one, two=two)


def write_other_body(wire: RequestParts) -> Changes:
    """Write a form as JSON, and a JSON object as a form."""
    if wire.form is not None:
        spot, kind = Spot(part="form"), JSON
    elif wire.is_json and isinstance(wire.json, dict):
        spot, kind = Spot(part="json"), FORM
    else:
        return

    def change(other: RequestParts) -> Request:
        altered = other.copy()
        altered.headers = [
            (n, kind if n.lower() == "content-type" else v) for n, v in other.headers
        ]
        if kind == JSON:
            altered.json, altered.is_json, altered.form = dict(other.form or ()), True, None
        else:
            altered.form = [(name, text(value)) for name, value in other.json.items()]
        return altered.together()

    yield spot, change


def label_as_text(wire: RequestParts) -> Changes:
    """Label the body as plain text."""
    names = [name for name, _ in wire.headers if name.lower() == "content-type"]

    def change(other: RequestParts) -> Request:
        altered = other.copy()
        _put(altered, Spot(part="headers", path=(names[0],)), "text/plain")
        return altered.together()

    if names and wire.request.body:
        yield Spot(part="headers", path=(names[0],)), change


def leave_namespace(wire: RequestParts, spot: Spot) -> bool | None:
    """Put the element of the call into another namespace."""
    wire.element(spot).tag = f"{{{_OTHER}}}{local(wire.element(spot))}"
    return None


def reorder(part: str) -> Callable[[RequestParts], Changes]:
    """Return what writes the fields of a part in another order."""

    def turn(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {name: turn(tree[name]) for name in reversed(tree)}
        return [turn(one) for one in tree] if isinstance(tree, list) else tree

    def change(other: RequestParts) -> Request:
        altered = other.copy()
        if part == "json":
            altered.json = turn(other.json)
        else:
            altered.pairs(part).reverse()
        return altered.together()

    def make(wire: RequestParts) -> Changes:
        is_there = wire.is_json if part == "json" else bool(wire.pairs(part))
        if is_there and change(wire) != wire.copy().together():
            yield Spot(part=part), change

    return make


def swap_case(wire: RequestParts) -> Changes:
    """Write the name of each header in the other case."""
    yield from alter_each(("headers",), rename_by(str.swapcase))(wire)


def escape(wire: RequestParts) -> Changes:
    """Escape every character of a query or a form."""

    def encode(pairs: list[tuple[str, str]]) -> str:
        return "&".join("=".join(map(_escape_all, pair)) for pair in pairs)

    def change(other: RequestParts, part: str) -> Request:
        request = other.request
        if part == "form":
            return replace(request, body=encode(other.pairs(part)).encode())
        url = urlsplit(request.url)._replace(query=encode(other.query))
        return replace(request, url=urlunsplit(url))

    for part in _PAIRED:
        if wire.pairs(part):
            yield Spot(part=part), partial(change, part=part)


def _escape_all(word: str) -> str:
    return "".join(
        f"%{byte:02X}" if byte < 128 and chr(byte).isalnum() else quote(bytes([byte]))  # noqa: PLR2004  (ASCII)
        for byte in word.encode()
    )


def add_spaces(wire: RequestParts) -> Changes:
    """Write JSON with spaces and line breaks."""

    def change(other: RequestParts) -> Request:
        return replace(other.request, body=json.dumps(other.json, indent=2).encode())

    if wire.is_json:
        yield Spot(part="json"), change


def use_prefix(wire: RequestParts) -> Changes:
    """Write the element of the call with its namespace as the default one of nothing below it."""

    def change(other: RequestParts) -> Request:
        from lxml import etree

        altered = other.copy()
        old = altered.operation
        space = str(old.tag)[1:].partition("}")[0]
        new = etree.Element(old.tag, dict(old.attrib), nsmap={"another": space})
        new.text = old.text
        for child in list(old):
            new.append(child)
        old.getparent().replace(old, new)
        return altered.together()

    if wire.xml is not None and wire.operation is not None and "}" in str(wire.operation.tag):
        yield Spot(part="operation"), change
