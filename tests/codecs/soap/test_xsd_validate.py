"""What the schemas of a WSDL have against an element: enough to mend it, and no word of a value."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from smsbridge.codecs.soap.envelope import SOAP11
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import Part
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.xsd_validate import Schema

from support.each import each
from support.wsdls import (
    NAMESPACES,
    RESULT,
    element,
    holding,
    opened,
    restricted,
    rpc,
    schema,
    sending,
    sequence,
    structure,
    wsdl,
)

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def schemas(*documents: str) -> Schema:
    """Return schemas as one would find them, each with the prefixes of a WSDL around it."""
    roots = {
        f"https://sms.example/{number}": etree.fromstring(f"<types {NAMESPACES}>{document}</types>")
        for number, document in enumerate(documents)
    }
    return Schema(roots)


def of(*inside: str) -> Schema:
    return schemas(schema(*inside))


def said(found: Schema, xml: str) -> str | None:
    assert found.usable
    return found.refusal(etree.fromstring(xml))


def refused(kind: str, value: str) -> str | None:
    """Return what a type has against a value, where it is the text of an element."""
    found = etree.Element("{urn:t}a")
    found.text = value
    return of(f'<xs:element name="a">{kind}</xs:element>').refusal(found)


@each(
    ("kind", "good", "why"),
    [
        (
            restricted("xs:string", ("enumeration", "red"), ("enumeration", "green")),
            "red",
            "[facet 'enumeration'] The value is not an element of the set {'red', 'green'}.",
        ),
        (
            restricted("xs:string", ("pattern", r"\+?[0-9]{8,15}")),
            "+12025550123",
            r"[facet 'pattern'] The value is not accepted by the pattern '\+?[0-9]{8,15}'.",
        ),
        (
            restricted("xs:string", ("maxLength", "5")),
            "hello",
            (
                "[facet 'maxLength'] The value has a length of '6'; "
                "this exceeds the allowed maximum length of '5'."
            ),
        ),
        (
            restricted("xs:string", ("minLength", "7")),
            "no canary",
            (
                "[facet 'minLength'] The value has a length of '6'; "
                "this underruns the allowed minimum length of '7'."
            ),
        ),
        (restricted("xs:int"), "7", "The value is not a valid value of the local atomic type."),
        (
            '<xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType>',
            "1 2",
            "The value is not a valid value of the atomic type 'xs:int'.",
        ),
        (
            '<xs:simpleType><xs:union memberTypes="xs:int xs:date"/></xs:simpleType>',
            "2027-01-31",
            "The value is not a valid value of the local union type.",
        ),
    ],
)
def test_a_value_that_a_facet_forbids_is_refused_with_the_facet(
    kind: str, good: str, why: str
) -> None:
    assert refused(kind, good) is None
    assert refused(kind, "canary") == f"Element 'a': {why}"


@each(
    ("facets", "bad", "why"),
    [
        (("maxInclusive", "3"), "424242", "is greater than the maximum value allowed ('3')"),
        (("minExclusive", "500000"), "424242", "must be greater than '500000'"),
        (("totalDigits", "3"), "424242", "has more digits than are allowed ('3')"),
        (("fractionDigits", "1"), "4242.42", "has more fractional digits than are allowed ('1')"),
    ],
)
def test_a_number_that_a_facet_forbids_is_not_shown(
    facets: tuple[str, str], bad: str, why: str
) -> None:
    facet = f"[facet '{facets[0]}']"
    assert (
        refused(restricted("xs:decimal", facets), bad) == f"Element 'a': {facet} The value {why}."
    )


CANARIES = [
    "canary",
    "it's canary",
    "'canary' is canary",
    "a' is canary' has canary' is not accepted by the pattern 'canary",
    "canary\nThe value 'canary' is canary",
    "{urn:canary}canary",
    "': canary' is",
    "Element 'canary': 'canary' is not a valid value",
]


@each("value", CANARIES)
@each(
    "kind",
    [
        restricted("xs:int"),
        restricted("xs:date"),
        restricted("xs:string", ("enumeration", "red")),
        restricted("xs:string", ("pattern", "[0-9]{1,5}")),
        restricted("xs:string", ("length", "3")),
        "<xs:complexType/>",
    ],
)
def test_a_value_is_never_quoted(kind: str, value: str) -> None:
    why = refused(kind, value)
    assert why is not None
    assert "canary" not in why


@each(
    ("attribute", "given"),
    [
        ('type="xs:int"', 'k="canary"'),
        ('type="xs:string" fixed="x"', 'k="canary"'),
        ('type="xs:string"', f'{XSI} xsi:type="canary"'),
        ('type="xs:string"', f'{XSI} xsi:type="canary:canary"'),
        ('type="xs:string"', f'{XSI} xsi:nil="canary"'),
    ],
)
def test_the_value_of_an_attribute_is_never_quoted(attribute: str, given: str) -> None:
    found = of(holding("a", f'<xs:attribute name="k" {attribute}/>'))
    why = said(found, f'<a xmlns="urn:t" {given}/>')
    assert why is not None
    assert why.startswith("Element 'a', attribute '")
    assert "canary" not in why


def test_a_value_that_must_be_unique_is_not_quoted() -> None:
    unique = '<xs:unique name="u"><xs:selector xpath="t:b"/><xs:field xpath="."/></xs:unique>'
    inside = f"<xs:complexType>{sequence(element('b', maxOccurs='9'))}</xs:complexType>{unique}"
    found = of(f'<xs:element name="a">{inside}</xs:element>')
    why = said(found, '<a xmlns="urn:t"><b>canary]</b><b>canary]</b></a>')
    assert why == "Element 'b': Duplicate key-sequence in unique identity-constraint 'u'."


@each(
    ("inside", "why"),
    [
        ("<b/><c>1</c>", None),
        ("<b/><b/>", "Element 'b': This element is not expected. Expected is ( c )."),
        ("<b/>", "Element 'a': Missing child element(s). Expected is ( c )."),
        ("<c>1</c>", "Element 'c': This element is not expected. Expected is ( b )."),
        (
            "canary<b/><c>1</c>",
            (
                "Element 'a': Character content other than whitespace is not allowed "
                "because the content type is 'element-only'."
            ),
        ),
        ("<b k='1'/><c>1</c>", "Element 'b', attribute 'k': The attribute 'k' is not allowed."),
    ],
)
def test_what_is_missing_or_out_of_place_is_named_without_namespaces(
    inside: str, why: str | None
) -> None:
    plain = structure("Plain")
    parts = sequence(element("b", "t:Plain"), element("c", "xs:int"))
    found = said(of(holding("a", parts), plain), f'<a xmlns="urn:t">{inside}</a>')
    assert found == why


def test_an_element_that_no_schema_declares_is_named() -> None:
    why = "Element 'z': No matching global declaration available for the validation root."
    assert said(of(element("a")), '<z xmlns="urn:t">canary</z>') == why


def test_an_element_is_held_to_the_schema_where_it_stands_in_its_envelope() -> None:
    contract = sending(sequence(element("to", "xs:int")))
    good = contract.write("Send", "input", {"to": "1"})
    assert contract.refusal("Send", "input", opened(good)) is None
    bad = opened(good.replace(b">1<", b">canary<"))
    assert contract.refusal("Send", "input", bad) == (
        "Element 'to': The value is not a valid value of the atomic type 'xs:int'."
    )


# The parts of rpc calls

RPC_TYPES = schema(
    structure("Entry", sequence(element("n", "xs:int"))),
    structure(
        "Special",
        '<xs:complexContent><xs:extension base="t:Entry">'
        + sequence(element("extra"))
        + "</xs:extension></xs:complexContent>",
    ),
    form="unqualified",
)
RPC = rpc(("key", "xs:string"), ("entry", "t:Entry"), types=RPC_TYPES, use="literal")


def asked(parts: str, wrapper: str = "Send", declared: str = "") -> str | None:
    envelope = (
        f'<e:Envelope xmlns:e="{SOAP11}" xmlns:t="urn:t" {XSI} '
        f'xmlns:x="http://www.w3.org/2001/XMLSchema" {declared}><e:Body>'
        f"<t:{wrapper}>{parts}</t:{wrapper}></e:Body></e:Envelope>"
    )
    return RPC.refusal("Send", "input", opened(envelope.encode()))


@each(
    ("parts", "why"),
    [
        ("<key>k</key><entry><n>1</n></entry>", None),
        ("<entry><n>1</n></entry><key>k</key>", None),
        ('<key xsi:type="x:string">k</key><entry xsi:type="t:Entry"><n>1</n></entry>', None),
        (
            '<key>k</key><entry xsi:type="t:Special"><n>1</n><extra>e</extra></entry>',
            None,
        ),
        ("<key>k</key>", "Element 'Send': Missing child element(s). Expected is ( entry )."),
        (
            "<key>k</key><key>k</key><entry><n>1</n></entry>",
            "Element 'key': This element is not expected. Expected is ( entry ).",
        ),
        (
            "<key>k</key><entry><n>canary</n></entry>",
            "Element 'n': The value is not a valid value of the atomic type 'xs:int'.",
        ),
        (
            "<key>k</key><entry><n>1</n></entry><more/>",
            "Element 'more': This element is not expected.",
        ),
    ],
)
def test_the_parts_of_an_rpc_call_are_held_to_their_types_in_any_order(
    parts: str, why: str | None
) -> None:
    assert asked(parts) == why


def test_an_rpc_answer_is_held_to_its_types_too() -> None:
    body = RPC.write("Send", "output", {"return": "x"})
    assert RPC.refusal("Send", "output", opened(body)) is None
    bad = opened(body.replace(b"return>", b"result>"))
    assert RPC.refusal("Send", "output", bad) == (
        "Element 'result': This element is not expected. Expected is ( return )."
    )


def test_an_encoded_message_fits_no_schema_and_is_not_held_to_one() -> None:
    contract = rpc(("key", "xs:string"), types=RPC_TYPES)
    body = contract.write("Send", "input", {"key": "k"})
    assert (
        contract.refusal(
            "Send", "input", opened(body.replace(b"<key", b"<kee").replace(b"/key", b"/kee"))
        )
        is None
    )


# Several schemas


def test_inline_schemas_that_import_each_other_without_a_place_are_one() -> None:
    there, back = (f'<xs:import namespace="{space}"/>' for space in ("urn:o", "urn:t"))
    found = schemas(
        schema(
            there,
            holding("a", sequence(element("b", "o:B"))),
            structure("C", sequence(element("d", "xs:int"))),
        )
        + schema(back, structure("B", sequence(element("c", "t:C"))), namespace="urn:o"),
    )
    xml = '<a xmlns="urn:t"><b><c xmlns="urn:o"><d xmlns="urn:t">{}</d></c></b></a>'
    assert said(found, xml.format("1")) is None
    assert "atomic type 'xs:int'" in str(said(found, xml.format("canary")))


def test_schemas_of_one_namespace_in_several_documents_are_one() -> None:
    found = schemas(
        schema('<xs:include schemaLocation="1"/>', element("a", "t:A")),
        schema(restricted("xs:string", ("enumeration", "x"), name="A")),
    )
    assert said(found, '<a xmlns="urn:t">x</a>') is None
    assert said(found, '<a xmlns="urn:t">y</a>') is not None


def test_a_schema_without_a_namespace_is_one_too() -> None:
    found = schemas(
        schema(
            '<xs:import schemaLocation="1"/>', holding("a", sequence('<xs:element ref="b"/>'))
        ).replace(' xmlns="urn:t"', ' xmlns=""'),
        schema(element("b", "xs:int"), namespace=""),
        schema('<xs:import namespace="urn:t"/>', namespace=""),
    )
    assert said(found, '<a xmlns="urn:t"><b xmlns="">1</b></a>') is None
    assert said(found, '<a xmlns="urn:t"><b xmlns="">x</b></a>') is not None


CHAMELEON = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">'
    "{}" + structure("Number", sequence(element("n", "Digits"))) + "</xs:schema>"
)
DIGITS = restricted("xs:string", ("pattern", "[0-9]+"), name="Digits")


def included(folder: Path, *documents: str, **files: str) -> Port:
    for name, content in files.items():
        (folder / f"{name}.xsd").write_text(content)
    return load_port(wsdl(*documents), folder)


def number(contract: Port, *, to: str, also: str = "") -> str | None:
    words = {"to": {"n": to}} | ({"also": {"n": also}} if also else {})
    return contract.refusal("Send", "input", opened(contract.write("Send", "input", words)))


INCLUDE = '<xs:include schemaLocation="outer.xsd"/>'


def test_a_schema_without_a_namespace_takes_over_that_of_the_one_that_includes_it(
    tmp_path: Path,
) -> None:
    main = schema(INCLUDE, holding("Send", sequence(element("to", "t:Number"))), RESULT)
    contract = included(tmp_path, main, outer=CHAMELEON.format(DIGITS))
    assert number(contract, to="12") is None
    assert "pattern '[0-9]+'" in str(number(contract, to="x"))


def test_it_may_include_another_one(tmp_path: Path) -> None:
    main = schema(INCLUDE, holding("Send", sequence(element("to", "t:Number"))), RESULT)
    inner = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{DIGITS}</xs:schema>'
    outer = CHAMELEON.format('<xs:include schemaLocation="inner.xsd"/>')
    contract = included(tmp_path, main, outer=outer, inner=inner)
    assert number(contract, to="12") is None
    assert "pattern '[0-9]+'" in str(number(contract, to="x"))


def test_it_may_take_over_two(tmp_path: Path) -> None:
    there = '<xs:import namespace="urn:o"/>'
    parts = sequence(element("to", "t:Number"), element("also", "o:Number"))
    main = schema(there, INCLUDE, holding("Send", parts), RESULT)
    other = schema(INCLUDE, namespace="urn:o")
    contract = included(tmp_path, main, other, outer=CHAMELEON.format(DIGITS))
    assert number(contract, to="1", also="2") is None
    assert number(contract, to="x", also="2") is not None
    assert number(contract, to="1", also="x") is not None


def test_prefixes_that_the_wsdl_declares_hold_in_its_schemas() -> None:
    document = wsdl(
        '<xs:schema targetNamespace="urn:t">'
        + holding("Send", sequence(element("to", "t:To")))
        + restricted("xs:string", ("maxLength", "2"), name="To")
        + RESULT
        + "</xs:schema>"
    )
    contract = load_port(document)
    assert contract.schema.usable
    body = contract.write("Send", "input", {"to": "123"})
    assert "maxLength" in str(contract.refusal("Send", "input", opened(body)))


# Schemas that can't be used


@each(
    "document",
    [
        schema('<xs:element name="a" type="t:Nowhere"/>'),
        schema('<xs:element name="a" type="q:Nowhere"/>'),
        schema(element("a"), element("a", "xs:int")),
        schema("<xs:element/>"),
        schema("<xs:nonsense/>"),
        schema(f'<xs:element name="a">{restricted("xs:string", ("pattern", "["))}</xs:element>'),
        schema(f'<xs:element name="a">{restricted("xs:int", ("maxLength", "1"))}</xs:element>'),
    ],
)
def test_of_schemas_that_contradict_themselves_nothing_is_known(document: str) -> None:
    found = schemas(document)
    assert not found.usable
    assert found.refusal(etree.fromstring('<a xmlns="urn:t">x</a>')) is None


def test_without_any_schema_every_element_is_unknown() -> None:
    assert Schema({}).usable
    assert "No matching global declaration" in str(said(Schema({}), "<a/>"))


def test_nothing_is_fetched_and_no_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "there.xsd").write_text(schema(element("b")))
    for place in ("https://sms.example/x.xsd", (tmp_path / "there.xsd").as_uri()):
        document = schema(
            f'<xs:import namespace="urn:o" schemaLocation="{place}"/>', '<xs:element ref="o:b"/>'
        )
        assert not schemas(document).usable


# What takes long


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@each("most", ["1000", "5000", "999999999", "1" + "0" * 40, " 5000 ", "0" * 20 + "5000"])
def test_a_huge_number_of_elements_takes_no_time(most: str) -> None:
    pair = sequence(element("b", minOccurs="0"), element("c", minOccurs="0"), maxOccurs=most)
    many = sequence(
        element("d", minOccurs=most, maxOccurs=most),
        pair,
        element("e", minOccurs="0", maxOccurs=most),
    )
    found = of(holding("a", many))
    xml = etree.fromstring(f'<a xmlns="urn:t">{"<d/>" * 2_000}<z/></a>')
    assert seconds(lambda: found.refusal(xml)) < 2
    assert found.usable


def test_a_number_of_elements_that_is_no_number_is_no_error() -> None:
    assert not of(holding("a", sequence(element("b", maxOccurs="²")))).usable


@each("pattern", ["(x+x+)+y", "([a-z]{1,100}){1,100}", "(a|aa)+", "(a*)*b", "x" * 5_000])
def test_a_pattern_that_takes_long_is_given_up(pattern: str) -> None:
    found = of(f'<xs:element name="a">{restricted("xs:string", ("pattern", pattern))}</xs:element>')
    xml = etree.fromstring(f'<a xmlns="urn:t">{"x" * 2_000}</a>')
    assert seconds(lambda: found.refusal(xml)) < 5


def test_the_schemas_are_compiled_once() -> None:
    asked: list[None] = []

    def wrappers() -> list[Part]:
        asked.append(None)
        return []

    found = Schema(of(element("a")).documents, wrappers)
    for _ in range(3):
        assert said(found, '<a xmlns="urn:t"/>') is None
    assert len(asked) == 1
