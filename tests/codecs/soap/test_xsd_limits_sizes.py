"""What types and groups weigh, with all that they name."""

from __future__ import annotations

import pytest
from lxml import etree

from smsbridge.codecs.soap.xml import BadXML
from smsbridge.codecs.soap.xsd_limits import TypeSize, TypeSizes

from support.each import each
from support.wsdls import NAMESPACES, element, holding, schema, sequence, structure


def weighed(*inside: str, namespace: str = "urn:t") -> TypeSizes:
    text = schema(*inside, namespace=namespace).replace("<xs:schema", f"<xs:schema {PREFIXES}", 1)
    weights = TypeSizes()
    weights.add(etree.fromstring(text))
    return weights


PREFIXES = NAMESPACES.removeprefix('xmlns="http://schemas.xmlsoap.org/wsdl/" ')
GROUP = f'<xs:group name="g">{sequence(element("x"), element("y"))}</xs:group>'
REFERENCE = '<xs:group ref=" t:g "/>'


def of(name: str, *inside: str, kind: str = "type") -> TypeSize:
    return weighed(*inside).all()[kind, "urn:t", name]


def test_a_type_weighs_its_elements_and_attributes() -> None:
    attribute = '<xs:attribute name="k" type="xs:string"/>'
    assert of("A", structure("A", sequence(element("x"), element("y")), attribute)) == (3, 0)


def test_a_reference_weighs_what_it_names_and_one_more() -> None:
    assert of("A", GROUP, structure("A", sequence(REFERENCE, element("z")))) == (4, 0)
    assert of("A", GROUP, structure("A", sequence(REFERENCE, REFERENCE))) == (6, 0)
    assert of("g", GROUP, kind="group") == (2, 0)


def test_a_base_is_weighed_and_a_type_that_is_named_is_not() -> None:
    derived = (
        '<xs:complexType name="B"><xs:complexContent><xs:extension base="t:A">'
        f"{sequence(element('z', 't:A'))}</xs:extension></xs:complexContent></xs:complexType>"
    )
    assert of("B", structure("A", sequence(element("x"), element("y"))), derived) == (4, 0)


def test_a_type_within_a_type_weighs_for_itself() -> None:
    inner = holding("inner", sequence(element("x"), element("y")))
    weights = weighed(structure("A", sequence(inner)))
    assert [weights.all()[key] for _, key in weights.types] == [(1, 0), (2, 0)]


def test_orders_that_may_repeat_are_counted() -> None:
    loop = sequence(element("x"), maxOccurs="unbounded")
    once = sequence(element("y"), maxOccurs="1")
    assert of("A", structure("A", sequence(loop, loop, once))) == (3, 2)


def test_the_same_name_in_another_namespace_is_another() -> None:
    base = (
        '<xs:complexType name="A"><xs:complexContent><xs:extension base="o:A"/>'
        "</xs:complexContent></xs:complexType>"
    )
    assert of("A", base) == (1, 0)


@each(
    "inside",
    [
        f'<xs:group name="g">{sequence(REFERENCE)}</xs:group>',
        '<xs:attributeGroup name="g"><xs:attributeGroup ref="t:g"/></xs:attributeGroup>',
        '<xs:simpleType name="g"><xs:restriction base="t:g"/></xs:simpleType>',
        '<xs:simpleType name="g"><xs:union memberTypes="xs:string t:g"/></xs:simpleType>',
    ],
)
def test_what_is_made_of_itself_is_named(inside: str) -> None:
    with pytest.raises(BadXML, match=r"^its \w+ g is made of itself$"):
        weighed(inside).all()


def test_a_group_may_hold_itself_through_an_element() -> None:
    inside = holding("e", sequence(REFERENCE))
    assert of("g", f'<xs:group name="g">{sequence(inside)}</xs:group>', kind="group") == (1, 0)


def steps(count: int) -> list[str]:
    return [
        f'<xs:simpleType name="s{i}"><xs:restriction base="t:s{i + 1}"/></xs:simpleType>'
        for i in range(count)
    ]


@each("count", [41, 5000])
def test_more_than_forty_steps_are_too_many_in_whatever_order_they_stand(count: int) -> None:
    for ordered in (steps(count), steps(count)[::-1]):
        with pytest.raises(BadXML, match="are nested too deeply"):
            weighed(*ordered).all()
    assert weighed(*steps(40)).all()
