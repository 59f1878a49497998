"""Converts a number between E.164 and the form that is dialled within a country."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from smsbridge.errors import InvalidMessage, MissingExtra
from smsbridge.text.frames import forget_locals

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

E164 = re.compile(r"\+[0-9]{5,15}")
_DIALLED = re.compile(r"\+?[0-9 \u00a0().\u2010-\u2015/-]+")
_DIGITS_ALONE = re.compile("[+ ]*[0-9]+[+ ]*")
_LEAST_SHOWN = 9
_NO_COUNTRY = "001"  # phonenumbers' word for a code that no country has, such as +800


def mask_number(number: str) -> str:
    """Return a number as it may be shown: ``+12•••23``."""
    return f"{number[:3]}•••{number[-2:]}" if len(number) >= _LEAST_SHOWN else "•••"


def show_number(number: object) -> str:
    """Return a number as an error may show it: only its ends, or nothing if it is not text."""
    return mask_number(number) if isinstance(number, str) else "no text"


def same_number(one: str, other: str) -> bool:
    """Return whether two numbers have the same digits, whatever stands around them."""
    return digits_of(one) == digits_of(other)


def digits_alone(word: str) -> str:
    """Return the digits of a word that has nothing around them but + and blanks; else nothing."""
    return digits_of(word) if _DIGITS_ALONE.fullmatch(word) else ""


def digits_of(number: str) -> str:
    """Return the digits of a number, less the 00 that stands for a plus."""
    return re.sub("[^0-9]", "", number).removeprefix("00")


@forget_locals
def national(number: str) -> str:
    """Return an E.164 number as dialled within its own country, digits only.

    ``+447700900123`` gives ``07700900123``, ``+12025550123`` gives ``2025550123``. Whether the
    number is in service isn't known.

    Raises `InvalidMessage` for what is not an E.164 number and for a number that no country can
    have, and `MissingExtra` without the extra ``phone``.
    """
    if not isinstance(number, str) or not E164.fullmatch(number):
        raise InvalidMessage(
            f"number {show_number(number)!r}: give + and 5 to 15 digits, such as +12025550123"
        )
    parsed = _parse(number, None)

    import phonenumbers

    if phonenumbers.region_code_for_number(parsed) == _NO_COUNTRY:
        raise InvalidMessage(
            f"number {show_number(number)!r} doesn't belong to a country: "
            "give a number of a country, such as +12025550123"
        )
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return re.sub("[^0-9]", "", written)


@forget_locals
def e164(text: str, default_region: str = "") -> str:
    """Return a number as ``+`` and 5 to 15 digits; a number in that form is returned unchanged.

    Any other is read as dialled in ``default_region``, two capital letters of ISO 3166-1 such as
    ``GB``: ``07700 900123`` gives ``+447700900123``. Whether it is in service isn't known.

    Raises `InvalidMessage` for a number that can't be, and for an unknown region; `MissingExtra`
    for any other form if the extra ``phone`` isn't installed.
    """
    if isinstance(text, str) and E164.fullmatch(text):
        return text
    if not isinstance(text, str) or not _DIALLED.fullmatch(text):
        raise InvalidMessage(
            f"number {show_number(text)!r}: give digits, with a + before or spaces, - . / ( ) "
            "between, such as +12025550123"
        )
    if not default_region:
        raise InvalidMessage(
            f"number {show_number(text)!r}: give + and 5 to 15 digits, such as +12025550123, "
            "or a default_region, such as GB"
        )
    parsed = _parse(text, default_region)

    import phonenumbers

    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not E164.fullmatch(written):
        raise _impossible(text)
    return written


def _parse(text: str, region: str | None) -> PhoneNumber:
    try:
        import phonenumbers
    except ImportError as missing:
        raise MissingExtra("phone", "a number in national form") from missing
    if region not in (None, *phonenumbers.SUPPORTED_REGIONS):
        shown = f" {region!r}" if isinstance(region, str) and region.isalpha() else ""
        raise InvalidMessage(
            f"default_region{shown}: give two capital letters of ISO 3166-1, such as GB"
        )
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise _impossible(text) from None
    # a local number, such as one without its area code, is possible only to a neighbour
    possible = phonenumbers.is_possible_number_with_reason(parsed)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _impossible(text)
    return parsed


def _impossible(text: str) -> InvalidMessage:
    return InvalidMessage(
        f"number {show_number(text)!r} is not one that a country can have: give all its digits, "
        "including the area code, such as +12025550123"
    )
