"""XML elements as plain values, with references, arrays and the contract's types."""

import base64
import time
from contextlib import suppress
from typing import Any

import pytest

from smsbridge.codecs.soap.envelope import read_envelope
from smsbridge.codecs.soap.reader import ENCODING12
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.mapping.codec import Unreadable

from support.each import each
from support.envelopes import document, opened


def value(body: str, declared: str = "string") -> Any:
    envelope = opened(body)
    return envelope.values.of(envelope.child, declared)


def noted(body: str, declared: str = "string") -> list[str]:
    notes: list[str] = []
    envelope = opened(body, note=notes.append)
    envelope.values.of(envelope.child, declared)
    return notes


@each(
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
        ('<a q:id="7" xmlns:q="urn:q">x</a>', {"@id": "7", "#text": "x"}),
        ('<a code="x">y</a>', {"@code": "x", "#text": "y"}),
        ('<a code="x"/>', {"@code": "x", "#text": ""}),
        ('<a xml:lang="en">x</a>', "x"),
        ('<a e:mustUnderstand="1" enc:root="1">x</a>', "x"),
        ('<a e:encodingStyle="urn:x"><b>1</b></a>', {"b": "1"}),
    ],
)
def test_a_value_is_text_or_a_mapping_by_local_name(body: str, expected: Any) -> None:
    assert value(body) == expected


@each("said", ["1", "true"])
def test_nil_is_nothing(said: str) -> None:
    assert value(f'<a xsi:nil="{said}"/>') is None
    assert value(f'<a><b xsi:nil="{said}"/><c/></a>') == {"b": None, "c": ""}


@each("draft", ["1999", "2000/10"])
def test_the_attributes_of_a_draft_are_those_of_the_standard(draft: str) -> None:
    space = f'xmlns:old="http://www.w3.org/{draft}/XMLSchema-instance"'
    assert value(f'<a {space} old:type="xsd:string">Hello</a>') == "Hello"
    assert value(f'<a {space} old:type="xsd:base64">SGVsbG8=</a>') == "Hello"
    assert value(f'<a {space} old:null="1"/>') is None


@each("said", ["0", "false"])
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


@each(
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


@each("said", ["xsd:base64Binary", "enc:base64", "enc:base64Binary"])
def test_base64_for_a_declared_text_is_decoded_and_noted(said: str) -> None:
    coded = base64.b64encode("hé 😀".encode()).decode()
    assert value(f'<a xsi:type="{said}">{coded}</a>') == "hé 😀"
    assert value(f'<a xsi:type="{said}">\n {coded[:4]}\n {coded[4:]}\n</a>') == "hé 😀"
    assert noted(f'<a xsi:type="{said}">{coded}</a>') == ["base64 for text"]


def test_base64_that_the_contract_declares_stays() -> None:
    assert value('<a xsi:type="xsd:base64Binary">SGVsbG8=</a>', "base64Binary") == "SGVsbG8="
    assert noted('<a xsi:type="xsd:base64Binary">SGVsbG8=</a>', "base64Binary") == []


@each("content", ["canary!", "SGVsbG8", "/w==", "SGVs*bG8="])
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
        pytest.param('<a><b href="#1"/></a><m id="1" href="#1"/>', id="to-itself"),
        pytest.param(
            '<a><b href="#1"/></a><m id="1" href="#2"/><m id="2" href="#1"/>', id="of-two"
        ),
        pytest.param('<a><b href="#1"/></a><m id="1"><c href="#1"/></m>', id="to-its-parent"),
        pytest.param(
            '<a><b href="#1"/></a><m id="1"><c href="#2"/></m><m id="2"><d href="#1"/></m>',
            id="of-two-through-children",
        ),
        pytest.param('<a id="0"><b href="#0"/></a>', id="to-the-call-itself"),
        pytest.param('<a><b><c id="1"><d href="#1"/></c></b></a>', id="nested-to-its-parent"),
        pytest.param('<a><b id="1" href="#2"/><b id="2" href="#1"/></a>', id="nested-of-two"),
        pytest.param(
            f'<a xmlns:n="{ENCODING12}"><b n:id="1"><c n:ref="1"/></b></a>', id="of-soap-1.2"
        ),
    ],
)
def test_references_in_a_circle_are_unreadable(body: str) -> None:
    with pytest.raises(Unreadable, match="circle"):
        value(body)


def test_what_is_referred_to_may_stand_where_it_is_used_first() -> None:
    assert value('<a><b href="#1"/><c><d id="1">x</d></c></a>') == {"b": "x", "c": {"d": "x"}}


def test_structures_and_arrays_as_phps_own_server_refers_to_them_are_read() -> None:
    shared = '<code xsi:type="xsd:string">0</code>'
    in11 = (
        f'<r><a xsi:type="enc:Struct" id="ref1">{shared}</a><b href="#ref1"/>'
        '<l enc:arrayType="enc:Struct[2]" xsi:type="enc:Array"><item href="#ref1"/></l></r>'
    )
    struct = {"@id": "ref1", "code": "0"}
    assert value(in11) == {"a": struct, "b": struct, "l": [struct]}
    in12 = in11.replace(" id=", " n:id=").replace(" href=", " n:ref=")
    in12 = in12.replace("<r>", f'<r xmlns:n="{ENCODING12}">')
    assert value(in12) == {"a": {"code": "0"}, "b": {"code": "0"}, "l": [{"code": "0"}]}
    assert value(in12.replace("#", "")) == value(in12)  # as the standard writes it


def test_an_id_that_nothing_refers_to_is_a_word_of_the_service_and_may_stand_twice() -> None:
    body = '<a><b id="7">x</b><b id="7">y</b><c id="1">z</c><d href="#1"/></a>'
    rows = [{"@id": "7", "#text": "x"}, {"@id": "7", "#text": "y"}]
    assert value(body) == {"b": rows, "c": "z", "d": "z"}


def test_a_value_beside_a_reference_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="a value and a reference"):
        value('<a><b href="#1">one</b></a><m id="1">two</m>')


def test_references_that_multiply_are_unreadable() -> None:
    levels = [f'<l id="{i}">' + f'<x href="#{i + 1}"/>' * 20 + "</l>" for i in range(4)]
    body = f'<a><x href="#0"/></a>{"".join(levels)}<l id="4">canary</l>'
    with pytest.raises(Unreadable):  # 160,000 values of 87 elements
        value(body)


def test_nested_references_that_multiply_are_unreadable() -> None:
    body = '<x id="0">canary</x>'
    for level in range(1, 20):
        body = f'<x id="{level}">{body}<y href="#{level - 1}"/></x>'
    with pytest.raises(Unreadable, match="too many values"):  # a million values of 39 elements
        value(f"<a>{body}</a>")


def test_two_elements_with_one_id_are_unreadable_where_something_refers() -> None:
    with pytest.raises(Unreadable, match="same id"):
        opened('<a><b href="#1"/></a><m id="1">x</m><m id="1">y</m>')
    with pytest.raises(Unreadable, match="same id"):
        opened('<a><b href="#1"/><c id="1">x</c></a><m id="1">y</m>')


def test_looking_for_ids_takes_linear_time() -> None:
    begun = time.process_time()
    with suppress(Unreadable):
        opened("<a>" + '<b id="1"/>' * 4_000 + "</a>")
    with suppress(Unreadable):
        opened("<a/>" + "".join(f'<b id="{i}"/>' for i in range(4_000)))
    assert time.process_time() - begun < 1
