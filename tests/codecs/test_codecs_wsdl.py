"""A contract is what its WSDL says: written as zeep does, with what ``encoded`` adds, or not."""

import hashlib
import re
import socket
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from smsbridge.codecs import Unreadable
from smsbridge.codecs.envelope import (
    ENCODING11,
    ENCODING12,
    SOAP11,
    SOAP12,
    XSD,
    Envelope,
    read_envelope,
)
from smsbridge.codecs.values import XSI
from smsbridge.codecs.wsdl import BadContract, Contract, bundled, load_contract
from smsbridge.xml import ANSWER, REQUEST, parse_xml

SENDSMS = bundled("smsbridge.wsdl:sendsms.wsdl")[0]
ACME = bundled("acme_sms:acme.wsdl")[0]
CAPTURED = Path(__file__).parent.parent / "wires" / "captured-against.wsdl"
FIELDS = {"recipients": "+12025550123", "message": "hé 😀 <&> \"'", "apikey": "test-key"}
REQUESTED = {
    "request": {
        "destination": {"number": "+12025550123"},
        "content": {"body": "hé 😀 <&>"},
        "reference": "r-1",
    }
}
TYPE = f"{{{XSI}}}type"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def changed(document: bytes, *changes: tuple[str, str]) -> bytes:
    for old, new in changes:
        assert old.encode() in document
        document = document.replace(old.encode(), new.encode())
    return document


def importing(location: str, namespace: str = "urn:other") -> bytes:
    where = f' schemaLocation="{location}"' if location else ""
    types = (
        '<types><xsd:schema targetNamespace="urn:sendsms">'
        f'<xsd:import namespace="{namespace}"{where}/></xsd:schema></types>'
        '<message name="sendSmsRequest">'
    )
    return changed(SENDSMS, ('<message name="sendSmsRequest">', types))


def refused(document: bytes, folder: Path | None = None, sha256: str = "") -> str:
    with pytest.raises(BadContract) as error:
        load_contract(document, folder, sha256)
    return str(error.value)


def wrapper(written: bytes) -> Any:
    return parse_xml(written, REQUEST)[-1][0]


def opened(written: bytes) -> Envelope:
    return read_envelope(written, ANSWER, "text/xml")


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
    assert sendsms.encoded == {("sendSms", "input"), ("sendSms", "output")}
    assert sendsms.first_part("sendSms", "output") == "return"


def test_the_parts_stand_in_the_order_of_the_contract_and_not_of_the_call(
    sendsms: Contract,
) -> None:
    backwards = dict(reversed(FIELDS.items()))
    parts = wrapper(sendsms.write("sendSms", "input", backwards))
    assert [part.tag for part in parts] == ["recipients", "message", "apikey"]


@pytest.mark.parametrize(
    "package_file", ["smsbridge.wsdl:soapenc.xsd", "smsbridge.wsdl:sendsms.wsdl"]
)
def test_what_is_bundled_is_well_formed_and_ships(package_file: str) -> None:
    package, _, name = package_file.partition(":")
    assert parse_xml(bundled(package_file)[0], REQUEST) is not None
    assert files(package).joinpath(name).is_file()


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
    for element in ours.iter():
        for name in {TYPE, f"{{{SOAP11}}}encodingStyle"} & set(element.keys()):
            del element.attrib[name]
    etree.cleanup_namespaces(ours)
    assert canonical(ours) == canonical(theirs)


# What rpc/encoded adds


def test_an_encoded_wrapper_has_the_encoding_style(sendsms: Contract) -> None:
    found = wrapper(sendsms.write("sendSms", "input", FIELDS))
    assert found.tag == "{urn:sendsms}sendSms"
    assert dict(found.attrib) == {f"{{{SOAP11}}}encodingStyle": ENCODING11}


def test_each_encoded_part_has_a_type_with_a_declared_prefix_and_no_namespace(
    sendsms: Contract,
) -> None:
    for part in wrapper(sendsms.write("sendSms", "input", FIELDS)):
        prefix, _, local = part.get(TYPE).partition(":")
        assert (part.nsmap[prefix], local) == (XSD, "string")
        assert part.tag in FIELDS
        assert part.text == FIELDS[part.tag]


def test_each_encoded_part_has_the_type_that_the_contract_declares() -> None:
    document = changed(
        SENDSMS,
        ('<part name="recipients" type="xsd:string"', '<part name="recipients" type="xsd:long"'),
    )
    parts = wrapper(load_contract(document, None).write("sendSms", "input", FIELDS))
    assert [part.get(TYPE) for part in parts] == ["xsd:long", "xsd:string", "xsd:string"]


def test_every_type_inside_an_encoded_array_has_a_declared_prefix(captured: Contract) -> None:
    values = {**FIELDS, "recipients": ["+12025550123", "+12025550124"]}
    found = wrapper(captured.write("sendSmsBulk", "input", values))
    items = list(found[0])
    assert [item.text for item in items] == values["recipients"]
    for element in (*found, *items):
        prefix, _, local = element.get(TYPE).partition(":")
        assert local
        assert prefix in element.nsmap


def test_an_encoded_array_says_what_it_holds(captured: Contract) -> None:
    values = {**FIELDS, "recipients": ["+12025550123", "+12025550124"]}
    recipients = wrapper(captured.write("sendSmsBulk", "input", values))[0]
    said = recipients.get(f"{{{ENCODING11}}}arrayType") or ""
    prefix, _, local = said.partition(":")
    assert local == "string[2]"
    assert recipients.nsmap[prefix] == XSD


def test_what_is_written_is_read_again(sendsms: Contract, acme: Contract) -> None:
    notes: list[str] = []
    written = opened(sendsms.write("sendSms", "input", FIELDS))
    assert sendsms.read("sendSms", "input", written, notes.append) == FIELDS
    written = opened(acme.write("SubmitMessage", "input", REQUESTED))
    assert acme.read("SubmitMessage", "input", written, notes.append) == REQUESTED
    assert notes == []


# Answers


def test_an_answer_has_the_response_wrapper_in_the_body_namespace(sendsms: Contract) -> None:
    found = wrapper(sendsms.write("sendSms", "output", {"return": "{}"}))
    assert found.tag == "{urn:sendsms}sendSmsResponse"
    assert found.get(f"{{{SOAP11}}}encodingStyle") == ENCODING11
    assert [(part.tag, part.get(TYPE), part.text) for part in found] == [
        ("return", "xsd:string", "{}")
    ]


def test_an_answer_of_a_document_contract_has_the_declared_element(acme: Contract) -> None:
    written = acme.write("SubmitMessage", "output", {"result": {"state": "QUEUED", "code": "0"}})
    assert wrapper(written).tag == "{urn:acme:sms}SubmitMessageResponse"
    assert acme.read("SubmitMessage", "output", opened(written)) == {
        "result": {"state": "QUEUED", "code": "0"}
    }


def test_an_answer_can_be_written_in_soap_1_2(sendsms: Contract, acme: Contract) -> None:
    written = sendsms.write("sendSms", "output", {"return": "{}"}, SOAP12)
    assert opened(written).version == SOAP12
    assert wrapper(written).get(f"{{{SOAP12}}}encodingStyle") == ENCODING12
    assert SOAP11.encode() not in written
    assert sendsms.read("sendSms", "output", opened(written)) == {"return": "{}"}
    other = acme.write("SubmitMessage", "output", {"result": {"state": "QUEUED"}}, SOAP12)
    assert opened(other).version == SOAP12


def test_a_text_that_names_the_envelope_stays_in_a_soap_1_2_answer(sendsms: Contract) -> None:
    written = sendsms.write("sendSms", "output", {"return": SOAP11}, SOAP12)
    assert sendsms.read("sendSms", "output", opened(written)) == {"return": SOAP11}


@pytest.mark.parametrize(
    "body",
    [
        '<r:sendSmsResponse xmlns:r="urn:canary"><return>1</return></r:sendSmsResponse>',
        "<sendSmsResponse><return>1</return></sendSmsResponse>",
        '<r:sendSms xmlns:r="urn:sendsms"><return>1</return></r:sendSms>',
        '<r:sendSmsResult xmlns:r="urn:sendsms"><return>1</return></r:sendSmsResult>',
        "<canary>1</canary>",
    ],
)
def test_an_answer_in_another_wrapper_is_unreadable_and_not_echoed(
    sendsms: Contract, body: str
) -> None:
    envelope = opened(
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body>{body}</e:Body></e:Envelope>'.encode()
    )
    with pytest.raises(Unreadable, match="another element") as error:
        sendsms.read("sendSms", "output", envelope)
    assert "canary" not in str(error.value)


def test_a_request_in_another_namespace_is_read_and_noted(sendsms: Contract) -> None:
    notes: list[str] = []
    written = changed(sendsms.write("sendSms", "input", FIELDS), ("urn:sendsms", "urn:tempuri"))
    assert sendsms.read("sendSms", "input", opened(written), notes.append) == FIELDS
    assert notes == ["another namespace"]


def test_arguments_without_known_names_are_taken_in_order_and_noted(sendsms: Contract) -> None:
    notes: list[str] = []
    body = "<p0>+12025550123</p0><p1>Hello</p1><p2>test-key</p2>"
    envelope = opened(
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><s:sendSms xmlns:s="urn:sendsms">{body}'
        "</s:sendSms></e:Body></e:Envelope>".encode()
    )
    assert sendsms.read("sendSms", "input", envelope, notes.append) == {
        "recipients": "+12025550123",
        "message": "Hello",
        "apikey": "test-key",
    }
    assert notes == ["no xsi:type", "positional arguments"]


def test_arguments_with_one_known_name_are_taken_by_name(sendsms: Contract) -> None:
    body = "<message>Hello</message><other>x</other>"
    envelope = opened(
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><s:sendSms xmlns:s="urn:sendsms">{body}'
        "</s:sendSms></e:Body></e:Envelope>".encode()
    )
    assert sendsms.read("sendSms", "input", envelope) == {"message": "Hello", "other": "x"}


def test_a_call_without_arguments_has_none(sendsms: Contract, acme: Contract) -> None:
    envelope = f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><a/></e:Body></e:Envelope>'.encode()
    assert sendsms.read("sendSms", "input", opened(envelope)) == {}
    assert acme.read("SubmitMessage", "input", opened(envelope)) == {}


# Fields that don't fit


def test_an_operation_that_isnt_there_is_named_with_those_that_are(sendsms: Contract) -> None:
    with pytest.raises(BadContract, match="no operation sendFax; it has sendSms"):
        sendsms.write("sendFax", "input", FIELDS)
    with pytest.raises(BadContract, match="no operation sendFax; it has sendSms"):
        sendsms.action("sendFax")


@pytest.mark.parametrize("missing", list(FIELDS))
def test_a_missing_part_is_named(sendsms: Contract, missing: str) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != missing}
    with pytest.raises(BadContract, match=f"sendSms: .*{missing}") as error:
        sendsms.write("sendSms", "input", fields)
    assert "test-key" not in str(error.value)
    assert "+12025550123" not in str(error.value)


def test_an_unknown_field_is_named(sendsms: Contract, acme: Contract) -> None:
    with pytest.raises(BadContract, match="sender"):
        sendsms.write("sendSms", "input", {**FIELDS, "sender": "x"})
    with pytest.raises(BadContract, match="sender"):
        acme.write("SubmitMessage", "input", {**REQUESTED, "sender": "x"})


def test_a_missing_element_deep_inside_is_named(acme: Contract) -> None:
    with pytest.raises(BadContract, match="content"):
        acme.write(
            "SubmitMessage", "input", {"request": {"destination": {"number": "+12025550123"}}}
        )


@pytest.mark.parametrize("field", [{"a": "b"}, ["+12025550123", "+12025550124"]])
def test_a_structure_for_a_text_is_refused(sendsms: Contract, field: Any) -> None:
    with pytest.raises(BadContract, match="sendSms"):
        sendsms.write("sendSms", "input", {**FIELDS, "recipients": field})


def test_a_text_for_a_structure_is_refused(acme: Contract) -> None:
    with pytest.raises(BadContract, match="SubmitMessage") as error:
        acme.write("SubmitMessage", "input", {"request": "canary"})
    assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    "kind", ["int", "long", "decimal", "boolean", "dateTime", "base64Binary", "float"]
)
def test_a_value_that_is_not_of_its_type_is_never_shown(kind: str) -> None:
    document = changed(
        SENDSMS,
        ('<part name="apikey" type="xsd:string"', f'<part name="apikey" type="xsd:{kind}"'),
    )
    contract = load_contract(document, None)
    try:
        contract.write("sendSms", "input", {**FIELDS, "apikey": "canary"})
    except BadContract as error:
        assert "canary" not in str(error)  # noqa: PT017  (zeep takes some types as they are)


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
        SENDSMS.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
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


def test_two_soap_ports_are_named() -> None:
    said = refused(changed(SENDSMS, (PORT, SECOND + PORT)))
    assert "one SOAP port" in said
    assert "sendsmsPort" in said
    assert "otherPort" in said


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


# Imports

SCHEMA = (
    '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:other">'
    '<xsd:element name="a" type="xsd:string"/></xsd:schema>'
)


@pytest.mark.parametrize("location", ["beside.xsd", "./beside.xsd", "below/beside.xsd"])
def test_a_file_beside_the_contract_is_imported(location: str, tmp_path: Path) -> None:
    path = tmp_path / location
    path.parent.mkdir(exist_ok=True)
    path.write_text(SCHEMA, encoding="utf-8")
    assert load_contract(importing(location), tmp_path).action("sendSms") == "urn:sendsms#sendSms"


def test_a_file_beside_the_contract_is_read_by_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "beside.xsd").write_text(f"<!DOCTYPE a>{SCHEMA}", encoding="utf-8")
    said = refused(importing("beside.xsd"), tmp_path)
    assert said == "beside.xsd: the document has a DOCTYPE, which is never taken"


@pytest.mark.parametrize(
    "location",
    [
        "http://192.0.2.1/other.xsd",
        "https://sms.example/other.xsd",
        "ftp://sms.example/other.xsd",
        "file:///etc/passwd",
        "//sms.example/other.xsd",
    ],
)
def test_an_import_that_would_be_fetched_is_refused(location: str, tmp_path: Path) -> None:
    said = refused(importing(location), tmp_path)
    assert said.endswith("which is no file beside it; nothing is fetched")
    assert location.removeprefix("//").removeprefix("http:") in said


@pytest.mark.parametrize(
    "location",
    [
        "../secret.xsd",
        "../../secret.xsd",
        "below/../../secret.xsd",
        "http://bundled.invalid/../secret.xsd",
        "http://bundled.invalid/below/../../secret.xsd",
        "%2e%2e/secret.xsd",
        "/secret.xsd",
        "..\\secret.xsd",
        "link.xsd",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "secret.xsd").write_text(SCHEMA, encoding="utf-8")
    (folder / "link.xsd").symlink_to(tmp_path / "secret.xsd")
    assert "no file beside it" in refused(importing(location), folder)


def test_an_absolute_path_is_refused_even_if_it_exists(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (tmp_path / "secret.xsd").write_text(SCHEMA, encoding="utf-8")
    for location in (f"{tmp_path}/secret.xsd", f"http://bundled.invalid/{tmp_path}/secret.xsd"):
        assert "no file beside it" in refused(importing(location), folder)


@pytest.mark.parametrize("location", ["absent.xsd", "below", "."])
def test_what_is_no_file_is_refused(location: str, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert refused(importing(location), tmp_path)


def test_a_contract_without_a_folder_imports_nothing_from_disk() -> None:
    assert "beside.xsd" in refused(importing("beside.xsd"))


@pytest.mark.parametrize("location", ["", "http://schemas.xmlsoap.org/soap/encoding/"])
def test_the_schema_of_soap_encoding_is_bundled(location: str) -> None:
    assert load_contract(importing(location, ENCODING11), None).address


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
