"""A contract is what its WSDL says: written as zeep does, with what ``encoded`` adds, or not."""

import hashlib
import re
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from smsbridge.codecs.soap.contract import Contract
from smsbridge.codecs.soap.documents import Source, read_source
from smsbridge.codecs.soap.envelope import (
    SOAP11,
    SOAP12,
)
from smsbridge.codecs.soap.model import BadContract
from smsbridge.codecs.soap.reader import ENCODING12, XSI
from smsbridge.codecs.soap.wsdl import load_contract, load_ports
from smsbridge.codecs.soap.xml import REQUEST, parse_xml
from smsbridge.mapping.path import nested

from support.corpus import CONTRACTS, SAMPLES
from support.wsdls import (
    ACME,
    FIELDS,
    REQUESTED,
    SENDSMS,
    changed,
    element,
    opened,
    restricted,
    sending,
    sequence,
    structure,
)

CAPTURED = Path(__file__).parents[2] / "wires" / "captured-against.wsdl"
TYPE = f"{{{XSI}}}type"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def refused(document: bytes, folder: Path | None = None, sha256: str = "") -> str:
    with pytest.raises(BadContract) as error:
        load_contract(document, folder, sha256)
    return str(error.value)


def wrapper(written: bytes) -> Any:
    return parse_xml(written, REQUEST)[-1][0]


def canonical(written: bytes | Any) -> bytes:
    root = parse_xml(written, REQUEST) if isinstance(written, bytes) else written
    return etree.tostring(root, method="c14n", exclusive=True)


def zeeps(document: bytes, folder: Path, operation: str, values: dict[str, Any]) -> Any:
    path = folder / "oracle.wsdl"
    path.write_bytes(document)
    with zeep.Client(str(path)) as client:  # type: ignore[no-untyped-call]  # zeep types half of it
        return client.create_message(client.service, operation, **values)


@pytest.fixture
def sendsms() -> Contract:
    return load_contract(SENDSMS, None)


@pytest.fixture
def acme() -> Contract:
    return load_contract(ACME, None)


@pytest.fixture
def captured() -> Contract:
    return load_contract(CAPTURED.read_bytes(), CAPTURED.parent)


# What our own contract says


def test_the_contract_that_ships_has_the_names_of_the_provider(sendsms: Contract) -> None:
    assert sendsms.address == "https://api.smsmobileapi.com/sendsms/wsdl/server.php"
    assert sendsms.version == SOAP11
    assert list(sendsms.operations) == ["sendSms"]
    assert sendsms.action("sendSms") == "urn:sendsms#sendSms"
    for content, names in (
        (sendsms.content("sendSms", "input"), list(FIELDS)),
        (sendsms.content("sendSms", "output"), ["return"]),
    ):
        assert content.encoded
        assert [part.name for part in content.body.kind.parts] == names


def test_the_parts_stand_in_the_order_of_the_contract_and_not_of_the_call(
    sendsms: Contract,
) -> None:
    backwards = dict(reversed(FIELDS.items()))
    parts = wrapper(sendsms.write("sendSms", "input", backwards))
    assert [part.tag for part in parts] == ["recipients", "message", "apikey"]


# zeep as the oracle


def test_a_document_literal_request_is_zeeps_own_envelope(acme: Contract, tmp_path: Path) -> None:
    ours = acme.write("SubmitMessage", "input", REQUESTED)
    assert canonical(ours) == canonical(zeeps(ACME, tmp_path, "SubmitMessage", REQUESTED))


def test_a_document_literal_request_has_no_types_and_no_encoding_style(acme: Contract) -> None:
    ours = acme.write("SubmitMessage", "input", REQUESTED)
    assert b"xsi:type" not in ours
    assert b"encodingStyle" not in ours


def test_an_encoded_request_is_zeeps_own_but_for_types_and_encoding_style(
    sendsms: Contract, tmp_path: Path
) -> None:
    ours = parse_xml(sendsms.write("sendSms", "input", FIELDS), REQUEST)
    theirs = zeeps(SENDSMS, tmp_path, "sendSms", FIELDS)
    assert canonical(ours) != canonical(theirs)
    for one in ours.iter():
        for name in {TYPE, f"{{{SOAP11}}}encodingStyle"} & set(one.keys()):
            del one.attrib[name]
    etree.cleanup_namespaces(ours)
    assert canonical(ours) == canonical(theirs)


# Contracts that can't be used


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"canary",
        b"<definitions",
        SENDSMS[:-40],
        SENDSMS + b"<canary/>",
        b"<!DOCTYPE definitions><definitions/>",
        SENDSMS.decode().replace("UTF-8", "UTF-32").encode("utf-32"),
        b"<html><br></html>",
    ],
)
def test_broken_xml_is_a_bad_contract(document: bytes) -> None:
    said = refused(document)
    assert said.startswith("the WSDL: ")
    assert "canary" not in said


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', id="empty"),
        pytest.param(re.sub(rb"<service.*</service>", b"", SENDSMS, flags=re.DOTALL), id="service"),
        pytest.param(re.sub(rb"<port .*</port>", b"", SENDSMS, flags=re.DOTALL), id="port"),
    ],
)
def test_a_contract_without_a_soap_port_says_so(document: bytes) -> None:
    assert refused(document) == "the WSDL must have one SOAP port; it has none"


def test_html_that_is_well_formed_is_a_bad_contract() -> None:
    assert refused(b"<html><body/></html>")


PORT = '<port name="sendsmsPort" binding="tns:sendsmsBinding">'
SECOND = (
    '<port name="otherPort" binding="tns:sendsmsBinding">'
    '<soap:address location="https://sms.example/other"/></port>'
)


def test_two_soap_ports_are_named_and_one_must_be_said() -> None:
    document = changed(SENDSMS, (PORT, SECOND + PORT))
    assert refused(document) == (
        "the WSDL must have one SOAP port; it has otherPort, sendsmsPort; say port = one of them"
    )
    for name, address in (
        ("otherPort", "https://sms.example/other"),
        ("sendsmsPort", "https://api.smsmobileapi.com/sendsms/wsdl/server.php"),
    ):
        contract = load_contract(document, port=name)
        assert (contract.port.name, contract.address) == (name, address)


@pytest.mark.parametrize("name", ["Other", "otherport", "sendsms"])
def test_a_port_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    for document, names in (
        (SENDSMS, "sendsmsPort"),
        (changed(SENDSMS, (PORT, SECOND + PORT)), "otherPort, sendsmsPort"),
    ):
        with pytest.raises(BadContract) as error:
            load_contract(document, port=name)
        assert str(error.value) == f"the WSDL has no SOAP port {name!r}; it has {names}"


def test_ports_of_one_name_are_told_apart_by_their_services() -> None:
    at = SENDSMS.index(b"<service ")
    other = changed(
        SENDSMS[at : SENDSMS.index(b"</service>")] + b"</service>",
        ('<service name="sendsms', '<service name="other'),
        ("https://api.smsmobileapi.com", "https://other.example"),
    )
    ports = load_ports(Source(document=SENDSMS[:at] + other + SENDSMS[at:]))
    assert {name: contract.port.service for name, contract in ports.items()} == {
        f"{contract.port.service}.sendsmsPort": contract.port.service for contract in ports.values()
    }
    assert len({contract.address for contract in ports.values()}) == 2


def test_the_version_may_be_said_by_the_port() -> None:
    source = read_source(CONTRACTS / "soap11-and-soap12.wsdl")
    versions = {name: load_contract(source, port=name).version for name in ("Soap11", "Soap12")}
    assert versions == {"Soap11": SOAP11, "Soap12": SOAP12}
    assert load_contract(source).port.name == "Soap11"


def test_of_a_port_of_each_version_that_of_soap_1_1_is_taken() -> None:
    at, end = SENDSMS.index(b"<binding "), SENDSMS.index(b"</binding>") + len(b"</binding>")
    twelfth = changed(
        SENDSMS[at:end], ("<soap:", "<soap12:"), ("sendsmsBinding", "sendsmsBinding12")
    )
    document = changed(
        SENDSMS[:end] + twelfth + SENDSMS[end:],
        ("xmlns:xsd=", 'xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xsd='),
        (PORT, SECOND.replace("<soap:", "<soap12:").replace("Binding", "Binding12") + PORT),
    )
    contract = load_contract(document, None)
    assert contract.version == SOAP11
    assert contract.address == "https://api.smsmobileapi.com/sendsms/wsdl/server.php"


def test_a_contract_of_soap_1_2_alone_is_taken() -> None:
    document = changed(
        SENDSMS,
        ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/"),
    )
    contract = load_contract(document, None)
    assert contract.version == SOAP12
    written = contract.write("sendSms", "input", FIELDS)
    assert opened(written).version == SOAP12
    assert wrapper(written).get(f"{{{SOAP12}}}encodingStyle") == ENCODING12
    assert wrapper(written)[0].get(TYPE) == "xsd:string"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('binding="tns:sendsmsBinding"', 'binding="tns:canaryBinding"'),
        ('type="tns:sendsmsPortType"', 'type="tns:canaryPortType"'),
        ('message="tns:sendSmsRequest"', 'message="tns:canaryRequest"'),
        ('type="xsd:string"', 'type="tns:canaryType"'),
        ("<soap:address", "<soap:canary"),
        (' location="https://api.smsmobileapi.com/sendsms/wsdl/server.php"', ""),
        ('<operation name="sendSms">\n      <input m', '<operation name="canary">\n      <input m'),
    ],
)
def test_a_contract_that_contradicts_itself_is_a_bad_contract(old: str, new: str) -> None:
    assert refused(changed(SENDSMS, (old, new)))


def test_a_contract_with_too_many_elements_is_a_bad_contract() -> None:
    filler = "<documentation/>" * 200_001
    assert "elements" in refused(changed(SENDSMS, ("<service", f"{filler}<service")))


# What the plan of a message says


def parts(contract: Contract, path: str = "") -> dict[str, tuple[str, bool, bool, bool]]:
    """Return what each part is called, and whether it is required, repeated and nillable."""
    body = contract.content("Send", "input").body
    found = contract.content("Send", "input").find(path) if path else body
    assert found is not None
    return {
        part.name: (part.kind.shown, part.required, part.repeated, part.nillable)
        for part in found.kind.parts
    }


def test_a_part_is_required_repeated_or_nillable_as_the_schema_says() -> None:
    contract = sending(
        sequence(
            element("a"),
            element("b", "xs:int", minOccurs="0", nillable="true"),
            element("c", "t:C", maxOccurs="unbounded"),
            element("d", maxOccurs="2"),
        ),
        '<xs:attribute name="e" type="xs:boolean" use="required"/>',
        more=structure("C", sequence(element("f"), minOccurs="0")),
    )
    assert parts(contract) == {
        "@e": ("boolean", True, False, False),
        "a": ("string", True, False, False),
        "b": ("int", False, False, True),
        "c": ("C", True, True, False),
        "d": ("string", True, True, False),
    }
    assert parts(contract, "c") == {"f": ("string", False, False, False)}


def test_a_repeated_or_optional_group_makes_all_in_it_so() -> None:
    contract = sending(
        sequence(
            sequence(element("a"), element("b"), maxOccurs="9"),
            '<xs:group ref="t:G" minOccurs="0"/>',
            "<xs:choice>" + element("d") + sequence(element("e"), element("f")) + "</xs:choice>",
        ),
        more='<xs:group name="G">' + sequence(element("c")) + "</xs:group>",
    )
    flags = {name: found[1:3] for name, found in parts(contract).items()}
    assert flags == {
        **dict.fromkeys("ab", (True, True)),
        **dict.fromkeys("cdef", (False, False)),
    }
    assert contract.content("Send", "input").body.kind.one_of == [frozenset("def")]


@pytest.mark.parametrize(
    "choice",
    [
        '<xs:choice minOccurs="0">' + element("a") + element("b") + "</xs:choice>",
        "<xs:choice>" + element("a", minOccurs="0") + element("b") + "</xs:choice>",
        "<xs:choice>" + element("a") + sequence(element("b"), minOccurs="0") + "</xs:choice>",
    ],
)
def test_of_a_choice_that_may_be_empty_none_is_needed(choice: str) -> None:
    contract = sending(sequence(choice, element("c", minOccurs="0")))
    body = contract.request("Send", {})
    assert contract.refusal("Send", "input", opened(body)) is None


def test_an_extension_has_the_parts_of_its_base_first() -> None:
    contract = sending(
        sequence(element("m", "t:Sub")),
        more=structure("Base", sequence(element("a")))
        + structure(
            "Sub",
            '<xs:complexContent><xs:extension base="t:Base">'
            + sequence(element("b"))
            + "</xs:extension></xs:complexContent>",
        ),
    )
    assert list(parts(contract, "m")) == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "base", "shown"),
    [
        ("xs:token", "token", "token"),
        ("t:Short", "string", "Short"),
        ("t:Shorter", "string", "Shorter"),
        ("t:Many", "anySimpleType", "anySimpleType"),
        ("t:Either", "anySimpleType", "anySimpleType"),
        ("xs:anyType", "", "structure"),
    ],
)
def test_a_simple_type_has_the_built_in_type_that_it_comes_from(
    kind: str, base: str, shown: str
) -> None:
    contract = sending(
        sequence(element("a", kind)),
        more=restricted("xs:string", ("maxLength", "9"), name="Short")
        + restricted("t:Short", ("maxLength", "5"), name="Shorter")
        + '<xs:simpleType name="Many"><xs:list itemType="xs:int"/></xs:simpleType>'
        + '<xs:simpleType name="Either"><xs:union memberTypes="xs:int xs:date"/></xs:simpleType>',
    )
    found = contract.content("Send", "input").find("a")
    assert found is not None
    assert (found.kind.base, found.kind.shown) == (base, shown)


# The pin


def test_the_pin_takes_the_very_document_in_either_case() -> None:
    pin = hashlib.sha256(SENDSMS).hexdigest()
    assert load_contract(SENDSMS, None, pin) == load_contract(SENDSMS, None, pin.upper())


@pytest.mark.parametrize("pin", ["0" * 64, hashlib.sha256(ACME).hexdigest(), "x", " "])
def test_another_document_than_the_pin_says_is_refused(pin: str) -> None:
    assert refused(SENDSMS, None, pin) == "the WSDL is not the one that wsdl_sha256 pins"


def test_one_changed_byte_breaks_the_pin() -> None:
    pin = hashlib.sha256(SENDSMS).hexdigest()
    assert "wsdl_sha256" in refused(SENDSMS + b"\n", None, pin)


def test_a_contract_is_built_once_for_each_document() -> None:
    assert load_contract(SENDSMS, None) is load_contract(bytes(SENDSMS), None)
    assert load_contract(SENDSMS, None) is not load_contract(SENDSMS + b"\n", None)


def test_threads_that_are_first_at_once_all_write_the_whole_message() -> None:
    sample = next(sample for sample in SAMPLES if sample.file == "combined.wsdl")
    source = (CONTRACTS / sample.file).read_bytes()
    together = threading.Barrier(16)
    interval = sys.getswitchinterval()

    def write(contract: Contract) -> bytes:
        together.wait()
        return contract.write(sample.operation, "input", nested(sample.fields))

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            for number in range(20):
                fresh = load_contract(source + b"<!-- %d -->" % number, CONTRACTS)
                assert len(set(pool.map(write, [fresh] * 16))) == 1
    finally:
        sys.setswitchinterval(interval)
