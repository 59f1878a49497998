"""What hides in a text what nobody may see. Over real sockets: test_canary.py."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.masking import HIDDEN, endings, masker

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=HIDDEN), min_size=4)


def test_a_value_is_hidden_wherever_it_stands_and_as_often() -> None:
    mask = masker(["canary"])
    assert mask("a canary, canary'canary") == "a •••, •••'•••"
    assert mask("nothing") == "nothing"


@pytest.mark.parametrize(
    "shown",
    [
        "b/c d+ü",
        quote("b/c d+ü"),
        quote("b/c d+ü", safe=""),
        quote_plus("b/c d+ü"),
    ],
)
def test_a_value_is_hidden_in_any_form_that_an_address_or_a_form_gives_it(shown: str) -> None:
    assert masker(["b/c d+ü"])(f"a {shown} e") == "a ••• e"


@given(st.lists(TEXT, max_size=4), st.text(max_size=20))
def test_no_value_of_four_characters_is_left(private: list[str], said: str) -> None:
    masked = masker(private)(f"{said}{' '.join(private)}{quote_plus(''.join(private))}")
    assert [value for value in private if value in masked] == []


def test_a_short_value_would_hide_too_much() -> None:
    assert masker(["key", "1", ""])("the key 1") == "the key 1"
    assert masker(["keys"])("the keys") == "the •••"


def test_the_longer_of_two_is_hidden_first() -> None:
    assert masker(["canary", "canary-key"])("canary-key canary") == "••• •••"


def test_a_number_is_hidden_whole_and_each_end_of_seven_digits_or_more() -> None:
    mask = masker(endings("+12025550123"))
    for start in range(6):
        assert mask(f"to {'+12025550123'[start:]}!") == "to •••!"
    assert mask("to 550123") == "to 550123"


@pytest.mark.parametrize("number", ["+12345", "+123456", "+1234567"])
def test_a_short_number_is_hidden_whole(number: str) -> None:
    mask = masker(endings(number))
    assert mask(f"to {number} {number[1:]}") == "to ••• •••"
