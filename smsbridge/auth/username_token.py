"""Authentication by a block in the header of a SOAP envelope: WS-Security's UsernameToken."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from smsbridge.auth.schemes import UsernameToken
from smsbridge.codecs.soap.envelope import SOAP11, SOAP12, WSSE, unsendable
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xml import REQUEST, BadXML, parse_xml
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"

PASSWORD_TEXT = f"{_OASIS}-username-token-profile-1.0#PasswordText"
PASSWORD_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
_NONCE_BYTES = 16

TOKEN, USERNAME, PASSWORD, NONCE = (
    f"{{{WSSE}}}{name}" for name in ("UsernameToken", "Username", "Password", "Nonce")
)
_TIMESTAMP, CREATED, _EXPIRES = (f"{{{WSU}}}{name}" for name in ("Timestamp", "Created", "Expires"))


def add_security(
    auth: UsernameToken, request: Request, credentials: Credentials, session: Session
) -> Request:
    """Return the request with the block; `ConfigError` if there is no envelope to put it in."""
    from lxml import etree

    for key in (auth.user,) if auth.digest else auth.credentials:
        if unsendable(credentials[key]):
            raise ConfigError(f"{key}: XML, and so WS-Security, can't carry one of its characters")
    envelope = envelope_of(request)
    version = split(envelope)[0]
    header = envelope.find(f"{{{version}}}Header")
    if header is None:
        header = etree.SubElement(envelope, f"{{{version}}}Header")
        envelope.insert(0, header)
    spaces = {"wsse": WSSE, "wsu": WSU}
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap=spaces)
    header.insert(0, security)
    security.set(f"{{{version}}}mustUnderstand", "1")
    created, expires = (_utc(session.now(), later) for later in (0, auth.seconds))
    timestamp = etree.SubElement(security, _TIMESTAMP)
    _add(timestamp, CREATED, created)
    _add(timestamp, _EXPIRES, expires)
    _fill(etree.SubElement(security, TOKEN), auth, credentials, created, session)
    body = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return replace(request, body=body)


def _fill(
    token: Element, auth: UsernameToken, credentials: Credentials, created: str, session: Session
) -> None:
    user, password = (credentials[key] for key in auth.credentials)
    _add(token, USERNAME, user)
    if not auth.digest:
        _add(token, PASSWORD, password, Type=PASSWORD_TEXT)
        return
    nonce = session.random(_NONCE_BYTES)
    _add(token, PASSWORD, password_digest(nonce, created, password), Type=PASSWORD_DIGEST)
    _add(token, NONCE, base64.b64encode(nonce).decode(), EncodingType=_BASE64)
    _add(token, CREATED, created)


def _add(parent: Element, tag: str, text: str, **attributes: str) -> None:
    from lxml import etree

    etree.SubElement(parent, tag, attributes).text = text


def _utc(now: datetime, later: int) -> str:
    return (now.astimezone(UTC) + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """Return a PasswordDigest (UsernameToken Profile 1.1, §3.1)."""
    both = nonce + (created + password).encode()
    return base64.b64encode(hashlib.sha1(both, usedforsecurity=False).digest()).decode()


def envelope_of(request: Request) -> Element:
    """Return the envelope of a request; raises `ConfigError` if it has none."""
    try:
        root = parse_xml(request.body, REQUEST, request.header("content-type"))
    except BadXML as error:
        raise ConfigError(f"WS-Security is for SOAP, and this request is not: {error}") from None
    if split(root) not in ((SOAP11, "Envelope"), (SOAP12, "Envelope")):
        raise ConfigError("WS-Security is for SOAP, and this request is not an envelope")
    return root
