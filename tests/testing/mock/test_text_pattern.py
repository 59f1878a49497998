"""A regular expression of a test finds what Python's would, and can't hang."""

from __future__ import annotations

import random
import re

import pytest

from smsbridge.testing.mock.text_pattern import LONGEST, TAKES, BadPattern, read_pattern

from support.each import each

TEXTS = ("Your code is 123456", "", "aaa\nbbb\n", "x" * 60, "Änne 5 € [a] a-b &", "foo.bar")
PIECES = ("a", "b", ".", "(", "(?:", "|", ")", "*", "+", "?", "{2}", "{1,2}", "{1,}", "[ab]")
MORE = ("[^a]", "^", "$", r"\b", r"\w", r"\s", "*?")


@each(
    "pattern",
    [
        *(r"code is [0-9]{6}", r"\d{6}$", "^$", "(a|b)+$", "(?i)YOUR", "[[a]+", "x{60}", "x{61}"),
        *(r"foo\.bar", r"\bcode\b", "[^a-z ]{4,}", "a-?b", r"(?:is|was) \d+", "[]x]", "[a&&b]"),
        *(
            ".*.*.*=",
            "(?P<n>co)de",
            r"\u20ac",
            "(?s)a.b",
            "a.b",
            r"\Aaaa",
            r"bbb\Z",
            "(|a)b",
            "[^]]",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Possible")
def test_it_finds_what_python_s_own_would(pattern: str) -> None:
    for text in TEXTS:
        assert read_pattern(pattern).is_in(text) == bool(re.search(pattern, text)), text


def test_patterns_made_by_chance_find_what_python_s_own_would() -> None:
    chance = random.Random(1)
    read = 0
    for _ in range(3000):
        pattern = "".join(chance.choices((*PIECES, *MORE), k=chance.randint(1, 7)))
        try:
            wanted, own = re.compile(pattern), read_pattern(pattern)
        except (re.error, BadPattern):
            continue
        read += 1
        for text in ("", "a", "ab", "aab ba", "bbb\n"):
            assert own.is_in(text) == bool(wanted.search(text)), (pattern, text)
    assert read > 500


@each(
    "pattern",
    ["(a*)*b", "((a+)+)+$b", "(a|aa)*c", ".*.*.*.*.*.*=", "((a{100}){100}){100}b", "(a?){200}b"],
)
def test_a_pattern_that_would_hang_is_searched_at_once(pattern: str) -> None:
    assert not read_pattern(pattern).is_in("a" * 5000)


def test_a_search_has_an_end() -> None:
    with pytest.raises(BadPattern, match="too long to search"):
        read_pattern("(((|a){999}){999}){999}" * 8 + "b").is_in("a" * 4096)


@each(
    "pattern",
    [
        *("(?=a)", "(?!a)", "(?<=a)b", "(", ")", "a)", "a++", "*", "+a", "{2}", "a{2}{3}", "(?x)a"),
        *(r"(a)\1", "[a", "a{", "(a", r"\Q", "\\"),
    ],
)
def test_what_it_does_not_know_is_refused_with_what_it_knows(pattern: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(TAKES)):
        read_pattern(pattern)


@each("pattern", ["[z-a]", "a" * (LONGEST + 1)])
def test_a_bad_range_and_a_long_pattern_are_refused(pattern: str) -> None:
    with pytest.raises(BadPattern, match=r"bad character range|longer than 200"):
        read_pattern(pattern)
