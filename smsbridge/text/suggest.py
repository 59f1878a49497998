"""Hints for errors about an unknown word: what was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

_MOST_KNOWN = 12


def closest(word: str, known: Iterable[str], cutoff: float = 0.5) -> list[str]:
    """Return at most three known words similar to a word, the most similar first.

    ``cutoff``: how similar they must be, from 0 to 1.
    """
    import difflib

    return difflib.get_close_matches(word, sorted(known), n=3, cutoff=cutoff)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known words, the most similar first; if there are many, only the similar ones."""
    names = sorted(known)
    close = closest(word, names)
    hint = f"did you mean {close[0]!r}? " if close else ""
    shown = names if len(names) <= _MOST_KNOWN else close or names[:_MOST_KNOWN]
    more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    return f"{hint}known are {', '.join(shown) or 'none'}{more}"


def list_words(words: Collection[str]) -> str:
    """Return words as a list for a sentence; if there are many, only the first ones."""
    more = len(words) - _MOST_KNOWN
    return ", ".join(islice(words, _MOST_KNOWN)) + (f" and {more} more" if more > 0 else "")
