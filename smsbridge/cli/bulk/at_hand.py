"""An iterator that says how many items it has ready, so that one call may send several."""

from __future__ import annotations

from collections.abc import Generator, Sized
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class AtHand(Generic[T]):
    """What a generator yields; ``left`` holds what it can yield without waiting for anything."""

    def __init__(self, items: Generator[T, None, None], left: Sized) -> None:
        """Take a generator, and what it changes as it goes on."""
        self._items, self._left = items, left

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> T:
        """Return the next."""
        return next(self._items)

    def __length_hint__(self) -> int:
        """Return how many are ready."""
        return len(self._left)

    def close(self) -> None:
        """Close the generator."""
        self._items.close()
