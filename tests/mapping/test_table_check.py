"""What is wrong with a part of a table, in a class or in a block, is said with its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from smsbridge import ConfigError, Reason, Status
from smsbridge.mapping.table_check import (
    check_fields,
    check_headers,
    check_refusals,
    check_several_words,
    check_words,
    one_of,
)
from smsbridge.text.located import Checker

from support.each import each


def refusal(check: Callable[..., object], values: Mapping[str, Any], *more: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        check(Checker(values, ("at",)), *more)
    return caught.value


@each("name", ["X Key", "X:", "", "Ü", "X\r\nY", "X.Y", '"'])
def test_a_header_has_a_name_that_http_takes(name: str) -> None:
    error = refusal(check_headers, {name: "x"}, ())
    assert "not the name of an HTTP header" in str(error)
    assert error.key == ("at", name)


@each("value", ["a\r\nX: y", "é", "\0"])
def test_a_header_has_a_value_that_http_takes(value: str) -> None:
    assert str(refusal(check_headers, {"X": value}, ())) == "at.X: give printable ASCII"


@each(
    ("fields", "why"),
    [
        ({"to": "{recipent}"}, "at.to: there is no value {recipent}; did you mean 'recipient'?"),
        ({"a..b": "{recipient}"}, "at.\"a..b\": 'a..b' is not a path"),
        (
            {"to": None},
            "at.to: give text, a number, true or false, a choice, a filter or a list",
        ),
    ],
)
def test_a_field_has_a_path_and_a_template_of_values_that_there_are(
    fields: dict[str, Any], why: str
) -> None:
    assert str(refusal(check_fields, fields, {"recipient"})).startswith(why)


@each("word", ["", None, [], [""], ["0", "*"], [["0"]], "/(/", ["0", "/(/"]])
def test_a_word_of_success_is_one_that_an_answer_can_have(word: object) -> None:
    assert refusal(check_words, {"code": word}).key == ("at", "code")


@each(
    ("words", "key"),
    [
        ({"/1.*/": Reason.RECIPIENT}, ("at", "code", "/1.*/")),
        ({"12": "recipent"}, ("at", "code", "12")),
        ({"199-100": Reason.RECIPIENT}, ("at", "code")),
    ],
)
def test_a_refusal_is_a_word_with_a_reason(words: dict[str, Any], key: tuple[str, ...]) -> None:
    assert refusal(check_refusals, {"code": words}).key == key


@each("words", ["503", [], [""], 5])
def test_several_words_are_a_list(words: object) -> None:
    assert refusal(check_several_words, {"code": words}).key == ("at", "code")


@each("word", ["deliverd", 5, True, ["sent"], {"sent": 1}, ""])
def test_a_word_of_a_closed_set_is_one_of_it(word: object) -> None:
    error = refusal(one_of, {}, Status, word, "text")
    assert f"at.text: there is no status {word!r}; " in str(error)
    assert "delivered" in str(error)
