"""Hides in a text what nobody may see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote, quote_plus

_LEAST_PRIVATE = 4
_LEAST_DIGITS = 7
HIDDEN = "•••"
_CODE = re.compile(r"[\w.:-]*")
_NUMBER = re.compile(rf"[0-9]{{{_LEAST_DIGITS}}}")
_FORMS: tuple[Callable[[str], str], ...] = (str, quote, partial(quote, safe=""), quote_plus)


def masker(private: Iterable[str]) -> Callable[[str], str]:
    """Return what hides values of four characters or more in a text, plain or as in a URL."""
    values = list(private)

    def mask(word: str) -> str:
        hidden = {form(value) for value in values for form in _FORMS}
        for value in sorted(hidden, key=len, reverse=True):
            if len(value) >= _LEAST_PRIVATE:
                word = word.replace(value, HIDDEN)
        return word

    return mask


def code_alone(word: str) -> str:
    """Return a word as it is if it can be nothing but a code, such as ``invalid_client``."""
    return word if _CODE.fullmatch(word) and not _NUMBER.search(word) else HIDDEN


def endings(number: str) -> list[str]:
    """Return a number and its ends of seven digits or more: part of it is private too."""
    ends = [number[start:] for start in range(1, len(number) - _LEAST_DIGITS + 1)]
    return [number, number.removeprefix("+"), *ends]
