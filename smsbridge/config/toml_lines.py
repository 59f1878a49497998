"""TOML with the line of each key: tomllib reads it, a small scanner finds the lines.

The scanner only looks at text that tomllib has found valid, and only for headers and keys: what
stands in an inline table has the line of the key that holds it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from itertools import islice
from typing import Any

# What was matched once is never tried in another way (*+, ++): no text takes more than linear time.
_STRING = (
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'"
)
_SKIP = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_HEADER = re.compile(rf"\[\[?((?:{_STRING}|[^\]\"'\n])*+)\]\]?", re.DOTALL)
_KEY = re.compile(rf"((?:{_STRING}|[A-Za-z0-9_-]++|[ \t]*+\.[ \t]*+)++)[ \t]*+=", re.DOTALL)
_STEP = re.compile(rf"({_STRING})|([A-Za-z0-9_-]++)", re.DOTALL)
_TOKEN = re.compile(rf"{_STRING}|#[^\n]*+|[\[\]{{}}\n]|[^\[\]{{}}\n\"'#]++", re.DOTALL)
_DEEPEST = 100
"""Steps of a key; what is deeper has the line of what holds it."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document, and the line of each header and key, counted from 1.

    What only holds others (``a`` of ``a.b = 1``) has the line of the first of them.
    """

    values: dict[str, Any]
    lines: dict[Key, int]

    def line(self, key: Key) -> int | None:
        """Return the line of a key, or of the nearest that holds it.

        A dot in a step is as good as a step more: ``"a.b" = 1`` and ``a.b = 1`` are the same here.
        """
        steps = _apart(key)[:_DEEPEST]
        for end in range(len(steps), 0, -1):
            if line := self.lines.get(steps[:end]):
                return line
        return None


def read_toml(source: str) -> Document:
    """Return a TOML document; raises `tomllib.TOMLDecodeError`."""
    values = tomllib.loads(source)
    return Document(values, _lines(source))


def _lines(source: str) -> dict[Key, int]:
    found: dict[Key, int] = {}
    above: dict[Key, int] = {}
    table: Key = ()
    line, counted = 1, 0
    at = _end(_SKIP, source, 0)
    while at < len(source):
        line, counted = line + source.count("\n", counted, at), at
        if header := _HEADER.match(source, at):
            key = table = _key(header[1])
            at = header.end()
        elif pair := _KEY.match(source, at):
            key = (table + _key(pair[1]))[:_DEEPEST]
            at = _value_end(source, pair.end())
        else:
            break  # never reached in a valid document
        found.setdefault(key, line)
        for end in range(1, len(key)):
            above.setdefault(key[:end], line)
        at = _end(_SKIP, source, at)
    return above | found


def _end(pattern: re.Pattern[str], source: str, at: int) -> int:
    found = pattern.match(source, at)
    return found.end() if found else at


def _value_end(source: str, at: int) -> int:
    depth = 0
    while at < len(source) and (token := _TOKEN.match(source, at)):
        if token[0] == "\n" and depth == 0:
            break
        depth += (token[0] in "[{") - (token[0] in "]}")
        at = token.end()
    return at


def _key(source: str) -> Key:
    steps = islice(_STEP.finditer(source), _DEEPEST)
    return _apart(tuple(next(iter(tomllib.loads(f"{step[0]} = 0"))) for step in steps))


def _apart(key: Key) -> Key:
    return tuple(step for name in key for step in name.split("."))
