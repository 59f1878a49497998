"""A pattern of a table never takes long, whatever a provider answers."""

from __future__ import annotations

import time

import pytest

from smsbridge.text.word_pattern import LONGEST, compile_pattern, matches

from support.each import each


@each(
    ("source", "why"),
    [
        ("(a", "is not a pattern"),
        ("a{99999999999999999999}", "is not a pattern"),
        ("(a+)+b", "holds a repeat"),
        ("(?:a|aa)*b", "holds a repeat or an alternative"),
        ("((a?)b?)*", "holds a repeat"),
        ("(?P<id>[^)]+){2,}", "holds a repeat"),
        (r"(\(a*\))++", "holds a repeat"),
        ("(?i:(a*)){9}", "holds a repeat"),
        ("(?=(a+)+b)", "holds a repeat"),
        ("x|.*a.*(a.*)b", "more than 2 times"),
    ],
)
def test_what_could_take_long_is_refused_as_it_is_read(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compile_pattern(source)


@each(
    "source",
    [
        "[0-9]+",
        r"(?P<code>[0-9]+):(?P<count>[0-9]+) .*",
        r"OK\|(?P<id>[^|]+)(\|.*)?|ERROR\|(?P<error>[0-9]+)(\|.*)?|.*",
        r"(?P<error>ERROR( [0-9]+)?)",
        "(ab){2,3}",
        r"\(+[(*]+\)*",
        "(a+){1}b{,",
        "",
    ],
)
def test_what_tables_have_is_taken(source: str) -> None:
    assert compile_pattern(source).pattern == source


def test_the_slowest_that_is_taken_ends_soon_and_a_longer_text_matches_nothing() -> None:
    began = time.monotonic()
    assert not matches(".*a.*ab", "a" * LONGEST)
    assert time.monotonic() - began < 10
    assert matches("a+", "a" * LONGEST)
    assert not matches("a+", "a" * (LONGEST + 1))
