"""A contract as plain data: what stands at a path, which paths there are, and words that fit."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.model import BadContract, Content, Kind, Part, optional, sample

STRING = Kind(name=f"{{{XSD}}}string", base="string")
INT = Kind(name=f"{{{XSD}}}int", base="int")
COLOUR = Kind(name="{urn:t}Colour", base="string", words=("red", "green"))
PRICE = Kind(name="{urn:t}Price", base="decimal", limits=("fractionDigits 2",))
NUMBER = Kind(
    name="{urn:t}Number",
    parts=[Part(name="@plan", kind=COLOUR, required=False), Part(name="#text", kind=STRING)],
)
ENTRY = Kind(
    name="{urn:t}Entry",
    parts=[Part(name="to", kind=NUMBER, repeated=True), Part(name="text", kind=STRING)],
)
ENTRIES = Kind(name="{urn:t}Entries", item=ENTRY)
STRINGS = Kind(name="{urn:t}Strings", item=STRING)
ANYTHING = Kind(open=True)
BODY = Kind(
    parts=[
        Part(name="key", kind=STRING),
        Part(name="entry", kind=ENTRY, required=False),
        Part(name="entries", kind=ENTRIES),
        Part(name="strings", kind=STRINGS, required=False),
        Part(name="any", kind=ANYTHING, required=False),
        Part(name="price", kind=PRICE, required=False),
    ]
)
AUTH = Part(name="Auth", kind=Kind(parts=[Part(name="user", kind=STRING)]))
CONTENT = Content(body=Part(name="Send", namespace="urn:t", kind=BODY), headers=[AUTH])


@pytest.mark.parametrize(
    ("kind", "simple", "shown"),
    [
        (STRING, True, "string"),
        (COLOUR, True, "Colour"),
        (Kind(base="int"), True, "int"),
        (ENTRY, False, "Entry"),
        (NUMBER, False, "Number"),
        (Kind(), False, "structure"),
        (STRINGS, False, "array of string"),
        (ENTRIES, False, "array of Entry"),
    ],
)
def test_a_type_has_a_name_for_people(kind: Kind, shown: str, *, simple: bool) -> None:
    assert (kind.simple, kind.shown) == (simple, shown)


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (STRING, "anything", None),
        (COLOUR, "red", None),
        (COLOUR, "canary", "one of red, green is expected"),
        (COLOUR, "RED", "one of red, green is expected"),
        (INT, "7", None),
        (INT, "canary", "int is expected"),
        (INT, "2147483648", "int is expected"),
        (PRICE, "1.50", None),
        (PRICE, "canary", "Price is expected, decimal"),
        (Kind(base="token"), "a  b", None),
        (Kind(base="int", words=("1", "x")), "x", "int is expected"),
    ],
)
def test_a_type_says_what_it_expects_and_not_what_it_got(
    kind: Kind, text: str, why: str | None
) -> None:
    assert kind.refusal(text) == why


@pytest.mark.parametrize(
    ("part", "tag"),
    [
        (Part(name="a", kind=STRING), "a"),
        (Part(name="a", namespace="urn:t", kind=STRING), "{urn:t}a"),
        (Part(name="@a", kind=STRING), "a"),
        (Part(name="@a", namespace="urn:t", kind=STRING), "{urn:t}a"),
    ],
)
def test_a_part_has_a_qualified_name(part: Part, tag: str) -> None:
    assert part.tag == tag


def test_a_part_can_be_made_optional() -> None:
    was = Part(name="a", namespace="urn:t", kind=STRING)
    assert (optional(was).tag, optional(was).kind, optional(was).required) == (
        "{urn:t}a",
        STRING,
        False,
    )
    assert was.required


# Paths


def test_every_path_is_listed_in_the_order_of_the_contract() -> None:
    assert [line.path for line in CONTENT.lines()] == [
        "soap:Header.Auth",
        "soap:Header.Auth.user",
        "key",
        "entry",
        "entry.to",
        "entry.to.@plan",
        "entry.to.#text",
        "entry.text",
        "entries",
        "entries.to",
        "entries.to.@plan",
        "entries.to.#text",
        "entries.text",
        "strings",
        "any",
        "price",
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("key", STRING),
        ("entry", ENTRY),
        ("entry.to", NUMBER),
        ("entry.to[3].@plan", COLOUR),
        ("entry.to.#text", STRING),
        ("entries", ENTRIES),
        ("entries[0]", ENTRIES),
        ("entries[0].text", STRING),
        ("entries.text", STRING),
        ("entries.item", ENTRY),
        ("entries.item[2].text", STRING),
        ("strings.item", STRING),
        ("soap:Header.Auth", AUTH.kind),
        ("soap:Header.Auth.user", STRING),
    ],
)
def test_what_stands_at_a_path_is_found_with_and_without_indexes(path: str, kind: Kind) -> None:
    found = CONTENT.find(path)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    "path",
    [
        "any.x",
        "any.x.y[0].@z",
        "any.{urn:x}y",
        "entry.@xsi:type",
        "soap:Header.{urn:x}Other.a",
    ],
)
def test_where_anything_is_taken_nothing_is_known(path: str) -> None:
    assert CONTENT.find(path) is None


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("kee", "did you mean 'key'?"),
        ("entry.txt", "did you mean 'entry.text'?"),
        ("entry.item", "did you mean 'entry.text'?"),
        ("item", "known are"),
        ("key.x", "did you mean 'key'?"),
        ("entry.to.@plam", "did you mean 'entry.to.@plan'?"),
        ("entries.item.txt", "did you mean 'entries.text'?"),
        ("soap:Header.Auth.usr", "did you mean 'soap:Header.Auth.user'?"),
    ],
)
def test_a_path_that_is_none_is_refused_with_the_nearest(path: str, near: str) -> None:
    with pytest.raises(BadContract, match="there is no ") as refused:
        CONTENT.find(path)
    assert near in str(refused.value)
    assert refused.value.path == path


def test_a_part_named_item_is_meant_before_the_item_of_an_array() -> None:
    held = Kind(parts=[Part(name="item", kind=INT)])
    content = Content(body=Part(name="a", kind=Kind(parts=[Part(name="b", kind=Kind(item=held))])))
    found = content.find("b[0].item")
    assert found is not None
    assert found.kind is INT


def test_a_type_in_itself_is_listed_once_and_found_at_any_depth() -> None:
    group = Kind(name="{urn:t}Group", parts=[Part(name="name", kind=STRING)])
    group.parts.append(Part(name="group", kind=group, required=False, repeated=True))
    content = Content(body=Part(name="Send", kind=group))
    assert [line.path for line in content.lines()] == ["name", "group"]
    found = content.find("group.group[1].group.name")
    assert found is not None
    assert found.kind is STRING


def wide(depth: int, width: int) -> Kind:
    kind = STRING
    for _ in range(depth):
        kind = Kind(parts=[Part(name=f"p{number}", kind=kind) for number in range(width)])
    return kind


def test_paths_are_listed_to_a_dozen_steps_and_some_thousands() -> None:
    deep = Content(body=Part(name="a", kind=wide(20, 1)))
    assert len(list(deep.lines())) == 12
    broad = Part(name="a", kind=wide(9, 9))
    assert len(list(Content(body=broad).lines())) == 2_000
    assert len(list(Content(body=broad, headers=[broad]).lines())) == 4_000


# Samples


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
    parts = [Part(name=name, kind=INT, required=False) for name in ("a", "b", "c")]
    kind = Kind(parts=parts, one_of=[frozenset({"c", "b"})])
    assert sample(kind) == {"a": "1", "b": "1"}
    assert sample(kind, optional=False) == {"b": "1"}


def test_a_sample_of_a_type_in_itself_ends() -> None:
    group = Kind(parts=[Part(name="name", kind=STRING)])
    group.parts.append(Part(name="group", kind=group, required=False))
    assert sample(group) == {"name": "text"}
    group.parts.append(Part(name="always", kind=group))
    assert sample(group) == {"name": "text", "always": ""}


def test_a_sample_of_a_text_is_text() -> None:
    assert [sample(kind) for kind in (STRING, INT, COLOUR, PRICE)] == ["text", "1", "red", "1.5"]
