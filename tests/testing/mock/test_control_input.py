"""What a control URL is given is read with care, and refused with what is allowed."""

from __future__ import annotations

import pytest

from smsbridge.testing.mock.control_input import Asked, BadAsk, number

from support.each import each


@each("given", [None, "1", True, -1, 61, float("nan"), float("inf"), [1]])
def test_what_is_no_number_in_its_range_is_refused(given: object) -> None:
    with pytest.raises(BadAsk, match="wait: give a number from 0 to 60"):
        number("wait", given, 60)


@each("given", ["", "1e9", "x", "-1", "nan", "9" * 400])
def test_seconds_of_a_query_are_a_number_too(given: str) -> None:
    with pytest.raises(BadAsk, match="wait: give a number"):
        Asked(parameters={"wait": given}, given={}).seconds("wait", 60)


def test_what_is_absent_is_nothing() -> None:
    asked = Asked(parameters={}, given={})
    assert (asked.seconds("wait", 60), asked.text("device")) == (0, "")


@each("given", [7, None, "a\0b", "\ud800", ["x"]])
def test_what_is_no_text_is_refused(given: object) -> None:
    with pytest.raises(BadAsk, match="sender is not text"):
        Asked(parameters={}, given={"sender": given}).text("sender")
