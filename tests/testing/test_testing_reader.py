"""What a block of a fixture must be is told with the name of the file and the line."""

from __future__ import annotations

import pytest

from smsbridge.testing.fixture.check import BadFixture, Reader
from smsbridge.testing.fixture.shape import NOTHING, Kinds
from smsbridge.testing.fixture.yaml_subset import read_yaml

KINDS: Kinds = {"word": str, "count": int, "either": (str, NOTHING), "any": object, "on": bool}
READER = Reader("shop/one")


def refused(text: str, *needs: str) -> str:
    with pytest.raises(BadFixture) as caught:
        READER.check(read_yaml(text), KINDS, *needs, line=7)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["{}", "word: a", "count: 1", "either: null", "either: a", "any: [1]", "any: true", "on: true"],
)
def test_a_block_of_its_shape_is_taken(text: str) -> None:
    READER.check(read_yaml(text), KINDS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("word: a\nodd: 1", "line 2: unknown key 'odd'; known are word, count, either, any, on"),
        ("word: 1", "line 1: word: give text"),
        ("count: true", "line 1: count: give a whole number"),
        ("either: 1", "line 1: either: give text or null"),
        ("on: 1", "line 1: on: give true or false"),
        ("[1]", "line 7: a mapping with word, count, either, any, on is expected"),
    ],
)
def test_a_block_of_another_shape_is_refused_with_its_line(text: str, says: str) -> None:
    assert refused(text) == f"fixture shop/one, {says}"


def test_what_is_missing_is_named_with_the_line_of_its_block() -> None:
    assert refused("\nword: a", "count", "on") == ("fixture shop/one, line 2: count, on is missing")
    assert refused("{}", "word") == "fixture shop/one, line 7: word is missing"


def test_a_block_inside_another_is_returned_and_held_to_its_shape() -> None:
    outer = read_yaml("one: {word: a}\ntwo: {word: 1}")
    assert READER.block(outer, "one", KINDS) == {"word": "a"}
    with pytest.raises(BadFixture, match=r"^fixture shop/one, line 2: word: give text$"):
        READER.block(outer, "two", KINDS)


def test_two_keys_that_exclude_each_other_are_refused() -> None:
    block = read_yaml("word: a\ncount: 1")
    READER.at_most_one(block, ("word", "on"), 3)
    with pytest.raises(BadFixture, match="line 3: give only one of word, count"):
        READER.at_most_one(block, ("word", "count"), 3)


def test_a_word_of_no_closed_set_is_refused() -> None:
    block = read_yaml("\nword: c")
    READER.one_of(block, "word", ("c",))
    with pytest.raises(BadFixture, match="line 2: word is one of a, b"):
        READER.one_of(block, "word", ("a", "b"))
