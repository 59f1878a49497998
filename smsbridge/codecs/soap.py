"""SOAP: an envelope out, an envelope back, each as the WSDL says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from smsbridge.codecs import Call, Note, SoapFault, Unreadable, nested
from smsbridge.codecs.envelope import (
    CONTENT_TYPES,
    SOAP11,
    SOAP12,
    MustUnderstand,
    read_envelope,
    sendable,
    unsendable,
    write_fault,
)
from smsbridge.codecs.rest import parse_json
from smsbridge.codecs.values import split
from smsbridge.codecs.wsdl import BadContract, Contract, bundled, load_contract
from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.exchange import Broken, Exchange, Left, Request, Response
from smsbridge.xml import ANSWER, REQUEST

if TYPE_CHECKING:
    from smsbridge.exchange import Session
    from smsbridge.site import Site

_KEPT = "wsdl"
_HEAD = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Soap:
    """A table calls an operation of the WSDL.

    ``wsdl``: where it ships, ``package:file``; the config may name another.
    ``json_part``: the part of every answer whose text is a JSON object, which then is the answer.
    ``published``: the path where the provider serves its WSDL.
    """

    wsdl: str
    json_part: str = ""
    published: str = ""

    def encode(
        self, site: Site, session: Session, name: str, fields: Mapping[str, str]
    ) -> Exchange[Request]:
        """Return the request for an operation. A WSDL that is a URL is fetched once, before it."""
        for path, value in fields.items():
            if bad := unsendable(value):
                raise InvalidMessage(
                    f"{path} has U+{ord(bad[0]):04X} at position {bad.start()}: "
                    "XML can't carry it, so SOAP can't"
                )
        contract = yield from self._contract(site, session)
        try:
            body = contract.write(name, "input", nested(fields))
            action = contract.action(name)
            url = site.checked(endpoint(site, contract))
        except (ValueError, ConfigError) as error:
            why = f"wsdl: {_without(fields.values(), str(error))}"
            if _is_url(site.wsdl):  # it was fetched: that was I/O, so it is no error of the config
                raise Broken(Left.NOTHING, why, retry=False) from None
            raise ConfigError(why) from None
        kind = CONTENT_TYPES[contract.version]
        headers = {"Content-Type": kind, "SOAPAction": f'"{action}"'}
        if contract.version == SOAP12:
            headers = {"Content-Type": f'{kind}; action="{action}"'}
        return Request(method="POST", url=url, headers=headers, body=body)

    def decode(
        self, site: Site, session: Session, name: str, response: Response
    ) -> Mapping[str, Any]:
        """Return the parts of an answer, or its fault."""
        envelope = read_envelope(response.body, ANSWER, response.header("content-type"))
        if not envelope.alone:
            raise Unreadable("the Body holds more than the answer")
        if fault := envelope.fault:
            return SoapFault(fault=fault)
        answer = self.contract(site, session).read(name, "output", envelope)
        if not self.json_part:
            return answer
        try:
            return parse_json(str(answer.get(self.json_part)))
        except Unreadable as error:
            raise Unreadable(f"in the part {self.json_part} {error}") from None

    def read(self, site: Site, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call of an operation, by the local name in the Body or else by SOAPAction."""
        contract = self.contract(site)
        if request.method != "POST" or request.path != urlsplit(contract.address).path:
            return None
        kind = request.header("content-type")
        envelope = read_envelope(request.body, REQUEST, kind, note)
        asked = split(envelope.child)[1]
        if asked not in names:
            asked = contract.by_action(_action(request))
            if asked not in names:
                raise Unreadable("it calls no operation that is served here")
            note("dispatched by SOAPAction")
        try:
            return Call(name=asked, fields=contract.read(asked, "input", envelope, note))
        except BadContract as error:
            raise Unreadable(str(error)) from None

    def write(
        self, site: Site, request: Request, name: str, result: Mapping[str, Any] | str
    ) -> Response:
        """Return an answer in the version asked; text is that of the answer's first part."""
        version = _version(request)
        contract = self.contract(site)
        if self.json_part and not isinstance(result, str):
            result = {self.json_part: json.dumps(result, ensure_ascii=False)}
        parts = {contract.first_part(name, "output"): result} if isinstance(result, str) else result
        body = contract.write(name, "output", sendable(parts), version)
        return Response(status=200, headers={"Content-Type": CONTENT_TYPES[version]}, body=body)

    def fault(self, request: Request, code: str, string: str) -> Response:
        """Return a fault in the version asked, with HTTP 500."""
        version = _version(request)
        body = write_fault(version, code, string)
        return Response(status=500, headers={"Content-Type": CONTENT_TYPES[version]}, body=body)

    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the fault for a request that could not be read."""
        code = "MustUnderstand" if isinstance(why, MustUnderstand) else "Client"
        return self.fault(request, code, str(why))

    def serve_wsdl(self, site: Site, request: Request, url: str) -> Response | None:
        """Return the WSDL as published, only its address rewritten to ``url``'s scheme and host."""
        contract = self.contract(site)
        served = {self.published, urlsplit(contract.address).path} - {""}
        asked = request.path.rstrip("/")
        if request.method != "GET" or asked not in {path.rstrip("/") for path in served}:
            return None
        published, moved_to = (
            escape(address).encode() for address in (contract.address, moved(contract.address, url))
        )
        location = rb"(\blocation\s*=\s*[\"'])" + re.escape(published)
        body = re.sub(location, lambda found: found[1] + moved_to, self._source(site)[0])
        return Response(status=200, headers={"Content-Type": CONTENT_TYPES[SOAP11]}, body=body)

    def contract(self, site: Site, session: Session | None = None) -> Contract:
        """Return the contract that a session keeps, or that of the file."""
        if session and _KEPT in session.kept:
            return session.kept[_KEPT]  # type: ignore[no-any-return]  # a session keeps anything
        document, folder = self._source(site)
        try:
            return load_contract(document, folder, site.wsdl_sha256)
        except BadContract as error:
            raise ConfigError(f"wsdl: {error}") from None

    def _source(self, site: Site) -> tuple[bytes, Path | None]:
        if not site.wsdl:
            return bundled(self.wsdl)
        path = Path(site.wsdl)
        try:
            return path.read_bytes(), path.parent
        except OSError as error:
            raise ConfigError(f"wsdl: can't read {path.name}: {error.strerror}") from None

    def _contract(self, site: Site, session: Session) -> Exchange[Contract]:
        """Return the contract, loaded or fetched once in a session."""
        share = session.share(_KEPT)
        if _KEPT not in session.kept:
            if not _is_url(site.wsdl):
                session.kept[_KEPT] = self.contract(site)
            else:
                try:
                    response = yield Request(method="GET", url=site.checked(site.wsdl), share=share)
                    session.kept[_KEPT] = _loaded(response, site)
                except Broken as broken:
                    why = f"the WSDL could not be fetched: {broken.why}"
                    raise Broken(Left.NOTHING, why, retry=broken.retry) from None
                finally:
                    session.turn(share)
        return self.contract(site, session)


def _without(values: Iterable[str], text: str) -> str:
    """Return a text of zeep's without the values of a message, which it may quote."""
    for value in values:
        text = text.replace(value, "•••") if value else text
    return text


def _is_url(wsdl: str) -> bool:
    return wsdl.startswith(("http://", "https://"))


def _version(request: Request) -> str:
    by_type = "soap+xml" in request.header("content-type").lower()
    return SOAP12 if by_type or SOAP12.encode() in request.body[:_HEAD] else SOAP11


def _action(request: Request) -> str:
    in_type = re.search(r'\baction="?([^";]*)', request.header("content-type"))
    return in_type[1] if in_type else request.header("soapaction").strip('"')


def endpoint(site: Site, contract: Contract) -> str:
    """Return the address to call: the WSDL's, on the host of the config if it names one."""
    return moved(contract.address, site.host) if site.host else contract.address


def moved(address: str, host: str) -> str:
    """Return an address with the scheme and host of another URL."""
    parts = urlsplit(host)
    return urlsplit(address)._replace(scheme=parts.scheme, netloc=parts.netloc).geturl()


def _loaded(response: Response, site: Site) -> Contract:
    if response.status != 200:  # noqa: PLR2004  (HTTP's OK)
        raise Broken(Left.NOTHING, f"HTTP {response.status}")
    try:
        return load_contract(response.body, None, site.wsdl_sha256)
    except BadContract as error:
        raise Broken(Left.NOTHING, str(error), retry=False) from None
