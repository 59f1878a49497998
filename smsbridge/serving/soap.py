"""SOAP, provider's side: reads calls of the WSDL's operations, writes answers and faults."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape, unescape

from smsbridge.codecs.rest import parse_form
from smsbridge.codecs.soap.codec import Soap, move_host, served_address
from smsbridge.codecs.soap.envelope import (
    CONTENT_TYPES,
    SOAP11,
    SOAP12,
    MustUnderstand,
    read_envelope,
    sendable,
)
from smsbridge.codecs.soap.model import SUBTYPE, BadWSDL, XSDType
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.codecs.soap.xsd_types import SIMPLE, TEXTUAL
from smsbridge.errors import Reason
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Note, SoapFault, Unreadable
from smsbridge.mapping.path import nest
from smsbridge.serving.answers import merge
from smsbridge.serving.codec import Call, DeclaredField, ProviderCodec, provider_codec

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port
    from smsbridge.http.address import Site

BY_ACTION = "dispatched by SOAPAction"
"""The leniency of a call whose Body element matches no operation."""

UNFIT = "a request that doesn't fit the schema"
"""The leniency of a call that the schema of its WSDL refuses."""

_HEAD = 16 * 1024
_ENVELOPE = re.compile(rb"<(?:([\w.-]+):)?Envelope\b[^<>]*")
_LOCATION = re.compile(
    rb"((<(?:[\w.-]+:)?address\s[^<>]*?)?\b(?:schemaL|l)ocation\s*=\s*[\"'])([^\"'<]*)"
)


class NoSuchOperation(Unreadable):
    """A call of an operation that isn't in the port."""


@dataclass(frozen=True)
class ProviderSoap(ProviderCodec):
    """Serves the operations of one port; its WSDL is read once, on first use.

    ``path``: the path of WSDL and calls, if not the service's own. ``is_strict``: it refuses a
    request that doesn't fit the schema.
    """

    needs_wsdl = True

    codec: Soap
    site: Site
    path: str = ""
    is_strict: bool = True

    @cached_property
    def port(self) -> Port:
        """The port; raises `ConfigError` if the WSDL can't be read."""
        return self.codec.read_port(self.site)

    def read(self, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call of an operation, by the local name in the Body or else by SOAPAction."""
        if request.method != "POST":
            return None
        port = self.port
        if not self._is_here(request, port):
            return None
        kind = request.header("content-type")
        envelope = read_envelope(request.body, REQUEST, kind, note, empty=True)
        asked = port.by_child(str(envelope.child.tag))
        if not asked:
            asked = port.by_action(_action(request))
            if not asked:
                why = port.troubles().get(split(envelope.child)[1])
                raise NoSuchOperation(why or "it doesn't call an operation of this service")
            note(BY_ACTION)
        if asked not in names:
            return None
        try:
            if refusal := port.refusal(asked, "input", envelope):
                if self.is_strict:
                    raise Unreadable(refusal)
                note(UNFIT)
            return Call(name=asked, fields=port.read(asked, "input", envelope, note))
        except BadWSDL as error:
            raise Unreadable(str(error)) from None

    def at_path(self, path: str) -> ProviderSoap:
        """Return a codec that serves the port at another path."""
        return replace(self, path=path)

    def without_schema(self) -> ProviderSoap:
        """Return a codec that only notes it if the schema refuses a request."""
        return replace(self, is_strict=False)

    def _is_here(self, request: Request, port: Port) -> bool:
        if self.path:
            return (request.prefix + request.path).rstrip("/") == self.path
        return (request.path or "/") == urlsplit(served_address(self.site, port)).path

    def paths(self, _names: tuple[str, ...]) -> Collection[str]:
        """Return the path of the port, and that of its published WSDL."""
        port = "/" if self.path else urlsplit(served_address(self.site, self.port)).path
        return [port, *([self.codec.published] if self.codec.published else ())]

    def known_calls(self) -> tuple[str, ...]:
        """Return the operations of the port."""
        return tuple(self.port.operations)

    def declared_fields(self, name: str) -> Mapping[str, DeclaredField]:
        """Return a call's simple parts, by path; of an array, that of the array."""
        return {
            one.path: DeclaredField(
                default=one.part.fixed or one.part.default or "",
                is_text=_is_text(one.type.item or one.type),
            )
            for one in self.port.content(name, "input").paths()
            if (one.type.item or one.type).simple and one.part.name != SUBTYPE
        }

    def call_by_head(self, request: Request) -> str:
        """Return the operation that a request's action names, or empty."""
        return self.port.by_action(_action(request))

    def write(self, request: Request, name: str, result: Mapping[str, Any] | str) -> Response:
        """Return an answer or `SoapFault` in the request's version; text becomes its first part."""
        version = _version(request)
        port = self.port
        if isinstance(result, SoapFault):
            fault = {"code": "Server", "string": "refused", **sendable(result["fault"])}
            words = fault.get("detail")
            detail = port.detail(name, words, version) if words else ""
            return _fault_response(
                version, write_fault(version, fault["code"], fault["string"], detail)
            )
        if self.codec.inner and not isinstance(result, str):
            outer = sample(port.content(name, "output").body.type)
            result = merge(outer, nest({self.codec.inner.path: self.codec.inner.write(result)}))
        if isinstance(result, str):
            result = {port.content(name, "output").body.type.parts[0].name: result}
        body = port.write(name, "output", sendable(result), version)
        return Response(status=200, headers={"Content-Type": CONTENT_TYPES[version]}, body=body)

    def fault(self, request: Request, code: str, string: str) -> Response:
        """Return a fault in the request's SOAP version, with HTTP 500."""
        version = _version(request)
        return _fault_response(version, write_fault(version, code, string))

    def sample(self, name: str) -> dict[str, Any]:
        """Return words that fit the contract's output, without documents embedded as text."""
        return self.sample_beside(name, {})

    def sample_beside(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a sample that uses the given branch of each choice."""
        if self.codec.inner:
            return {}
        found: dict[str, Any] = sample(self.port.content(name, "output").body.type, given=given)
        return found

    def deny(self, request: Request, reason: Reason) -> Response:
        """Return the fault that refuses a call for a reason."""
        return self.fault(request, "Client", f"refused: {reason}")

    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the fault for an unreadable request."""
        code = "MustUnderstand" if isinstance(why, MustUnderstand) else "Client"
        return self.fault(request, code, str(why))

    def serve_wsdl(self, request: Request, url: str) -> Response | None:
        """Return the published WSDL, or an import of it as ``?document=1``.

        Only addresses are rewritten: ports get the scheme and host of ``url``, and documents the
        URL at which they are served. Each path is below that of ``url``, with the prefix of the
        request's path.
        """
        if request.method != "GET":
            return None
        port = self.port
        address = move_host(served_address(self.site, port), url)
        if self.path:
            address = urlsplit(address)._replace(path=self.path).geturl()
        paths = {self.codec.published, urlsplit(address).path} - {""}
        known = {path.rstrip("/") for path in paths}
        if not self._is_here(request, port) and request.path.rstrip("/") not in known:
            return None
        documents = {str(number): at for number, at in enumerate(port.documents)}
        base = documents.get(parse_form(request.query).get("document", "0"))
        if base is None:
            return None
        base_path = urlsplit(url).path.rstrip("/")
        prefix = base_path if self.path else base_path + request.prefix
        address = _under(prefix, address)
        places = {at: f"{address}?document={number}" for number, at in documents.items()}

        def move(found: re.Match[bytes]) -> bytes:
            given = unescape(found[3].decode(errors="replace"))
            if given == port.address:
                place: str | None = address
            elif found[2]:  # another port's address
                place = _under(prefix, move_host(given, url))
            else:
                place = places.get(urljoin(base, given))
            return found[0] if place is None else found[1] + escape(place).encode()

        body = _LOCATION.sub(move, port.documents[base])
        return Response(status=200, headers={"Content-Type": CONTENT_TYPES[SOAP11]}, body=body)


def _is_text(kind: XSDType) -> bool:
    return not SIMPLE.get(kind.base, TEXTUAL).form


def _under(prefix: str, address: str) -> str:
    """Return an address whose path begins with a prefix."""
    parts = urlsplit(address)
    return parts._replace(path=prefix + (parts.path or "/")).geturl() if prefix else address


def write_fault(version: str, code: str, string: str, detail: str = "") -> bytes:
    """Return a fault's envelope. ``code`` in SOAP 1.1's terms: Client, Server, and so on.

    ``detail`` is that element as XML, see `detail_tag`.
    """
    said = escape(sendable(string))
    if version == SOAP11:
        inner = f"<faultcode>SOAP-ENV:{code}</faultcode><faultstring>{said}</faultstring>"
    else:
        code = {"Client": "Sender", "Server": "Receiver"}.get(code, code)
        inner = (
            f"<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:{code}</SOAP-ENV:Value></SOAP-ENV:Code>"
            f'<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">{said}</SOAP-ENV:Text>'
            "</SOAP-ENV:Reason>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{version}"><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"{inner}{detail}</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def _version(request: Request) -> str:
    """Return the version of an envelope: by its label, or else by its own namespace."""
    if "soap+xml" in request.header("content-type").lower():
        return SOAP12
    found = _ENVELOPE.search(request.body, 0, _HEAD)
    name = rb"\sxmlns" + (b":" + found[1] if found and found[1] else b"")
    own = found and re.search(name + rb"\s*=\s*[\"']\s*([^\"']*)", found[0])
    return SOAP12 if own and own[1].strip() == SOAP12.encode() else SOAP11


def _action(request: Request) -> str:
    in_type = re.search(r'\baction="?([^";]*)', request.header("content-type"))
    return in_type[1] if in_type else request.header("soapaction").strip('"')


def _fault_response(version: str, body: bytes) -> Response:
    return Response(status=500, headers={"Content-Type": CONTENT_TYPES[version]}, body=body)


provider_codec.register(Soap, ProviderSoap)
