"""What a test may ask of the mock provider beside its own calls, under ``/_mock/``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.rest import json_response, parse_json
from smsbridge.http.address import is_loopback
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.message import UNSENDABLE

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

_ROOM = "/_mock/"
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_CAME = ("sender", "text", "device")
_TAKES = "give an object with sender and text, and device or not, each a text without NUL"


def controlled(provider: Provider, request: Request) -> Response | None:
    """Return the answer to a request of a test; None to any other."""
    if not request.path.startswith(_ROOM):
        return None
    if why := foreign(request, provider.hosts):
        return json_response(403, {"error": 403, "message": why})
    return _asked(provider, request)


def _asked(provider: Provider, request: Request) -> Response | None:
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


def foreign(request: Request, hosts: Collection[str]) -> str:
    """Return why a request may be a web page's, and not a test's; empty where it is not.

    A page may have a name of its own resolve to this machine, and so read what is here: the name is
    then its Host. ``hosts``: the mock's own. A request without these headers is not a browser's.
    """
    host = request.header("host").lower()
    if host and not _is_own(host, hosts):
        return "its Host is not the mock's: ask at localhost, or start the mock with --address"
    origin = request.header("origin").lower()
    site = request.header("sec-fetch-site").lower()
    if (origin and origin.partition("://")[2] != host) or site not in ("", "same-origin", "none"):
        return "it comes from a page of another origin: ask from a test, or from a shell"
    return ""


def _is_own(host: str, hosts: Collection[str]) -> bool:
    found = _HOST.fullmatch(host)
    name = found[1].strip("[]") if found else ""
    if is_loopback(name) or name in hosts:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return any(one in hosts for one in ("0.0.0.0", "::"))  # noqa: S104  (it listens at every address)


def _health(provider: Provider) -> dict[str, Any]:
    return {
        "status": "ok",
        "scenario": provider.fixture.id,
        "provenance": provider.fixture.provenance.source,
        **({"fault": provider.fault} if provider.fault else {}),
    }


def _receive(provider: Provider, request: Request) -> Response:
    try:
        given = parse_json(request.body, mend=False)
    except Unreadable as error:
        return json_response(400, {"error": 400, "message": f"{error}: {_TAKES}"})
    words = {name: given.get(name, "") for name in _CAME}
    odd = given.keys() - words.keys() or not all(map(_is_text, words.values()))
    if odd or not words["sender"] or not words["text"]:
        return json_response(400, {"error": 400, "message": _TAKES})
    provider.receive(**words)
    return json_response(200, {"status": "ok"})


def _is_text(word: object) -> bool:
    return isinstance(word, str) and not UNSENDABLE.search(word)
