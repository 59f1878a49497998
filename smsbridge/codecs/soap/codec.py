"""SOAP: sends an envelope and reads one, as the WSDL says.

What reads a WSDL is imported on first use: a backend may also speak REST.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.http.address import ANSWER_KEY, check_address, is_http, is_url
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response
from smsbridge.mapping.codec import SoapFault, Spellings, Unreadable

if TYPE_CHECKING:
    from smsbridge.codecs.soap.inner import Inner
    from smsbridge.codecs.soap.port import Port
    from smsbridge.codecs.soap.wsdl_files import Source
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

_SHARE = "wsdl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Soap:
    """A table calls an operation of the WSDL.

    ``wsdl``: where it ships, ``package:file``; the config may name another. ``port``: which port,
    if the WSDL has several. ``json_part``: the part of every answer whose text is a JSON object,
    which is then the answer; ``xml_part``: the same for XML. ``published``: the path where the
    provider serves its WSDL.

    >>> Soap(wsdl="smsbridge.wsdl:sendsms.wsdl")
    Soap(wsdl='smsbridge.wsdl:sendsms.wsdl', port='', json_part='', xml_part='', published='')
    """

    wsdl: str = ""
    port: str = ""
    json_part: str = ""
    xml_part: str = ""
    published: str = ""

    @property
    def inner(self) -> Inner | None:
        """The part of every answer that holds the answer itself, or None."""
        from smsbridge.codecs.soap.inner import JSON_PART, XML_PART, Inner

        given = ((JSON_PART, self.json_part), (XML_PART, self.xml_part))
        return next((Inner(key=key, path=path) for key, path in given if path), None)

    def encode(
        self, site: Site, session: Session, name: str, fields: Mapping[str, Any]
    ) -> Exchange[Request]:
        """Return the request for an operation. A WSDL at a URL is fetched once before that."""
        from smsbridge.codecs.soap.envelope import CONTENT_TYPES, SOAP12, unsendable
        from smsbridge.codecs.soap.model import BadWSDL, Misfit

        for path, value in fields.items():
            if isinstance(value, str) and (bad := unsendable(value)):
                raise InvalidMessage(
                    f"{path} has U+{ord(bad[0]):04X} at position {bad.start()}: "
                    "XML, and so SOAP, can't carry it"
                )
        port = yield from self.fetch_port(site, session)
        try:
            body = port.call(name, fields)
            action = port.action(name)
            url = self._address(site, session, port)
        except Misfit as error:
            raise InvalidMessage(f"it doesn't fit the WSDL: {error}") from None
        except (ValueError, ConfigError) as error:
            why = f"wsdl: {_without(map(str, fields.values()), str(error))}"
            if is_url(
                site.wsdl
            ):  # it was fetched, so I/O has happened: this can't be a ConfigError
                raise Broken(Left.NOTHING, why, retry=False) from None
            path = error.path if isinstance(error, BadWSDL) else ""
            raise ConfigError(why, ("fields", path) if path else ()) from None
        kind = CONTENT_TYPES[port.version]
        headers = {"Content-Type": kind, "SOAPAction": f'"{action}"'}
        if port.version == SOAP12:
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
        from smsbridge.codecs.soap.envelope import ADDRESSING, read_envelope
        from smsbridge.codecs.soap.model import BadWSDL
        from smsbridge.codecs.soap.xml import ANSWER

        kind = response.header("content-type")
        if kind.lower().lstrip().startswith("multipart/"):
            raise Unreadable("it has attachments (MTOM), which smsbridge does not support")
        limits = ANSWER
        if (site.answer_limit, site.element_limit) != (ANSWER.size, ANSWER.elements):
            limits = replace(ANSWER, size=site.answer_limit, elements=site.element_limit)
        port = self.read_port(site, session)
        try:
            bare = not port.content(name, "output").body.name
        except BadWSDL:
            bare = False
        envelope = read_envelope(response.body, limits, kind, understood=ADDRESSING, empty=bare)
        if not (envelope.alone or bare):
            raise Unreadable("the Body holds more than the answer")
        fault = envelope.fault
        try:
            if fault is not None:
                return SoapFault(port.respell(name, SoapFault(fault=fault), words or {}))
            answer = port.respell(name, port.read(name, "output", envelope), words or {})
        except BadWSDL as error:
            raise Unreadable(str(error)) from None
        return self.inner.read(answer, limits) if self.inner else answer

    def read_port(self, site: Site, session: Session | None = None) -> Port:
        """Return the contract of the file, which a session keeps, or that which it fetched."""
        from smsbridge.codecs.soap.model import BadWSDL

        kept = {} if session is None else session.kept
        key = self._key(site)
        if key not in kept:
            try:
                kept[key] = self._load(self._source(site), site)
            except BadWSDL as error:
                place = error.path or "wsdl"
                raise ConfigError(f"{place}: {error}", (place,)) from None
        return kept[key]  # type: ignore[no-any-return]  # a session keeps anything

    def _address(self, site: Site, session: Session, port: Port) -> str:
        """Return the address to call, which a session works out once for a place and a port."""
        key = f"address {self._key(site)}"
        kept = session.kept.get(key)
        if kept is None or kept[0] is not port or kept[1] != site:
            kept = session.kept[key] = port, site, site.check(endpoint(site, port))
        return cast("str", kept[2])

    def _key(self, site: Site) -> str:
        return f"wsdl {site.wsdl or self.wsdl} {self.port}"

    def _load(self, source: Source, site: Site) -> Port:
        from smsbridge.codecs.soap.load import load_port

        return load_port(source, pin=site.wsdl_sha256, port=self.port)

    def _source(self, site: Site) -> Source:
        from smsbridge.codecs.soap.lockfile import read_wsdl
        from smsbridge.codecs.soap.wsdl_files import Source, read_bundled

        if not site.wsdl:
            document, folder = read_bundled(self.wsdl)
            return Source(document=document, folder=folder)
        return read_wsdl(Path(site.wsdl))

    def fetch_port(self, site: Site, session: Session) -> Exchange[Port]:
        """Return the port, loaded or fetched once in a session."""
        key = self._key(site)
        if is_url(site.wsdl) and key not in session.kept:
            session.kept[key] = yield from self._fetch(site, session)
        return self.read_port(site, session)

    def _fetch(self, site: Site, session: Session) -> Exchange[Port]:
        from smsbridge.codecs.soap.fetch import fetch_wsdl
        from smsbridge.codecs.soap.model import BadWSDL
        from smsbridge.codecs.soap.wsdl_files import same_host

        share = session.share(_SHARE)
        try:
            address = site.check(site.wsdl)
            source = yield from fetch_wsdl(address, partial(same_host, address), share)
            return self._load(source, site)
        except Broken as broken:
            why = f"the WSDL could not be fetched: {broken.why}"
            raise Broken(Left.NOTHING, why, retry=broken.retry) from None
        except BadWSDL as error:
            why = f"the WSDL could not be fetched: {error}"
            raise Broken(Left.NOTHING, why, retry=False) from None
        finally:
            session.turn(share)


def _without(values: Iterable[str], text: str) -> str:
    """Return an error text of zeep without the values of the message, which it may quote."""
    for value in values:
        text = text.replace(value, "•••") if value else text
    return text


def endpoint(site: Site, port: Port) -> str:
    """Return the address to call: the WSDL's, on the host of the config if it names one.

    Raises `ConfigError` if neither has one that can be called.
    """
    named = is_http(port.address)
    if site.host and (not named or (site.whole and urlsplit(site.host).path.strip("/"))):
        return site.host
    if not port.address:
        why = f"url: port {port.name} has no address; give url, or another port"
        raise ConfigError(why, ("url",))
    if site.host:
        return move_host(port.address, site.host)
    try:
        check_address("url", port.address)
    except ConfigError as error:
        _, _, how = str(error).partition(": ")
        why = f"url: the address of port {port.name} in the WSDL can't be called: {how}"
        raise ConfigError(why, ("url",)) from None
    return port.address


def served_address(site: Site, port: Port) -> str:
    """Return the same as it is served: without a path it is the root (RFC 9110 §4.2.3)."""
    parts = urlsplit(endpoint(site, port) if site.host else port.address)
    return parts._replace(path=parts.path or "/").geturl()


def move_host(address: str, host: str) -> str:
    """Return an address with the scheme and host of another URL."""
    parts = urlsplit(host)
    return urlsplit(address)._replace(scheme=parts.scheme, netloc=parts.netloc).geturl()
