"""What each filter of a template gives."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.filters import FILTERS, TIME_FILTERS, one_text, text
from smsbridge.mapping.template import render

from support.each import each

NOW = datetime(2027, 1, 31, 9, 0, 0, 1, tzinfo=UTC)


def test_a_value_is_text_as_the_wire_shows_it() -> None:
    assert [text(True), text(False), text(7)] == ["true", "false", "7"]
    assert text(datetime(2030, 1, 1, tzinfo=UTC)) == "2030-01-01T00:00:00+00:00"


def test_several_values_are_one_text_with_commas_between() -> None:
    assert [one_text(["a", 7, True]), one_text(["a"]), one_text(7)] == ["a,7,true", "a", "7"]


@each(
    ("name", "value", "filtered"),
    [
        ("text", "+1 a", "+1 a"),
        ("text", True, "true"),
        ("text", 7, "7"),
        ("digits", "+1 (202) 555-0123", "12025550123"),
        ("digits", "٣1", "1"),
        ("digits", "ACME", ""),
        ("e164", "1 202 555 0123", "+12025550123"),
        ("e164", "+12025550123", "+12025550123"),
        ("national", "+12025550123", "2025550123"),
        ("national", "+447700900123", "07700900123"),
        ("number", "160", 160),
        ("number", "-1", -1),
        ("number", "+12025550123", 12025550123),
        ("number", "1.50", 1.5),
        ("number", 7, 7),
        ("upper", "é ß a1", "É SS A1"),
        ("lower", "É A1", "é a1"),
        ("base64", "hé", "aMOp"),
        ("base64", "a", "YQ=="),
        ("hex", "hé/", "68C3A92F"),
        ("hex-ucs2", "hé", "006800E9"),
        ("hex-ucs2", "😀", "D83DDE00"),
        ("md5", "The quick brown fox jumps over the lazy dog", "9e107d9d372bb6826bd81d3542a419d6"),
        ("md5", "hé", hashlib.md5("hé".encode()).hexdigest()),
        ("url", "a/b é+", "a%2Fb%20%C3%A9%2B"),
        ("xml", "a < b & 'c' \"d\"\n>", "a &lt; b &amp; &apos;c&apos; &quot;d&quot;&#10;&gt;"),
        ("json", 'a "b" \\ é\n', r"a \"b\" \\ \u00e9\n"),
        ("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "sha256",
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ],
)
def test_a_filter_gives_what_the_wire_wants(name: str, value: object, filtered: object) -> None:
    rendered = render("{text|" + name + "}", {"text": value})
    assert (rendered, type(rendered)) == (filtered, type(filtered))


@each(
    ("name", "filtered"),
    [
        ("epoch", "1801386001"),
        ("epoch-ms", "1801386000001"),
        ("iso", "2027-01-31T09:00:00Z"),
        ("date", "2027-01-31"),
        ("%Y%m%d%H%M%S", "20270131090000"),
        ("%d.%m.%Y %H:%M", "31.01.2027 09:00"),
    ],
)
def test_a_time_is_filtered_in_utc_and_never_before_itself(name: str, filtered: str) -> None:
    for zone in (UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=3, minutes=30))):
        assert render("{now|" + name + "}", {"now": NOW.astimezone(zone)}) == filtered


def test_every_filter_is_held_to_a_value_here() -> None:
    assert set(FILTERS) == {
        *("text", "digits", "e164", "national", "number", "upper", "lower"),
        *("base64", "hex", "hex-ucs2", "md5", "sha1", "sha256", "url", "xml", "json"),
    }
    assert set(TIME_FILTERS) == {"epoch", "epoch-ms", "iso", "date"}


@each("value", ["abc", "", "1e5", "nan", "inf", "1_0", "1,5", "0x1", "٣", "1 2"])
def test_a_number_of_what_is_none_is_an_invalid_message_that_does_not_show_it(value: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        render("{text|number}", {"text": value})
    assert str(refused.value) == "the table turns a value that is not a number into a number"
