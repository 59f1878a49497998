"""Paths into nested words: their grammar, and the way there and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.mapping.path import at, flat, names, names_if_path, nest, steps

from support.each import each


@each(
    ("path", "found"),
    [
        ("a", ["a"]),
        ("a.b.c", ["a", "b", "c"]),
        ("a[0]", ["a", 0]),
        ("a[0].b", ["a", 0, "b"]),
        ("a.b[12].c[3]", ["a", "b", 12, "c", 3]),
        ("a[99]", ["a", 99]),
        ("a.@kind", ["a", "@kind"]),
        ("a.#text", ["a", "#text"]),
        ("soap:Header.Auth.user", ["soap:Header", "Auth", "user"]),
        ("{urn:x}a", ["{urn:x}a"]),
        ("{http://x.example/v1.2/}a.b", ["{http://x.example/v1.2/}a", "b"]),
        ("a.{urn:x}b[1].{urn:y}c", ["a", "{urn:x}b", 1, "{urn:y}c"]),
        ("Send-SMS.empfänger.текст", ["Send-SMS", "empfänger", "текст"]),
    ],
)
def test_a_path_is_names_with_dots_between_and_indexes(path: str, found: list[str | int]) -> None:
    assert steps(path) == found


@each(
    "path",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "[0]",
        "a[]",
        "a[x]",
        "a[-1]",
        "a[100]",
        "a[٣]",
        "a[0",
        "a]",
        "a[0]b",
        "a[0][1]",
        "a[0]\n",
        "{urn:x}",
        "a.{urn:x}",
        "{urn:x",
        "a{b}",
        "@{urn:x}a",
    ],
)
def test_what_is_no_path_is_refused_with_an_example(path: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a path: give names .* such as a\.b\[0\]\.c"
    ) as said:
        steps(path)
    assert str(said.value).startswith(repr(path))


@each(
    ("name", "found"),
    [
        ("to[]", ["to", 0]),
        ("messages[0][to]", ["messages", 0, "to"]),
        ("user[name]", ["user", "name"]),
        ("a[0][1]", ["a", 0, 1]),
    ],
)
def test_a_field_of_a_form_may_have_phps_brackets(name: str, found: list[str | int]) -> None:
    assert steps(name, form=True) == found
    with pytest.raises(ValueError, match="is not a path"):
        steps(name)


@each(
    ("answer", "path", "value"),
    [
        ({"to[]": "1"}, "to[]", "1"),
        ({"a.b": "1", "a": {"b": "2"}}, "a.b", "1"),
        ({"+1": {"id": "7"}}, "*.id", "7"),
        ({"+1": {"id": "7"}, "#status": "200"}, "*.id", "7"),
        ({"rows": {"7": {"x": 1}}}, "rows.*.x", 1),
        ({"a": 1, "b": 2}, "*", None),
        ({"*": 1}, "*", 1),
    ],
)
def test_a_name_that_is_the_whole_path_comes_first_and_a_star_is_the_only_name(
    answer: dict[str, Any], path: str, value: object
) -> None:
    assert at(answer, path) == value


def test_names_are_a_path_without_its_indexes() -> None:
    assert names("a[0].b.c[7]") == "a.b.c"
    assert names("{urn:x.y}a[0].@b") == "{urn:x.y}a.@b"
    with pytest.raises(ValueError, match="not a path"):
        names("a..b")
    assert (names_if_path("a[0].b"), names_if_path("a..b[0]")) == ("a.b", "a..b[0]")


# There


@each(
    ("fields", "tree"),
    [
        ({}, {}),
        ({"a": 1, "b": None}, {"a": 1, "b": None}),
        ({"a.b": 1, "c": 2, "a.d": 3}, {"a": {"b": 1, "d": 3}, "c": 2}),
        ({"a[0]": 1, "a[1]": 2}, {"a": [1, 2]}),
        ({"a[1]": 2, "a[0]": 1}, {"a": [1, 2]}),
        ({"a[0].b": 1, "a[1].b": 2, "a[0].c": 3}, {"a": [{"b": 1, "c": 3}, {"b": 2}]}),
        ({"a[0].b[1]": 1, "a[0].b[0]": 0}, {"a": [{"b": [0, 1]}]}),
        ({"a.@k": "v", "a.#text": "t"}, {"a": {"@k": "v", "#text": "t"}}),
        ({"{urn:x.y}a.b": 1}, {"{urn:x.y}a": {"b": 1}}),
    ],
)
def test_fields_by_path_become_nested_objects(fields: dict[str, Any], tree: dict[str, Any]) -> None:
    assert nest(fields) == tree


def test_nesting_keeps_the_order_of_the_fields() -> None:
    tree = nest({"b": 1, "a.z": 2, "c": 3, "a.y": 4})
    assert list(tree) == ["b", "a", "c"]
    assert list(tree["a"]) == ["z", "y"]


@each(
    ("fields", "second"),
    [
        ({"a": 1, "a.b": 2}, "a.b"),
        ({"a.b": 1, "a": 2}, "a"),
        ({"a": 1, "a[0]": 2}, "a[0]"),
        ({"a[0]": 1, "a": 2}, "a"),
        ({"a[0]": 1, "a.b": 2}, "a.b"),
        ({"a.b": 1, "a[0]": 2}, "a[0]"),
        ({"a[0]": 1, "a[0].b": 2}, "a[0].b"),
        ({"a[0].b": 1, "a[0]": 2}, "a[0]"),
        ({"a[1]": 1, "a[01]": 2}, "a[01]"),
    ],
)
def test_a_field_in_the_place_of_another_is_refused_and_named(
    fields: dict[str, Any], second: str
) -> None:
    with pytest.raises(ValueError, match="another field is in its place") as said:
        nest(fields)
    assert str(said.value).startswith(f"{second}: ")


# And back

NAMES = st.text(st.characters(exclude_characters=".[]{}", exclude_categories=["Cs"]), min_size=1)
CLARK = st.builds("{{urn:{}}}{}".format, st.text("abc.:/", max_size=5), NAMES)
WORDS = st.text(max_size=5) | st.integers() | st.booleans() | st.none()
TREES = st.dictionaries(
    NAMES | CLARK,
    st.recursive(
        WORDS,
        lambda inner: (
            st.dictionaries(NAMES | CLARK, inner, min_size=1, max_size=3)
            | st.lists(WORDS, max_size=3)
            | st.lists(st.dictionaries(NAMES, inner, min_size=1, max_size=2), max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


@given(TREES)
def test_nested_objects_become_fields_by_path_and_the_same_objects_again(
    tree: dict[str, Any],
) -> None:
    fields = dict(flat(tree))
    assert not any(isinstance(value, dict) for value in fields.values())
    assert nest(fields) == tree


@given(TREES)
def test_what_stands_at_the_path_of_a_field_is_its_value(tree: dict[str, Any]) -> None:
    for path, value in flat(tree):
        assert at(tree, path) == value


def test_a_text_in_a_list_of_objects_is_their_text() -> None:
    mixed = {"a": [{"b": "1"}, "two"]}
    assert dict(flat(mixed)) == {"a[0].b": "1", "a[1].#text": "two"}


def test_a_list_of_words_is_one_field() -> None:
    assert dict(flat({"a": ["1", "2"], "b": []})) == {"a": ["1", "2"], "b": []}


# What stands at a path


@each(
    ("path", "found"),
    [
        ("one", 1),
        ("object.b", 2),
        ("objects[0].b", 0),
        ("objects[1].b", 5),
        ("objects[2].b", None),
        ("objects.b", None),
        ("alone.b.c", 3),
        ("alone[0].b.c", 3),
        ("alone[1].b.c", None),
        ("object[0].b", 2),
        ("object[1].b", None),
        ("one[0]", 1),
        ("one[1]", None),
        ("words[1]", "y"),
        ("words[2]", None),
        ("empty[0]", None),
        ("empty.b", None),
        ("text.@lang", "en"),
        ("text.#text", "Hello"),
        ("one.b", None),
        ("absent.b[3].c", None),
        ("{urn:x}a", 7),
    ],
)
def test_a_path_goes_through_objects_and_lists_and_a_list_of_one_needs_no_index(
    path: str, found: object
) -> None:
    answer = {
        "one": 1,
        "object": {"b": 2},
        "objects": [{"b": 0}, {"b": 5}],
        "alone": [{"b": {"c": 3}}],
        "words": ["x", "y"],
        "empty": [],
        "text": {"@lang": "en", "#text": "Hello"},
        "{urn:x}a": 7,
    }
    assert at(answer, path) == found


@each("answer", ["text", 7, None, [], [1, 2]])
def test_nothing_stands_at_a_path_of_what_is_no_object(answer: object) -> None:
    assert at(answer, "a") is None
    assert at(answer, "a[0].b") is None
