"""A request in parts that can be altered: its line, headers, and its body decoded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from smsbridge.codecs.rest import FORM, JSON
from smsbridge.http.exchange import Request

Path = tuple[str | int, ...]
Pairs = list[tuple[str, str]]
_CREDENTIALS = ("Username", "Password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place of a request: its part, and the path of a name in it.

    ``part``: ``method``, ``path``, ``query``, ``headers``, ``form``, ``json``, ``soap`` (an
    argument), ``operation`` (the element of the call) or ``security`` (a credential in the
    envelope's header).
    """

    part: str
    path: Path = ()

    def __str__(self) -> str:
        """Return it as a fixture names it: ``form.message``, ``json.to[0].number``."""
        steps = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self.path)
        return self.part + steps

    @property
    def name(self) -> str:
        """The last name of its path."""
        return str(self.path[-1])


@dataclass(kw_only=True)
class RequestParts:
    """A request that is taken apart. ``xml`` is an element of lxml; one of the bodies is there."""

    request: Request
    query: Pairs
    headers: Pairs
    form: Pairs | None = None
    json: Any = None
    xml: Any = None
    is_json: bool = False

    @classmethod
    def of(cls, request: Request) -> RequestParts:
        """Take a request apart; a body of another kind stays as it is."""
        wire = cls(
            request=request,
            query=parse_qsl(request.query, keep_blank_values=True),
            headers=list(request.headers.items()),
        )
        kind = request.header("content-type").partition(";")[0].strip().lower()
        with suppress(ValueError):
            if kind == FORM:
                wire.form = parse_qsl(request.body.decode(), keep_blank_values=True)
            elif kind == JSON:
                wire.json, wire.is_json = json.loads(request.body), True
            elif kind.endswith("xml"):
                wire.xml = _parse(request.body)
        return wire

    def copy(self) -> RequestParts:
        """Return one that can be altered alone."""
        return replace(
            self,
            query=list(self.query),
            headers=list(self.headers),
            form=None if self.form is None else list(self.form),
            json=deepcopy(self.json),
            xml=deepcopy(self.xml),
        )

    def pairs(self, part: str) -> Pairs:
        """Return the pairs of ``query``, ``headers`` or ``form``, which may be altered."""
        found: Pairs | None = getattr(self, part)
        return [] if found is None else found

    def together(self) -> Request:
        """Return the request again."""
        url = urlsplit(self.request.url)
        query = url.query
        if self.query != parse_qsl(url.query, keep_blank_values=True):
            query = urlencode(self.query)
        return replace(
            self.request,
            url=urlunsplit(url._replace(query=query)),
            headers=_headers(self.headers),
            body=self._body(),
        )

    def _body(self) -> bytes:
        if self.form is not None:
            return urlencode(self.form).encode()
        if self.is_json:
            return json.dumps(self.json).encode()
        return self.request.body if self.xml is None else _write(self.xml)

    def spots(self) -> Iterator[Spot]:
        """Yield every place that has a value, outer ones of JSON too."""
        yield Spot(part="method")
        yield Spot(part="path")
        for part in ("query", "headers", "form"):
            for name in dict.fromkeys(name for name, _ in self.pairs(part)):
                yield Spot(part=part, path=(name,))
        if self.is_json:
            yield from (Spot(part="json", path=path) for path in _below(self.json, ()))
        if self.xml is not None:
            if self.operation is not None:
                yield Spot(part="operation")
            yield from (Spot(part="soap", path=path) for path in self.arguments())
            yield from (Spot(part="security", path=(name,)) for name in self.security())

    @property
    def operation(self) -> Any:
        """The element of the call in the envelope's Body, or None."""
        body = next((one for one in self.xml if local(one) == "Body"), None)
        return next(iter(body), None) if body is not None else None

    def arguments(self) -> dict[Path, Any]:
        """Return each element below the call, by its path."""
        found: dict[Path, Any] = {}
        if self.operation is not None:
            _elements(self.operation, (), found)
        return found

    def security(self) -> dict[str, Any]:
        """Return the elements of the envelope's header that carry credentials, by name."""
        header = next((one for one in self.xml if local(one) == "Header"), None)
        every = header.iter() if header is not None else ()
        return {local(one): one for one in every if local(one) in _CREDENTIALS}

    def element(self, spot: Spot) -> Any:
        """Return the element at a place of an envelope."""
        if spot.part == "operation":
            return self.operation
        return self.arguments()[spot.path] if spot.part == "soap" else self.security()[spot.name]

    def value(self, spot: Spot) -> Any:
        """Return what is at a place."""
        if spot.part in ("method", "path"):
            return getattr(self.request, spot.part)
        if spot.part == "json":
            return at(self.json, spot.path)
        if spot.part in ("query", "headers", "form"):
            return dict(self.pairs(spot.part))[spot.name]
        element = self.element(spot)
        return None if len(element) else element.text or ""


def at(tree: Any, path: Path) -> Any:
    """Return what is at a path of JSON."""
    for step in path:
        tree = tree[step]
    return tree


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _headers(pairs: Pairs) -> dict[str, str]:
    return dict(pairs)


def _below(tree: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(tree, dict):
        for name, part in tree.items():
            yield from _below(part, (*path, name))
    elif isinstance(tree, list):
        for number, part in enumerate(tree):
            yield from _below(part, (*path, number))


def _elements(parent: Any, path: Path, found: dict[Path, Any]) -> None:
    names = [local(child) for child in parent]
    for number, child in enumerate(parent):
        name = names[number]
        nth = (names[:number].count(name),) if names.count(name) > 1 else ()
        found[*path, name, *nth] = child
        _elements(child, (*path, name, *nth), found)


def _parse(body: bytes) -> Any:
    from smsbridge.codecs.soap.xml import REQUEST, parse_xml

    return parse_xml(body, REQUEST)


def _write(element: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(element, xml_declaration=True, encoding="utf-8"))
