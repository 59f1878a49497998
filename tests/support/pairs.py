"""Few combinations of many values: each value of one kind meets each value of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any


def pairwise(
    *kinds: Sequence[Any], allowed: Callable[..., bool] = lambda *_: True
) -> list[tuple[Any, ...]]:
    """Return allowed combinations in which each allowed pair of values of two kinds stands."""
    rows = [row for row in product(*kinds) if allowed(*row)]
    left = {number: set(combinations(enumerate(row), 2)) for number, row in enumerate(rows)}
    found = []
    while left:
        best = max(left, key=lambda number: len(left[number]))
        found.append(rows[best])
        met = left[best]
        left = {number: rest for number, pairs in left.items() if (rest := pairs - met)}
    return found
