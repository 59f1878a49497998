"""Holds the blocks of a fixture to their shape; an error names file, line and what is allowed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from smsbridge.errors import ConfigError
from smsbridge.testing.plain_yaml import Block
from smsbridge.testing.shape import WORDS_FOR, Kinds


class BadFixture(ConfigError):
    """A fixture file that can't be used. Names the file, the line and what is allowed."""


class Reader:
    """Checks blocks of one file; keeps its name for errors."""

    def __init__(self, name: str) -> None:
        """``name`` is that of the file."""
        self.name = name

    def error(self, line: int, why: str) -> BadFixture:
        """Return the error for a line."""
        return BadFixture(f"fixture {self.name}, line {line}: {why}")

    def block(self, parent: Block, key: str, kinds: Kinds, *needs: str) -> Block:
        """Return the block at a key, held to its shape."""
        block: Block = parent[key]
        self.check(block, kinds, *needs, line=parent.lines[key])
        return block

    def check(self, block: Any, kinds: Kinds, *needs: str, line: int = 1) -> None:
        """Refuse an unknown key, a value of another kind, and what is missing."""
        if not isinstance(block, Block):
            raise self.error(line, f"a mapping with {', '.join(kinds)} is expected")
        for key, found in block.lines.items():
            if key not in kinds:
                raise self.error(found, f"unknown key {key!r}; known are {', '.join(kinds)}")
            kind = kinds[key]
            allowed = kind if isinstance(kind, tuple) else (kind,)
            if not _is_of(block[key], allowed):
                words = " or ".join(WORDS_FOR[kind] for kind in allowed)
                raise self.error(found, f"{key}: give {words}")
        if missing := [key for key in needs if key not in block]:
            first = next(iter(block.lines.values()), line)
            raise self.error(first, f"{', '.join(missing)} is missing")

    def at_most_one(self, block: Block, keys: Collection[str], line: int) -> None:
        """Refuse two of some keys."""
        if len(block.keys() & set(keys)) > 1:
            raise self.error(line, f"give only one of {', '.join(keys)}")

    def one_of(self, block: Block, key: str, allowed: Collection[str]) -> None:
        """Refuse a word of no closed set."""
        if block[key] not in allowed:
            raise self.error(block.lines[key], f"{key} is one of {', '.join(allowed)}")


def _is_of(value: Any, kinds: Any) -> bool:
    if isinstance(value, bool) and bool not in kinds and object not in kinds:
        return False
    return isinstance(value, kinds)
