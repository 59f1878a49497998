"""What was probably meant: the hint of an error about an unknown word."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from itertools import islice

_MOST_KNOWN = 12


def nearest(word: str, known: Iterable[str]) -> str:
    """Return what is known, the nearest first; of many only those that are near."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    shown = names if len(names) <= _MOST_KNOWN else close or names[:_MOST_KNOWN]
    more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    return f"{hint}known are {', '.join(shown) or 'none'}{more}"


def listed(words: Collection[str]) -> str:
    """Return words as a sentence takes them; of many only the first."""
    more = len(words) - _MOST_KNOWN
    return ", ".join(islice(words, _MOST_KNOWN)) + (f" and {more} more" if more > 0 else "")
