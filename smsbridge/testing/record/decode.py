"""What was recorded, decoded as the format of fixtures has it: by its labels, a table or a WSDL."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import FORM, JSON
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import SoapFault, Unreadable
from smsbridge.serving.call import ReceivedCall, read_call, read_wsdl_call
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.record.addresses import Move
from smsbridge.testing.record.exchanges import RecordedExchange
from smsbridge.testing.record.field_names import is_secret_header
from smsbridge.text.json_document import BadJSON, read_json

_ANSWER_HEADERS = ("content-type", "retry-after", "location", "www-authenticate", "allow")
_REQUEST_HEADERS = ("authorization",)
_OWN_HEADERS = frozenset(("cookie", "proxy-authorization"))
_SOAP_MARK = b"Envelope"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedExchange:
    """An exchange as ``request`` and ``response`` of an interaction; nothing is redacted yet.

    ``call``: what a table makes of the request. ``operation``: the name of what was called.
    ``is_token_call``: its answer has what later requests carry. ``notes``: what can't be shown.
    """

    source: RecordedExchange = field(repr=False)
    request: Mapping[str, Any] = field(repr=False)
    response: Mapping[str, Any] = field(repr=False)
    operation: str
    call: ReceivedCall | None = field(default=None, repr=False)
    is_token_call: bool = False
    notes: tuple[str, ...] = ()


class Decoder:
    """Decodes exchanges for one backend, which may have no tables."""

    def __init__(self, backend: Backend, move: Move) -> None:
        """``backend``: with its WSDL as a file, if it has one. ``move``: where the provider is."""
        self.backend = backend
        self._move = move
        self._protocols = provider_protocols(backend)
        self._kept_headers = {
            name.lower()
            for one in self._protocols
            for table in one.table.operations().values()
            for name in table.headers
        } - {"content-type"}

    def over(self, backend: Backend) -> Decoder:
        """Return one for the same provider that decodes by another backend."""
        return Decoder(backend, self._move)

    def decode(self, source: RecordedExchange) -> DecodedExchange:
        """Return an exchange as the format has it."""
        request = source.request
        notes: list[str] = []
        call = self._call(request)
        spoken = self._wsdl_call(request, call)
        asked: dict[str, Any] = {"method": request.method, "path": request.path}
        if query := _pairs(request.query, notes):
            asked["query"] = query
        if headers := self._request_headers(request):
            asked["headers"] = headers
        if spoken:
            asked["soap"] = {"operation": spoken.table.call, "args": dict(spoken.given)}
        else:
            asked |= _request_body(request, notes)
        operation = call.operation if call else spoken.table.call if spoken else _route(request)
        return DecodedExchange(
            source=source,
            request=asked,
            response=self._response(source, spoken, notes),
            operation=operation,
            call=call,
            is_token_call=call is None and spoken is None and self._is_token_call(request),
            notes=tuple(notes),
        )

    def _call(self, request: Request) -> ReceivedCall | None:
        try:
            found = read_call(self.backend, self._protocols, request, (), _ignore)
        except (ConfigError, ValueError):
            return None
        return found if isinstance(found, ReceivedCall) else None

    def _wsdl_call(self, request: Request, call: ReceivedCall | None) -> ReceivedCall | None:
        """Return the operation of a WSDL that a request calls, of a table's or another."""
        if call is not None:
            return call if isinstance(call.protocol.codec, ProviderSoap) else None
        if _SOAP_MARK not in request.body:
            return None
        try:
            return read_wsdl_call(self._protocols, request)
        except ConfigError:
            return None

    def _is_token_call(self, request: Request) -> bool:
        given, site = self.backend.credentials(), self.backend.site()
        for one in self._protocols:
            if one.auth.answer(request, given, site, lambda name: name):
                return True
        return b"grant_type=" in request.body

    def _request_headers(self, request: Request) -> dict[str, str]:
        return {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower() in _REQUEST_HEADERS
            or name.lower() in self._kept_headers
            or (is_secret_header(name) and name.lower() not in _OWN_HEADERS)
        }

    def _response(
        self, source: RecordedExchange, spoken: ReceivedCall | None, notes: list[str]
    ) -> dict[str, Any]:
        answer = source.response
        if answer is None:
            return {"fault": source.fault}
        soap = self._soap_answer(answer, spoken, notes)
        if soap is not None:
            usual = 500 if "fault" in soap else 200
            changed = {} if answer.status == usual else {"status": answer.status}
            return {**changed, **self._headers(answer, is_soap=True), "soap": soap}
        body = _answer_body(answer)
        return {"status": answer.status, **self._headers(answer, body=body), **body}

    def _headers(
        self, answer: Response, *, is_soap: bool = False, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        found = {
            name.lower(): value
            for name, value in answer.headers.items()
            if name.lower() in _ANSWER_HEADERS
        }
        kind = found.get("content-type", "").lower().replace(" ", "")
        if is_soap or ("json" in (body or {}) and kind in (JSON, f"{JSON};charset=utf-8")):
            found.pop("content-type", None)
        if not answer.body:
            found.pop("content-type", None)
        if "location" in found:
            found["location"] = self._move.relative(found["location"])
        return {"headers": found} if found else {}

    def _soap_answer(
        self, answer: Response, spoken: ReceivedCall | None, notes: list[str]
    ) -> dict[str, Any] | None:
        if spoken is None or not isinstance(spoken.protocol.table.codec, Soap):
            return None
        codec = spoken.protocol.table.codec
        try:
            found = codec.decode(self.backend.site(), Session(), spoken.table.call, answer)
        except (Unreadable, ConfigError):
            notes.append("the answer is kept as it came: the WSDL does not explain it")
            return None
        if isinstance(found, SoapFault):
            given = {key: word for key, word in found["fault"].items() if word not in (None, {})}
            if not isinstance(given.get("detail", {}), Mapping):
                given["detail"] = {"text": given["detail"]}
            return {"fault": given}
        return {"result": dict(found)}


def _pairs(query: str, notes: list[str]) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    if len(dict(pairs)) < len(pairs):
        notes.append("a field that is given twice is compared by its last value")
    return dict(pairs)


def _request_body(request: Request, notes: list[str]) -> dict[str, Any]:
    body = request.body
    if not body:
        return {}
    kind = request.header("content-type").partition(";")[0].strip().lower()
    try:
        if kind == FORM:
            return {"form": _pairs(body.decode(), notes)}
        if kind == JSON and isinstance(found := read_json(body, mend=False), dict):
            return {"json": found}
    except (UnicodeDecodeError, BadJSON):
        pass
    notes.append(f"the body is kept as it came: it is neither {FORM} nor an object of {JSON}")
    return _raw(body)


def _answer_body(answer: Response) -> dict[str, Any]:
    if not answer.body:
        return {"text": ""}
    kind = answer.header("content-type")
    begins = answer.body.lstrip()[:1]
    if begins in (b"{", b"[") or "json" in kind.lower():
        try:
            found = read_json(answer.body, kind)
            if json.loads(json.dumps(found)) == found:
                return {"json": found}
        except (BadJSON, ValueError):
            pass
    return _raw(answer.body)


def _raw(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    return {"base64": base64.b64encode(body).decode()} if "\0" in text else {"text": text}


def _route(request: Request) -> str:
    """Return the method of a request, and the last step of its path that can't be private."""
    named = [one for one in request.path.split("/") if one and one.isalpha() and one.islower()]
    return f"{request.method} {named[-1]}" if named else request.method


def _ignore(_: str) -> None:
    """Ignore a leniency."""
