"""Phone numbers move to a range that nobody has, each always to the same."""

from __future__ import annotations

import pytest

from smsbridge.testing.record.numbers import NumberMoves, TooManyNumbers

from support.each import each


def moves(*known: str) -> NumberMoves:
    made = NumberMoves()
    for one in known:
        made.learn(one)
    return made


@each(
    ("written", "moved"),
    [
        ("+4915112345678", "+12025550100"),
        ("4915112345678", "12025550100"),
        ("004915112345678", "0012025550100"),
        ("015112345678", "02025550100"),
        ("+49 (151) 1234-5678", "+12025550100"),
        ("%2B4915112345678", "%2B12025550100"),
        ("to +4915112345678, now", "to +12025550100, now"),
        ("+13105550111,+4915112345678", "+12025550101,+12025550100"),
        ("+12025550123", "+12025550123"),
        ("+447700900123", "+447700900123"),
        ("id 20261129", "id 20261129"),
    ],
)
def test_a_number_moves_however_it_is_written(written: str, moved: str) -> None:
    assert moves("+4915112345678", "+13105550111").replace(written) == moved


@each(
    ("text", "moved"),
    [
        ("call +49 151 12345678 today", "call +12025550100 today"),
        ("from 004915112345678.", "from 0012025550100."),
        ("call 0151 12345678", "call 02025550100"),
        ("call 0151/1234567 now", "call 02025550100 now"),
        ("ring 020 7946 0958.", "ring 02025550100."),
        ("ring (020) 7946-0958", "ring 12025550100"),
        ("au 06 12 34 56 78", "au 02025550100"),
        ("or 310-555-0147", "or 12025550100"),
        ("or (310) 555-0147", "or 12025550100"),
        ("or 1-310-555-0147", "or 12025550100"),
        ("on 01/12/2026 10:00, 01.12.2026, 09-10-11 12:30", None),
        ("at 0.123456789, 192.168.100.200, no. 0012345", None),
        ("call \uff0b\uff14\uff19 151 12345678!", "call +12025550100!"),
        ("\u0660\u0661\u0665\u0661\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "02025550100"),
        ("(202) 555-0123", None),
        ("order 12345, at 2026-11-29T10:00:00Z", "order 12345, at 2026-11-29T10:00:00Z"),
        ("d0dc5bce8b9d49e7aecaeaf7dd38bd556237f88a", "d0dc5bce8b9d49e7aecaeaf7dd38bd556237f88a"),
    ],
)
def test_a_number_in_a_text_is_known_by_how_it_is_written(text: str, moved: str | None) -> None:
    made = NumberMoves()
    made.learn_text(text)
    assert made.replace(text) == (moved or text)


@each(
    "word",
    [
        "tel:+4915112345678",
        "%2B4915112345678",
        "+49%20151%2012345678",
        "011 49 15112345678",
        "01149 151 12345678",
        "+4915112345678 +13105550111",
        "4915112345678\n13105550111",
    ],
)
def test_a_field_that_is_more_than_a_number_is_read_as_a_text(word: str) -> None:
    made = NumberMoves()
    made.learn(word)
    said = made.replace("15112345678 and 13105550111") if "1310" in word else made.replace(word)
    assert "12345678" not in said
    assert "5550111" not in said


def test_a_number_that_a_client_uses_is_given_to_no_other() -> None:
    made = NumberMoves()
    made.keep("+12025550100")
    made.learn("+4915112345678")
    assert made.replace("+4915112345678") == "+12025550101"


def test_what_must_not_stay_is_searched_for_whole_and_as_dialled_at_home() -> None:
    assert list(moves("+4915112345678").forms()) == ["4915112345678", "12345678"]


def test_more_numbers_than_the_range_has_are_refused() -> None:
    made = moves(*(f"+4915112345{one:03d}" for one in range(100)))
    with pytest.raises(TooManyNumbers, match="more than 100"):
        made.learn("+4915112346000")
