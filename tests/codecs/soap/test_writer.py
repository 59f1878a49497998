"""Nested words become an envelope as the contract says, or are refused by their path.

What is written literally is held to the contract's own schema, by libxml2; zeep's client is the
oracle in test_corpus.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.envelope import ENCODING11, SOAP11, SOAP12, unsendable
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.reader import ENCODING12, XSI

from support.each import each
from support.wsdls import (
    RESULT,
    array,
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

Tree = tuple[str, dict[str, str], str, list[Any]]
PREFIXES = (
    f'xmlns:t="urn:t" xmlns:o="urn:o" xmlns:xsi="{XSI}" xmlns:e="{ENCODING11}" '
    f'xmlns:s="{SOAP11}" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
)


def tree(found: Any) -> Tree:
    """Return an element without its prefixes: those of values too."""
    attributes = {
        str(name): qualified(found, str(value))
        if etree.QName(name).localname in ("type", "arrayType")
        else str(value)
        for name, value in found.attrib.items()
    }
    return (str(found.tag), attributes, found.text or "", [tree(child) for child in found])


def qualified(found: Any, value: str) -> str:
    prefix, _, local = value.partition(":")
    return f"{{{found.nsmap[prefix]}}}{local}"


def expected(inside: str) -> Tree:
    return tree(etree.fromstring(f'<Send xmlns="urn:t" {PREFIXES}>{inside}</Send>'))


def written(contract: Port, words: Mapping[str, Any], version: str = "") -> Any:
    """Return what is in the Body; the schema must have nothing against it."""
    body = contract.write("Send", "input", words, version)
    assert contract.refusal("Send", "input", opened(body)) is None
    return etree.fromstring(body)[-1][0]


def wrote(contract: Port, words: Mapping[str, Any]) -> Tree:
    return tree(written(contract, words))


def refused(contract: Port, words: Mapping[str, Any]) -> tuple[str, str]:
    with pytest.raises(BadWSDL) as error:
        contract.write("Send", "input", words)
    said = str(error.value)
    assert said.startswith("operation Send: ")
    return said.removeprefix("operation Send: "), error.value.path


# Elements

PLAIN = sending(
    sequence(
        element("to", maxOccurs="unbounded"),
        element("text"),
        element("validity", "xs:int", minOccurs="0"),
        element("flash", "xs:boolean", minOccurs="0"),
    )
)


def test_elements_stand_in_the_order_of_the_contract_and_not_of_the_words() -> None:
    words = {"flash": True, "text": "Hello", "validity": 60, "to": "1"}
    assert wrote(PLAIN, words) == expected(
        "<to>1</to><text>Hello</text><validity>60</validity><flash>true</flash>"
    )


def test_what_is_optional_may_be_left_out() -> None:
    assert wrote(PLAIN, {"to": "1", "text": ""}) == expected("<to>1</to><text/>")


def test_a_repeated_element_takes_one_or_a_list() -> None:
    assert wrote(PLAIN, {"to": ["1", "2"], "text": "x"}) == expected(
        "<to>1</to><to>2</to><text>x</text>"
    )
    assert wrote(PLAIN, {"to": ["1"], "text": "x"}) == wrote(PLAIN, {"to": "1", "text": "x"})


@each(
    ("words", "why", "path"),
    [
        ({"to": "1"}, "text is missing", "text"),
        ({"text": "x"}, "to is missing", "to"),
        ({"to": [], "text": "x"}, "to is missing", "to"),
        ({"to": "1", "text": ["x", "y"]}, "text may be given only once, not 2 times", "text"),
        ({"to": "1", "text": {"a": "b"}}, "text is text and can't hold other parts", "text"),
        ({"to": "1", "text": {}}, "text is text and can't hold other parts", "text"),
        ({"to": ["1", ["2"]], "text": "x"}, "to[1] is text and can't hold other parts", "to[1]"),
        (
            {"to": "1", "text": "x", "txet": "y"},
            "there is no 'txet'; did you mean 'text'? known: flash, text, to, validity",
            "txet",
        ),
        ({"to": "1", "text": "x", "validity": "canary"}, "validity: int is expected", "validity"),
        ({"to": "1", "text": "x", "flash": "canary"}, "flash: boolean is expected", "flash"),
        ({"to": "1", "text": "a\x01b"}, "text has U+0001: XML can't carry it", "text"),
    ],
)
def test_words_that_dont_fit_are_refused_by_their_path_and_not_shown(
    words: dict[str, Any], why: str, path: str
) -> None:
    assert refused(PLAIN, words) == (why, path)


@given(st.text(max_size=60))
def test_any_text_that_xml_can_carry_is_written_and_read_again(text: str) -> None:
    words = {"to": "1", "text": text}
    if unsendable(text):
        assert "text has U+" in refused(PLAIN, words)[0]
        return
    body = PLAIN.write("Send", "input", words)
    assert PLAIN.read("Send", "input", opened(body)) == words


def test_an_envelope_is_utf_8_and_has_one_body() -> None:
    body = PLAIN.write("Send", "input", {"to": "1", "text": "hé 😀"})
    assert body.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert "hé 😀".encode() in body
    root = etree.fromstring(body)
    assert [child.tag for child in root] == [f"{{{SOAP11}}}Body"]


def test_an_envelope_may_be_of_the_other_version() -> None:
    body = PLAIN.write("Send", "input", {"to": "1", "text": "x"}, SOAP12)
    assert etree.fromstring(body).tag == f"{{{SOAP12}}}Envelope"
    assert SOAP11.encode() not in body


# Structures

NESTED = sending(
    sequence(
        element("message", "t:Message", maxOccurs="unbounded"),
        element("list", "t:List", minOccurs="0"),
    ),
    more=structure("Message", sequence(element("to", "t:To"), element("text")))
    + structure("To", sequence(element("number"), element("tag", minOccurs="0", maxOccurs="9")))
    + structure("List", sequence(element("string", maxOccurs="unbounded"))),
)
MESSAGE = {"to": {"number": "1"}, "text": "x"}


def test_structures_nest_and_repeat() -> None:
    words = {"message": [{"text": "x", "to": {"tag": ["a", "b"], "number": "1"}}, MESSAGE]}
    assert wrote(NESTED, words) == expected(
        "<message><to><number>1</number><tag>a</tag><tag>b</tag></to><text>x</text></message>"
        "<message><to><number>1</number></to><text>x</text></message>"
    )


@each("given", ["1", ["1"], {"string": "1"}, {"string": ["1"]}, [{"string": "1"}]])
def test_a_type_that_holds_one_repeated_element_takes_a_word_as_an_array_of_one(
    given: Any,
) -> None:
    assert wrote(NESTED, {"message": MESSAGE, "list": given})[3][1] == tree(
        etree.fromstring('<list xmlns="urn:t"><string>1</string></list>')
    )


@each(
    ("words", "why", "path"),
    [
        ({"message": "canary"}, "message is not text: it holds to, text", "message"),
        ({"message": {"to": {}, "text": "x"}}, "message.to.number is missing", "message.to.number"),
        (
            {"message": [MESSAGE, {"to": {"nmber": "1", "number": "1"}, "text": "x"}]},
            "there is no 'message[1].to.nmber'; did you mean 'number'? known: number, tag",
            "message[1].to.nmber",
        ),
        (
            {"message": [MESSAGE, {"to": {"number": "1", "tag": ["a", {}]}, "text": "x"}]},
            "message[1].to.tag[1] is text and can't hold other parts",
            "message[1].to.tag[1]",
        ),
    ],
)
def test_a_path_leads_to_what_is_wrong_in_a_structure(
    words: dict[str, Any], why: str, path: str
) -> None:
    assert refused(NESTED, words) == (why, path)


def test_a_body_may_be_empty_or_text() -> None:
    empty = sending()
    assert wrote(empty, {}) == expected("")
    assert refused(empty, {"a": "1"}) == ("there is no 'a'; known: none", "a")
    text = load_port(wsdl(schema(element("Send", "xs:int"), RESULT)))
    assert wrote(text, {"#text": "7"}) == expected("7")
    assert refused(text, {"#text": "canary"}) == ("#text: int is expected", "#text")


# Attributes

ATTRIBUTES = sending(
    sequence(element("to", "t:Number"), element("note", "t:Note", minOccurs="0")),
    '<xs:attribute name="version" type="xs:int"/>'
    '<xs:attribute name="kind" use="required">'
    + restricted("xs:string", ("enumeration", "flash"), ("enumeration", "normal"))
    + "</xs:attribute>",
    more=structure(
        "Number",
        '<xs:simpleContent><xs:extension base="xs:long">'
        '<xs:attribute name="plan" type="xs:string"/>'
        '<xs:attribute name="region" type="xs:string" form="qualified"/>'
        "</xs:extension></xs:simpleContent>",
    )
    + structure("Note", '<xs:attribute name="id" type="xs:string" use="required"/>'),
)


def test_attributes_have_a_sign_and_text_beside_them_has_one_too() -> None:
    words = {
        "to": {"#text": "12025550123", "@plan": "gold", "@region": "us"},
        "@kind": "flash",
        "@version": 2,
    }
    sent = written(ATTRIBUTES, words)
    assert dict(sent.attrib) == {"version": "2", "kind": "flash"}
    assert dict(sent[0].attrib) == {"plan": "gold", "{urn:t}region": "us"}
    assert sent[0].text == "12025550123"


def test_text_beside_attributes_needs_no_sign_where_it_is_alone() -> None:
    words = {"to": "12025550123", "@kind": "normal"}
    assert wrote(ATTRIBUTES, words) == wrote(ATTRIBUTES, {**words, "to": {"#text": "12025550123"}})


def test_an_element_may_have_attributes_alone() -> None:
    sent = written(ATTRIBUTES, {"to": "1", "@kind": "flash", "note": {"@id": "n-1"}})
    assert (sent[1].attrib, sent[1].text, len(sent[1])) == ({"id": "n-1"}, None, 0)


def test_an_attribute_that_is_nil_is_left_out() -> None:
    words = {"to": {"#text": "1", "@plan": None}, "@kind": "flash", "@version": None}
    assert wrote(ATTRIBUTES, words) == wrote(ATTRIBUTES, {"to": "1", "@kind": "flash"})


@each(
    ("words", "why", "path"),
    [
        ({"to": "1"}, "@kind is missing", "@kind"),
        ({"to": "1", "@kind": None}, "@kind is missing", "@kind"),
        ({"to": "1", "@kind": "canary"}, "@kind: one of flash, normal is expected", "@kind"),
        ({"to": "1", "@kind": ["flash"]}, "@kind is text and can't hold other parts", "@kind"),
        ({"to": "canary", "@kind": "flash"}, "to.#text: long is expected", "to.#text"),
        ({"to": {"@plan": "a"}, "@kind": "flash"}, "to.#text is missing", "to.#text"),
        (
            {"to": {"#text": "1", "@plam": "a"}, "@kind": "flash"},
            "there is no 'to.@plam'; did you mean '@plan'? known: #text, @plan, @region",
            "to.@plam",
        ),
        ({"to": "1", "@kind": "flash", "note": {}}, "note.@id is missing", "note.@id"),
        ({"to": "1", "@kind": "flash", "note": "x"}, "note is not text: it holds @id", "note"),
    ],
)
def test_attributes_that_dont_fit_are_refused(words: dict[str, Any], why: str, path: str) -> None:
    assert refused(ATTRIBUTES, words) == (why, path)


# Nil

NILLABLE = sending(
    sequence(
        element("always", nillable="true"),
        element("sometimes", "xs:int", nillable="true", minOccurs="0"),
        element("many", nillable="true", minOccurs="0", maxOccurs="9"),
    )
)


def test_what_must_be_there_and_may_be_nil_is_nil_if_it_is_missing() -> None:
    assert wrote(NILLABLE, {}) == expected('<always xsi:nil="true"/>')


def test_none_is_nil() -> None:
    words = {"always": None, "sometimes": None, "many": ["a", None]}
    assert wrote(NILLABLE, words) == expected(
        '<always xsi:nil="true"/><sometimes xsi:nil="true"/><many>a</many><many xsi:nil="true"/>'
    )


def test_an_empty_text_is_not_nil() -> None:
    assert wrote(NILLABLE, {"always": ""}) == expected("<always/>")


# Choices

CHOICE = sending(
    sequence(
        "<xs:choice>"
        + element("number")
        + element("group")
        + sequence(element("list"), element("segment", "xs:int"))
        + "</xs:choice>",
        element("text"),
        '<xs:choice minOccurs="0">' + element("a") + element("b") + "</xs:choice>",
    )
)


@each(
    ("words", "inside"),
    [
        ({"number": "1"}, "<number>1</number>"),
        ({"group": "g"}, "<group>g</group>"),
        ({"segment": 7, "list": "l"}, "<list>l</list><segment>7</segment>"),
    ],
)
def test_one_of_a_choice_is_enough(words: dict[str, Any], inside: str) -> None:
    assert wrote(CHOICE, {"text": "x", **words}) == expected(f"{inside}<text>x</text>")
    assert wrote(CHOICE, {"text": "x", **words, "b": "1"}) == expected(
        f"{inside}<text>x</text><b>1</b>"
    )


def test_none_of_a_choice_is_refused_with_what_there_is() -> None:
    why = "group or list or number or segment is missing"
    assert refused(CHOICE, {"text": "x"}) == (why, "")


def test_a_choice_in_a_structure_is_refused_by_the_path_of_the_structure() -> None:
    inner = structure("Inner", "<xs:choice>" + element("x") + element("y") + "</xs:choice>")
    contract = sending(sequence(element("a", "t:Inner")), more=inner)
    assert refused(contract, {"a": {}}) == ("a.x or a.y is missing", "a")


# Subtypes

SUBTYPES = sending(
    sequence(element("message", "t:Message", maxOccurs="9")),
    more='<xs:complexType name="Message" abstract="true">'
    + sequence(element("to"))
    + "</xs:complexType>"
    + "".join(
        structure(
            name,
            '<xs:complexContent><xs:extension base="t:Message">'
            + sequence(element(part))
            + "</xs:extension></xs:complexContent>",
        )
        for name, part in (("Text", "text"), ("Wap", "link"))
    ),
)


def test_a_subtype_is_named_and_has_its_own_elements() -> None:
    words = {
        "message": [
            {"@xsi:type": "Text", "to": "1", "text": "x"},
            {"@xsi:type": "Wap", "link": "y", "to": "2"},
        ]
    }
    assert wrote(SUBTYPES, words) == expected(
        '<message xsi:type="t:Text"><to>1</to><text>x</text></message>'
        '<message xsi:type="t:Wap"><to>2</to><link>y</link></message>'
    )
    assert words["message"][0]["@xsi:type"] == "Text"


@each(
    ("message", "why", "path"),
    [
        (
            {"@xsi:type": "Txt", "to": "1"},
            (
                "message.@xsi:type: 'Txt' is not derived from Message; did you mean 'Text'? "
                "known: Text, Wap"
            ),
            "message.@xsi:type",
        ),
        ({"@xsi:type": "Text", "to": "1"}, "message.text is missing", "message.text"),
        (
            {"@xsi:type": "Text", "to": "1", "text": "x", "link": "y"},
            "there is no 'message.link'; known: text, to",
            "message.link",
        ),
    ],
)
def test_a_subtype_that_doesnt_fit_is_refused(message: dict[str, Any], why: str, path: str) -> None:
    assert refused(SUBTYPES, {"message": message}) == (why, path)


# Anything

ANY = sending(
    sequence(
        element("to"),
        '<xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>',
    ),
    '<xs:anyAttribute namespace="##other" processContents="lax"/>',
)


def test_where_anything_is_taken_a_name_in_a_namespace_is_written_as_it_is() -> None:
    words = {
        "to": "1",
        "{urn:o}a": "x",
        "{urn:o}b": {"{urn:o}c": ["1", "2"], "@k": "v", "#text": "t"},
        "{urn:o}d": [{"e": "1"}, None],
    }
    assert wrote(ANY, words) == expected(
        '<to>1</to><o:a>x</o:a><o:b k="v">t<o:c>1</o:c><o:c>2</o:c></o:b>'
        '<o:d><e xmlns="">1</e></o:d><o:d xsi:nil="true"/>'
    )


def test_what_is_open_is_written_where_the_contract_takes_it() -> None:
    anything = '<xs:any namespace="##other" processContents="lax" minOccurs="0"/>'
    contract = sending(sequence(element("a"), anything, element("z")))
    words = {"a": "1", "{urn:o}x": "y", "z": "3"}
    assert wrote(contract, words) == expected("<a>1</a><o:x>y</o:x><z>3</z>")


def test_what_is_named_is_held_to_its_type_where_anything_is_taken_too() -> None:
    assert refused(ANY, {"{urn:o}a": "x"}) == ("to is missing", "to")


def test_nothing_is_written_for_the_text_or_the_attribute_that_is_none() -> None:
    words = {"to": "1", "{urn:o}a": {"#text": None, "@k": None, "{urn:o}b": None}}
    assert wrote(ANY, words) == expected('<to>1</to><o:a><o:b xsi:nil="true"/></o:a>')


@each("name", ["bad name", "1", "{urn:o}<", "@bad name"])
def test_a_name_that_is_none_in_xml_is_refused(name: str) -> None:
    assert refused(ANY, {"to": "1", name: "x"})[0]


@each("words", [{"{urn:o}a": "x\0"}, {"{urn:o}a": {"@k": "x\0"}}])
def test_what_xml_cant_carry_is_refused_where_anything_is_taken_too(words: dict[str, Any]) -> None:
    assert "has U+0000: XML can't carry it" in refused(ANY, {"to": "1", **words})[0]


def test_a_part_of_any_type_takes_a_word_or_a_structure() -> None:
    contract = sending(sequence(element("a", "xs:anyType")))
    assert wrote(contract, {"a": "x"}) == expected("<a>x</a>")
    assert wrote(contract, {"a": {"@k": "v", "{urn:o}b": "1"}}) == expected(
        '<a k="v"><o:b>1</o:b></a>'
    )


# Header blocks

AUTH = holding("Auth", sequence(element("user"), element("key", minOccurs="0")))
HEADED = load_port(
    wsdl(
        schema(holding("Send", sequence(element("to"))), RESULT, AUTH),
        header='<part name="block" element="t:Auth"/>',
    )
)


def blocks(contract: Port, words: Mapping[str, Any]) -> list[Tree]:
    root = etree.fromstring(contract.write("Send", "input", words))
    return [tree(block) for found in root.iterfind(f"{{{SOAP11}}}Header") for block in found]


def test_a_header_block_of_the_contract_is_written_by_it() -> None:
    words = {"to": "1", "soap:Header": {"Auth": {"key": "k", "user": "acme"}}}
    assert blocks(HEADED, words) == [
        tree(etree.fromstring('<Auth xmlns="urn:t"><user>acme</user><key>k</key></Auth>'))
    ]
    assert wrote(HEADED, words) == expected("<to>1</to>")


def test_a_header_may_be_left_out_and_hold_other_blocks() -> None:
    assert etree.fromstring(HEADED.write("Send", "input", {"to": "1"}))[0].tag.endswith("}Body")
    words = {"to": "1", "soap:Header": {"{urn:o}Trace": {"@id": "1", "#text": "x"}}}
    assert blocks(HEADED, words) == [("{urn:o}Trace", {"id": "1"}, "x", [])]


@each(
    ("header", "why", "path"),
    [
        ({"Auth": {}}, "soap:Header.Auth.user is missing", "soap:Header.Auth.user"),
        (
            {"Auth": {"user": "a", "kee": "b"}},
            "there is no 'soap:Header.Auth.kee'; did you mean 'key'? known: key, user",
            "soap:Header.Auth.kee",
        ),
        ("canary", "soap:Header is not text: it holds Auth", "soap:Header"),
        (
            {"Other": {"a": "1"}},
            (
                "there is no 'soap:Header.Other'; did you mean 'soap:Header.Auth.user'? "
                "known: soap:Header.Auth.key, soap:Header.Auth.user, to"
            ),
            "soap:Header.Other",
        ),
    ],
)
def test_a_header_block_that_doesnt_fit_is_refused(header: Any, why: str, path: str) -> None:
    assert refused(HEADED, {"to": "1", "soap:Header": header}) == (why, path)


# SOAP encoding

ENCODED_TYPES = schema(
    '<xs:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>',
    array("Strings", "xs:string"),
    array("Entries", "t:Entry"),
    structure("Entry", sequence(element("to"), element("n", "xs:int", minOccurs="0"))),
    structure(
        "Special",
        '<xs:complexContent><xs:extension base="t:Entry">'
        + sequence(element("extra"))
        + "</xs:extension></xs:complexContent>",
    ),
    structure(
        "Coloured",
        sequence(
            '<xs:element name="colour">'
            + restricted("xs:string", ("enumeration", "red"))
            + "</xs:element>"
        ),
    ),
    form="unqualified",
)
FAR_TYPES = schema(
    structure(
        "Far",
        '<xs:complexContent><xs:extension base="t:Entry">'
        + sequence(element("far"))
        + "</xs:extension></xs:complexContent>",
    ),
    structure("Account", sequence(element("user", "o:Name"))),
    restricted("xs:string", ("maxLength", "9"), name="Name"),
    namespace="urn:o",
    form="unqualified",
)
ENCODED = rpc(
    ("key", "xs:string"),
    ("entry", "t:Entry"),
    ("strings", "t:Strings"),
    ("entries", "t:Entries"),
    types=ENCODED_TYPES + FAR_TYPES,
)
WORDS: dict[str, Any] = {"key": "k", "entry": {"to": "1"}, "strings": ["a"], "entries": []}


def encoded(words: Mapping[str, Any], contract: Port = ENCODED) -> dict[str, Tree]:
    body = contract.write("Send", "input", words)
    return {str(part.tag): tree(part) for part in etree.fromstring(body)[-1][0]}


def part(inside: str) -> Tree:
    return tree(etree.fromstring(f"<p {PREFIXES}>{inside}</p>")[0])


def test_each_encoded_value_has_its_type() -> None:
    parts = encoded({**WORDS, "entry": {"n": 5, "to": "1"}})
    assert list(parts) == ["key", "entry", "strings", "entries"]
    assert parts["key"] == part('<key xsi:type="xs:string">k</key>')
    assert parts["entry"] == part(
        '<entry xsi:type="t:Entry"><to xsi:type="xs:string">1</to>'
        '<n xsi:type="xs:int">5</n></entry>'
    )


@each("given", ["a", ["a"], {"item": "a"}, {"item": ["a"]}])
def test_an_array_parameter_takes_a_word_as_an_array_of_one(given: Any) -> None:
    assert encoded({**WORDS, "strings": given})["strings"] == part(
        '<strings xsi:type="t:Strings" e:arrayType="xs:string[1]">'
        '<item xsi:type="xs:string">a</item></strings>'
    )


@each("count", [0, 2, 3])
def test_an_encoded_array_says_how_many_of_what_it_holds(count: int) -> None:
    words = [f"w{number}" for number in range(count)]
    items = "".join(f'<item xsi:type="xs:string">{word}</item>' for word in words)
    assert encoded({**WORDS, "strings": words})["strings"] == part(
        f'<strings xsi:type="t:Strings" e:arrayType="xs:string[{count}]">{items}</strings>'
    )


def test_an_encoded_array_holds_structures_too() -> None:
    entries = [{"to": "1"}, {"to": "2", "n": None}]
    assert encoded({**WORDS, "entries": entries})["entries"] == part(
        '<entries xsi:type="t:Entries" e:arrayType="t:Entry[2]">'
        '<item xsi:type="t:Entry"><to xsi:type="xs:string">1</to></item>'
        '<item xsi:type="t:Entry"><to xsi:type="xs:string">2</to>'
        '<n xsi:type="xs:int" xsi:nil="true"/></item></entries>'
    )


@each(("prefix", "name", "own"), [("t", "Special", "extra"), ("o", "Far", "far")])
def test_a_subtype_in_an_encoded_message_has_a_declared_prefix(
    prefix: str, name: str, own: str
) -> None:
    words = {"@xsi:type": name, "to": "1", own: "x"}
    assert encoded({**WORDS, "entry": words})["entry"] == part(
        f'<entry xsi:type="{prefix}:{name}"><to xsi:type="xs:string">1</to>'
        f'<{own} xsi:type="xs:string">x</{own}></entry>'
    )


def test_a_type_without_a_name_is_none_in_an_encoded_message() -> None:
    contract = rpc(("c", "t:Coloured"), types=ENCODED_TYPES)
    assert encoded({"c": {"colour": "red"}}, contract)["c"] == part(
        '<c xsi:type="t:Coloured"><colour>red</colour></c>'
    )


def test_nil_in_an_encoded_message_keeps_its_type() -> None:
    assert encoded({**WORDS, "strings": None})["strings"] == part(
        '<strings xsi:type="t:Strings" xsi:nil="true"/>'
    )


@each(("version", "style"), [(SOAP11, ENCODING11), (SOAP12, ENCODING12)])
def test_an_encoded_wrapper_names_the_encoding(version: str, style: str) -> None:
    found: Any = etree.fromstring(ENCODED.write("Send", "input", WORDS, version))[-1][0]
    assert found.tag == "{urn:t}Send"
    assert dict(found.attrib) == {f"{{{version}}}encodingStyle": style}


def test_the_types_of_an_encoded_header_block_have_declared_prefixes() -> None:
    contract = rpc(
        ("key", "xs:string"),
        types=ENCODED_TYPES + FAR_TYPES,
        header='<part name="block" type="o:Account"/>',
    )
    words = {"key": "k", "soap:Header": {"block": {"user": "acme"}}}
    assert blocks(contract, words) == [
        part('<block xsi:type="o:Account"><user xsi:type="o:Name">acme</user></block>')
    ]


@each(
    ("words", "why", "path"),
    [
        ({"entries": [{"to": "1"}, {}]}, "entries[1].to is missing", "entries[1].to"),
        ({"entries": ["canary"]}, "entries[0] is not text: it holds to, n", "entries[0]"),
        (
            {"entries": [{"to": "1", "m": 1}]},
            "there is no 'entries[0].m'; known: n, to",
            "entries[0].m",
        ),
        (
            {"strings": ["a", {"b": "c"}]},
            "strings[1] is text and can't hold other parts",
            "strings[1]",
        ),
        ({"key": ["a", "b"]}, "key may be given only once, not 2 times", "key"),
        (
            {"keys": "a"},
            "there is no 'keys'; did you mean 'key'? known: entries, entry, key, strings",
            "keys",
        ),
    ],
)
def test_encoded_words_that_dont_fit_are_refused(
    words: dict[str, Any], why: str, path: str
) -> None:
    assert refused(ENCODED, {**WORDS, **words}) == (why, path)


def test_literal_parts_have_no_types() -> None:
    contract = rpc(("entry", "t:Entry"), types=ENCODED_TYPES, use="literal")
    sent = written(contract, {"entry": {"to": "1"}})
    assert tree(sent) == ("{urn:t}Send", {}, "", [part("<entry><to>1</to></entry>")])
