"""How many SMS a text takes, as it is billed, and as two other libraries count it.

smsutil 1.1.3 and sms-toolkit 1.0.9 are the two on PyPI that split neither an escape sequence nor a
surrogate pair; each has its own table and its own loop. Of the others sms-counter divides, smpplib
cuts the octets, python-gsmmodem-new counts an emoji as one unit, and py-smsify replaces what GSM-7
lacks. Where one of the two differs from us is a test of its own below.
"""

from __future__ import annotations

import sys

import pytest
import smsutil  # type: ignore[import-untyped]  # it types nothing
from hypothesis import example, given
from hypothesis import strategies as st
from sms_toolkit import profile_message  # type: ignore[import-untyped]  # it types nothing
from sms_toolkit.constants import (  # type: ignore[import-untyped]  # the same
    UNICODE_CODE_POINT_TO_GSM_MAP,
)

from smsbridge.text.segments import Encoding, Segments, segments

from support.each import each

ESCAPE = "\x1b"
EMOJI = "😀"
CYRILLIC = "ж"
QUOTE = "\u2019"
DASH = "\u2013"


def gsm7(count: int, units: int) -> Segments:
    return Segments(encoding=Encoding.GSM7, count=count, units=units)


def ucs2(count: int, units: int, *forcing: str) -> Segments:
    return Segments(encoding=Encoding.UCS2, count=count, units=units, forcing=forcing)


@each(("length", "count"), [(1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (1600, 11)])
def test_gsm_7_has_160_septets_in_one_and_153_in_each_of_several(length: int, count: int) -> None:
    assert segments("a" * length) == gsm7(count, length)


@each(("length", "count"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3)])
def test_ucs_2_has_70_units_in_one_and_67_in_each_of_several(length: int, count: int) -> None:
    assert segments(CYRILLIC * length) == ucs2(count, length, CYRILLIC)


def test_an_empty_text_takes_no_sms() -> None:
    assert segments("") == gsm7(0, 0)


@each("character", [*"{}[]~^|\\€", "\f"])
def test_a_character_of_the_extension_takes_two_septets(character: str) -> None:
    assert segments(character) == gsm7(1, 2)
    assert segments(character * 80) == gsm7(1, 160)
    assert segments(character * 80 + "a") == gsm7(2, 161)


@each("character", [*"@£$¥§¿¡_ \"'", "\n", "\r", *"éÇøÅß", *"ΔΦΓΛΩΠΨΣΘΞ"])
def test_a_character_of_the_default_alphabet_takes_one_septet(character: str) -> None:
    assert segments(character * 160) == gsm7(1, 160)


def test_cr_lf_is_two_septets() -> None:
    assert segments("one\r\ntwo") == gsm7(1, 8)


@each("character", ["`", "ç", "á", QUOTE, DASH, "\u00a0", "\t", "\0", ESCAPE])
def test_one_character_that_gsm_7_lacks_forces_ucs_2(character: str) -> None:
    assert segments("a" * 69 + character) == ucs2(1, 70, character)
    assert segments("a" * 70 + character) == ucs2(2, 71, character)


def test_the_characters_that_force_ucs_2_are_told_once_in_order() -> None:
    assert segments(f"{QUOTE}a{QUOTE} {DASH} {EMOJI}€{DASH}").forcing == (QUOTE, DASH, EMOJI)


def test_a_result_does_not_show_the_text() -> None:
    assert CYRILLIC not in repr(segments(CYRILLIC))


def test_an_emoji_takes_two_units() -> None:
    assert segments(EMOJI) == ucs2(1, 2, EMOJI)
    assert segments(EMOJI * 35) == ucs2(1, 70, EMOJI)
    assert segments("a" * 150 + EMOJI) == ucs2(3, 152, EMOJI)


@each(("before", "count"), [(151, 2), (152, 3), (153, 2)])
def test_an_escape_sequence_is_not_split_after_153(before: int, count: int) -> None:
    """306 septets fit in two, unless the 153rd would be an escape."""
    assert segments("a" * before + "€" + "a" * (304 - before)) == gsm7(count, 306)


@each(("before", "count"), [(65, 2), (66, 3), (67, 2)])
def test_a_surrogate_pair_is_not_split_after_67(before: int, count: int) -> None:
    """134 units fit in two, unless the 67th would be half an emoji."""
    assert segments("a" * before + EMOJI + "a" * (132 - before)) == ucs2(count, 134, EMOJI)


def test_only_pairs_leave_a_unit_empty_in_each_sms() -> None:
    assert segments("€" * 153) == gsm7(3, 306)
    assert segments(EMOJI * 67) == ucs2(3, 134, EMOJI)


ONES = st.sampled_from("aé\n@")
PAIRS = st.sampled_from("€[\f")
WIDE = st.sampled_from([CYRILLIC, QUOTE, "`", EMOJI, "👩", "\uffff", "\U00010000"])


def runs(*kinds: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of runs: long enough to come to the end of an SMS, with odd lengths before it."""
    run = st.tuples(st.one_of(kinds), st.integers(1, 160)).map(lambda run: run[0] * run[1])
    return st.lists(run, min_size=1, max_size=6).map("".join)


TEXTS = st.one_of(
    runs(ONES, PAIRS),
    runs(ONES, WIDE),
    runs(ONES, PAIRS, WIDE),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=ESCAPE), min_size=1),
)


@given(TEXTS)
@example("a" * 152 + "€" + "a" * 152)
@example("a" * 66 + EMOJI + "a" * 66)
def test_smsutil_counts_the_same(text: str) -> None:
    theirs = smsutil.split(text)
    ours = segments(text)
    octets = {Encoding.GSM7: ("gsm0338", 1), Encoding.UCS2: ("utf_16_be", 2)}
    name, unit = octets[ours.encoding]
    assert (theirs.encoding, len(theirs.parts)) == (name, ours.count)
    assert theirs.total_bytes == ours.units * unit


@given(TEXTS)
@example("a" * 152 + "€" + "a" * 152)
@example("a" * 66 + EMOJI + "a" * 66)
def test_sms_toolkit_counts_the_same(text: str) -> None:
    theirs = profile_message(text)
    ours = segments(text)
    units = sum(part["total_segment_length"] for part in theirs["segments"])
    assert (theirs["num_segments"], units) == (ours.count, ours.units)


@pytest.mark.full
def test_the_alphabet_is_theirs() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    ours = {
        character: size.units
        for character in every
        if (size := segments(character)).encoding is Encoding.GSM7
    }
    assert ours == {chr(code): len(gsm) for code, gsm in UNICODE_CODE_POINT_TO_GSM_MAP.items()}
    assert {*ours, ESCAPE} == set(smsutil.codecs.GSM_CHARSET)


def test_smsutil_takes_an_escape_for_a_character() -> None:
    """It has no meaning alone: 3GPP TS 23.038 §6.2.1; sms-toolkit and we take it for none."""
    assert smsutil.is_valid_gsm(ESCAPE)
    assert segments(ESCAPE) == ucs2(1, 1, ESCAPE)
    assert profile_message(ESCAPE)["max_segment_size"] == 70


def test_smsutil_takes_an_empty_text_for_one_sms_of_ucs_2() -> None:
    """sms-toolkit and we count none."""
    empty = smsutil.split("")
    assert (empty.encoding, len(empty.parts)) == ("utf_16_be", 1)
    assert profile_message("")["num_segments"] == segments("").count == 0


def test_sms_toolkit_counts_characters_where_it_says_length() -> None:
    """What it says of each part is in septets, and the same as ours."""
    assert profile_message("€")["message_length"] == 1
    assert profile_message("€")["segments"][0]["total_segment_length"] == segments("€").units == 2
