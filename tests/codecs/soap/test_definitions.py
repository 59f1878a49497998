"""What is wrong with one operation, port, header or fault of a WSDL is that one's, and is said."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap.describe import show
from smsbridge.codecs.soap.load import load_port, load_ports, require_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import Source

from support.each import each
from support.wsdls import RESULT, changed, element, holding, schema, sequence, wsdl

TYPES = schema(
    holding("Send", sequence(element("to"))), RESULT, holding("Ping", sequence(element("a")))
)
PING = (
    '<operation name="Ping"><soap:operation soapAction=""/>'
    '<input><soap:body use="literal"/></input><output><soap:body use="literal"/></output>'
    "</operation></binding>"
)
OTHER = wsdl(TYPES).decode().replace("</binding>", PING)
OFFERED = (
    '<operation name="Ping"><input message="t:PingIn"/><output message="t:Out"/></operation>'
    "</portType>"
)
TWO = OTHER.replace("</portType>", OFFERED).replace(
    "<portType", '<message name="PingIn"><part name="p" element="t:Ping"/></message><portType'
)
"""Operations Send and Ping, which share nothing but their answer."""

TYPED = (
    "operation Ping: its input has the part p of a type: in document style the Body "
    "itself would be of that type, and only a part of an element is supported"
)
MIME = '<mime:multipartRelated xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/"/>'


def lines(document: bytes) -> list[str]:
    ports = load_ports(Source(document=document))
    return [line.strip() for line in show(ports, ports.refused)]


@each(
    ("old", "new", "why"),
    [
        ("", "", ""),
        (
            '<input message="t:PingIn"/>',
            "",
            "operation Ping has no input: the provider would be the one to send it",
        ),
        (
            'message="t:PingIn"',
            'message="t:Gone"',
            "operation Ping has an input of the message t:Gone, which the WSDL doesn't have",
        ),
        (
            '<operation name="Ping"><input',
            '<operation name="Pong"><input',
            "operation Ping is not in the portType",
        ),
        (
            'element="t:Ping"',
            'element="t:Gone"',
            "operation Ping: part p has the element t:Gone, which no schema has",
        ),
        (
            'element="t:Ping"',
            'type="xs:string"',
            TYPED,
        ),
        (
            'element="t:Ping"',
            "",
            "operation Ping: part p has the type of no name, which no schema has",
        ),
        (
            'name="a" type="xs:string"',
            'name="a" type="t:Gone"',
            "operation Ping: a has the type t:Gone, which no schema has",
        ),
        (
            'name="a" type="xs:string"',
            'ref="q:gone"',
            "operation Ping: it has the element q:gone, which no schema has",
        ),
        (
            '<output><soap:body use="literal"/></output></operation></binding>',
            f"<output>{MIME}</output></operation></binding>",
            "operation Ping sends attachments (MIME), which are not supported",
        ),
    ],
)
def test_an_operation_that_can_t_be_used_says_why_and_the_other_works(
    old: str, new: str, why: str
) -> None:
    document = TWO.replace(old, new).encode()
    shown = lines(document)
    assert any(line.startswith("Send  (document/literal") for line in shown)
    port = load_port(document)
    assert port.request("Send", {"to": "1"})
    assert ("Ping" in shown) is bool(why)
    if why:
        assert f"can't be used: {why}" in shown
        with pytest.raises(BadWSDL) as refused:
            port.operation("Ping")
        assert str(refused.value) == why


def test_an_operation_that_the_binding_lacks_is_listed() -> None:
    document = changed(TWO.encode(), (PING, "</binding>"))
    assert (
        "can't be used: operation Ping is in the portType, and the binding doesn't have it"
    ) in lines(document)


PORT = '<port name="Other" binding="t:{}"/></service>'


@each(
    ("binding", "why"),
    [
        ("Gone", "port Other names the binding t:Gone, which the WSDL doesn't have"),
        ("Queued", "port Other is of the transport urn:jms, which is not HTTP"),
        ("Plain", "port Other is not a SOAP port"),
        (
            "Alone",
            "port Other: its binding names the portType t:Gone, which the WSDL doesn't have",
        ),
    ],
)
def test_a_port_that_can_t_be_used_says_why_and_the_other_works(binding: str, why: str) -> None:
    more = (
        '<binding name="Queued" type="t:Type"><soap:binding transport="urn:jms"/></binding>'
        '<binding name="Plain" type="t:Type"/><binding name="Alone" type="t:Gone">'
        '<soap:binding transport="http://schemas.xmlsoap.org/soap/http"/></binding><service'
    )
    document = changed(wsdl(TYPES), ("<service", more), ("</service>", PORT.format(binding)))
    shown = lines(document)
    assert shown[-2:] == ["Service, port Other", f"can't be used: {why}"]
    assert load_port(document).name == "Port"
    alone = changed(document, ('<port name="Port" binding="t:Binding">', '<port name="Port">'))
    with pytest.raises(BadWSDL, match="port Port names the binding , which the WSDL doesn't have"):
        require_ports(Source(document=alone))


@each(("name", "binding"), [("Type", "t:Binding"), ("Port", "t:Binding"), ("Port", " t:Binding\n")])
def test_white_space_around_a_name_is_collapsed(name: str, binding: str) -> None:
    document = changed(
        wsdl(TYPES),
        ('type="t:Type"', 'type=" t:Type "'),
        ('binding="t:Binding"', f'binding="{binding}"'),
        ('use="literal"', 'use="literal "'),
        ('name="Send"', f'name=" Send{" " * len(name)}"'),
    )
    assert load_port(document).request("Send", {"to": "1"})


def test_a_header_of_no_message_is_left_out_and_that_is_noted() -> None:
    document = changed(
        wsdl(TYPES, header='<part name="block" element="t:Ping"/>'), ('part="block"', 'part="gone"')
    )
    assert (
        "note   a header block is left out: the WSDL has no message t:Header, part gone"
    ) in lines(document)
    assert load_port(document).content("Send", "input").headers == []


def test_a_header_without_a_schema_is_written_by_its_own_name() -> None:
    document = wsdl(TYPES, header='<part name="block" element="o:Login"/>')
    note = "soap:Header.{urn:o}Login has the element o:Login, which no schema has"
    assert any(note in line for line in lines(document))
    words = {"to": "1", "soap:Header": {"{urn:o}Login": {"user": "acme"}}}
    assert b"Login" in load_port(document).request("Send", words)


@each("message", ["t:Gone", "t:FaultIn"])
def test_a_fault_that_can_t_be_read_is_noted_and_its_operation_works(message: str) -> None:
    document = changed(
        wsdl(TYPES),
        (
            '<output message="t:Out"/>',
            f'<output message="t:Out"/><fault name="F" message="{message}"/>',
        ),
        (
            "<portType",
            '<message name="FaultIn"><part name="d" element="t:Gone"/></message><portType',
        ),
    )
    assert any("fault" in line and "t:Gone" in line for line in lines(document))
    assert load_port(document).request("Send", {"to": "1"})
