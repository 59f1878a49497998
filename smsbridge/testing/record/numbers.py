"""Phone numbers moved to a range that is assigned to no one, each always to the same number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

_TEST_NUMBERS = re.compile(r"(?:00)?(?:1?20255501[0-9]{2}|(?:44|0)7700900[0-9]{3})")
_LEAST, _MOST = 7, 15
_LEAST_ABROAD = 12  # digits with 011, or it is a number of Leeds
_FIELD = re.compile(r"\s*(?:\+|00)?\(?[0-9][0-9 \u00a0().\u2010-\u2015/-]{5,24}[0-9]\s*")
_IN_TEXT = re.compile(
    r"(?<![0-9A-Za-z._-])(?:\+|00|011[ .-]?)[1-9]"
    r"[0-9 \u00a0().\u2010-\u2015/-]{5,22}[0-9](?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z._+-])[1-9][0-9]{9,14}(?![0-9A-Za-z])"
)
_AT_HOME = re.compile(  # with a 0 before the code of an area, in pairs, or as North America does
    r"(?<![0-9A-Za-z._+:,/-])(?:"
    r"\(?0[1-9][0-9]{1,4}\)?[ \u00a0./\u2010-\u2015-]{0,3}"
    r"[0-9]{2,10}(?:[ \u00a0\u2010-\u2015-][0-9]{2,5}){0,3}"
    r"|0[1-9](?:[ \u00a0.\u2010-\u2015-][0-9]{2}){4}"
    r"|(?:1[ \u00a0.\u2010-\u2015-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ \u00a0.\u2010-\u2015-])"
    r"[2-9][0-9]{2}[ \u00a0.\u2010-\u2015-][0-9]{4}"
    r")(?![0-9A-Za-z]|[.:][0-9])"
)
_LEAST_AT_HOME, _MOST_AT_HOME = 9, 12
_SIGNS = {0xFF0B: "+", 0xFF0D: "-", 0xFF08: "(", 0xFF09: ")", 0xFF0E: ".", 0xFF0F: "/", 0x3000: " "}
"""The signs of a number as Chinese, Japanese and Korean keyboards write them."""

_OTHER_SCRIPTS = re.compile(f"(?![0-9])\\d|[{''.join(map(chr, _SIGNS))}]")
_NATIONAL = 8  # this many last digits make a number the same
_MOST_NUMBERS = 100
_BASE = 12025550100


class TooManyNumbers(ValueError):
    """A recording has more numbers than the range."""


class NumberMoves:
    """Which number became which."""

    def __init__(self) -> None:
        """Begin with none."""
        self._moved: dict[str, str] = {}
        self._taken: set[str] = set()
        self._forms: list[str] = []

    def learn(self, word: str | float) -> None:
        """Take what is in a field for numbers, if it is one, or a list of them."""
        for one in re.split(r"[,;|]", plain_digits(str(word))):
            if _FIELD.fullmatch(one):
                self._add(one)
            else:
                self.learn_text(one)  # such as tel:+44…, or a list with blanks

    def learn_text(self, text: str) -> None:
        """Take the numbers that stand in a text, also as a URL writes them."""
        for said in dict.fromkeys(map(plain_digits, (text, unquote(text)))):
            for found in _IN_TEXT.finditer(said):
                self._add(found[0])
            for found in _AT_HOME.finditer(said):
                if _LEAST_AT_HOME <= len(re.sub("[^0-9]", "", found[0])) <= _MOST_AT_HOME:
                    self._add(found[0])

    def keep(self, text: str) -> None:
        """Keep the test numbers that stand in a text free for themselves."""
        for found in re.finditer("120255501([0-9]{2})", text):
            self._taken.add(found[0])

    def forms(self) -> Iterator[str]:
        """Yield the digits of each number that was moved, whole and as dialled at home."""
        for digits in self._moved:
            yield digits
            if len(digits) > _NATIONAL + 1:
                yield digits[-_NATIONAL:]

    def replace(self, text: str) -> str:
        """Return a text with every known number in it moved, however it is written."""
        plain = plain_digits(text)
        for digits, moved in self._moved.items():
            if digits[-_NATIONAL:] not in re.sub("[^0-9]", "", plain):
                continue
            parts, at = [], 0
            for found in _pattern_of(digits).finditer(plain):
                parts += [text[at : found.start()], _like(found[0], moved)]
                at = found.end()
            text = "".join([*parts, text[at:]])
            plain = plain_digits(text)
        return text

    def _add(self, written: str) -> None:
        digits = re.sub("[^0-9]", "", written).removeprefix("00")
        if digits.startswith("011") and len(digits) > _LEAST_ABROAD:
            digits = digits.removeprefix("011")  # what North America dials for a plus
        if not _LEAST <= len(digits) <= _MOST or _TEST_NUMBERS.fullmatch(digits):
            return
        if any(digits[-_NATIONAL:] == one[-_NATIONAL:] for one in self._moved):
            known = next(one for one in self._moved if digits[-_NATIONAL:] == one[-_NATIONAL:])
            if len(digits) > len(known) and not digits.startswith("0"):
                self._moved = {
                    (digits if one == known else one): to for one, to in self._moved.items()
                }
            return
        free = (str(_BASE + number) for number in range(_MOST_NUMBERS))
        moved = next((one for one in free if one not in self._taken), "")
        if not moved:
            raise TooManyNumbers(f"it has more than {_MOST_NUMBERS} phone numbers: record less")
        self._taken.add(moved)
        self._moved[digits] = moved


def plain_digits(text: str) -> str:
    """Return a text of the same length with the digits of every script as 0 to 9.

    >>> from smsbridge.testing.record.numbers import plain_digits
    >>> plain_digits("\uff0b\u0664\u0669")
    '+49'
    """
    if text.isascii():
        return text
    return _OTHER_SCRIPTS.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    return _SIGNS.get(ord(found[0])) or str(unicodedata.decimal(found[0]))


def _pattern_of(digits: str) -> re.Pattern[str]:
    """Return a pattern of a number with or without what stands before and between its digits."""
    gap = r"[ \u00a0().\u2010-\u2015/-]{0,3}"
    tail, head = digits[-_NATIONAL:], digits[:-_NATIONAL]
    own = gap.join(tail)
    before = (
        rf"(?:(?:\+|00|%2[bB])?\(?{gap.join(head)}{gap}|(?<![0-9])[0-9(]{{0,6}}{gap})"
        if head
        else ""
    )
    return re.compile(rf"{before}{own}(?![0-9])")


def _like(written: str, moved: str) -> str:
    """Return a number written with the sign that the other one had."""
    for sign in ("+", "00", "%2B", "%2b"):
        if written.startswith(sign):
            return sign + moved
    return moved if not written.startswith("0") else f"0{moved[1:]}"
