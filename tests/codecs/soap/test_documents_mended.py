"""Documents as zeep reads them rightly; what would make it grow without end is refused."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap.documents import Documents
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL, XSDType
from smsbridge.codecs.soap.wsdl_files import Source

from support.each import each
from support.wsdls import RESULT, element, holding, schema, sending, sequence, wsdl


def asked(*inside: str) -> XSDType:
    return sending(sequence(*inside)).content("Send", "input").body.type


def choice(*inside: str, more: str = "") -> str:
    return f"<xs:choice{more}>{''.join(inside)}</xs:choice>"


def test_one_of_a_choice_is_needed() -> None:
    kind = asked(choice(element("a"), element("b")), element("c"))
    assert kind.one_of == [frozenset({"a", "b"})]
    with pytest.raises(BadWSDL, match="a or b is missing"):
        sending(sequence(choice(element("a"), element("b")))).write("Send", "input", {})


@each(
    "inside",
    [
        choice(element("a", minOccurs="0"), element("b")),
        choice(element("a"), sequence(element("b"), minOccurs="0")),
        choice(element("a"), element("b"), more=' minOccurs="0"'),
        choice(element("a"), choice(element("b"), more=' minOccurs=" 0 "')),
    ],
)
def test_a_choice_with_something_that_may_be_left_out_may_be_empty(inside: str) -> None:
    contract = sending(sequence(inside))
    assert contract.content("Send", "input").body.type.one_of == []
    assert b"Send" in contract.write("Send", "input", {})


def test_an_element_of_wsdl_in_a_schema_is_refused_unless_it_is_a_remark() -> None:
    stray = '<complexType xmlns="http://schemas.xmlsoap.org/wsdl/" name="A"/>'
    noted = f"<xs:annotation><xs:appinfo>{stray}</xs:appinfo></xs:annotation>"
    why = r"^the WSDL: its schema has <complexType> in the namespace of WSDL, not of XML Schema$"
    with pytest.raises(BadWSDL, match=why):
        load_port(wsdl(schema(stray, holding("Send"), RESULT)))
    assert load_port(wsdl(schema(noted, holding("Send"), RESULT))).schema.usable


def test_documents_are_measured_together() -> None:
    """Each alone is small: that they are a billion together shows with the last of them."""
    group = '<xs:group name="g{0}">' + sequence('<xs:group ref="t:g{1}"/>' * 9) + "</xs:group>"
    last = f'<xs:group name="g4">{sequence(*(element(f"x{i}") for i in range(40)))}</xs:group>'
    groups = [*(group.format(number, number + 1) for number in range(4)), last]
    addresses = [f"https://sms.example/{number}.wsdl" for number in range(5)]
    others = {at: wsdl(schema(one)) for at, one in zip(addresses, groups, strict=True)}
    documents = Documents(Source(document=b"", others=others))
    for address in addresses[:4]:
        assert documents.load(address)
    with pytest.raises(BadWSDL, match="would grow to more than 200000 elements"):
        documents.load(addresses[4])
