"""TOML read into a mapping that knows its lines: tomllib gives the values, a scanner the lines.

The scanner only reads text that tomllib has found valid, and only headers and keys: the keys of an
inline table have the line of the key that holds the table.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from smsbridge.text.located import Located

# Possessive quantifiers (*+, ++) never backtrack, so every text takes linear time.
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


@dataclass(slots=True)
class Node:
    """A key of a document: its line, and what is below it.

    ``written``: it has a header or a key of its own, not only keys below it (as ``a`` in
    ``a.b = 1``). ``items``: the tables of an array of tables.
    """

    line: int
    written: bool
    below: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)

    def add(self, steps: list[str], line: int, *, item: bool = False) -> Node:
        """Note the line of a key below; return the node of that key."""
        place = self
        for step in steps[:-1]:
            place = place.below.setdefault(step, Node(line, written=False))
            place = place.items[-1] if place.items else place
        found = place.below.setdefault(steps[-1], Node(line, written=False))
        if not found.written:
            found.line, found.written = line, True
        if item:
            found.items.append(Node(line, written=True))
        return found.items[-1] if found.items else found


def read_toml(source: str) -> Located:
    """Return the mapping of a TOML document; raises `tomllib.TOMLDecodeError`.

    A table without a header of its own (``a`` in ``a.b = 1``) has the line of its first key.
    """
    values = tomllib.loads(source)
    found: Located = _locate(values, scan(source), 1)
    return found


def scan(source: str) -> Node:
    """Return the keys of a valid document."""
    top = table = Node(1, written=True)
    line, counted = 1, 0
    at = _end(_SKIP, source, 0)
    while at < len(source):
        line, counted = line + source.count("\n", counted, at), at
        if header := _HEADER.match(source, at):
            table = top.add(_steps(header[1]), line, item=header[0].startswith("[["))
            at = header.end()
        elif pair := _KEY.match(source, at):
            table.add(_steps(pair[1]), line)
            at = _value_end(source, pair.end())
        else:
            break  # not reached in a valid document
        at = _end(_SKIP, source, at)
    return top


def _locate(value: Any, place: Node | None, line: int) -> Any:
    """Return a value with the lines of a node; without one each key has the given line."""
    if isinstance(value, dict):
        below = place.below if place else {}
        lines = {key: below[key].line if key in below else line for key in value}
        found = {key: _locate(one, below.get(key), lines[key]) for key, one in value.items()}
        return Located(found, line=line, lines=lines)
    if isinstance(value, list):
        items: list[Node] = place.items if place else []
        if not items:
            return [_locate(item, None, line) for item in value]
        return [_locate(one, at, at.line) for one, at in zip(value, items, strict=True)]
    return value


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


def _steps(source: str) -> list[str]:
    """Return the steps of a key as it is written."""
    return [step[2] or _unquote(step[0]) for step in _STEP.finditer(source)]


def _unquote(step: str) -> str:
    return next(iter(tomllib.loads(f"{step} = 0")))
