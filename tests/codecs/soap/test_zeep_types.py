"""The types of a schema become plain data: what a message holds, and how often."""

from __future__ import annotations

from itertools import pairwise

import pytest

from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port

from support.each import each
from support.wsdls import element, opened, restricted, sending, sequence, structure


def parts(contract: Port, path: str = "") -> dict[str, tuple[str, bool, bool, bool]]:
    """Return what each part is called, and whether it is required, repeated and nillable."""
    body = contract.content("Send", "input").body
    found = contract.content("Send", "input").find(path) if path else body
    assert found is not None
    return {
        part.name: (part.type.shown, part.required, part.repeated, part.nillable)
        for part in found.type.parts
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
    assert contract.content("Send", "input").body.type.one_of == [frozenset("def")]


@each(
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


@each(
    ("kind", "base", "shown"),
    [
        ("xs:token", "token", "token"),
        ("t:Short", "string", "Short"),
        ("t:Shorter", "string", "Shorter"),
        ("t:Many", "anySimpleType", "list of int"),
        ("t:Either", "anySimpleType", "int or date"),
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
    assert (found.type.base, found.type.shown) == (base, shown)


HEAD = '<xs:element name="target" abstract="true"/>'
PHONE = '<xs:element name="phone" type="xs:string" substitutionGroup="t:target"/>'
MAIL = '<xs:element name="mail" type="xs:string" substitutionGroup="t:target"/>'
MIDDLE = '<xs:element name="middle" abstract="true" substitutionGroup="t:target"/>'
BELOW = '<xs:element name="below" type="xs:string" substitutionGroup="t:middle"/>'
OPEN = '<xs:element name="target" type="xs:string"/>'
REF = '<xs:element ref="t:target"/>'


@each(
    ("more", "ref", "names", "needed"),
    [
        (HEAD + PHONE, REF, ["phone"], []),
        (HEAD + PHONE + MAIL, REF, ["phone", "mail"], [{"phone", "mail"}]),
        (HEAD + MIDDLE + BELOW, REF, ["below"], []),
        (OPEN + PHONE, REF, ["target", "phone"], [{"target", "phone"}]),
        (OPEN + PHONE, REF.replace("/>", ' minOccurs="0"/>'), ["target", "phone"], []),
        (HEAD, REF.replace("/>", ' minOccurs="0"/>'), [], []),
    ],
)
def test_what_may_stand_for_an_element_is_one_alternative_of_several(
    more: str, ref: str, names: list[str], needed: list[set[str]]
) -> None:
    """XSD 1.0 part 1 §3.3.4, substitution groups; libxml2 is the oracle."""
    port = sending(sequence(ref, element("text")), more=more)
    kind = port.content("Send", "input").body.type
    assert [part.name for part in kind.parts] == [*names, "text"]
    assert kind.one_of == needed
    for name in names:
        assert port.shape_trouble("Send", {name: "1", "text": "2"}) is None
    for name, other in pairwise(names):
        with pytest.raises(BadWSDL, match=f"at most one: {name}, {other}"):
            port.shape_trouble("Send", {name: "1", other: "1", "text": "2"})


def test_several_of_a_group_may_stand_where_the_element_may_stand_several_times() -> None:
    many = REF.replace("/>", ' maxOccurs="9"/>')
    port = sending(sequence(many, element("text")), more=HEAD + PHONE + MAIL)
    assert port.shape_trouble("Send", {"phone": ["1", "2"], "mail": "3", "text": "4"}) is None


@each(
    ("inside", "why"),
    [
        (sequence(REF), "target is abstract, and the WSDL has no element that can replace it"),
        (sequence('<xs:group ref="t:gone"/>'), "it has the group t:gone, which no schema has"),
    ],
)
def test_an_operation_that_needs_what_nothing_can_be_says_so(inside: str, why: str) -> None:
    with pytest.raises(BadWSDL, match=f"^operation Send: {why}$"):
        sending(inside, more=HEAD).operation("Send")


def test_attributes_are_text_required_where_all_say_so_and_prohibited_ones_are_none() -> None:
    """XSD 1.0 part 1 §3.2.2, §3.2.3."""
    port = sending(
        sequence(element("text")),
        '<xs:attribute name="to" use="required"/><xs:attribute ref="t:lang" use="required"/>'
        '<xs:attribute name="old" use="prohibited"/>',
        more='<xs:attribute name="lang" type="xs:language"/>',
    )
    assert parts(port) == {
        "@to": ("anySimpleType", True, False, False),
        "@lang": ("language", True, False, False),
        "text": ("string", True, False, False),
    }
    assert port.shape_trouble("Send", {"@to": "1", "@lang": "en", "text": "2"}) is None
