"""What a request says, as words at places, however it is written: two clients can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree.ElementTree import Element, canonicalize, fromstring

from smsbridge.http.exchange import Request

_OF_EVERY_CLIENT = (
    *("accept", "accept-charset", "accept-encoding", "accept-language", "connection", "date"),
    *("content-length", "content-type", "host", "keep-alive", "sec-fetch-mode", "user-agent"),
    "x-amz-date",
)
"""Headers that say something of the client, and nothing of the message."""


def meaning(request: Request) -> dict[str, Any]:
    """Return each word of a request by its place.

    Places are ``method``, ``path``, ``query:NAME``, ``header:name``, ``#body``, which is what kind
    of body it is, and paths of the body. A field that is given once is its word. Of SOAP the
    operation is at ``#operation``, with its namespace, and each part at its path in the operation;
    blocks of the header are at ``#header``. Where a part is in another namespace than what it is
    in, its path says so.
    """
    where = urlsplit(request.url)
    found: dict[str, Any] = {"method": request.method, "path": unquote(where.path)}
    for name, value in parse_qsl(where.query, keep_blank_values=True):
        found[f"query:{name}"] = value
    for name, value in request.headers.items():
        if name.lower() not in _OF_EVERY_CLIENT:
            found[f"header:{name.lower()}"] = value
    found |= dict(_body(request))
    return found


def _body(request: Request) -> Iterator[tuple[str, Any]]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    text = request.body.decode()
    if not text:
        return
    if kind == "application/x-www-form-urlencoded":
        yield "#body", "form"
        fields: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            fields.setdefault(name, []).append(value)
        yield from (
            (name, words[0] if len(words) == 1 else words) for name, words in fields.items()
        )
    elif kind.endswith("json"):
        yield "#body", "json"
        yield from _leaves("", json.loads(text))
    elif (envelope := _envelope(kind, text)) is not None:
        yield "#body", "soap"
        yield from _soap(envelope)
    elif kind.endswith("xml"):
        yield "#body", "xml"
        yield "xml", canonicalize(text, strip_text=True)
    else:
        yield "#body", kind
        yield "text", text


_SOAP = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def _envelope(kind: str, text: str) -> Element | None:
    """Return the envelope of SOAP that a body is, or None."""
    if not kind.endswith("xml"):
        return None
    root = fromstring(text)
    return root if root.tag in {f"{{{space}}}Envelope" for space in _SOAP} else None


def _soap(envelope: Element) -> Iterator[tuple[str, Any]]:
    space = _space(envelope)
    yield "#envelope", space
    for block in envelope.findall(f"{{{space}}}Header/*"):
        yield from _parts(f"#header.{block.tag}", block)
    for number, call in enumerate(envelope.findall(f"{{{space}}}Body/*")):
        again = f"[{number}]" if number else ""
        yield f"#operation{again}", call.tag
        yield from _parts(again, call)


def _parts(path: str, of: Element) -> Iterator[tuple[str, Any]]:
    for name, word in of.attrib.items():
        if name != f"{_INSTANCE}type":  # it says in words what the WSDL says
            yield f"{path}.@{name}".lstrip("."), word
    counts: dict[str, int] = {}
    for part in of:
        local, space = part.tag.rpartition("}")[2], _space(part)
        name = local if space == _space(of) else f"{local}{{{space}}}"
        number = counts[name] = counts.get(name, 0) + 1
        again = f"[{number - 1}]" if number > 1 else ""
        yield from _parts(f"{path}.{name}{again}".lstrip("."), part)
    if not len(of) and f"{_INSTANCE}nil" not in of.attrib:
        yield path, of.text or ""


def _space(element: Element) -> str:
    return element.tag.partition("}")[0].lstrip("{") if "}" in element.tag else ""


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, one)
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from _leaves(f"{path}[{index}]", one)
    else:
        yield path, value


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what each says at the places where the two differ; None is nothing."""
    places = sorted({*ours, *theirs})
    found = ((place, ours.get(place), theirs.get(place)) for place in places)
    return {place: (mine, yours) for place, mine, yours in found if mine != yours}
