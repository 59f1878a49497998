"""SOAP: an envelope out, an envelope back, each as the WSDL says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape, unescape

from smsbridge.codecs.rest import parse_form
from smsbridge.codecs.soap.contract import Contract
from smsbridge.codecs.soap.documents import Source, bundled, same_host
from smsbridge.codecs.soap.envelope import (
    ADDRESSING,
    CONTENT_TYPES,
    SOAP11,
    SOAP12,
    MustUnderstand,
    read_envelope,
    sendable,
    unsendable,
    write_fault,
)
from smsbridge.codecs.soap.fetch import fetched
from smsbridge.codecs.soap.inner import JSON_PART, XML_PART, Inner
from smsbridge.codecs.soap.lock_check import source_of
from smsbridge.codecs.soap.model import BadContract, Misfit, sample
from smsbridge.codecs.soap.wsdl import load_contract
from smsbridge.codecs.soap.xml import ANSWER, REQUEST
from smsbridge.errors import ConfigError, InvalidMessage, Reason
from smsbridge.http.address import ANSWER_KEY
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response
from smsbridge.mapping.codec import Call, Note, SoapFault, Spellings, Unreadable
from smsbridge.mapping.path import nested
from smsbridge.mapping.sample_answers import merged

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

_KEPT = "wsdl"
_HEAD = 1024
_LOCATION = re.compile(
    rb"((<(?:[\w.-]+:)?address\s[^<>]*?)?\b(?:schemaL|l)ocation\s*=\s*[\"'])([^\"'<]*)"
)


class Unserved(Unreadable):
    """A call of an operation that the port doesn't have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soap:
    """A table calls an operation of the WSDL.

    ``wsdl``: where it ships, ``package:file``; the config may name another. ``port``: which of its
    ports, where it has several.
    ``json_part``: the part of every answer whose text is a JSON object, which then is the answer;
    ``xml_part``: the same of XML.
    ``published``: the path where the provider serves its WSDL.
    """

    wsdl: str = ""
    port: str = ""
    json_part: str = ""
    xml_part: str = ""
    published: str = ""

    @property
    def inner(self) -> Inner | None:
        """The part of every answer that holds the answer itself, or None."""
        given = ((JSON_PART, self.json_part), (XML_PART, self.xml_part))
        return next((Inner(key=key, path=path) for key, path in given if path), None)

    def encode(
        self, site: Site, session: Session, name: str, fields: Mapping[str, Any]
    ) -> Exchange[Request]:
        """Return the request for an operation. A WSDL that is a URL is fetched once, before it."""
        for path, value in fields.items():
            if isinstance(value, str) and (bad := unsendable(value)):
                raise InvalidMessage(
                    f"{path} has U+{ord(bad[0]):04X} at position {bad.start()}: "
                    "XML can't carry it, so SOAP can't"
                )
        contract = yield from self.contract_of(site, session)
        try:
            body = contract.request(name, nested(fields))
            action = contract.action(name)
            url = site.checked(endpoint(site, contract))
        except Misfit as error:
            raise InvalidMessage(f"the WSDL does not take it: {error}") from None
        except (ValueError, ConfigError) as error:
            why = f"wsdl: {_without(map(str, fields.values()), str(error))}"
            if is_url(
                site.wsdl
            ):  # it was fetched: that was I/O, so it is not an error of the config
                raise Broken(Left.NOTHING, why, retry=False) from None
            path = error.path if isinstance(error, BadContract) else ""
            raise ConfigError(why, ("fields", path) if path else ()) from None
        kind = CONTENT_TYPES[contract.version]
        headers = {"Content-Type": kind, "SOAPAction": f'"{action}"'}
        if contract.version == SOAP12:
            headers = {"Content-Type": f'{kind}; action="{action}"'}
        most = site.answer_limit
        return Request(
            method="POST", url=url, headers=headers, body=body, most=most, most_key=ANSWER_KEY
        )

    def decode(
        self,
        site: Site,
        session: Session,
        name: str,
        response: Response,
        words: Spellings | None = None,
    ) -> Mapping[str, Any]:
        """Return the parts of an answer, or its fault; words are equal by the contract's types."""
        kind = response.header("content-type")
        if kind.lower().lstrip().startswith("multipart/"):
            raise Unreadable("it has attachments (MTOM), which smsbridge does not speak")
        limits = replace(ANSWER, size=site.answer_limit, elements=site.element_limit)
        envelope = read_envelope(response.body, limits, kind, understood=ADDRESSING)
        if not envelope.alone:
            raise Unreadable("the Body holds more than the answer")
        contract = self.contract(site, session)
        fault = envelope.fault
        try:
            if fault is not None:
                return SoapFault(contract.respell(name, SoapFault(fault=fault), words or {}))
            answer = contract.respell(name, contract.read(name, "output", envelope), words or {})
        except BadContract as error:
            raise Unreadable(str(error)) from None
        return self.inner.read(answer, limits) if self.inner else answer

    def read(self, site: Site, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call of an operation, by the local name in the Body or else by SOAPAction."""
        contract = self.contract(site)
        if request.method != "POST" or request.path != urlsplit(endpoint(site, contract)).path:
            return None
        kind = request.header("content-type")
        envelope = read_envelope(request.body, REQUEST, kind, note)
        asked = contract.by_child(str(envelope.child.tag))
        if not asked:
            asked = contract.by_action(_action(request))
            if not asked:
                raise Unserved("it calls no operation that is served here")
            note("dispatched by SOAPAction")
        if asked not in names:
            return None
        try:
            if refusal := contract.refusal(asked, "input", envelope):
                raise Unreadable(refusal)
            return Call(name=asked, fields=contract.read(asked, "input", envelope, note))
        except BadContract as error:
            raise Unreadable(str(error)) from None

    def by_head(self, site: Site, request: Request) -> str:
        """Return the operation that the action of a request names; empty if none."""
        return self.contract(site).by_action(_action(request))

    def write(
        self, site: Site, request: Request, name: str, result: Mapping[str, Any] | str
    ) -> Response:
        """Return an answer, or a `SoapFault`, in the version asked; text is its first part's."""
        version = _version(request)
        contract = self.contract(site)
        if isinstance(result, SoapFault):
            told = {"code": "Server", "string": "refused", **sendable(result["fault"])}
            words = told.get("detail")
            detail = contract.detail(name, words, version) if words else ""
            return _faulty(version, write_fault(version, told["code"], told["string"], detail))
        if self.inner and not isinstance(result, str):
            outer = sample(contract.content(name, "output").body.kind)
            result = merged(outer, nested({self.inner.path: self.inner.write(result)}))
        if isinstance(result, str):
            result = {contract.content(name, "output").body.kind.parts[0].name: result}
        body = contract.write(name, "output", sendable(result), version)
        return Response(status=200, headers={"Content-Type": CONTENT_TYPES[version]}, body=body)

    def fault(self, request: Request, code: str, string: str) -> Response:
        """Return a fault in the version asked, with HTTP 500."""
        version = _version(request)
        return _faulty(version, write_fault(version, code, string))

    def sample(self, site: Site, name: str) -> dict[str, Any]:
        """Return words that the contract's output takes; none of what it holds as text."""
        if self.inner:
            return {}
        found: dict[str, Any] = sample(self.contract(site).content(name, "output").body.kind)
        return found

    def deny(self, request: Request, reason: Reason) -> Response:
        """Return the fault that refuses a call for a reason."""
        return self.fault(request, "Client", f"refused: {reason}")

    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the fault for a request that could not be read."""
        code = "MustUnderstand" if isinstance(why, MustUnderstand) else "Client"
        return self.fault(request, code, str(why))

    def serve_wsdl(self, site: Site, request: Request, url: str) -> Response | None:
        """Return the WSDL as published, or ``?document=1`` that it imports.

        Only addresses are rewritten: those of the ports to ``url``'s scheme and host, those of
        the documents to where they are served.
        """
        contract = self.contract(site)
        address = moved(endpoint(site, contract), url)
        served = {self.published, urlsplit(address).path} - {""}
        if request.method != "GET" or request.path.rstrip("/") not in {
            path.rstrip("/") for path in served
        }:
            return None
        documents = {str(number): at for number, at in enumerate(contract.documents)}
        base = documents.get(parse_form(request.query).get("document", "0"))
        if base is None:
            return None
        places = {at: f"{address}?document={number}" for number, at in documents.items()}

        def elsewhere(found: re.Match[bytes]) -> bytes:
            given = unescape(found[3].decode(errors="replace"))
            if given == contract.address:
                place: str | None = address
            elif found[2]:  # that of another port
                place = moved(given, url)
            else:
                place = places.get(urljoin(base, given))
            return found[0] if place is None else found[1] + escape(place).encode()

        body = _LOCATION.sub(elsewhere, contract.documents[base])
        return Response(status=200, headers={"Content-Type": CONTENT_TYPES[SOAP11]}, body=body)

    def contract(self, site: Site, session: Session | None = None) -> Contract:
        """Return the contract that a session keeps, or that of the file."""
        if session and _KEPT in session.kept:
            return session.kept[_KEPT]  # type: ignore[no-any-return]  # a session keeps anything
        try:
            return self._loaded(self._source(site), site)
        except BadContract as error:
            key = error.path or "wsdl"
            raise ConfigError(f"{key}: {error}", (key,)) from None

    def _loaded(self, source: Source, site: Site) -> Contract:
        return load_contract(source, pin=site.wsdl_sha256, port=self.port)

    def _source(self, site: Site) -> Source:
        if not site.wsdl:
            document, folder = bundled(self.wsdl)
            return Source(document=document, folder=folder)
        return source_of(Path(site.wsdl))

    def contract_of(self, site: Site, session: Session) -> Exchange[Contract]:
        """Return the contract, loaded or fetched once in a session."""
        if _KEPT not in session.kept:
            if is_url(site.wsdl):
                session.kept[_KEPT] = yield from self._fetched(site, session)
            else:
                session.kept[_KEPT] = self.contract(site)
        return self.contract(site, session)

    def _fetched(self, site: Site, session: Session) -> Exchange[Contract]:
        share = session.share(_KEPT)
        try:
            address = site.checked(site.wsdl)
            source = yield from fetched(address, partial(same_host, address), share)
            return self._loaded(source, site)
        except Broken as broken:
            why = f"the WSDL could not be fetched: {broken.why}"
            raise Broken(Left.NOTHING, why, retry=broken.retry) from None
        except BadContract as error:
            why = f"the WSDL could not be fetched: {error}"
            raise Broken(Left.NOTHING, why, retry=False) from None
        finally:
            session.turn(share)


def _without(values: Iterable[str], text: str) -> str:
    """Return a text of zeep's without the values of a message, which it may quote."""
    for value in values:
        text = text.replace(value, "•••") if value else text
    return text


def is_url(wsdl: str) -> bool:
    """Return whether a WSDL is an address, and not a file."""
    return wsdl.startswith(("http://", "https://"))


def _version(request: Request) -> str:
    by_type = "soap+xml" in request.header("content-type").lower()
    return SOAP12 if by_type or SOAP12.encode() in request.body[:_HEAD] else SOAP11


def _action(request: Request) -> str:
    in_type = re.search(r'\baction="?([^";]*)', request.header("content-type"))
    return in_type[1] if in_type else request.header("soapaction").strip('"')


def _faulty(version: str, body: bytes) -> Response:
    return Response(status=500, headers={"Content-Type": CONTENT_TYPES[version]}, body=body)


def endpoint(site: Site, contract: Contract) -> str:
    """Return the address to call: the WSDL's, on the host of the config if it names one."""
    if site.whole and urlsplit(site.host).path.strip("/"):
        return site.host
    return moved(contract.address, site.host) if site.host else contract.address


def moved(address: str, host: str) -> str:
    """Return an address with the scheme and host of another URL."""
    parts = urlsplit(host)
    return urlsplit(address)._replace(scheme=parts.scheme, netloc=parts.netloc).geturl()
