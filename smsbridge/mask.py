"""Hides in a text what nobody may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote, quote_plus

_LEAST_PRIVATE = 4
_LEAST_DIGITS = 7
HIDDEN = "•••"
_FORMS: tuple[Callable[[str], str], ...] = (str, quote, partial(quote, safe=""), quote_plus)


def masker(private: Iterable[str]) -> Callable[[str], str]:
    """Return what hides values of four characters or more in a text, plain or as in a URL."""
    hidden = sorted({f(v) for v in private for f in _FORMS}, key=len)[::-1]

    def mask(word: str) -> str:
        for value in hidden:
            if len(value) >= _LEAST_PRIVATE:
                word = word.replace(value, HIDDEN)
        return word

    return mask


def endings(number: str) -> list[str]:
    """Return a number and its ends of seven digits or more: part of it is private too."""
    ends = [number[start:] for start in range(1, len(number) - _LEAST_DIGITS + 1)]
    return [number, number.removeprefix("+"), *ends]
