"""Texts of others: what can be copied out of them, and what they can't do."""

from __future__ import annotations

from smsbridge.page.shown_text import codes, named_character, shown_text

from support.each import each


@each(
    ("text", "found"),
    [
        ("Your code is 482913.", ["482913"]),
        ("1234 or 12345678, not 123 or 123456789", ["1234", "12345678"]),
        ("1234 1234", ["1234"]),
        ("A1234 1234b", []),
        ("G-482913", ["482913"]),
        (" ".join(map(str, range(1000, 1100))), ["1000", "1001", "1002", "1003", "1004"]),
    ],
)
def test_a_number_of_four_to_eight_digits_may_be_a_code(text: str, found: list[str]) -> None:
    assert codes(text) == found


@each(
    ("text", "shown"),
    [
        ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
        ("\0\x07\x1b\x7f", "\u2400\u2407\u241b\u2421"),
        ("<b> ä 😀 ש", "<b> ä 😀 ש"),
    ],
)
def test_a_control_character_is_a_picture_of_itself(text: str, shown: str) -> None:
    assert shown_text(text) == shown


def test_a_character_has_its_name_where_it_has_one() -> None:
    assert named_character("😀") == "U+1F600 GRINNING FACE"
    assert named_character("\x07") == "U+0007"
