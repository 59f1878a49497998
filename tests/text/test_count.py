"""A number of things is told in the singular or the plural."""

from __future__ import annotations

from smsbridge.text.count import count


def test_only_one_is_in_the_singular() -> None:
    assert [count(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
