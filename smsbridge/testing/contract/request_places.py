"""What stands where in a request: each place with its value, decoded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from smsbridge.codecs.rest import FORM, JSON
from smsbridge.http.exchange import Session
from smsbridge.mapping.call_values import generated_values, message_values
from smsbridge.mapping.filters import one_text, text
from smsbridge.mapping.path import steps
from smsbridge.mapping.template import TIME_ZONE, names, render

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.message import Message
    from smsbridge.testing.contract.subject import Subject


@dataclass(frozen=True, slots=True)
class RequestPlace:
    """A part of a request (``path``, ``query``, ``header``, ``body``), a name in it, its value."""

    part: str
    name: str
    value: str

    def __str__(self) -> str:
        """Say where it is, without its value."""
        return f"the {self.part} {self.name}".rstrip()


def places(request: Request) -> Iterator[RequestPlace]:
    """Yield every place of a request; a body of another kind is one place."""
    url = urlsplit(request.url)
    yield RequestPlace("address", "", url.netloc)
    yield RequestPlace("path", "", unquote(url.path))
    yield from _pairs("query", url.query)
    yield from (
        RequestPlace("header", name.lower(), value) for name, value in request.headers.items()
    )
    if request.body:
        yield from _body(request)


def _pairs(part: str, encoded: str) -> Iterator[RequestPlace]:
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        yield RequestPlace(part, name, value)


def _body(request: Request) -> Iterator[RequestPlace]:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    said = request.body.decode(errors="replace")
    if kind == FORM:
        yield from _pairs("body", said)
        return
    with suppress(ValueError):
        if kind == JSON:
            yield from _leaves("", json.loads(said))
            return
        if kind.endswith("xml"):
            yield from _elements(request.body)
            return
    yield RequestPlace("body", "", said)


def _leaves(name: str, value: Any) -> Iterator[RequestPlace]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    elif value is not None:
        yield RequestPlace("body", name, text(value))


def _elements(body: bytes) -> Iterator[RequestPlace]:
    from smsbridge.codecs.soap.xml import REQUEST, parse_xml

    for element in parse_xml(body, REQUEST).iter():
        local = str(element.tag).rpartition("}")[2]
        yield RequestPlace("body", local, element.text or "")
        for name, value in element.attrib.items():
            yield RequestPlace("body", f"@{str(name).rpartition('}')[2]}", str(value))


def missing_places(subject: Subject, message: Message, request: Request, name: str) -> list[str]:
    """Return where the value of a name should stand in the request of a message, and doesn't.

    What should stand there is what the table makes of the message.
    """
    table = subject.send
    session = Session(now=lambda: subject.began, random=bytes)
    values = message_values(message) | generated_values(session, message.text)
    values |= {**subject.backend.credentials(), TIME_ZONE: subject.backend.zone()}
    carriers = {
        path: render(template, values)
        for path, template in {**table.places(), **table.headers}.items()
        if name in names(template)
    }
    found = list(places(request))
    wanted = {path: one_text(word) for path, word in carriers.items() if word is not None}
    if not wanted:
        return list(carriers)
    return [path for path, word in wanted.items() if not _stands(found, path, word)]


def _stands(found: list[RequestPlace], path: str, word: str) -> bool:
    """Return whether a word stands at a path of a table; one such as ``{id}`` is in the route."""
    if path.startswith("{"):
        return any(place.part == "path" and word in place.value for place in found)
    last = [one for one in steps(path, form=True) if isinstance(one, str)][-1].rpartition("}")[2]
    named = (last, last.lower(), path)  # of a form all of it is the name: to[]
    return any(place.value == word and place.name in named for place in found)
