"""HTTP answers that faults make, for the protocol of the request."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

from smsbridge.backends.base import Backend
from smsbridge.codecs.answer_format import parse_json
from smsbridge.codecs.rest import JSON, Rest
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import Reason
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Codec, Unreadable, Unwritable
from smsbridge.mapping.filters import text
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import at, steps
from smsbridge.mapping.rows import rows_in
from smsbridge.mapping.words import When
from smsbridge.serving.answers import AnswerWriter
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.rest import ProviderRest, json_response
from smsbridge.testing.faults.table import Fault, Place

_HTML = "text/html; charset=utf-8"
_WITHOUT_BODY = (204, 304)
_OK = 200
_BOMB_BYTES = 20 * 1024 * 1024
_REASONS = (Reason.ACCOUNT, Reason.QUOTA, Reason.CONTENT, Reason.RECIPIENT, Reason.OTHER)
_UNHEARD_OF = ("e-4711", "4711", "4712")
_BODY = re.compile(rb"(<(?:[\w.-]+:)?Body\b[^>]*>)(.*)(</(?:[\w.-]+:)?Body>)", re.DOTALL)
_CHILD = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_OPERATION = re.compile(rb"(<(?:[\w.-]+:)?operation\s[^>]*?\bname=[\"'])")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultContext:
    """A call that sends: what was asked, what would have been answered, and when."""

    writer: AnswerWriter
    codec: Codec
    site: Site
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


_CLOSED = ("json", "xml")  # formats of which a half can't be a whole
_NO_TABLE = Operation("POST /", {}, When({"result": "*"}))


def fault_context(
    backend: Backend, request: Request, call: ReceivedCall | None, good: Response, now: datetime
) -> FaultContext:
    """Return what a fault is done to; for an unknown call, a JSON answer."""
    site = backend.site()
    table = call.table if call else _NO_TABLE
    codec = call.protocol.table.codec_of(call.table) if call else Rest()
    served = call.protocol.codec if call else ProviderRest(Rest(), site)
    here = f"{urlsplit(request.url).scheme}://{urlsplit(request.url).netloc}"
    return FaultContext(
        writer=AnswerWriter(served, request, table.call),
        codec=codec,
        site=site,
        table=table,
        good=good,
        now=now,
        address=here,
    )


def faulty_response(fault: Fault, context: FaultContext) -> Response:
    """Return the answer that a fault gives in place of the good one."""
    return _ANSWERS[fault.name](context, fault.way)


def _status(context: FaultContext, way: str) -> Response:
    return context.status(int(way))


def _status_401(context: FaultContext, _way: str) -> Response:
    return context.status(401)


def _redirect(context: FaultContext, way: str) -> Response:
    return context.status(int(way), location=f"{context.address}/elsewhere")


def _busy(context: FaultContext, way: str, status: int) -> Response:
    then = format_datetime(context.now + timedelta(seconds=900), usegmt=True)
    waits = {"seconds": "7", "date": then, "far": "999999"}
    return context.status(status, **({"retry_after": waits[way]} if way in waits else {}))


def _bad_gzip(context: FaultContext, _way: str) -> Response:
    return _with_encoding(context.good, b"this is not gzip")


def _gzip_bomb(context: FaultContext, _way: str) -> Response:
    return _with_encoding(context.good, _bomb())


def _with_encoding(good: Response, body: bytes) -> Response:
    return replace(good, headers={**good.headers, "Content-Encoding": "gzip"}, body=body)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * _BOMB_BYTES)


def _bad_json(context: FaultContext, way: str) -> Response:
    if way == "shape":
        return _write(context, {"unheard-of": []})
    codec = context.codec
    if isinstance(codec, Soap) and codec.json_part:
        return replace(context.good, body=context.good.body.replace(b"{", b"{{"))
    if isinstance(codec, Rest) and codec.answer not in _CLOSED:
        return _without_body(context)  # half of a text may be another text
    return replace(context.good, body=context.good.body[: len(context.good.body) // 2])


def _write(context: FaultContext, words: Mapping[str, Any]) -> Response:
    writer = context.writer
    try:
        return writer.codec.write(writer.request, writer.call, words)
    except Unwritable:
        return _without_body(context)


def _without_body(context: FaultContext) -> Response:
    if isinstance(context.codec, Rest):
        return replace(context.good, body=b"")
    return _empty_body(context.good)


def _html(_context: FaultContext, _way: str) -> Response:
    page = b"<!DOCTYPE html><title>Welcome</title><p>Please sign in.</p>"
    return Response(status=200, headers={"Content-Type": _HTML}, body=page)


def _provider_error(context: FaultContext, way: str) -> Response:
    rejected = context.table.rejected
    path = next((path for path, words in rejected.items() if "*" in words), None)
    if path and way == "unheard-of":
        for word in (one for one in _UNHEARD_OF if one not in rejected[path]):
            with suppress(Unwritable):  # the contract may want a number there
                return context.writer.answer({path: word})
    return context.writer.refusal(rejected, _REASONS)


def _bad_soap(context: FaultContext, way: str) -> Response:
    good = context.good
    if way == "empty":
        return _empty_body(good)
    if way == "foreign" and (body := _BODY.search(good.body)) and (child := _CHILD.search(body[2])):
        return replace(good, body=good.body.replace(child[1], b"other" + child[1]))
    if way == "doctype":
        start = good.body.find(b"?>") + 2 if good.body.startswith(b"<?") else 0
        whole = good.body[:start] + b"<!DOCTYPE x>" + good.body[start:]
        return replace(good, body=whole)
    return replace(good, body=good.body[: len(good.body) // 2])


def _empty_body(good: Response) -> Response:
    return replace(good, body=_BODY.sub(rb"\1\3", good.body))


def _fault_client(context: FaultContext, way: str) -> Response:
    codes = {"version-mismatch": "VersionMismatch", "must-understand": "MustUnderstand"}
    return context.writer.codec.fault(context.writer.request, codes.get(way, "Client"), "refused")


def _fault_server(context: FaultContext, way: str) -> Response:
    if way == "bare":
        return context.status(500)
    return context.writer.codec.fault(context.writer.request, "Server", "the database is away")


def _odd_success(context: FaultContext, way: str) -> Response:
    if way == "202":
        return replace(context.good, status=202)
    accepted = context.table.taken
    try:
        words = context.codec.decode(context.site, Session(), context.table.call, context.good)
    except Unreadable:
        return context.good
    changed = json.loads(json.dumps(words))
    table = context.table
    several = isinstance(table, Operation) and table.rows
    for place in rows_in(table, changed) if several else [changed]:
        if way == "text":
            for path in accepted.match:
                _change(place, path, text)
        elif accepted.id and accepted.id not in accepted.match:
            _change(place, accepted.id, None)
    return _write(context, changed)


def _change(words: Any, path: str, made: Callable[[Any], Any] | None) -> None:
    """Change the value at a path, or remove it."""
    *before, last = steps(path)
    way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in before)
    place = at(words, way.removeprefix(".")) if before else words
    if isinstance(place, dict) and last in place:
        if made is None:
            del place[last]
        else:
            place[last] = made(place[last])


_ANSWERS: Mapping[str, Callable[[FaultContext, str], Response]] = {
    "bad-gzip": _bad_gzip,
    "gzip-bomb": _gzip_bomb,
    "redirect-keep": _redirect,
    "redirect-see-other": _redirect,
    "refusals": _status,
    "unauthorized": _status_401,
    "try-again": _status,
    "too-many": lambda context, way: _busy(context, way, 429),
    "unavailable": lambda context, way: _busy(context, way, 503),
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


def faulty_token_response(fault: Fault, good: Response) -> Response | Fault:
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
            with suppress(Unreadable):  # a login over SOAP says its lifetime in its own way
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


def faulty_wsdl(fault: Fault, good: Response) -> Response:
    """Return what a fault makes of the WSDL: gone, a page, or one with other operations."""
    if fault.entry.place is not Place.WSDL:
        return good
    match fault.way:
        case "gone":
            return json_response(404, {"error": 404, "message": "Not found"})
        case "page":
            return Response(status=200, headers={"Content-Type": _HTML}, body=b"<p>Moved</p>")
    return replace(good, body=_OPERATION.sub(rb"\1other", good.body))
