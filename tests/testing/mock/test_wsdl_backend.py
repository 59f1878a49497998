"""A WSDL and nothing else as a provider: zeep's own client, over a real socket, is the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest
import requests
import zeep
from lxml import etree

from smsbridge import ConfigError
from smsbridge.codecs.soap.envelope import ENCODING11, read_envelope
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.wsdl_files import Source, read_source
from smsbridge.codecs.soap.xml import ANSWER
from smsbridge.mapping.path import nest
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.corpus import AXIS, CONTRACTS, SAMPLES, Sample
from support.each import each
from support.vendor import WSDL, changed

EVERY = (*SAMPLES, AXIS)
CALLS = {(one.file, one.port, one.operation): one for one in EVERY}
SOAP11, SOAP12 = "text/xml; charset=utf-8", "application/soap+xml; charset=utf-8"
ZeepClient: Any = zeep.Client


class Loopback(zeep.Transport):
    """Loads and posts at the mock only, and keeps what was loaded and the last answer."""

    def __init__(self, address: str) -> None:
        session = requests.Session()
        session.trust_env = False
        super().__init__(session=session, timeout=30, operation_timeout=30)  # type: ignore[no-untyped-call]  # zeep's
        self.address = address
        self.loaded: list[str] = []
        self.answer = requests.Response()

    def load(self, url: str) -> Any:
        if url.startswith(ENCODING11):
            return files("smsbridge.wsdl").joinpath("soapenc.xsd").read_bytes()
        assert url.startswith(self.address)
        self.loaded.append(url)
        return super().load(url)  # type: ignore[no-untyped-call]  # zeep's

    def post(self, address: str, message: Any, headers: Any) -> Any:
        assert address.startswith(self.address)
        self.answer = super().post(address, message, headers)  # type: ignore[no-untyped-call]  # zeep's
        return self.answer


@contextmanager
def mocked(source: Source) -> Iterator[Provider]:
    """Serve a WSDL on a real socket."""
    server = MockServer(Provider(wsdl_backend(source)))
    server.start()
    try:
        yield server.provider
    finally:
        server.stop()


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def places(document: bytes) -> list[str]:
    """Return every address in a document."""
    found = [element.attrib for element in etree.fromstring(document).iter()]
    names = ("location", "schemaLocation")
    return [str(own[name]) for own in found for name in names if name in own]


def ids(one: Sample) -> str:
    return f"{one.file} {one.port} {one.operation}"


@each("one", CALLS.values())
def test_zeep_reads_the_wsdl_from_the_mock_and_gets_a_valid_sample_of_each_operation(
    one: Sample,
) -> None:
    source = read_source(CONTRACTS / one.file)
    ports = load_ports(source)
    contract = ports[one.port or next(iter(ports))]
    with mocked(source) as provider:
        transport = Loopback(provider.address)
        wsdl = f"{provider.address}{path_of(contract.address)}?wsdl"
        with transport.session:
            client = ZeepClient(wsdl, transport=transport)
            service = client.bind(contract.service, contract.name)
            headers = {"_soapheaders": one.headers} if one.headers else {}
            result = service[one.operation](**one.values, **headers)
        notes = dict(provider.notes)
    declared = contract.operation(one.operation)
    if declared.output is None:
        assert (transport.answer.status_code, transport.answer.content) == (202, b"")
        return
    assert result is not None
    version = SOAP12 if "soap-envelope" in contract.version else SOAP11
    kind = transport.answer.headers["content-type"]
    assert (transport.answer.status_code, kind) == (200, version)
    envelope = read_envelope(transport.answer.content, ANSWER, kind)
    assert contract.refusal(one.operation, "output", envelope) is None
    assert contract.read(one.operation, "output", envelope)
    assert set(notes) <= ({"no xsi:type"} if declared.input.encoded else set())


@each("file", ["wsdl-import.wsdl", "schema-files.wsdl", "schema-circle.wsdl"])
def test_every_document_that_a_wsdl_imports_is_served_and_the_real_hosts_are_not_named(
    file: str,
) -> None:
    source = read_source(CONTRACTS / file)
    (contract,) = load_ports(source).values()
    with mocked(source) as provider:
        transport = Loopback(provider.address)
        with transport.session:
            ZeepClient(f"{provider.address}{path_of(contract.address)}", transport=transport)
        assert len(set(transport.loaded)) == len(contract.documents)
        for url in transport.loaded:
            body = requests.get(url, timeout=30).content
            assert [at for at in places(body) if not at.startswith(provider.address)] == []


def test_no_port_of_a_served_wsdl_leads_to_the_real_service() -> None:
    source = read_source(CONTRACTS / "services.wsdl")
    with mocked(source) as provider:
        body = requests.get(f"{provider.address}/account?wsdl", timeout=30).content
        assert places(body) == [
            f"{provider.address}{path_of(contract.address)}"
            for contract in load_ports(source).values()
        ]


ENCODED = ("nusoap.wsdl", "axis.wsdl", "combined-encoded.wsdl")
LITERAL = {
    one.file: one
    for one in EVERY
    if one.file not in ENCODED and not one.file.startswith("rpc-encoded")
}


@each("one", LITERAL.values())
def test_a_request_that_the_schema_refuses_gets_a_client_fault(one: Sample) -> None:
    source = read_source(CONTRACTS / one.file)
    ports = load_ports(source)
    contract = ports[one.port or next(iter(ports))]
    body = contract.write(one.operation, "input", nest(one.fields))
    root = etree.fromstring(body)
    (child,) = root.findall("{*}Body/*")
    child[0].tag, child[0].text = "{urn:none}surplus", "canary"
    with mocked(source) as provider:
        url = f"{provider.address}{path_of(contract.address)}"
        answer = requests.post(
            url,
            data=etree.tostring(root, encoding="utf-8"),
            headers={"Content-Type": SOAP12 if "soap-envelope" in contract.version else SOAP11},
            timeout=10,
        )
        notes = dict(provider.notes)
    assert answer.status_code == 500
    fault = read_envelope(answer.content, ANSWER, answer.headers["content-type"]).fault
    assert fault is not None
    assert fault["code"] in ("Client", "Sender")
    assert "surplus" in fault["string"]
    assert "canary" not in answer.text
    assert notes == {f"refused: {fault['string']}": 1}


def test_zeep_raises_the_fault_of_a_value_that_the_schema_refuses() -> None:
    source = read_source(CONTRACTS / "limits.wsdl")
    values = {"text": "x", "encoding": "UCS2", "priority": "high", "sender": "Acme"}
    with mocked(source) as provider:
        transport = Loopback(provider.address)
        with transport.session:
            client = ZeepClient(f"{provider.address}/sms?wsdl", transport=transport)
            with pytest.raises(zeep.exceptions.Fault, match="pattern") as refused:
                client.service.Send(to="Alice", **values)
            assert client.service.Send(to="+12025550123", **values)
    assert str(refused.value.code).endswith("Client")


def test_two_ports_at_one_path_are_both_served() -> None:
    source = read_source(CONTRACTS / "services.wsdl")
    paths = [path_of(contract.address) for contract in load_ports(source).values()]
    assert paths[0] == paths[1]
    with mocked(source) as provider:
        transport = Loopback(provider.address)
        with transport.session:
            client = ZeepClient(f"{provider.address}{paths[0]}?wsdl", transport=transport)
            assert client.bind("Messaging", "Sending").Send(to="1", text="x") == "text"
            assert client.bind("Messaging", "Tracking").GetStatus(messageId="1") == "text"


@each(
    ("path", "body", "status"),
    [("/nowhere", b"", 404), ("/services/oldcorp", b"<a/>", 500), ("/services/oldcorp", b"", 500)],
)
def test_what_calls_nothing_is_refused(path: str, body: bytes, status: int) -> None:
    with mocked(Source(document=WSDL.encode())) as provider:
        answer = requests.post(f"{provider.address}{path}", data=body, timeout=30)
    assert answer.status_code == status


def test_an_operation_that_the_wsdl_lacks_gets_a_client_fault_that_is_noted() -> None:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<n:Nope xmlns:n="urn:none"/></s:Body></s:Envelope>'
    )
    with mocked(Source(document=WSDL.encode())) as provider:
        answer = requests.post(f"{provider.address}/services/oldcorp", data=body, timeout=30)
        notes = dict(provider.notes)
    said = "it doesn't call an operation of this service"
    assert answer.status_code == 500
    assert f"<faultstring>{said}</faultstring>" in answer.text
    assert notes == {f"refused: {said}": 1}


def test_it_is_labelled_assumed() -> None:
    provider = Provider(wsdl_backend(Source(document=WSDL.encode())))
    assert (provider.fixture.id, provider.fixture.provenance.source) == ("wsdl/default", "ASSUMED")


def test_a_backend_has_a_protocol_for_each_port() -> None:
    backend = wsdl_backend(read_source(CONTRACTS / "services.wsdl"), "several")
    assert backend.name == "several"
    assert list(backend.protocols) == ["Sending", "Tracking", "Billing"]


@each(
    ("text", "said"),
    [
        ("<html>", "not well-formed"),
        (WSDL[: WSDL.index("<wsdl:service")] + "</wsdl:definitions>", "has no SOAP port"),
        ((CONTRACTS / "mtom.wsdl").read_text(), "requires MTOM"),
    ],
)
def test_a_wsdl_that_can_t_be_played_is_an_error_of_the_config(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        wsdl_backend(Source(document=text.encode()))


LIMITED = {
    "a least number": (
        (
            '<xsd:simpleType><xsd:restriction base="xsd:int"><xsd:minInclusive value="100"/>'
            "</xsd:restriction></xsd:simpleType>"
        ),
        100,
    ),
    "words of the type that it restricts": (
        '<xsd:simpleType><xsd:restriction base="tns:Priority"/></xsd:simpleType>',
        "low",
    ),
    "fewer words": (
        (
            '<xsd:simpleType><xsd:restriction base="tns:Priority"><xsd:enumeration value="high"/>'
            "</xsd:restriction></xsd:simpleType>"
        ),
        "high",
    ),
    "a length, and that of the type that it restricts": (
        (
            '<xsd:simpleType><xsd:restriction base="tns:Reference"><xsd:minLength value="39"/>'
            "</xsd:restriction></xsd:simpleType>"
        ),
        "text" * 10,
    ),
}


@each(("kind", "sample"), LIMITED.values())
def test_a_sample_keeps_the_limits_of_its_type(kind: str, sample: object) -> None:
    code = '<xsd:element name="code" type="xsd:int"/>'
    text = changed((code, f'<xsd:element name="code">{kind}</xsd:element>'))
    source = Source(document=text.encode())
    (contract,) = load_ports(source).values()
    request = {"request": {"destination": "1", "body": "x"}}
    with mocked(source) as provider:
        transport = Loopback(provider.address)
        with transport.session:
            client = ZeepClient(f"{provider.address}/services/oldcorp", transport=transport)
            assert client.service.SubmitShortMessage(**request).code == sample
    envelope = read_envelope(transport.answer.content, ANSWER, SOAP11)
    assert contract.refusal("SubmitShortMessage", "output", envelope) is None
