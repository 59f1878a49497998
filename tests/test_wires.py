"""What nine SOAP stacks put on the wire, captured: every request is read, every answer too."""

import gzip
import socket
from dataclasses import dataclass, replace
from email.parser import Parser
from pathlib import Path

import pytest
from lxml import etree

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.documents import Documents
from smsbridge.codecs.soap.envelope import SOAP11, SOAP12
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.reader import XSI
from smsbridge.codecs.soap.wsdl import parse_ports
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.codecs.soap.xml import ANSWER, REQUEST, parse_xml
from smsbridge.http.address import Site
from smsbridge.http.decompress import inflate
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.serving.codec import Call
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.mock.provider import AcceptedMessage, Provider
from smsbridge.text.secrets import Secret

from support.bridges import config_text, running
from support.each import each

WIRES = Path(__file__).parent / "wires"
WSDL = WIRES / "captured-against.wsdl"
ADDRESS = "http://127.0.0.1:8765"
SITE = Site(url=ADDRESS, wsdl=str(WSDL))
SOAP = Soap(wsdl="smsbridge.wsdl:sendsms.wsdl")
PLAIN = "hello <&>"
UNICODE = "hé 😀 <&>"

LENIENCIES = {
    "SOAP-Lite-1.27-pos-28": {"positional arguments"},
    "SOAP-Lite-1.27-unicode-32": {"base64 for text"},
    "econea-nusoap-0.9.17-nowsdl-03": {"another namespace"},
    "econea-nusoap-0.9.17-pos-04": {"positional arguments"},
    "ext-soap-8.2-nowsdl-13": {"positional arguments"},
}
TEXTS = {
    "SOAP-Lite-1.27-unicode-32": UNICODE,
    "econea-nusoap-0.9.17-unicode-10": UNICODE,
    "ext-soap-8.2-unicode-24": UNICODE,
    "node-soap-fault-38": UNICODE,
    "node-soap-wsdl-34": UNICODE,
    "suds-1.2.0-fault-50": UNICODE,
    "suds-1.2.0-wsdl-46": UNICODE,
    "zeep-4.3.3-fault-52": UNICODE,
    "zeep-4.3.3-wsdl-51": UNICODE,
}
LITERAL = ["node-soap-wsdl-34", "zeep-4.3.3-wsdl-51"]


@dataclass(frozen=True)
class Wire:
    name: str
    request: Request
    answer: Response

    @property
    def text(self) -> str:
        return TEXTS.get(self.name, PLAIN)

    @property
    def key(self) -> str:
        return "bad" if "-fault-" in self.name else "k-test"

    @property
    def number(self) -> str:
        return "12025550123" if self.name == "SOAP-Lite-1.27-unicode-32" else "+12025550123"

    @property
    def inflated(self) -> Request:
        encoding = self.request.header("content-encoding")
        return replace(self.request, body=inflate(self.request.body, encoding, REQUEST.size))


def captured(path: Path) -> Wire:
    asked, _, answered = path.read_bytes().partition(b"\n\n---- response ")
    head, _, body = asked.partition(b"\n\n")
    first, _, lines = head.decode().partition("\n")
    method, target, _ = first.split(" ")
    headers = dict(Parser().parsestr(lines, headersonly=True).items())
    body = body[: int(headers.get("Content-Length", "0"))]
    said, _, answer = answered.partition(b"\n")
    status, _, kind = said.decode().partition(" ")
    return Wire(
        name=path.stem,
        request=Request(method=method, url=ADDRESS + target, headers=headers, body=body),
        answer=Response(status=int(status), headers={"Content-Type": kind}, body=answer.strip()),
    )


ALL = [captured(path) for path in sorted(WIRES.glob("*.txt"))]
CALLS = {wire.name: wire for wire in ALL if wire.request.method == "POST"}
FETCHES = {wire.name: wire for wire in ALL if wire.request.method == "GET"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def provider() -> Provider:
    backend = SMSMobileAPI(url=ADDRESS, api_key=Secret("k-test"), wsdl=str(WSDL))
    return Provider(backend)


def read(request: Request) -> tuple[Call, list[str]]:
    notes: list[str] = []
    call = ProviderSoap(SOAP, SITE).read(("sendSms",), request, notes.append)
    assert call is not None
    return call, notes


def test_the_captures_are_all_here() -> None:
    assert len(CALLS) == 22
    assert len(FETCHES) == 14
    assert LENIENCIES.keys() | TEXTS.keys() <= CALLS.keys()
    assert {"gzip", "soap12", "pos", "nowsdl", "unicode", "fault", "wsdl"} == {
        name.split("-")[-2] for name in CALLS
    }


def test_the_contract_loads_without_network_though_it_imports_a_schema_without_location() -> None:
    assert b'<xsd:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>' in (
        WSDL.read_bytes()
    )
    source = Source(document=WSDL.read_bytes(), folder=WSDL.parent)
    (port,) = parse_ports(Documents(source)).values()
    assert sorted(port.operations) == ["sendSms", "sendSmsBulk"]
    assert port.address == f"{ADDRESS}/soap"


@each("name", CALLS)
def test_every_request_gives_number_text_and_key(name: str) -> None:
    wire = CALLS[name]
    call, _ = read(wire.inflated)
    assert call.name == "sendSms"
    assert call.fields == {"recipients": wire.number, "message": wire.text, "apikey": wire.key}


@each("name", CALLS)
def test_the_leniency_that_a_request_needed_is_noted_and_no_other(name: str) -> None:
    _, notes = read(CALLS[name].inflated)
    known = {note for noted in LENIENCIES.values() for note in noted}
    assert known & set(notes) == LENIENCIES.get(name, set())


def test_a_request_as_the_contract_says_needs_no_leniency() -> None:
    assert read(CALLS["ext-soap-8.2-wsdl-12"].request)[1] == []


def test_a_type_that_the_contract_overrules_is_noted() -> None:
    sent = CALLS["ext-soap-8.2-wsdl-12"].request
    body = sent.body.replace(
        b'<recipients xsi:type="xsd:string">', b'<recipients xsi:type="xsd:long">'
    )
    call, notes = read(replace(sent, body=body))
    assert call.fields["recipients"] == "+12025550123"
    assert len(notes) == 1


def test_a_part_in_a_namespace_is_noted() -> None:
    sent = CALLS["ext-soap-8.2-wsdl-12"].request
    body = sent.body.replace(b"<recipients ", b"<ns1:recipients ")
    body = body.replace(b"</recipients>", b"</ns1:recipients>")
    call, notes = read(replace(sent, body=body))
    assert call.fields["recipients"] == "+12025550123"
    assert len(notes) == 1


@each("name", LITERAL)
def test_a_literal_shape_where_the_contract_says_encoded_is_noted(name: str) -> None:
    _, notes = read(CALLS[name].inflated)
    assert b"xsi:type" not in CALLS[name].request.body
    assert notes


@pytest.mark.parametrize("name", CALLS)
def test_the_provider_answers_every_stack(name: str, provider: Provider) -> None:
    wire = CALLS[name]
    answer = provider.handle(wire.request)
    assert isinstance(answer, Response)
    fault = SOAP.decode(SITE, Session(), "sendSms", answer).get("fault", {})
    if wire.key != "k-test":
        assert (answer.status, fault["code"], fault["string"]) == (500, "Client", "Invalid API key")
        assert provider.messages == []
    elif not wire.number.startswith("+"):
        assert (answer.status, fault["code"]) == (500, "Client")
        assert provider.messages == []
    else:
        assert (answer.status, fault) == (200, {})
        assert provider.messages == [
            AcceptedMessage(
                recipient=wire.number, text=wire.text, channels=["sms"], protocol="soap"
            )
        ]


@pytest.mark.parametrize("name", CALLS)
def test_the_provider_keeps_the_notes(name: str, provider: Provider) -> None:
    provider.handle(CALLS[name].request)
    assert LENIENCIES.get(name, set()) <= provider.notes.keys()
    assert not any(note.startswith(("refused", "unknown")) for note in provider.notes)


@pytest.mark.parametrize("name", CALLS)
def test_every_stack_is_answered_in_its_own_version(name: str, provider: Provider) -> None:
    answer = provider.handle(CALLS[name].request)
    assert isinstance(answer, Response)
    version = SOAP12 if "-soap12-" in name else SOAP11
    kind = "application/soap+xml" if "-soap12-" in name else "text/xml"
    assert parse_xml(answer.body, ANSWER).tag == f"{{{version}}}Envelope"
    assert answer.header("content-type").startswith(kind)


@pytest.mark.parametrize(
    "name", [w.name for w in CALLS.values() if w.key == "k-test" and w.number.startswith("+")]
)
def test_every_value_of_an_answer_has_a_type_and_its_parts_have_no_namespace(
    name: str, provider: Provider
) -> None:
    answer = provider.handle(CALLS[name].request)
    assert isinstance(answer, Response)
    envelope = parse_xml(answer.body, ANSWER)
    soap = etree.QName(envelope).namespace
    wrapper = envelope[-1][0]
    assert wrapper.tag == "{urn:sendsms}sendSmsResponse"
    assert wrapper.get(f"{{{soap}}}encodingStyle")
    assert [part.tag for part in wrapper] == ["return"]
    prefix, _, local = str(wrapper[0].get(f"{{{XSI}}}type")).partition(":")
    assert (wrapper[0].nsmap[prefix], local) == ("http://www.w3.org/2001/XMLSchema", "string")


def test_the_soap_1_2_call_has_no_soapaction_and_the_gzip_call_is_compressed() -> None:
    soap12 = CALLS["ext-soap-8.2-soap12-15"].request
    assert soap12.header("content-type").startswith("application/soap+xml")
    assert soap12.header("soapaction") == ""
    compressed = CALLS["ext-soap-8.2-gzip-17"].request
    assert compressed.header("content-encoding") == "gzip"
    assert PLAIN.replace("<&>", "&lt;&amp;&gt;").encode() in gzip.decompress(compressed.body)


@each("label", ["ISO-8859-1", "iso-8859-1"])
def test_utf_8_with_nusoaps_usual_label_is_read_as_utf_8_and_noted(label: str) -> None:
    sent = CALLS["econea-nusoap-0.9.17-unicode-10"].request
    body = sent.body.replace(b'encoding="UTF-8"', f'encoding="{label}"'.encode())
    headers = {**sent.headers, "Content-Type": f"text/xml; charset={label}"}
    call, notes = read(replace(sent, headers=headers, body=body))
    assert call.fields["message"] == UNICODE
    assert notes == ["UTF-8 labelled as iso-8859-1"]


@each("name", CALLS)
def test_every_captured_answer_is_read(name: str) -> None:
    wire = CALLS[name]
    answer = SOAP.decode(SITE, Session(), "sendSms", wire.answer)
    if wire.key == "bad":
        assert wire.answer.status == 500
        assert answer["fault"]["code"] == "Client"
        assert answer["fault"]["string"] == "Invalid API key"
        assert answer["fault"]["detail"] == {"fault": {"code": "401"}}
    else:
        assert answer == {"return": f"OK:{wire.number}:{len(wire.text)}:{wire.text}"}


@each("name", FETCHES)
def test_every_captured_contract_loads_and_says_the_same(name: str) -> None:
    contract = load_port(FETCHES[name].answer.body, None)
    original = load_port(WSDL.read_bytes(), WSDL.parent)
    assert contract.address == original.address
    assert contract.action("sendSms") == original.action("sendSms") == "urn:sendsms#sendSms"
    fields = {"recipients": "+12025550123", "message": UNICODE, "apikey": "k-test"}
    assert contract.write("sendSms", "input", fields) == original.write("sendSms", "input", fields)


@each("name", sorted(CALLS))
def test_a_captured_call_through_a_door_is_stored_as_the_mock_takes_it(
    tmp_path: Path, name: str
) -> None:
    wire = CALLS[name]
    text = config_text().replace('"shop-key"', '"k-test"')
    text = text.replace('backend = "smsmobileapi"', f'backend = "smsmobileapi"\nwsdl = "{WSDL}"')
    with running(tmp_path, text) as run:
        answer = run.ask(wire.inflated)
        found = run.messages()
        if wire.key == "bad":
            assert (answer.status, found) == (500, [])
            return
        assert answer.status == 200
        if not wire.number.startswith("+"):  # the provider would not take it either
            assert (b"error" in answer.body, found) == (True, [])
            return
        (stored,) = found
        assert (stored.text, stored.recipient) == (wire.text, "+12025550123")
        assert stored.id.encode() in answer.body
