"""What is dialled within a country, and E.164."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from smsbridge import InvalidMessage, MissingExtra
from smsbridge.text.phone import digits_alone, e164, national

from support.each import each


@each(("number", "dialled"), [("+447700900123", "07700900123"), ("+12025550123", "2025550123")])
def test_a_number_is_dialled_within_its_country(number: str, dialled: str) -> None:
    assert national(number) == dialled


@each(
    ("word", "digits"),
    [("0124", "0124"), (" +12025550123 ", "12025550123"), ("Code 0124", ""), ("+", ""), ("", "")],
)
def test_digits_alone_may_have_a_plus_and_blanks_around_them(word: str, digits: str) -> None:
    assert digits_alone(word) == digits


@each("number", ["07700900123", "+44 7700 900123", "+1234", "", None, 5])
def test_only_e164_has_a_national_form(number: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"give \+ and 5 to 15 digits"):
        national(number)


@each("number", ["+4477009001", "+44770090012345", "+15550123", "+99912025550"])
def test_a_number_that_no_country_can_have_has_no_national_form(number: str) -> None:
    with pytest.raises(InvalidMessage, match="not one that a country can have"):
        national(number)


def test_a_number_of_no_country_has_no_national_form() -> None:
    with pytest.raises(InvalidMessage, match="belong to a country"):
        national("+88800000000000")  # 888 is no country's


@each("number", ["+447700900123", "+12345", "+123456789012345"])
@each("region", ["", "US"])
def test_e164_stays_as_it_is(number: str, region: str) -> None:
    assert e164(number, region) == number


@each(
    ("text", "region", "number"),
    [
        ("07700 900123", "GB", "+447700900123"),
        ("07700900123", "GB", "+447700900123"),
        ("(07700) 900-123", "GB", "+447700900123"),
        ("07700/900.123", "GB", "+447700900123"),
        ("07700\u00a0900\u2011123", "GB", "+447700900123"),
        ("+44 (0)7700 900123", "GB", "+447700900123"),
        ("0044 7700 900123", "GB", "+447700900123"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("1-202-555-0123", "US", "+12025550123"),
        ("011 44 7700 900123", "US", "+447700900123"),
        ("+44 7700 900123", "US", "+447700900123"),
    ],
)
def test_any_other_form_is_read_as_dialled_in_a_region(text: str, region: str, number: str) -> None:
    assert e164(text, region) == number


@each("number", ["+447700900123", "+12025550123"])
def test_the_national_form_comes_back(number: str) -> None:
    assert e164(national(number), {"+4": "GB", "+1": "US"}[number[:2]]) == number


@each("text", ["07700 900123", "+44 7700 900123"])
def test_without_a_region_only_e164_is_taken(text: str) -> None:
    with pytest.raises(InvalidMessage, match=r"give \+ and 5 to 15 digits.* or a default_region"):
        e164(text)


@each("region", ["UK", "gb", "GBR", "G", "001", 5, ["GB"]])
def test_an_unknown_region_is_refused_with_what_is_allowed(region: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"default_region.*two capital letters.*GB"):
        e164("07700 900123", region)


@each(
    "text",
    [
        "077009",
        "077009001234567",
        "555-0123",
        "07700 900123/07700 900124",
        "0",
        "()",
        "+99912025550 ",
    ],
)
def test_a_number_that_can_not_be_is_refused(text: str) -> None:
    region = "US" if text.startswith("555") else "GB"
    with pytest.raises(InvalidMessage, match="not one that a country can have"):
        e164(text, region)


def test_more_than_15_digits_are_refused_even_where_a_country_has_them() -> None:
    """ITU-T E.164 allows 15; phonenumbers takes as many after Germany's code."""
    with pytest.raises(InvalidMessage, match="not one that a country can have"):
        e164("0123456789012345", "DE")


@each(
    "text",
    [
        "o7700900123",
        "0770O900123",
        "07700 900123 ext. 4",
        "07700 900123, 07700 900124",
        "my number: 07700 900123",
        "tel:07700900123",
        "*07700900123#",
        "07700+900123",
        "07700 900123\n",
        "٠٧٧٠٠٩٠٠١٢٣",
        "",
        None,
        7700900123,
    ],
)
def test_what_phonenumbers_would_drop_or_guess_is_refused(text: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"give digits, with a \+ before or spaces"):
        e164(text, "GB")


@each(
    "call",
    [
        lambda: national("07700900123"),
        lambda: national("+4477009001234567"),
        lambda: e164("07700900123"),
        lambda: e164("o7700900123"),
        lambda: e164("077009001234567", "GB"),
        lambda: e164("07700900123", "+447700900123"),
    ],
)
def test_a_number_is_masked_in_the_error(call: Callable[[], str]) -> None:
    with pytest.raises(InvalidMessage) as refused:
        call()
    assert "7700900" not in str(refused.value)


def test_without_the_library_e164_stays_and_the_rest_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    assert e164("+447700900123", "GB") == "+447700900123"
    with pytest.raises(MissingExtra, match=r"'\.\[phone\]'"):
        e164("07700 900123", "GB")
    with pytest.raises(MissingExtra, match=r"'\.\[phone\]'"):
        national("+447700900123")


def test_the_library_is_imported_on_first_use() -> None:
    script = (
        "import sys; from smsbridge.text.phone import e164; e164('+447700900123', 'GB');"
        "print('phonenumbers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
