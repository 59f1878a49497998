"""Envelopes for tests: what every test of SOAP's values and faults needs."""

from __future__ import annotations

from collections.abc import Callable

from smsbridge.codecs.soap.envelope import SOAP11, Envelope, read_envelope
from smsbridge.codecs.soap.xml import REQUEST

NAMESPACES = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" '
    'xmlns:m="http://xml.apache.org/xml-soap"'
)


def document(inside: str, version: str = SOAP11) -> bytes:
    return f'<e:Envelope xmlns:e="{version}" {NAMESPACES}>{inside}</e:Envelope>'.encode()


def unheard(_: str) -> None: ...


def opened(body: str, version: str = SOAP11, note: Callable[[str], None] = unheard) -> Envelope:
    content = document(f"<e:Body>{body}</e:Body>", version)
    return read_envelope(content, REQUEST, "text/xml", note)
