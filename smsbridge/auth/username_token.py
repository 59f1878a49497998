"""Who we are, by a block in the header of a SOAP envelope: WS-Security's UsernameToken."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import Pair
from smsbridge.codecs.soap.envelope import SOAP11, SOAP12, WSSE, unsendable
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xml import REQUEST, BadXML, parse_xml
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Exchange, Request, Response
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make

__all__ = ["WSSE", "WSU", "UsernameToken"]

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"

_TEXT = f"{_OASIS}-username-token-profile-1.0#PasswordText"
_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
_NONCE_BYTES = 16

_TOKEN, _USERNAME, _PASSWORD, _NONCE = (
    f"{{{WSSE}}}{name}" for name in ("UsernameToken", "Username", "Password", "Nonce")
)
_TIMESTAMP, _CREATED, _EXPIRES = (
    f"{{{WSU}}}{name}" for name in ("Timestamp", "Created", "Expires")
)


@dataclass(frozen=True, slots=True)
class UsernameToken(Pair):
    """A user name in a ``wsse:Security`` block (OASIS UsernameToken Profile 1.1, §3.1).

    ``user`` and ``password`` are names of config keys. ``digest``: send the password's digest in
    its place. ``seconds``: how long the block is valid.
    """

    digest: bool = False
    seconds: int = 300

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with the block; `ConfigError` if there is no envelope to put it in."""
        request = yield from make({})
        return (yield self._secured(request, credentials, session))

    def presented(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the block is there."""
        return _token(request) is not None

    def valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether the block holds both, the password as text or digest, at any age."""
        token = _token(request)
        if token is None or any(key not in credentials for key in self.credentials):
            return False
        user, password = (credentials[key] for key in self.credentials)
        said = {str(child.tag): child.text or "" for child in token}
        kinds = {child.get("Type", _TEXT) for child in token.iterfind(_PASSWORD)}
        if len(said) != len(token) or not same(said.get(_USERNAME, ""), user):
            return False
        if kinds == {_DIGEST}:
            try:
                nonce = base64.b64decode(said.get(_NONCE, ""), validate=True)
            except ValueError:
                return False
            password = _digested(nonce, said.get(_CREATED, ""), password)
        return kinds <= {_TEXT, _DIGEST} and same(said.get(_PASSWORD, ""), password)

    def answer(self, *_: object) -> None:
        """Answer nothing: there is no conversation."""

    def _secured(self, request: Request, credentials: Credentials, session: Session) -> Request:
        from lxml import etree

        for key in (self.user,) if self.digest else self.credentials:
            if unsendable(credentials[key]):
                raise ConfigError(
                    f"{key}: it has a character that XML, so WS-Security, can't carry"
                )
        envelope = _envelope(request)
        version = split(envelope)[0]
        header = envelope.find(f"{{{version}}}Header")
        if header is None:
            header = etree.SubElement(envelope, f"{{{version}}}Header")
            envelope.insert(0, header)
        spaces = {"wsse": WSSE, "wsu": WSU}
        security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap=spaces)
        header.insert(0, security)
        security.set(f"{{{version}}}mustUnderstand", "1")
        created, expires = (_utc(session.now(), later) for later in (0, self.seconds))
        timestamp = etree.SubElement(security, _TIMESTAMP)
        _add(timestamp, _CREATED, created)
        _add(timestamp, _EXPIRES, expires)
        self._fill(etree.SubElement(security, _TOKEN), credentials, created, session)
        body = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
        return replace(request, body=body)

    def _fill(
        self, token: Element, credentials: Credentials, created: str, session: Session
    ) -> None:
        user, password = (credentials[key] for key in self.credentials)
        _add(token, _USERNAME, user)
        if not self.digest:
            _add(token, _PASSWORD, password, Type=_TEXT)
            return
        nonce = session.random(_NONCE_BYTES)
        _add(token, _PASSWORD, _digested(nonce, created, password), Type=_DIGEST)
        _add(token, _NONCE, base64.b64encode(nonce).decode(), EncodingType=_BASE64)
        _add(token, _CREATED, created)


def _add(parent: Element, tag: str, text: str, **attributes: str) -> None:
    from lxml import etree

    etree.SubElement(parent, tag, attributes).text = text


def _utc(now: datetime, later: int) -> str:
    return (now.astimezone(UTC) + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digested(nonce: bytes, created: str, password: str) -> str:
    """Return a PasswordDigest (UsernameToken Profile 1.1, §3.1)."""
    both = nonce + (created + password).encode()
    return base64.b64encode(hashlib.sha1(both, usedforsecurity=False).digest()).decode()


def _envelope(request: Request) -> Element:
    try:
        root = parse_xml(request.body, REQUEST, request.header("content-type"))
    except BadXML as error:
        raise ConfigError(f"WS-Security is for SOAP, and this request is not: {error}") from None
    if split(root) not in ((SOAP11, "Envelope"), (SOAP12, "Envelope")):
        raise ConfigError("WS-Security is for SOAP, and this request is not an envelope")
    return root


def _token(request: Request) -> Element | None:
    """Return the one token of an envelope."""
    try:
        envelope = _envelope(request)
    except ConfigError:
        return None
    way = f"{{{split(envelope)[0]}}}Header/{{{WSSE}}}Security/{_TOKEN}"
    found = envelope.findall(way)
    return found[0] if len(found) == 1 else None
