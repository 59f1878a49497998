"""Answers of HTTP that a fault makes: built for the protocol that was asked over."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import JSON, Rest, json_response, parse_json
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.model import BadContract
from smsbridge.errors import Reason
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import at, steps
from smsbridge.mapping.sample_answers import Asked
from smsbridge.mapping.words import When
from smsbridge.testing.faults.outcomes import Place
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.request import Heard

_HTML = "text/html; charset=utf-8"
_WITHOUT_BODY = (204, 304)
_OK = 200
_BOMB_BYTES = 20 * 1024 * 1024
_REASONS = (Reason.ACCOUNT, Reason.QUOTA, Reason.CONTENT, Reason.RECIPIENT, Reason.OTHER)
_UNHEARD_OF = "e-4711"
_BODY = re.compile(rb"(<(?:[\w.-]+:)?Body\b[^>]*>)(.*)(</(?:[\w.-]+:)?Body>)", re.DOTALL)
_CHILD = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_OPERATION = re.compile(rb"(<(?:[\w.-]+:)?operation\s[^>]*?\bname=[\"'])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A call that sends: what was asked, what would have been answered, and when."""

    asked: Asked
    table: Operation | Question
    good: Response
    now: datetime
    address: str

    def status(self, status: int, **headers: str) -> Response:
        """Return an answer that is a status and a word of it."""
        if status in _WITHOUT_BODY:
            return Response(status=status)
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        word = responses.get(status, "")
        return json_response(status, {"error": status, "message": word}, named)


_NO_TABLE = Operation("POST /", {}, When({"result": "*"}))


def spot(
    backend: Backend, request: Request, heard: Heard | None, good: Response, now: datetime
) -> Spot:
    """Return what a fault is done to; of a request that calls nothing known it is a JSON answer."""
    site = backend.site()
    asked = Asked(Rest(), site, request, _NO_TABLE.call)
    if heard is not None:
        asked = Asked(heard.protocol.codec, site, request, heard.call.name)
    table = heard.table if heard else _NO_TABLE
    here = f"{urlsplit(request.url).scheme}://{urlsplit(request.url).netloc}"
    return Spot(asked=asked, table=table, good=good, now=now, address=here)


def spoilt(fault: Fault, spot: Spot) -> Response:
    """Return the answer that a fault gives in place of the good one."""
    return _ANSWERS[fault.name](spot, fault.way)


def _status(spot: Spot, way: str) -> Response:
    return spot.status(int(way))


def _unauthorized(spot: Spot, _way: str) -> Response:
    return spot.status(401)


def _redirect(spot: Spot, way: str) -> Response:
    return spot.status(int(way), location=f"{spot.address}/elsewhere")


def _busy(spot: Spot, way: str, status: int) -> Response:
    then = format_datetime(spot.now + timedelta(seconds=900), usegmt=True)
    waits = {"seconds": "7", "date": then, "far": "999999"}
    return spot.status(status, **({"retry_after": waits[way]} if way in waits else {}))


def _bad_gzip(spot: Spot, _way: str) -> Response:
    return _encoded(spot.good, b"this is not gzip")


def _gzip_bomb(spot: Spot, _way: str) -> Response:
    return _encoded(spot.good, _bomb())


def _encoded(good: Response, body: bytes) -> Response:
    return replace(good, headers={**good.headers, "Content-Encoding": "gzip"}, body=body)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * _BOMB_BYTES)


def _bad_json(spot: Spot, way: str) -> Response:
    if way == "shape":
        return _written(spot, {"unheard-of": []})
    codec = spot.asked.codec
    if isinstance(codec, Soap) and codec.json_part:
        return replace(spot.good, body=spot.good.body.replace(b"{", b"{{"))
    return replace(spot.good, body=spot.good.body[: len(spot.good.body) // 2])


def _written(spot: Spot, words: Mapping[str, Any]) -> Response:
    asked = spot.asked
    try:
        return asked.codec.write(asked.site, asked.request, asked.call, words)
    except BadContract:
        return _emptied(spot.good)


def _html(_spot: Spot, _way: str) -> Response:
    page = b"<!DOCTYPE html><title>Welcome</title><p>Please sign in.</p>"
    return Response(status=200, headers={"Content-Type": _HTML}, body=page)


def _provider_error(spot: Spot, way: str) -> Response:
    rejected = spot.table.rejected
    path = next((path for path, words in rejected.items() if "*" in words), None)
    if way == "unheard-of" and path:
        return spot.asked.answer({path: _UNHEARD_OF})
    return spot.asked.refusal(rejected, _REASONS)


def _bad_soap(spot: Spot, way: str) -> Response:
    good = spot.good
    if way == "empty":
        return _emptied(good)
    if way == "foreign" and (body := _BODY.search(good.body)) and (child := _CHILD.search(body[2])):
        return replace(good, body=good.body.replace(child[1], b"other" + child[1]))
    if way == "doctype":
        start = good.body.find(b"?>") + 2 if good.body.startswith(b"<?") else 0
        whole = good.body[:start] + b"<!DOCTYPE x>" + good.body[start:]
        return replace(good, body=whole)
    return replace(good, body=good.body[: len(good.body) // 2])


def _emptied(good: Response) -> Response:
    return replace(good, body=_BODY.sub(rb"\1\3", good.body))


def _fault_client(spot: Spot, way: str) -> Response:
    codes = {"version-mismatch": "VersionMismatch", "must-understand": "MustUnderstand"}
    return spot.asked.codec.fault(spot.asked.request, codes.get(way, "Client"), "refused")


def _fault_server(spot: Spot, way: str) -> Response:
    if way == "bare":
        return spot.status(500)
    return spot.asked.codec.fault(spot.asked.request, "Server", "the database is away")


def _odd_success(spot: Spot, way: str) -> Response:
    if way == "202":
        return replace(spot.good, status=202)
    asked, accepted = spot.asked, spot.table.taken
    try:
        words = asked.codec.decode(asked.site, Session(), asked.call, spot.good)
    except Unreadable:
        return spot.good
    changed = json.loads(json.dumps(words))
    if way == "text":
        for path in accepted.match:
            _change(changed, path, str)
    elif accepted.id and accepted.id not in accepted.match:
        _change(changed, accepted.id, None)
    return _written(spot, changed)


def _change(words: Any, path: str, made: Callable[[Any], Any] | None) -> None:
    """Change what stands at a path, or leave it out."""
    *before, last = steps(path)
    place = at(words, ".".join(map(str, before))) if before else words
    if isinstance(place, dict) and last in place:
        if made is None:
            del place[last]
        else:
            place[last] = made(place[last])


_ANSWERS: Mapping[str, Callable[[Spot, str], Response]] = {
    "bad-gzip": _bad_gzip,
    "gzip-bomb": _gzip_bomb,
    "redirect-keep": _redirect,
    "redirect-see-other": _redirect,
    "refusals": _status,
    "unauthorized": _unauthorized,
    "try-again": _status,
    "too-many": lambda spot, way: _busy(spot, way, 429),
    "unavailable": lambda spot, way: _busy(spot, way, 503),
    "server-error": _status,
    "bad-json": _bad_json,
    "html": _html,
    "provider-error": _provider_error,
    "bad-soap": _bad_soap,
    "fault-client": _fault_client,
    "fault-server": _fault_server,
    "odd-success": _odd_success,
    "other-status": _status,
}


def spoilt_token(fault: Fault, good: Response) -> Response | Fault:
    """Return what a fault makes of the answer to a token call; a refusal stays."""
    if good.status != _OK:
        return good
    match fault.name:
        case "token-race":
            return replace(fault, answer=good)
        case "token-refused":
            status = 401 if fault.way == "invalid-client" else 400
            return json_response(status, {"error": fault.way.replace("-", "_")})
        case "token-down":
            return _TOKEN_DOWN[fault.way]
        case "odd-expiry":
            words = {**parse_json(good.body), "expires_in": _EXPIRIES.get(fault.way)}
            if fault.way == "missing":
                del words["expires_in"]
            return json_response(200, words)
    return good


_EXPIRIES: Mapping[str, Any] = {"zero": 0, "negative": -1, "word": "soon", "huge": 10**400}
_TOKEN_DOWN: Mapping[str, Response | Fault] = {
    "500": json_response(500, {"error": "server_error"}),
    "503": json_response(503, {"error": "temporarily_unavailable"}, {"Retry-After": "7"}),
    "429": json_response(429, {"error": "slow_down"}),
    "302": Response(status=302, headers={"Location": "/elsewhere"}),
    "html": Response(status=200, headers={"Content-Type": _HTML}, body=b"<p>Please sign in.</p>"),
    "empty": Response(status=200, headers={"Content-Type": JSON}, body=b"{}"),
    "reset": Fault("reset-after-request"),
    "silence": Fault("silence"),
}


def spoilt_wsdl(fault: Fault, good: Response) -> Response:
    """Return what a fault makes of the WSDL: gone, a page, or one with other operations."""
    if fault.entry.place is not Place.WSDL:
        return good
    match fault.way:
        case "gone":
            return json_response(404, {"error": 404, "message": "Not found"})
        case "page":
            return Response(status=200, headers={"Content-Type": _HTML}, body=b"<p>Moved</p>")
    return replace(good, body=_OPERATION.sub(rb"\1other", good.body))
