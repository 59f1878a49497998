"""Words that a message could have: they fit, they end, and of a choice there is one."""

from __future__ import annotations

from smsbridge.codecs.soap.model import Need, Part, XSDType
from smsbridge.codecs.soap.sampler import sample

from support.wsdl_types import BODY, COLOUR, INT, PRICE, STRING


def test_a_sample_has_words_that_fit_everywhere() -> None:
    assert sample(BODY) == {
        "key": "text",
        "entry": {"to": {"@plan": "red", "#text": "text"}, "text": "text"},
        "entries": [{"to": {"@plan": "red", "#text": "text"}, "text": "text"}],
        "strings": ["text"],
        "any": {},
        "price": "1.5",
    }


def test_a_sample_may_have_what_is_required_only() -> None:
    entry = {"to": {"#text": "text"}, "text": "text"}
    assert sample(BODY, optional=False) == {"key": "text", "entries": [entry]}


def test_a_sample_of_a_choice_has_the_first() -> None:
    parts = [Part(name=name, type=INT, required=False) for name in ("a", "b", "c")]
    each_alone = (frozenset("b"), frozenset("c"))
    kind = XSDType(parts=parts, one_of=[frozenset({"c", "b"})], choices=[each_alone])
    assert sample(kind) == {"a": "1", "b": "1"}
    assert sample(kind, optional=False) == {"b": "1"}


def test_a_sample_of_a_type_in_itself_ends() -> None:
    group = XSDType(parts=[Part(name="name", type=STRING)])
    group.parts.append(Part(name="group", type=group, required=False))
    assert sample(group) == {"name": "text"}
    group.parts.append(Part(name="always", type=group))
    assert sample(group) == {"name": "text", "always": ""}


def test_a_sample_of_a_text_is_text() -> None:
    assert [sample(kind) for kind in (STRING, INT, COLOUR, PRICE)] == ["text", "1", "red", "1.5"]


def test_a_sample_ends_at_the_nearest_part_above_that_may_be_left_out() -> None:
    group = XSDType(parts=[Part(name="name", type=STRING)])
    held = XSDType(parts=[Part(name="group", type=group)])
    group.parts.append(Part(name="groups", type=held, required=False))
    assert sample(group) == {"name": "text"}


def test_a_sample_has_of_a_choice_what_is_given_and_what_that_needs() -> None:
    parts = [Part(name=name, type=INT, required=False) for name in ("a", "b", "c")]
    kind = XSDType(
        parts=parts,
        choices=[(frozenset("a"), frozenset("bc"))],
        needs=[Need(frozenset("bc"), frozenset("c"))],
    )
    assert sample(kind) == {"a": "1"}
    assert sample(kind, given={"b": "7"}) == {"b": "1", "c": "1"}
    assert sample(kind, given={"b": "7"}, optional=False) == {"b": "1", "c": "1"}


def test_a_sample_of_an_abstract_type_names_the_one_that_stands_there() -> None:
    phone = XSDType(name="{urn:t}Phone", parts=[Part(name="number", type=INT)])
    group = XSDType(name="{urn:t}Group", parts=[Part(name="name", type=STRING)])
    kind = XSDType(name="{urn:t}Target", abstract=True, derived=[phone, group])
    assert sample(kind) == {"@xsi:type": "Phone", "number": "1"}
    given = {"@xsi:type": "Group"}
    assert sample(kind, given=given) == {"@xsi:type": "Group", "name": "text"}
    lone = XSDType(parts=[Part(name="t", type=XSDType(abstract=True), required=False)])
    assert sample(lone) == {}


def test_a_sample_keeps_a_fixed_value_and_a_default() -> None:
    fixed = Part(name="a", type=STRING, fixed="2")
    kind = XSDType(parts=[fixed, Part(name="b", type=STRING, default="sms")])
    assert sample(kind) == {"a": "2", "b": "sms"}


def test_samples_of_lists_and_unions_fit_them() -> None:
    lists = XSDType(base="anySimpleType", listed=INT, limits=("minLength 3",))
    union = XSDType(base="anySimpleType", members=(COLOUR, INT))
    assert [sample(lists), sample(union)] == ["1 1 1", "red"]
    assert [lists.refusal("1 2"), union.refusal("7")] == [None, None]
    assert "int is expected" in str(lists.refusal("1 x"))
    assert "Colour or int is expected" in str(union.refusal("x"))
