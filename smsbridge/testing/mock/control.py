"""What a test may ask of the mock provider beside its own calls, under ``/_mock/``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.rest import json_response, parse_json
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Unreadable

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

_CAME = ("sender", "text", "device")


def controlled(provider: Provider, request: Request) -> Response | None:
    """Return the answer to a request of a test; None to any other."""
    match request.method, request.path:
        case "GET", "/_mock/messages":
            return json_response(200, [asdict(taken) for taken in provider.messages])
        case "GET", "/_mock/notes":
            return json_response(200, provider.notes)
        case "GET", "/_mock/health":
            return json_response(200, _health(provider))
        case "POST", "/_mock/receive":
            return _receive(provider, request)
        case "POST", "/_mock/reset":
            provider.reset()
            return json_response(200, {"status": "ok"})
    return None


def _health(provider: Provider) -> dict[str, Any]:
    return {
        "status": "ok",
        "scenario": provider.fixture.id,
        "provenance": provider.fixture.provenance.source,
        **({"fault": provider.fault} if provider.fault else {}),
    }


def _receive(provider: Provider, request: Request) -> Response:
    try:
        given = parse_json(request.body)
    except Unreadable as error:
        return json_response(400, {"error": 400, "message": str(error)})
    words = {name: given.get(name, "") for name in _CAME}
    odd = given.keys() - words.keys() or not all(isinstance(w, str) for w in words.values())
    if odd or not words["sender"] or not words["text"]:
        why = "it takes sender and text, and device or not, each a text"
        return json_response(400, {"error": 400, "message": why})
    provider.receive(**words)
    return json_response(200, {"status": "ok"})
