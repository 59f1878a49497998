"""The SOAP envelope: one Body, values in every shape that callers use, and faults both ways."""

import base64
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs import Unreadable
from smsbridge.codecs.envelope import (
    CONTENT_TYPES,
    SOAP11,
    SOAP12,
    Envelope,
    MustUnderstand,
    read_envelope,
    unsendable,
    write_fault,
)
from smsbridge.xml import ANSWER, REQUEST, parse_xml

NAMESPACES = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" '
    'xmlns:m="http://xml.apache.org/xml-soap"'
)
BOTH = pytest.mark.parametrize("version", [SOAP11, SOAP12])


def document(inside: str, version: str = SOAP11) -> bytes:
    return f'<e:Envelope xmlns:e="{version}" {NAMESPACES}>{inside}</e:Envelope>'.encode()


def unheard(_: str) -> None: ...


def opened(body: str, version: str = SOAP11, note: Callable[[str], None] = unheard) -> Envelope:
    content = document(f"<e:Body>{body}</e:Body>", version)
    return read_envelope(content, REQUEST, "text/xml", note)


def value(body: str, declared: str = "string") -> Any:
    envelope = opened(body)
    return envelope.values.of(envelope.child, declared)


def noted(body: str, declared: str = "string") -> list[str]:
    notes: list[str] = []
    envelope = opened(body, note=notes.append)
    envelope.values.of(envelope.child, declared)
    return notes


def fault(inside: str, version: str = SOAP11) -> dict[str, Any]:
    found = opened(f"<e:Fault>{inside}</e:Fault>", version).fault
    assert found is not None
    return found


# The envelope itself


@BOTH
def test_an_envelope_knows_its_version_and_its_bodys_first_child(version: str) -> None:
    envelope = opened("<first/><second/>", version)
    assert (envelope.version, envelope.child.tag) == (version, "first")
    assert envelope.fault is None


@BOTH
@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("", id="no-body"),
        pytest.param("<e:Header/>", id="only-a-header"),
        pytest.param("<e:Body/>", id="empty-body"),
        pytest.param("<e:Body> text </e:Body>", id="body-of-text"),
        pytest.param("<e:Body><!-- --></e:Body>", id="body-of-a-comment"),
        pytest.param("<e:Body><a/></e:Body><e:Body><b/></e:Body>", id="two-bodies"),
        pytest.param("<e:Body><a/></e:Body><e:Body/>", id="two-bodies-one-empty"),
        pytest.param("<Body><a/></Body>", id="body-without-namespace"),
        pytest.param("<e:body><a/></e:body>", id="body-in-lower-case"),
        pytest.param("<e:Header><e:Body><a/></e:Body></e:Header>", id="body-in-the-header"),
    ],
)
def test_an_envelope_has_exactly_one_body_with_something_in_it(version: str, inside: str) -> None:
    with pytest.raises(Unreadable, match="not one Body"):
        read_envelope(document(inside, version), REQUEST, "text/xml")


def test_a_body_of_the_other_version_is_no_body() -> None:
    body = document(f'<b:Body xmlns:b="{SOAP12}"><a/></b:Body>')
    with pytest.raises(Unreadable, match="not one Body"):
        read_envelope(body, REQUEST, "text/xml")


@pytest.mark.parametrize(
    "body",
    [
        b'<Envelope xmlns="urn:canary"><Body><a/></Body></Envelope>',
        b"<Envelope><Body><a/></Body></Envelope>",
        f'<Envelope xmlns="{SOAP11.rstrip("/")}"><Body><a/></Body></Envelope>'.encode(),
        f'<canary xmlns="{SOAP11}"><Body><a/></Body></canary>'.encode(),
        b"<html><body>canary</body></html>",
        b"<envelope/>",
    ],
)
def test_xml_that_is_no_soap_envelope_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable, match="no SOAP envelope") as refused:
        read_envelope(body, ANSWER, "text/xml")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"canary",
        b"<html><br>canary</html>",
        b'<!DOCTYPE html><html lang="canary"></html>',
        document("<e:Body><canary>")[:-20],
        document("<e:Body><canary/></e:Body>") + b"canary",
    ],
)
def test_what_is_no_xml_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_envelope(body, ANSWER, "text/xml")
    assert "canary" not in str(refused.value)


def test_names_are_compared_with_their_namespace_and_not_by_prefix() -> None:
    body = (
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP11}" xmlns:ns0="{SOAP11}">'
        "<SOAP-ENV:Header/><ns0:Body><a/></ns0:Body></SOAP-ENV:Envelope>"
    )
    assert read_envelope(body.encode(), REQUEST, "text/xml").child.tag == "a"


@BOTH
@pytest.mark.parametrize("said", ["1", "true"])
def test_a_header_block_that_must_be_understood_is_refused(version: str, said: str) -> None:
    header = f'<e:Header><a/><h:canary xmlns:h="urn:h" e:mustUnderstand="{said}"/></e:Header>'
    with pytest.raises(MustUnderstand) as refused:
        read_envelope(document(f"{header}<e:Body><a/></e:Body>", version), REQUEST, "text/xml")
    assert isinstance(refused.value, Unreadable)
    assert "canary" not in str(refused.value)


@BOTH
@pytest.mark.parametrize("attribute", ['e:mustUnderstand="0"', 'e:mustUnderstand="false"', ""])
def test_any_other_header_block_is_left_alone(version: str, attribute: str) -> None:
    body = document(f"<e:Header><h {attribute}/></e:Header><e:Body><a/></e:Body>", version)
    assert read_envelope(body, REQUEST, "text/xml").child.tag == "a"


# Values


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<a>Hello</a>", "Hello"),
        ("<a> two  words\n</a>", " two  words\n"),
        ("<a/>", ""),
        ('<a xsi:type="xsd:string">1</a>', "1"),
        ('<a xsi:type="xsd:long">+12025550123</a>', "+12025550123"),
        ('<a xsi:type="xsd:int">007</a>', "007"),
        ("<a>ab<!-- -->cd</a>", "abcd"),
        ("<a><b>1</b><c>2</c></a>", {"b": "1", "c": "2"}),
        ("<a><b><c>1</c></b></a>", {"b": {"c": "1"}}),
        ('<a><q:b xmlns:q="urn:q">1</q:b></a>', {"b": "1"}),
        ("<a><b>1</b><b>2</b></a>", {"b": ["1", "2"]}),
        ("<a><b>1</b><c>x</c><b>2</b><b>3</b></a>", {"b": ["1", "2", "3"], "c": "x"}),
        ('<a id="7" code="x"><b>1</b></a>', {"@id": "7", "@code": "x", "b": "1"}),
        ('<a xsi:type="xsd:Struct"><b>1</b></a>', {"b": "1"}),
        ('<a e:encodingStyle="urn:x"><b>1</b></a>', {"b": "1"}),
    ],
)
def test_a_value_is_text_or_a_mapping_by_local_name(body: str, expected: Any) -> None:
    assert value(body) == expected


@pytest.mark.parametrize("said", ["1", "true"])
def test_nil_is_nothing(said: str) -> None:
    assert value(f'<a xsi:nil="{said}"/>') is None
    assert value(f'<a><b xsi:nil="{said}"/><c/></a>') == {"b": None, "c": ""}


@pytest.mark.parametrize("said", ["0", "false"])
def test_not_nil_is_a_value(said: str) -> None:
    assert value(f'<a xsi:nil="{said}">Hello</a>') == "Hello"


def test_an_associative_array_of_php_is_a_mapping_and_noted() -> None:
    body = (
        '<a xsi:type="m:Map">'
        '<item><key xsi:type="xsd:string">to</key><value>+12025550123</value></item>'
        '<item><key xsi:type="xsd:int">7</key><value xsi:type="m:Map">'
        "<item><key>x</key><value>y</value></item></value></item>"
        "</a>"
    )
    assert value(body) == {"to": "+12025550123", "7": {"x": "y"}}
    assert set(noted(body)) == {"an associative array"}


@pytest.mark.parametrize(
    "attributes",
    [
        'xsi:type="enc:Array" enc:arrayType="xsd:string[2]"',
        'enc:arrayType="xsd:string[2]"',
        'xsi:type="enc:Array"',
    ],
)
def test_an_encoded_array_is_a_list(attributes: str) -> None:
    numbers = ["+12025550123", "+12025550124"]
    items = "".join(f"<item>{number}</item>" for number in numbers)
    assert value(f"<a {attributes}>{items}</a>") == numbers
    assert value(f"<a><b {attributes}>{items}</b></a>") == {"b": numbers}


def test_an_encoded_array_of_one_is_a_list_of_one() -> None:
    assert value('<a enc:arrayType="xsd:string[1]"><item>1</item></a>') == ["1"]


def test_an_encoded_array_of_structures_is_a_list_of_mappings() -> None:
    body = '<a enc:arrayType="xsd:anyType[2]"><i><x>1</x></i><i><x>2</x></i></a>'
    assert value(body) == [{"x": "1"}, {"x": "2"}]


def test_an_empty_encoded_array_is_an_empty_list() -> None:
    assert value('<a xsi:type="enc:Array" enc:arrayType="xsd:string[0]"/>') == []


def test_an_empty_associative_array_is_an_empty_mapping() -> None:
    assert value('<a xsi:type="m:Map"/>') == {}


# The contract's type beats xsi:type


@pytest.mark.parametrize("said", ["xsd:base64Binary", "enc:base64", "enc:base64Binary"])
def test_base64_for_a_declared_text_is_decoded_and_noted(said: str) -> None:
    coded = base64.b64encode("hé 😀".encode()).decode()
    assert value(f'<a xsi:type="{said}">{coded}</a>') == "hé 😀"
    assert value(f'<a xsi:type="{said}">\n {coded[:4]}\n {coded[4:]}\n</a>') == "hé 😀"
    assert noted(f'<a xsi:type="{said}">{coded}</a>') == ["base64 for text"]


def test_base64_that_the_contract_declares_stays() -> None:
    assert value('<a xsi:type="xsd:base64Binary">SGVsbG8=</a>', "base64Binary") == "SGVsbG8="
    assert noted('<a xsi:type="xsd:base64Binary">SGVsbG8=</a>', "base64Binary") == []


@pytest.mark.parametrize("content", ["canary!", "SGVsbG8", "/w==", "SGVs*bG8="])
def test_base64_that_holds_no_text_is_unreadable_and_not_echoed(content: str) -> None:
    with pytest.raises(Unreadable, match="base64") as refused:
        value(f'<a xsi:type="xsd:base64Binary">{content}</a>')
    assert content not in str(refused.value)


# References


def test_a_reference_is_resolved_and_noted() -> None:
    notes: list[str] = []
    body = '<a><b href="#id0"/></a><multiRef id="id0">Hello</multiRef>'
    envelope = opened(body, note=notes.append)
    assert envelope.values.of(envelope.child) == {"b": "Hello"}
    assert notes == ["a value by reference (href)"]


def test_a_reference_to_a_structure_and_to_another_reference_is_resolved() -> None:
    assert value('<a><b href="#1"/></a><m id="1"><c>x</c></m>') == {"b": {"@id": "1", "c": "x"}}
    assert value('<a><b href="#1"/></a><m id="1" href="#2"/><m id="2">x</m>') == {"b": "x"}


def test_two_references_to_one_value_are_two_values() -> None:
    assert value('<a><b href="#1"/><c href="#1"/></a><m id="1">x</m>') == {"b": "x", "c": "x"}


def test_the_contracts_type_holds_for_a_referenced_value() -> None:
    envelope = opened(
        '<a><b href="#1"/></a><m id="1" xsi:type="xsd:base64Binary">SGVsbG8=</m>',
    )
    assert envelope.values.of(envelope.child[0], "string") == "Hello"


def test_a_link_to_somewhere_else_is_no_reference() -> None:
    assert value('<a href="http://example.org/">Hello</a>') == "Hello"
    assert value('<a href="">Hello</a>') == "Hello"


def test_a_reference_that_leads_nowhere_is_unreadable_and_not_echoed() -> None:
    with pytest.raises(Unreadable, match="leads nowhere") as refused:
        value('<a><b href="#canary"/></a>')
    assert "canary" not in str(refused.value)


def test_a_reference_into_the_header_leads_nowhere() -> None:
    body = document('<e:Header><h id="1">x</h></e:Header><e:Body><a><b href="#1"/></a></e:Body>')
    envelope = read_envelope(body, REQUEST, "text/xml")
    with pytest.raises(Unreadable, match="leads nowhere"):
        envelope.values.of(envelope.child)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('<a><b id="1" href="#1"/></a>', id="to-itself"),
        pytest.param('<a><b id="1" href="#2"/><c id="2" href="#1"/></a>', id="of-two"),
        pytest.param('<a><b href="#1"/></a><m id="1"><c href="#1"/></m>', id="to-its-parent"),
        pytest.param(
            '<a><b href="#1"/></a><m id="1"><c href="#2"/></m><m id="2"><d href="#1"/></m>',
            id="of-two-through-children",
        ),
        pytest.param('<a id="0"><b href="#0"/></a>', id="to-the-call-itself"),
    ],
)
def test_references_in_a_circle_are_unreadable(body: str) -> None:
    with pytest.raises(Unreadable, match="circle"):
        value(body)


def test_references_that_multiply_are_unreadable() -> None:
    levels = [f'<l id="{i}">' + f'<x href="#{i + 1}"/>' * 20 + "</l>" for i in range(4)]
    body = f'<a><x href="#0"/></a>{"".join(levels)}<l id="4">canary</l>'
    with pytest.raises(Unreadable):  # 160,000 values of 87 elements
        value(body)


def test_two_elements_with_one_id_are_unreadable_where_something_refers() -> None:
    with pytest.raises(Unreadable, match="same id"):
        opened('<a><b href="#1"/></a><m id="1">x</m><m id="1">y</m>')


def test_looking_for_ids_takes_linear_time() -> None:
    begun = time.process_time()
    with suppress(Unreadable):
        opened("<a>" + '<b id="1"/>' * 4_000 + "</a>")
    assert time.process_time() - begun < 1


# Faults that are read


@pytest.mark.parametrize(
    "inside",
    [
        "<faultcode>e:Client</faultcode><faultstring>No</faultstring>",
        "<faultstring>No</faultstring><faultcode>e:Client</faultcode>",
        "<detail/><faultstring>No</faultstring><faultactor/><faultcode>e:Client</faultcode>",
        "<faultcode>Client</faultcode><faultactor>x</faultactor><faultstring>No</faultstring>",
        "<e:faultcode>e:Client</e:faultcode><e:faultstring>No</e:faultstring>",
        '<faultcode xmlns:q="urn:q">q:Client</faultcode><faultstring> No </faultstring>',
        '<faultcode xsi:type="xsd:QName">e:Client</faultcode><faultstring>No</faultstring>',
    ],
)
def test_a_fault_is_read_in_any_order_and_with_any_prefix(inside: str) -> None:
    read = fault(inside)
    assert (read["code"], read["string"]) == ("Client", "No")


def test_the_detail_of_a_fault_is_a_mapping() -> None:
    read = fault(
        "<faultcode>e:Server</faultcode><faultstring>No</faultstring>"
        '<detail><q:error xmlns:q="urn:q"><code>401</code></q:error></detail>'
    )
    assert read["detail"] == {"error": {"code": "401"}}
    assert fault("<faultcode>e:Server</faultcode><faultstring>No</faultstring>")["detail"] is None


@BOTH
def test_an_empty_fault_is_still_a_fault(version: str) -> None:
    assert fault("", version) == {"code": "", "string": "", "detail": None}


def test_a_fault_of_soap_1_2_is_read() -> None:
    read = fault(
        "<e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>q:x</e:Value></e:Subcode></e:Code>"
        '<e:Reason><e:Text xml:lang="en">No</e:Text><e:Text xml:lang="de">Nein</e:Text></e:Reason>'
        "<e:Detail><code>401</code></e:Detail>",
        SOAP12,
    )
    assert read == {"code": "Sender", "string": "No", "detail": {"code": "401"}}


def test_an_element_named_fault_in_another_namespace_is_no_fault() -> None:
    assert opened("<Fault><faultcode>e:Client</faultcode></Fault>").fault is None
    assert opened(f'<f:Fault xmlns:f="{SOAP12}"/>').fault is None


# Faults that are written


@BOTH
def test_a_written_fault_is_read_again(version: str) -> None:
    body = write_fault(version, "Client", 'Invalid <key> & "more" é 😀')
    read = read_envelope(body, ANSWER, CONTENT_TYPES[version]).fault
    assert read is not None
    assert read["code"] == ("Client" if version == SOAP11 else "Sender")
    assert read["string"] == 'Invalid <key> & "more" é 😀'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Client", "Sender"),
        ("Server", "Receiver"),
        ("MustUnderstand", "MustUnderstand"),
        ("VersionMismatch", "VersionMismatch"),
    ],
)
def test_codes_are_translated_for_soap_1_2_only(code: str, expected: str) -> None:
    for version, wanted in ((SOAP11, code), (SOAP12, expected)):
        read = read_envelope(write_fault(version, code, "No"), ANSWER, "text/xml").fault
        assert read is not None
        assert read["code"] == wanted


def test_the_children_of_a_written_fault_are_unqualified_and_in_order() -> None:
    found = parse_xml(write_fault(SOAP11, "Client", "No"), ANSWER)[0][0]
    assert found.tag == f"{{{SOAP11}}}Fault"
    assert [child.tag for child in found] == ["faultcode", "faultstring"]


def test_the_code_of_a_written_fault_is_a_qualified_name_with_a_declared_prefix() -> None:
    code = parse_xml(write_fault(SOAP11, "Client", "No"), ANSWER)[0][0][0]
    prefix, _, local = str(code.text).partition(":")
    assert (code.nsmap[prefix], local) == (SOAP11, "Client")
    value12 = parse_xml(write_fault(SOAP12, "Client", "No"), ANSWER)[0][0][0][0]
    assert etree.QName(value12).namespace == SOAP12
    prefix, _, local = str(value12.text).partition(":")
    assert (value12.nsmap[prefix], local) == (SOAP12, "Sender")


def test_the_reason_of_a_fault_of_soap_1_2_has_a_language() -> None:
    reason = parse_xml(write_fault(SOAP12, "Server", "No"), ANSWER)[0][0][1]
    assert reason[0].get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.characters(exclude_characters="\r"), max_size=60), st.sampled_from([SOAP11, SOAP12])
)
def test_control_characters_are_filtered_from_any_written_fault(said: str, version: str) -> None:
    read = read_envelope(write_fault(version, "Server", said), ANSWER, "text/xml").fault
    assert read is not None
    assert read["string"] == "".join(c for c in said if not unsendable(c)).strip()


@pytest.mark.parametrize("character", ["\0", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe"])
def test_a_written_fault_loses_what_xml_cant_carry(character: str) -> None:
    read = read_envelope(write_fault(SOAP11, "Server", f"a{character}b"), ANSWER, "text/xml").fault
    assert read is not None
    assert read["string"] == "ab"


@pytest.mark.parametrize(
    "character", ["\t", "\n", "\r", " ", "é", "\x7f", "\x85", "😀", "\U0010fffd"]
)
def test_what_xml_can_carry_is_sendable(character: str) -> None:
    assert unsendable(f"a{character}b") is None


@pytest.mark.parametrize(
    "character", ["\0", "\x1f", "\x0b", "\ud800", chr(0xDFFF), "\ufffe", "\uffff"]
)
def test_what_xml_cant_carry_is_found_with_its_place(character: str) -> None:
    found = unsendable(f"ab{character}c")
    assert found is not None
    assert (found.start(), found[0]) == (2, character)
