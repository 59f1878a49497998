"""The words of a table, and whether they can mean what they are to mean."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge import Reason, When
from smsbridge.mapping.words import (
    REFUSING,
    ends_of,
    mark_trouble,
    meaning_of,
    status_trouble,
    untaken_trouble,
    word_at,
)

from support.each import each

ACCEPTED = When({"a.state": "0"})
REJECTED = {"a.code": {"12": Reason.RECIPIENT, "*": Reason.OTHER}}


@each(
    ("words", "why"),
    [
        (["500"], "'500': give a status from 400 to 499, but not 401, 408, 421, 425, 429"),
        (["401"], "'401'"),
        (["4o2"], "'4o2'"),
        (["40²"], "'40²'"),
        (["*"], "'*'"),
        (["402", "403"], None),
    ],
)
def test_a_status_that_refuses_is_a_4xx_that_nobody_else_sends(
    words: list[str], why: str | None
) -> None:
    said = status_trouble(words, REFUSING)
    assert said is None if why is None else said is not None and said.startswith(why)


@each(
    ("not_sent", "why"),
    [
        ({"#status": ("200",)}, "#status: '200': give a status from 400 to 599, but not 401"),
        ({"a.state": ("0",)}, "a.state: '0' already means something else there"),
        ({"a.code": ("12",)}, "a.code: '12' already means something else there"),
        ({"a.code": ("*",)}, "a.code: '*': name each word as it is in the answer"),
        ({"a.code": ("",)}, "a.code: '': name each word as it is in the answer"),
        ({"a.code": ("/B.*/",)}, "a.code: '/B.*/': name each word"),
        ({"#status": ("503",), "a.code": ("BUSY",)}, None),
    ],
)
def test_words_for_not_taken_are_named_and_mean_nothing_else(
    not_sent: dict[str, tuple[str, ...]], why: str | None
) -> None:
    said = untaken_trouble(not_sent, ACCEPTED, REJECTED)
    assert said is None if why is None else said is not None and said.startswith(why)


def test_only_words_and_numbers_are_words() -> None:
    values: tuple[object, ...] = (1, "x", True, None, "", [], {})
    words = [word_at({"a": value}, "a") for value in values]
    assert words == ["1", "x", None, None, None, None, None]
    assert word_at({"a": 1}, None) is None


def test_of_a_list_only_one_alone_is_a_word() -> None:
    assert word_at({"a": ["x"]}, "a") == "x"
    assert word_at({"a": ["x", "y"]}, "a") is None


def test_the_word_of_an_element_that_has_attributes_is_its_text() -> None:
    assert word_at({"a": {"@lang": "en", "#text": "OK"}}, "a") == "OK"
    assert word_at({"a": [{"@lang": "en", "#text": "OK"}]}, "a.#text") == "OK"
    assert word_at({"a": {"@lang": "en"}}, "a") is None
    assert word_at({"a": [{"b": 1}, {"b": 2}]}, "a[1].b") == "2"


@each(
    ("word", "said", "holds"),
    [
        ("0", "0", True),
        ("0", 0, True),
        ("0", "00", False),
        ("0", "", False),
        ("*", "anything", True),
        ("*", 0, True),
        ("*", "*", True),
        ("*", "", False),
        ("*", None, False),
        ("*", True, False),
        ("true", True, True),
        ("true", "true", True),
        ("true", 1, False),
        ("1", True, False),
        ("false", False, True),
        ("false", True, False),
        ("/t.*/", True, False),
        ("/[0-9]+/", "17", True),
        ("/[0-9]+/", 17, True),
        ("/[0-9]+/", "17a", False),
        ("/[0-9]+/", "a17", False),
        ("/[0-9]+/", "17\n", False),
        ("/[0-9]+/", "", False),
        ("/OK|SENT/", "SENT", True),
        ("/OK|SENT/", "OKAY", False),
        ("/(?i:ok)/", "Ok", True),
        ("/", "/", True),
        ("/", "", False),
        ("//", "//", False),
        ("/a", "/a", True),
        ("a/", "a/", True),
    ],
)
def test_a_marker_is_a_word_or_any_word_or_a_pattern(
    word: str, said: object, *, holds: bool
) -> None:
    assert When({"a.b": word}).holds({"a": {"b": said}}) is holds


def test_each_path_must_hold_its_word() -> None:
    both = When({"a": "1", "b": "*"})
    assert both.holds({"a": 1, "b": 2})
    assert not both.holds({"a": 1})
    assert not both.holds({"b": 2})
    assert When({}).holds({})


@each("word", ["/[/", "/(/", "/*/", "/a{2,1}/"])
def test_a_pattern_that_is_none_is_refused_where_it_is_written(word: str) -> None:
    with pytest.raises(ValueError, match=r"^a\.b: .* is not a pattern: "):
        When({"a.b": word})


@each(
    "places", [{"match": {"a..b": "1"}}, {"match": {}, "id": "a."}, {"match": {}, "status": "[0]"}]
)
def test_a_path_that_is_none_is_refused_where_it_is_written(places: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        When(**places)


def test_of_several_words_one_must_be_there_a_boolean_too() -> None:
    accepted = When({"ok": ("1", "true")})
    found = [accepted.holds({"ok": word}) for word in (1, "1", True, "true", 2, False, "x", None)]
    assert found == [True, True, True, True, False, False, False, False]
    assert list(accepted.pairs()) == [("ok", "1"), ("ok", "true")]


@each(
    ("match", "is_fine"),
    [
        ({"code": "0"}, True),
        ({"code": "0", "#status": "200"}, True),
        ({"#status": "204"}, True),
        ({"#status": ("201", "202")}, True),
        ({"#status": "200"}, False),
        ({"#status": ("204", "200")}, False),
        ({"#status": "*"}, False),
        ({}, False),
    ],
)
def test_a_status_alone_is_a_mark_only_if_no_gateway_sends_it(
    match: dict[str, Any], *, is_fine: bool
) -> None:
    why = mark_trouble(match)
    assert (why is None) is is_fine
    assert why is None or "a 200 is never proof, and #status alone may be 201, 202, 204" in why


@each(
    ("word", "meaning"),
    [("99", None), ("100", "a"), ("150", "b"), ("199", "a"), ("-3", "c"), ("1x", None), ("", None)],
)
def test_a_range_has_its_meaning_but_for_words_that_are_named(
    word: str, meaning: str | None
) -> None:
    assert meaning_of({"100-199": "a", "150": "b", "-5--1": "c"}, word) == meaning


@each(("word", "ends"), [("1-9", ("1", "9")), ("-5--1", ("-5", "-1")), ("a-b", ("a-b",))])
def test_a_range_has_two_ends(word: str, ends: tuple[str, ...]) -> None:
    assert ends_of(word) == ends
