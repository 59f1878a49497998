"""What a request says, as words at places, however it is written: two clients can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree.ElementTree import canonicalize

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
    of body it is, and paths of the body. A field that is given once is its word.
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
    elif kind.endswith("xml"):
        yield "#body", "xml"
        yield "xml", canonicalize(text, strip_text=True)
    else:
        yield "#body", kind
        yield "text", text


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
