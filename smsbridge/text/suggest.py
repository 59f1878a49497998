"""Hints for errors about an unknown word: what was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

_MOST_KNOWN = 12
_FEW_CUTOFF, _MANY_CUTOFF = 0.5, 0.6  # among many, some word is always a little similar


def closest(word: str, known: Iterable[str], cutoff: float = _FEW_CUTOFF) -> list[str]:
    """Return at most three known words similar to a word, the most similar first.

    ``cutoff``: how similar they must be, from 0 to 1.
    """
    import difflib

    return difflib.get_close_matches(word, sorted(known), n=3, cutoff=cutoff)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the most similar known word, and a list of all; of many, only if none is similar."""
    names = sorted(known)
    are_many = len(names) > _MOST_KNOWN
    close = closest(word, names, _MANY_CUTOFF if are_many else _FEW_CUTOFF)
    meant = [f"did you mean {close[0]!r}?"] if close else []
    listed = [] if meant and are_many else [f"known: {list_words(names) or 'none'}"]
    return " ".join(meant + listed)


def list_words(words: Collection[str], most: int = _MOST_KNOWN) -> str:
    """Return words as a list for a sentence; if there are more than ``most``, the first ones."""
    more = len(words) - most
    return ", ".join(islice(words, most)) + (f" and {more} more" if more > 0 else "")
