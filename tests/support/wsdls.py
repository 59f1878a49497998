"""WSDLs for tests: the two that ship, and small ones of some types and an operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.codecs.soap.envelope import Envelope, read_envelope
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import read_bundled
from smsbridge.codecs.soap.xml import REQUEST

SENDSMS = read_bundled("smsbridge.wsdl:sendsms.wsdl")[0]
ACME = read_bundled("acme_sms:acme.wsdl")[0]
IMPORTED = (
    '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:other">'
    '<xsd:element name="a" type="xsd:string"/></xsd:schema>'
)
"""The schema that `importing` imports."""

FIELDS = {"recipients": "+12025550123", "message": "hé 😀 <&> \"'", "apikey": "test-key"}
REQUESTED = {
    "request": {
        "destination": {"number": "+12025550123"},
        "content": {"body": "hé 😀 <&>"},
        "reference": "r-1",
    }
}

ADDRESS = "https://sms.example/soap"
NAMESPACES = (
    'xmlns="http://schemas.xmlsoap.org/wsdl/" '
    'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" '
    'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" '
    'xmlns:t="urn:t" xmlns:o="urn:o"'
)
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"


def changed(document: bytes, *changes: tuple[str, str]) -> bytes:
    for old, new in changes:
        assert old.encode() in document
        document = document.replace(old.encode(), new.encode())
    return document


def element(name: str, kind: str = "xs:string", **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<xs:element name="{name}" type="{kind}"{more}/>'


def sequence(*inside: str, **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<xs:sequence{more}>{''.join(inside)}</xs:sequence>"


def structure(name: str, *inside: str) -> str:
    return f'<xs:complexType name="{name}">{"".join(inside)}</xs:complexType>'


def holding(name: str, *inside: str) -> str:
    """Return an element of a type of its own."""
    return (
        f'<xs:element name="{name}"><xs:complexType>{"".join(inside)}</xs:complexType></xs:element>'
    )


def restricted(base: str, *facets: tuple[str, str], name: str = "") -> str:
    named = f' name="{name}"' if name else ""
    inside = "".join(f'<xs:{facet} value="{value}"/>' for facet, value in facets)
    return (
        f'<xs:simpleType{named}><xs:restriction base="{base}">{inside}</xs:restriction>'
        "</xs:simpleType>"
    )


def array(name: str, of: str) -> str:
    """Return a type of SOAP's encoding."""
    return (
        f'<xs:complexType name="{name}"><xs:complexContent><xs:restriction base="enc:Array">'
        f'<xs:attribute ref="enc:arrayType" wsdl:arrayType="{of}[]"/>'
        "</xs:restriction></xs:complexContent></xs:complexType>"
    )


def schema(*inside: str, namespace: str = "urn:t", form: str = "qualified") -> str:
    target = f' xmlns="{namespace}" targetNamespace="{namespace}"' if namespace else ' xmlns=""'
    return f'<xs:schema{target} elementFormDefault="{form}">{"".join(inside)}</xs:schema>'


RESULT = holding("SendResponse", sequence(element("id", minOccurs="0")))


def wsdl(
    *schemas: str,
    style: str = "document",
    use: str = "literal",
    parts: str = '<part name="parameters" element="t:Send"/>',
    result: str = '<part name="parameters" element="t:SendResponse"/>',
    header: str = "",
) -> bytes:
    """Return a WSDL with an operation Send. ``header``: the part of a header block, if any."""
    body = f'<soap:body use="{use}"'
    body += ' namespace="urn:t"' if style == "rpc" else ""
    body += f' encodingStyle="{ENCODING}"/>' if use == "encoded" else "/>"
    block = f'<soap:header message="t:Header" part="block" use="{use}"/>' if header else ""
    return (
        f'<definitions name="T" targetNamespace="urn:t" {NAMESPACES}>'
        f"<types>{''.join(schemas)}</types>"
        f'<message name="In">{parts}</message><message name="Out">{result}</message>'
        + (f'<message name="Header">{header}</message>' if header else "")
        + '<portType name="Type"><operation name="Send">'
        '<input message="t:In"/><output message="t:Out"/></operation></portType>'
        '<binding name="Binding" type="t:Type">'
        f'<soap:binding style="{style}" transport="http://schemas.xmlsoap.org/soap/http"/>'
        '<operation name="Send"><soap:operation soapAction="urn:t#Send"/>'
        f"<input>{block}{body}</input><output>{block}{body}</output></operation></binding>"
        '<service name="Service"><port name="Port" binding="t:Binding">'
        f'<soap:address location="{ADDRESS}"/></port></service></definitions>'
    ).encode()


def sending(*inside: str, more: str = "") -> Port:
    """Return a contract whose operation Send takes an element Send with that in it."""
    return load_port(wsdl(schema(holding("Send", *inside), RESULT, more)))


def rpc(*parts: tuple[str, str], types: str = "", use: str = "encoded", header: str = "") -> Port:
    """Return a contract whose operation Send takes parts, by name and type."""
    named = "".join(f'<part name="{name}" type="{kind}"/>' for name, kind in parts)
    result = '<part name="return" type="xs:string"/>'
    document = wsdl(types, style="rpc", use=use, parts=named, result=result, header=header)
    return load_port(document)


def opened(body: bytes) -> Envelope:
    return read_envelope(body, REQUEST, "text/xml")


def refused_load(document: bytes, folder: Path | None = None, sha256: str = "") -> str:
    """Return why a WSDL can't be loaded."""
    with pytest.raises(BadWSDL) as error:
        load_port(document, folder, sha256)
    return str(error.value)


def importing(location: str, namespace: str = "urn:other") -> bytes:
    """Return the WSDL of SMSMobileAPI with a schema that imports another one."""
    where = f' schemaLocation="{location}"' if location else ""
    types = (
        '<types><xsd:schema targetNamespace="urn:sendsms">'
        f'<xsd:import namespace="{namespace}"{where}/></xsd:schema></types>'
        '<message name="sendSmsRequest">'
    )
    return changed(SENDSMS, ('<message name="sendSmsRequest">', types))
