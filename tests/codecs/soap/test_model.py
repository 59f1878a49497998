"""A contract as plain data: what stands at a path, which paths there are, and words that fit."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap.model import BadWSDL, Content, Part, XSDType, optional

from support.each import each
from support.wsdl_types import BODY, COLOUR, ENTRIES, ENTRY, INT, NUMBER, PRICE, STRING, STRINGS

AUTH = Part(name="Auth", type=XSDType(parts=[Part(name="user", type=STRING)]))
CONTENT = Content(body=Part(name="Send", namespace="urn:t", type=BODY), headers=[AUTH])


@each(
    ("kind", "simple", "shown"),
    [
        (STRING, True, "string"),
        (COLOUR, True, "Colour"),
        (XSDType(base="int"), True, "int"),
        (ENTRY, False, "Entry"),
        (NUMBER, False, "Number"),
        (XSDType(), False, "structure"),
        (STRINGS, False, "array of string"),
        (ENTRIES, False, "array of Entry"),
    ],
)
def test_a_type_has_a_name_for_people(kind: XSDType, shown: str, *, simple: bool) -> None:
    assert (kind.simple, kind.shown) == (simple, shown)


@each(
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
        (XSDType(base="token"), "a  b", None),
        (XSDType(base="int", words=("1", "x")), "x", "int is expected"),
    ],
)
def test_a_type_says_what_it_expects_and_not_what_it_got(
    kind: XSDType, text: str, why: str | None
) -> None:
    assert kind.refusal(text) == why


@each(
    ("part", "tag"),
    [
        (Part(name="a", type=STRING), "a"),
        (Part(name="a", namespace="urn:t", type=STRING), "{urn:t}a"),
        (Part(name="@a", type=STRING), "a"),
        (Part(name="@a", namespace="urn:t", type=STRING), "{urn:t}a"),
    ],
)
def test_a_part_has_a_qualified_name(part: Part, tag: str) -> None:
    assert part.tag == tag


def test_a_part_can_be_made_optional() -> None:
    was = Part(name="a", namespace="urn:t", type=STRING)
    assert (optional(was).tag, optional(was).type, optional(was).required) == (
        "{urn:t}a",
        STRING,
        False,
    )
    assert was.required


# Paths


def test_every_path_is_listed_in_the_order_of_the_contract() -> None:
    assert [line.path for line in CONTENT.paths()] == [
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


@each(
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
        ("soap:Header.Auth", AUTH.type),
        ("soap:Header.Auth.user", STRING),
    ],
)
def test_what_stands_at_a_path_is_found_with_and_without_indexes(path: str, kind: XSDType) -> None:
    found = CONTENT.find(path)
    assert found is not None
    assert found.type is kind


@each(
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


@each(
    ("path", "near"),
    [
        ("kee", "did you mean 'key'?"),
        ("entry.txt", "did you mean 'entry.text'?"),
        ("entry.item", "did you mean 'entry.text'?"),
        ("item", "known:"),
        ("key.x", "did you mean 'key'?"),
        ("entry.to.@plam", "did you mean 'entry.to.@plan'?"),
        ("entries.item.txt", "did you mean 'entries.text'?"),
        ("soap:Header.Auth.usr", "did you mean 'soap:Header.Auth.user'?"),
    ],
)
def test_a_path_that_is_none_is_refused_with_the_nearest(path: str, near: str) -> None:
    with pytest.raises(BadWSDL, match="there is no ") as refused:
        CONTENT.find(path)
    assert near in str(refused.value)
    assert refused.value.path == path


def test_a_part_named_item_is_meant_before_the_item_of_an_array() -> None:
    held = XSDType(parts=[Part(name="item", type=INT)])
    content = Content(
        body=Part(name="a", type=XSDType(parts=[Part(name="b", type=XSDType(item=held))]))
    )
    found = content.find("b[0].item")
    assert found is not None
    assert found.type is INT


def test_a_type_in_itself_is_listed_once_and_found_at_any_depth() -> None:
    group = XSDType(name="{urn:t}Group", parts=[Part(name="name", type=STRING)])
    group.parts.append(Part(name="group", type=group, required=False, repeated=True))
    content = Content(body=Part(name="Send", type=group))
    assert [line.path for line in content.paths()] == ["name", "group"]
    found = content.find("group.group[1].group.name")
    assert found is not None
    assert found.type is STRING


def wide(depth: int, width: int) -> XSDType:
    kind = STRING
    for _ in range(depth):
        kind = XSDType(parts=[Part(name=f"p{number}", type=kind) for number in range(width)])
    return kind


def test_paths_are_listed_to_a_dozen_steps_and_some_thousands() -> None:
    deep = Content(body=Part(name="a", type=wide(20, 1)))
    assert len(list(deep.paths())) == 12
    broad = Part(name="a", type=wide(9, 9))
    assert len(list(Content(body=broad).paths())) == 2_000
    assert len(list(Content(body=broad, headers=[broad]).paths())) == 4_000


# Samples
