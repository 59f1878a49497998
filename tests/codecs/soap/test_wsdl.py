"""A contract is what its WSDL says: written as zeep does, with what ``encoded`` adds, or not."""

import re
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from smsbridge.codecs.soap.envelope import (
    SOAP11,
    SOAP12,
)
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.reader import ENCODING12, XSI
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.codecs.soap.xml import REQUEST, parse_xml

from support.corpus import CONTRACTS
from support.each import each
from support.wsdls import (
    ACME,
    FIELDS,
    REQUESTED,
    SENDSMS,
    changed,
    opened,
    refused_load,
)

pytestmark = pytest.mark.usefixtures("no_network")

CAPTURED = Path(__file__).parents[2] / "wires" / "captured-against.wsdl"
TYPE = f"{{{XSI}}}type"


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
def sendsms() -> Port:
    return load_port(SENDSMS, None)


@pytest.fixture
def acme() -> Port:
    return load_port(ACME, None)


@pytest.fixture
def captured() -> Port:
    return load_port(CAPTURED.read_bytes(), CAPTURED.parent)


# What our own contract says


def test_the_contract_that_ships_has_the_names_of_the_provider(sendsms: Port) -> None:
    assert sendsms.address == "https://api.smsmobileapi.com/sendsms/wsdl/server.php"
    assert sendsms.version == SOAP11
    assert list(sendsms.operations) == ["sendSms"]
    assert sendsms.action("sendSms") == "urn:sendsms#sendSms"
    for content, names in (
        (sendsms.content("sendSms", "input"), list(FIELDS)),
        (sendsms.content("sendSms", "output"), ["return"]),
    ):
        assert content.encoded
        assert [part.name for part in content.body.type.parts] == names


def test_the_parts_stand_in_the_order_of_the_contract_and_not_of_the_call(
    sendsms: Port,
) -> None:
    backwards = dict(reversed(FIELDS.items()))
    parts = wrapper(sendsms.write("sendSms", "input", backwards))
    assert [part.tag for part in parts] == ["recipients", "message", "apikey"]


# zeep as the oracle


def test_a_document_literal_request_is_zeeps_own_envelope(acme: Port, tmp_path: Path) -> None:
    ours = acme.write("SubmitMessage", "input", REQUESTED)
    assert canonical(ours) == canonical(zeeps(ACME, tmp_path, "SubmitMessage", REQUESTED))


def test_a_document_literal_request_has_no_types_and_no_encoding_style(acme: Port) -> None:
    ours = acme.write("SubmitMessage", "input", REQUESTED)
    assert b"xsi:type" not in ours
    assert b"encodingStyle" not in ours


def test_an_encoded_request_is_zeeps_own_but_for_types_and_encoding_style(
    sendsms: Port, tmp_path: Path
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


@each(
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
    said = refused_load(document)
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
    assert refused_load(document) == "the WSDL must have one SOAP port; it has none"


def test_html_that_is_well_formed_is_a_bad_contract() -> None:
    assert refused_load(b"<html><body/></html>")


def test_the_version_may_be_said_by_the_port() -> None:
    source = read_source(CONTRACTS / "soap11-and-soap12.wsdl")
    versions = {name: load_port(source, port=name).version for name in ("Soap11", "Soap12")}
    assert versions == {"Soap11": SOAP11, "Soap12": SOAP12}
    assert load_port(source).name == "Soap11"


def test_a_contract_of_soap_1_2_alone_is_taken() -> None:
    document = changed(
        SENDSMS,
        ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/"),
    )
    contract = load_port(document, None)
    assert contract.version == SOAP12
    written = contract.write("sendSms", "input", FIELDS)
    assert opened(written).version == SOAP12
    assert wrapper(written).get(f"{{{SOAP12}}}encodingStyle") == ENCODING12
    assert wrapper(written)[0].get(TYPE) == "xsd:string"


@each(
    ("old", "new", "why"),
    [
        ('binding="tns:sendsmsBinding"', 'binding="tns:canaryBinding"', "names the binding"),
        ('type="tns:sendsmsPortType"', 'type="tns:canaryPortType"', "names the portType"),
        ('message="tns:sendSmsRequest"', 'message="tns:canaryRequest"', "has an input of"),
        ('type="xsd:string"', 'type="tns:canaryType"', "has the type tns:canaryType"),
        (
            '<operation name="sendSms">\n      <input m',
            '<operation name="canary">\n      <input m',
            "operation sendSms is not in the portType",
        ),
    ],
)
def test_a_contract_that_contradicts_itself_is_a_bad_contract(old: str, new: str, why: str) -> None:
    with pytest.raises(BadWSDL, match=why):
        load_port(changed(SENDSMS, (old, new))).operation("sendSms")


def test_a_contract_with_too_many_elements_is_a_bad_contract() -> None:
    filler = "<documentation/>" * 200_001
    assert "elements" in refused_load(changed(SENDSMS, ("<service", f"{filler}<service")))
