"""A regular expression that waits for its first use does what any other does."""

from __future__ import annotations

import copy
import re

import pytest

from smsbridge.text.pattern import pattern


def test_it_does_what_a_compiled_one_does() -> None:
    word, plain = pattern("(a)b", re.IGNORECASE), re.compile("(a)b", re.IGNORECASE)
    found = word.fullmatch("AB")
    assert found is not None
    assert found[1] == "A"
    assert word.sub("x", "aba") == plain.sub("x", "aba")
    assert [one.span() for one in word.finditer("abab")] == [(0, 2), (2, 4)]
    assert (word.pattern, word.flags) == (plain.pattern, plain.flags)
    assert copy.copy(word).search("xab") is not None


def test_one_of_bytes_and_one_that_is_wrong_say_so_on_first_use() -> None:
    assert pattern(b"[0-9]+").findall(b"1 22") == [b"1", b"22"]
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.match("")
