"""What makes libxml2 slow is taken out, and all else is still checked."""

from __future__ import annotations

from lxml import etree

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.xsd_limits import make_lean

from support.each import each
from support.wsdls import (
    NAMESPACES,
    element,
    opened,
    restricted,
    schema,
    sending,
    sequence,
    structure,
)

REFERENCE = '<xs:group ref="g"/>'


def refusal(contract: Port, **words: object) -> str | None:
    assert contract.schema.usable
    body = contract.write("Send", "input", words)
    return contract.refusal("Send", "input", opened(body))


def swapped(contract: Port, **words: object) -> str | None:
    """Return what is said of the same in another order."""
    envelope = opened(contract.write("Send", "input", words))
    envelope.child.append(envelope.child[0])
    return contract.refusal("Send", "input", envelope)


def wide(count: int) -> str:
    return sequence(*(element(f"a{i}", minOccurs="0") for i in range(count)))


def test_of_a_type_that_takes_too_long_anything_is_taken() -> None:
    assert swapped(sending(wide(100)), a1="x", a2="x") is not None
    assert swapped(sending(wide(2000)), a1="x", a2="x") is None


def test_a_weight_beyond_all_floats_is_too_much() -> None:
    references = (f'<xs:group ref="t:g{i + 1}"/>' * 400 for i in range(39))
    groups = [
        f'<xs:group name="g{i}">{sequence(one)}</xs:group>' for i, one in enumerate(references)
    ]
    last = f'<xs:group name="g39">{wide(2_000)}</xs:group>'
    held = structure("S", '<xs:group ref="t:g0"/>')
    root = etree.fromstring(f"<types {NAMESPACES}>{schema(*groups, last, held)}</types>")[0]
    make_lean([root])
    (opened_up,) = root.iterfind(f"{{{XSD}}}complexType")
    assert [child.tag for child in opened_up.iter(f"{{{XSD}}}group")] == []


def test_the_types_beside_it_and_within_it_are_checked() -> None:
    number = restricted("xs:string", ("pattern", "[0-9]+"), name="N")
    inner = structure("I", sequence(element("n", "t:N"), element("m", minOccurs="0")))
    fields = [element("i", "t:I"), *(element(f"a{i}", minOccurs="0") for i in range(2000))]
    contract = sending(sequence(*fields), more=number + inner)
    assert refusal(contract, i={"n": "1"}) is None
    small = sending(sequence(element("i", "t:I")), more=number + inner + structure("W", wide(2000)))
    assert refusal(small, i={"n": "1"}) is None
    assert "pattern" in (refusal(small, i={"n": "x"}) or "")


def test_loops_cost_more_than_what_stands_once() -> None:
    loop = '<xs:choice maxOccurs="unbounded"><xs:sequence>{}</xs:sequence></xs:choice>'
    loops = [loop.format(element(f"a{i}") + element(f"b{i}", minOccurs="0")) for i in range(60)]
    assert swapped(sending(sequence(*loops)), **{f"a{i}": "x" for i in range(60)}) is None
    assert swapped(sending(sequence(*loops[:5])), **{f"a{i}": "x" for i in range(5)}) is not None


@each("most", ["1001", "1000000000", "9" * 4000, " 0002000 "])
def test_what_may_stand_more_than_a_thousand_times_may_always(most: str) -> None:
    contract = sending(sequence(element("to", maxOccurs=most)))
    assert refusal(contract, to=["x"] * 2500) is None


def test_what_must_stand_more_than_a_thousand_times_must_a_thousand_times() -> None:
    contract = sending(sequence(element("to", minOccurs="5000", maxOccurs="unbounded")))
    assert refusal(contract, to=["x"] * 1000) is None
    assert refusal(contract, to=["x"] * 999) is not None


def test_a_pattern_of_hundreds_of_characters_is_not_checked() -> None:
    for count, refused in ((199, True), (201, False)):
        kind = restricted("xs:string", ("pattern", "a" * count), name="P")
        contract = sending(sequence(element("to", "t:P")), more=kind)
        assert (refusal(contract, to="x") is not None) is refused


def test_schemas_that_hold_themselves_are_left_as_they_are() -> None:
    group = f'<xs:group name="g">{sequence(REFERENCE)}</xs:group>'
    circle = f'<xs:schema xmlns:xs="{XSD}">{group}</xs:schema>'
    root = etree.fromstring(circle)
    make_lean([root])
    assert etree.tostring(root).decode() == circle
