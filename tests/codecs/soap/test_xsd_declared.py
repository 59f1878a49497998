"""What a schema says of types and values, where zeep keeps no word of it."""

from __future__ import annotations

from smsbridge.codecs.soap.model import XSDType

from support.wsdls import element, restricted, sending, sequence, structure


def sent(*inside: str, more: str = "") -> XSDType:
    return sending(sequence(*inside), more=more).content("Send", "input").body.type


def derived(name: str, base: str, *inside: str, **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return (
        f'<xs:complexType name="{name}"{more}><xs:complexContent><xs:extension base="{base}">'
        f"{sequence(*inside)}</xs:extension></xs:complexContent></xs:complexType>"
    )


def test_values_are_those_of_the_declaration_itself_and_not_of_its_name() -> None:
    outer = structure("Outer", sequence(element("a", fixed="1")))
    kind = sent(
        element("a", fixed="2"), element("b", default="x"), element("o", "t:Outer"), more=outer
    )
    first, second, third = kind.parts
    assert (first.fixed, second.default) == ("2", "x")
    assert third.type.parts[0].fixed == "1"


def test_an_attribute_has_its_own_value() -> None:
    account = structure("Account", '<xs:attribute name="v" type="xs:string" fixed="7"/>')
    (part,) = sent(element("account", "t:Account"), more=account).parts
    assert part.type.parts[0].fixed == "7"


def test_an_abstract_type_has_what_is_derived_from_it_at_any_distance() -> None:
    target = '<xs:complexType name="Target" abstract="true"><xs:sequence/></xs:complexType>'
    between = derived("Some", "t:Target", abstract="true")
    phone = derived("Phone", "t:Some", element("number"))
    (part,) = sent(element("to", "t:Target"), more=target + between + phone).parts
    assert part.type.abstract
    assert [one.local for one in part.type.derived] == ["Phone"]


def test_lists_and_unions_have_the_types_of_their_words() -> None:
    codes = '<xs:simpleType name="Codes"><xs:list itemType="xs:int"/></xs:simpleType>'
    few = restricted("t:Codes", ("minLength", "2"), name="Few")
    word = restricted("xs:string", ("enumeration", "now"))
    union = f'<xs:union memberTypes="xs:dateTime">{word}</xs:union>'
    when = f'<xs:simpleType name="When">{union}</xs:simpleType>'
    kind = sent(
        element("codes", "t:Codes"),
        element("few", "t:Few"),
        element("when", "t:When"),
        more=codes + few + when,
    )
    listed, fewer, either = (part.type for part in kind.parts)
    assert (listed.shown, listed.sample, fewer.sample) == ("list of int", "1", "1 1")
    assert [listed.refusal("1 2") is None, listed.refusal("1 x") is None] == [True, False]
    assert [either.refusal(one) is None for one in ("now", "2027-01-31T09:00:00Z", "then")] == [
        True,
        True,
        False,
    ]
