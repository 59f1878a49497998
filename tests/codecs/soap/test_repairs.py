"""References of schemas that lead nowhere: an array by what it is called, or one type's trouble."""

from __future__ import annotations

import warnings

import pytest

from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.xml import REQUEST, parse_xml

from support.each import each
from support.wsdls import RESULT, element, holding, opened, rpc, schema, sequence, structure, wsdl

ITEM = structure("Item", sequence(element("to")))


@each(
    ("kind", "shown", "array_type"),
    [
        ("xs:ArrayOfString", "array of string", "xsd:string[2]"),
        ("xs:arrayofint", "array of int", "xsd:int[2]"),
        ("t:ArrayOf_string", "array of string", "xsd:string[2]"),
        ("xs:string[]", "array of string", "xsd:string[2]"),
        ("t:Item[]", "array of Item", "t0:Item[2]"),
        ("t:ArrayOfItem", "array of Item", "t0:Item[2]"),
        ("xs:ArrayOfItem", "array of Item", "t0:Item[2]"),
    ],
)
def test_a_type_that_is_called_an_array_is_one(kind: str, shown: str, array_type: str) -> None:
    port = rpc(("list", kind), types=schema(ITEM))
    (part,) = port.content("Send", "input").body.type.parts
    assert part.type.shown == shown
    assert port.operation("Send").notes == [
        f"part list has the type {kind}, which no schema has: it is read as an {shown}"
    ]
    values = [{"to": "1"}, {"to": "2"}] if "Item" in shown else ["1", "2"]
    written = port.request("Send", {"list": values})
    (given,) = parse_xml(written, REQUEST)[-1][0]
    assert list(given.attrib.values()) == ["SOAP-ENC:Array", array_type]
    read = port.read("Send", "input", opened(written))
    assert read == {"list": values}


@each("kind", ["xs:ArrayOfGone", "xs:Array", "t:gone", "gone", "q:x", "t:[]", "", "a b", "t:a:b"])
@each("use", ["literal", "encoded"])
def test_any_other_type_that_no_schema_has_is_the_trouble_of_its_operation(
    kind: str, use: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        port = rpc(("list", kind), use=use)
        with pytest.raises(BadWSDL) as refused:
            port.operation("Send")
    assert str(refused.value) == (
        f"operation Send: part list has the type {kind or 'of no name'}, which no schema has"
    )


def test_in_a_literal_message_no_type_is_an_array_by_what_it_is_called() -> None:
    with pytest.raises(BadWSDL, match="list has the type xs:string"):
        rpc(("list", "xs:string[]"), use="literal").operation("Send")


def sent(*inside: str, more: str = "") -> str:
    """Return why an operation can't be used whose element has that in it; the other one can."""
    port = load_port(wsdl(schema(holding("Send", *inside), RESULT, more)))
    assert port.schema.usable
    try:
        port.request("Send", {"to": "1"})
    except BadWSDL as error:
        return str(error)
    return ""


TO = element("to")


@each(
    ("inside", "more", "why"),
    [
        (sequence(TO, element("a", "t:x")), "", "a has the type t:x, which"),
        (sequence(TO, '<xs:element ref="t:x" minOccurs="0"/>'), "", "has the element t:x, which"),
        (sequence(TO, '<xs:group ref="t:x"/>'), "", "has the group t:x, which"),
        (
            sequence(TO) + '<xs:attributeGroup ref="t:x"/>',
            "",
            "has the attributeGroup t:x, which",
        ),
        (sequence(TO) + '<xs:attribute ref="t:x" use="required"/>', "", "has the attribute t:x,"),
        (sequence(TO) + '<xs:attribute ref="t:x"/>', "", ""),
        (sequence(TO) + '<xs:attribute name="a" type="t:x"/>', "", "has the type t:x, which"),
        (
            '<xs:complexContent><xs:extension base="t:x"/></xs:complexContent>',
            "",
            "has the type t:x, which",
        ),
        (
            sequence(TO, element("a", "t:A")),
            '<xs:simpleType name="A"><xs:restriction base="t:x"/></xs:simpleType>',
            "a has the type t:x, which",
        ),
        (
            sequence(TO, element("a", "t:A", minOccurs="0")),
            '<xs:simpleType name="A"><xs:list itemType="t:x"/></xs:simpleType>',
            "",
        ),
        (sequence(TO), '<xs:element name="b" substitutionGroup="t:x"/>', ""),
        (sequence(TO), structure("B", sequence(element("c", "t:x"))), ""),
    ],
)
def test_a_reference_of_a_schema_that_leads_nowhere_is_said_where_it_is_needed(
    inside: str, more: str, why: str
) -> None:
    said = sent(inside, more=more)
    assert why in said
    assert bool(said) is bool(why)


@each("occurs", ["", ' minOccurs="0"', ' minOccurs="0" maxOccurs="unbounded"'])
def test_a_dataset_is_any_element(occurs: str) -> None:
    inside = sequence(
        TO, holding("Set", sequence(f'<xs:element ref="xs:schema"{occurs}/>', "<xs:any/>"))
    )
    port = load_port(wsdl(schema(holding("Send", inside), RESULT)))
    part = port.content("Send", "input").find("Set")
    assert part is not None
    assert part.type.open
