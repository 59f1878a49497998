"""A pattern matches what is equal to it and of the same type; a mismatch never shows the value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.testing.fixture.match import ABSENT, mismatch

PRIVATE = "+12025550199"


def same(text: str) -> str:
    return text


def differs(pattern: Any, value: Any) -> str | None:
    return mismatch({"field": pattern}, {"field": value}, same)


@pytest.mark.parametrize(
    "value",
    ["1", "", 1, 0, -1.5, True, False, None, [], {}, ["a", 1, None], {"a": {"b": [1, {"c": "d"}]}}],
)
def test_a_value_matches_itself(value: object) -> None:
    assert mismatch(value, value, same) is None
    assert differs(value, value) is None


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("1", 1),
        (1, "1"),
        (1, True),
        (True, 1),
        (0, False),
        (False, 0),
        (1, 1.0),
        (1.0, 1),
        (None, ""),
        ("", None),
        (None, False),
        ("null", None),
        ("true", True),
        ("a", "A"),
        ("a", "a "),
        (1, 2),
        ([], {}),
        ({}, []),
        ([1], 1),
        (1, [1]),
        ({"a": 1}, "a"),
    ],
)
def test_types_count_and_so_does_every_character(pattern: object, value: object) -> None:
    assert mismatch(pattern, value, same) is not None
    why = differs(pattern, value)
    assert why is not None
    assert why.startswith("field ")


def test_an_undeclared_field_is_a_mismatch() -> None:
    assert mismatch({"a": 1}, {"a": 1, "b": 2}, same) == "b is not declared"
    assert mismatch({}, {"a": 1}, same) == "a is not declared"


def test_a_declared_field_that_is_absent_is_a_mismatch() -> None:
    assert mismatch({"a": 1, "b": 2}, {"a": 1}, same) == "b is not 2"
    assert mismatch({"a": None}, {}, same) == "a is not None"


def test_extra_fields_may_be_allowed() -> None:
    assert mismatch({"a": 1, "$extra": "allow"}, {"a": 1, "b": 2}, same) is None
    assert mismatch({"$extra": "allow"}, {"b": 2}, same) is None
    assert mismatch({"$extra": "allow"}, {}, same) is None


def test_extra_fields_that_are_allowed_excuse_no_other_difference() -> None:
    assert mismatch({"a": 1, "$extra": "allow"}, {"a": 2, "b": 2}, same) == "a is not 1"
    assert mismatch({"$extra": "allow"}, "text", same) == "value is no mapping"


def test_extra_fields_are_allowed_in_their_own_mapping_only() -> None:
    pattern = {"a": {"$extra": "allow"}, "b": {}}
    assert mismatch(pattern, {"a": {"x": 1}, "b": {}}, same) is None
    assert mismatch(pattern, {"a": {}, "b": {"x": 1}}, same) == "b.x is not declared"
    assert mismatch(pattern, {"a": {}, "b": {}, "x": 1}, same) == "x is not declared"


def test_extra_fields_with_another_word_are_not_allowed() -> None:
    assert mismatch({"$extra": "deny"}, {"b": 2}, same) == "b is not declared"


@pytest.mark.parametrize(
    ("pattern", "value", "path"),
    [
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, "a.b.c"),
        ({"a": [0, {"b": 1}]}, {"a": [0, {"b": 2}]}, "a[1].b"),
        ({"a": [[1]]}, {"a": [[2]]}, "a[0][0]"),
        ([{"a": 1}], [{"a": 2}], "[0].a"),
        ({"a": {"b": {}}}, {"a": {"b": {"c": 1}}}, "a.b.c"),
        ({"a": {"b": {"$phone": True}}}, {"a": {"b": "no"}}, "a.b"),
        (1, 2, "value"),
        ([1], {}, "value"),
        ({}, [], "value"),
    ],
)
def test_the_text_names_the_path(pattern: object, value: object, path: str) -> None:
    why = mismatch(pattern, value, same)
    assert why is not None
    assert why.startswith(f"{path} ")


@pytest.mark.parametrize("value", [[], [1], [1, 2, 3], [2, 1], "12", {"0": 1, "1": 2}, ABSENT])
def test_a_list_matches_item_by_item_and_whole(value: object) -> None:
    assert differs([1, 2], [1, 2]) is None
    assert differs([1, 2], value) is not None


MATCHERS: list[tuple[Any, list[Any], list[Any]]] = [
    ({"$any": True}, ["", 0, None, False, [], {}], []),
    ({"$type": "string"}, ["", "1"], [1, None, True, [], {}]),
    ({"$type": "number"}, [0, -1, 1.5], ["1", True, False, None]),
    ({"$type": "boolean"}, [True, False], [1, 0, "true", None]),
    ({"$type": "object"}, [{}, {"a": 1}], [[], "a", None]),
    ({"$type": "array"}, [[], [1]], [{}, "a", None]),
    ({"$type": "null"}, [None], ["", 0, False, {}, []]),
    ({"$regex": "[0-9a-f]{4}"}, ["00ff", "abcd"], ["00f", "00ff0", "x00ff", 1234, None, ["00ff"]]),
    ({"$one-of": ["a", 1]}, ["a", 1], ["b", "1", True, None]),
    ({"$one-of": [{"$type": "null"}, {"$regex": "a+"}]}, [None, "aa"], ["b", ""]),
    ({"$phone": True}, ["+12025550123", "+12345"], ["12025550123", "+1234", " 12025550123", 12345]),
    ({"$phone": True}, ["+442079460000"[:6] + "0" * 10], ["+" + "1" * 16, "+1202555O123", None]),
    ({"$optional": "a"}, ["a"], ["b", None, 1]),
    ({"$optional": {"$type": "number"}}, [1], ["1", None]),
    ({"a": {"$optional": 1}}, [{}, {"a": 1}], [{"a": 2}, {"b": 1}, []]),
    ({"a": {"$absent": True}}, [{}], [{"a": 1}, {"a": None}, {"a": ""}]),
    ({"$absent": True}, [], ["", None, 0]),
]


@pytest.mark.parametrize(
    ("pattern", "value"), [(pattern, value) for pattern, fits, _ in MATCHERS for value in fits]
)
def test_a_matcher_matches(pattern: object, value: object) -> None:
    assert differs(pattern, value) is None


@pytest.mark.parametrize(
    ("pattern", "value"), [(pattern, value) for pattern, _, others in MATCHERS for value in others]
)
def test_a_matcher_refuses_and_names_the_path(pattern: object, value: object) -> None:
    why = differs(pattern, value)
    assert why is not None
    assert why.startswith(("field ", "field."))


@pytest.mark.parametrize(
    "pattern",
    [{"$any": True}, {"$type": "null"}, {"$regex": ".*"}, {"$one-of": ["a"]}, {"$phone": True}],
)
def test_a_matcher_wants_something_to_be_there(pattern: object) -> None:
    why = mismatch({"field": pattern}, {}, same)
    assert why is not None
    assert why.startswith("field ")


@pytest.mark.parametrize("pattern", [{"$optional": "a"}, {"$absent": True}])
def test_what_is_optional_or_absent_needs_nothing_to_be_there(pattern: object) -> None:
    assert mismatch({"field": pattern}, {}, same) is None


def test_an_unknown_matcher_matches_nothing_and_a_word_like_one_is_a_word() -> None:
    assert "no matcher $other" in str(mismatch({"$other": 1}, {"$other": 1}, same))
    assert mismatch({"any": True}, {"any": 1}, same) == "any is not True"


def filled(text: str) -> str:
    return text.replace("{secret:key}", "s3cret")


def test_a_placeholder_is_filled_before_it_is_compared() -> None:
    assert mismatch({"a": "k {secret:key}"}, {"a": "k s3cret"}, filled) is None
    assert mismatch({"a": "{secret:key}"}, {"a": "{secret:key}"}, filled) is not None
    assert mismatch({"$one-of": ["{secret:key}"]}, "s3cret", filled) is None
    assert mismatch({"$optional": "{secret:key}"}, "s3cret", filled) is None


@pytest.mark.parametrize("pattern", ["{secret:key}", {"$one-of": ["{secret:key}", "b"]}])
def test_the_text_shows_a_placeholder_and_not_what_it_stands_for(pattern: object) -> None:
    why = mismatch({"a": pattern}, {"a": "other"}, filled)
    assert why is not None
    assert "{secret:key}" in why
    assert "s3cret" not in why
    assert "other" not in why


@pytest.mark.parametrize(
    "value", [PRIVATE, [PRIVATE], {"a": PRIVATE}, {"a": {"b": [PRIVATE]}}, {"a": PRIVATE, "b": 1}]
)
@pytest.mark.parametrize(
    "pattern",
    [
        *("text", 1, None, [], ["x"], {}, {"a": "x"}, {"a": {"b": ["x"]}}, {"b": 1}),
        *({"a": {"$absent": True}}, {"a": {"$optional": "x"}}, {"$type": "number"}),
        *({"$regex": "x"}, {"$one-of": ["x", ["x"]]}, {"$phone": False}, {"$absent": True}),
    ],
)
def test_the_text_never_holds_the_value(pattern: object, value: object) -> None:
    why = mismatch({"field": pattern}, {"field": value}, same)
    assert PRIVATE not in (why or "")
    assert PRIVATE[1:] not in (why or "")


WORDS = st.text(max_size=3).filter(lambda word: not word.startswith("$"))  # a $ is a matcher's
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner),
    max_leaves=10,
)


@given(JSON, JSON)
def test_two_documents_match_when_they_are_the_same_json(one: Any, other: Any) -> None:
    assert mismatch(one, one, same) is None
    if repr(one) != repr(other) and not same_json(one, other):
        assert mismatch(one, other, same) is not None


def same_json(one: Any, other: Any) -> bool:
    """Compare by value and type, whatever the order of keys."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same_json(*pair) for pair in pairs)
    return bool(one == other)
