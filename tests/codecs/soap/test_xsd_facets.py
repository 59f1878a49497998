"""What the simple types of schemas allow: held to what libxml2 takes of the same schemas."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.xsd_facets import Facets

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

RED = ("enumeration", "red"), ("enumeration", "green")
SHORT = (("maxLength", "5"), ("minLength", "1"))


def facets(*inside: str, namespace: str = "urn:t") -> Facets:
    document = f"<types {NAMESPACES}>{schema(*inside, namespace=namespace)}</types>"
    return Facets([etree.fromstring(document)])


def is_anonymous(name: str, *words: tuple[str, str]) -> str:
    return f'<xs:element name="{name}">{restricted("xs:string", *words)}</xs:element>'


def test_a_type_has_its_words_in_their_order_and_its_limits_as_the_schema_names_them() -> None:
    found = facets(
        restricted("xs:string", *RED, name="Colour"),
        restricted("xs:string", *SHORT, ("whiteSpace", "collapse"), name="Short"),
    )
    assert found.words("{urn:t}Colour") == ("red", "green")
    assert found.limits("{urn:t}Colour") == ()
    assert found.words("{urn:t}Short") == ()
    assert found.limits("{urn:t}Short") == ("maxLength 5", "minLength 1")


@each("name", ["{urn:o}Colour", "Colour", "{urn:t}colour", ""])
def test_of_another_name_nothing_is_known(name: str) -> None:
    found = facets(restricted("xs:string", *RED, name="Colour"))
    assert (found.words(name), found.limits(name), found.is_anonymous(name)) == ((), (), False)


def test_a_type_without_a_name_goes_by_that_of_its_element_or_attribute() -> None:
    kind = restricted("xs:string", *SHORT)
    attribute = f'<xs:attribute name="kind">{kind}</xs:attribute>'
    found = facets(is_anonymous("colour", *RED), structure("A", attribute))
    assert found.words("{urn:t}colour") == ("red", "green")
    assert found.limits("{urn:t}kind") == ("maxLength 5", "minLength 1")
    assert [found.is_anonymous(f"{{urn:t}}{name}") for name in ("colour", "kind", "A")] == [
        True,
        True,
        False,
    ]


def test_a_name_of_both_a_type_and_an_element_is_that_of_a_type() -> None:
    found = facets(is_anonymous("kind", *RED), restricted("xs:string", *RED, name="kind"))
    assert not found.is_anonymous("{urn:t}kind")


def test_of_types_of_one_name_what_counts_is_what_holds_for_all() -> None:
    found = facets(
        structure("A", sequence(is_anonymous("a", *RED, *SHORT), is_anonymous("b", *RED))),
        structure(
            "B", sequence(is_anonymous("a", ("enumeration", "blue"), SHORT[0]), is_anonymous("b"))
        ),
    )
    assert found.words("{urn:t}a") == ("red", "green", "blue")
    assert found.limits("{urn:t}a") == ("maxLength 5",)
    assert found.words("{urn:t}b") == ()


def test_a_schema_without_a_namespace_is_read_as_that_of_whoever_includes_it() -> None:
    found = facets(restricted("xs:string", *RED, name="Colour"), namespace="")
    assert found.words("{urn:t}Colour") == found.words("{urn:o}Colour") == ("red", "green")


# In a contract


def test_no_word_that_the_schema_takes_is_refused_where_two_elements_have_one_name() -> None:
    contract = sending(
        sequence(
            element("a", "t:A"), element("b", "t:B"), is_anonymous("kind"), element("of", "t:kind")
        ),
        more=structure("A", sequence(is_anonymous("kind", *RED)))
        + structure("B", sequence(is_anonymous("kind", ("enumeration", "x"))))
        + restricted("xs:string", name="kind"),
    )
    words = {"a": {"kind": "red"}, "b": {"kind": "x"}, "kind": "any", "of": "any"}
    body = contract.write("Send", "input", words)
    assert contract.refusal("Send", "input", opened(body)) is None


def test_a_word_that_the_schema_refuses_is_refused_with_those_that_it_takes() -> None:
    contract = sending(sequence(is_anonymous("colour", *RED)))
    with pytest.raises(BadWSDL, match="colour: one of red, green is expected"):
        contract.write("Send", "input", {"colour": "blue"})


# Hostile schemas

NAMES = st.sampled_from([f"T{i}" for i in range(6)])
FACETS = st.sampled_from([*RED, *SHORT, ("pattern", "[a-z]+"), ("whiteSpace", "collapse")])
TYPES = st.lists(st.tuples(NAMES, st.none() | NAMES, st.lists(FACETS, max_size=3)), max_size=60)


@given(TYPES)
def test_any_types_are_read_in_linear_time_whatever_they_restrict(
    types: list[tuple[str, str | None, list[tuple[str, str]]]],
) -> None:
    found = facets(
        *(restricted(f"t:{b}" if b else "xs:string", *own, name=n) for n, b, own in types)
    )
    begun = time.process_time()
    for name in {name for name, _, _ in types}:
        given_ = {facet for one, _, own in types for facet in own}
        assert set(found.words(f"{{urn:t}}{name}")) <= {w for f, w in given_ if f == "enumeration"}
        assert set(found.limits(f"{{urn:t}}{name}")) <= {f"{f} {w}" for f, w in given_}
    assert time.process_time() - begun < 1


def test_types_of_one_name_that_restrict_each_other_twice_are_read_once() -> None:
    twice = [
        restricted(f"t:T{i + 1}", ("maxLength", "5"), name=f"T{i}")
        for i in range(2_000)
        for _ in "ab"
    ]
    begun = time.process_time()
    assert facets(*twice).limits("{urn:t}T0") == ("maxLength 5",)
    assert time.process_time() - begun < 2


def test_what_a_type_does_not_change_it_shares_and_of_limits_it_keeps_a_hundred() -> None:
    words = [("enumeration", str(i)) for i in range(2_000)]
    patterns = [("pattern", f"[0-9]{{{i}}}") for i in range(2_000)]
    base = restricted("xs:string", *words, *patterns, name="B")
    many = [restricted("t:B", ("maxLength", "5"), name=f"T{i}") for i in range(300)]
    found = facets(base, *many)
    begun = time.process_time()
    lists = [found.words(f"{{urn:t}}T{i}") for i in range(300)]
    assert all(one is lists[0] for one in lists)
    assert len(lists[0]) == 2_000
    limits = [found.limits(f"{{urn:t}}T{i}") for i in range(300)]
    assert {(len(one), one[-1]) for one in limits} == {(100, "maxLength 5")}
    assert time.process_time() - begun < 1
