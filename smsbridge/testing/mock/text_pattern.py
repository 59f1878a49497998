"""Regular expressions that can't hang: clients waiting for a message give them to a shared server.

Python's own would try every way to split a text, and hold the whole process meanwhile. Here a
pattern is followed along all ways at once: bit n of a number is set where the text up to n fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST = 200
"""How many characters a pattern may have."""

MOST_READ = 4096
"""How many characters of a text are looked at."""

MOST_STEPS = 50_000
"""How many steps a search may take, each along the whole text."""

TAKES = (
    "text is a regular expression of letters, ., [...], \\d \\w \\s \\b, ^, $, groups, |, *, +, ?,"
    " {m,n} and (?i) at its beginning"
)

_TOKEN = re.compile(
    r"(?P<group>\((?:\?:|\?P<\w+>)?(?!\?))|(?P<end>\))|(?P<either>\|)"
    r"|(?P<edge>[\^$]|\\[bBAZ])|(?P<repeat>[*+?]\??|\{[0-9]{1,4}(?:,(?:[0-9]{1,4})?)?\}\??)"
    r"|(?P<one>\\[dDwWsSnrtfv]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[^A-Za-z0-9]"
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]|[^()|*+?{}\[\]\\])",
    re.DOTALL,
)
_ODD_IN_CLASS = re.compile(r"(?<=[^\\])[\[&~|]|(?<=-)-(?=.)")  # re would warn of them
_FLAGS = {"(?i)": re.IGNORECASE, "(?s)": re.DOTALL, "(?is)": re.IGNORECASE | re.DOTALL}
_COUNTS = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")


class BadPattern(ValueError):
    """A pattern that is invalid, or takes too long."""


_Node = Callable[["_Walk", int], int]


@dataclass(slots=True)
class _Walk:
    """A text that is searched; a node takes the places where it begins and returns its ends."""

    text: str
    steps: int = 0
    found: dict[re.Pattern[str], int] = field(default_factory=dict)

    def where(self, leaf: re.Pattern[str], size: int) -> int:
        """Return the places where one character, or an edge, is."""
        self.count()
        if leaf not in self.found:
            places = range(len(self.text) + 1 - size)
            self.found[leaf] = sum(1 << at for at in places if leaf.match(self.text, at))
        return self.found[leaf]

    def count(self) -> None:
        """Count a step."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise BadPattern("text takes too long to search for: make it simpler")


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A regular expression; see `TAKES` for what it may have."""

    root: _Node

    def is_in(self, text: str) -> bool:
        """Return whether some part of a text fits, of which it looks at 4096 characters at most.

        Raises `BadPattern` if that takes too long.
        """
        looked_at = text[:MOST_READ]
        return bool(self.root(_Walk(looked_at), (1 << (len(looked_at) + 1)) - 1))


def read_pattern(pattern: str) -> TextPattern:
    """Return a regular expression that is ready to use; raises `BadPattern`."""
    if len(pattern) > LONGEST:
        raise BadPattern(f"text is longer than {LONGEST} characters")
    begin = next((flags for flags in _FLAGS if pattern.startswith(flags)), "")
    return TextPattern(_Reader(pattern, len(begin), _FLAGS.get(begin, re.NOFLAG)).read())


class _Reader:
    def __init__(self, pattern: str, at: int, flags: re.RegexFlag) -> None:
        self._pattern = pattern
        self._at = at
        self._flags = flags

    def read(self) -> _Node:
        node = self._either()
        if self._at < len(self._pattern):
            raise BadPattern(TAKES)
        return node

    def _either(self) -> _Node:
        ways = [self._row()]
        while self._peek("either"):
            self._next()
            ways.append(self._row())
        return ways[0] if len(ways) == 1 else lambda walk, at: _any(walk, at, ways)

    def _row(self) -> _Node:
        parts: list[_Node] = []
        while self._at < len(self._pattern) and not self._peek("either") and not self._peek("end"):
            parts.append(self._factor())
        return lambda walk, at: _all(walk, at, parts)

    def _factor(self) -> _Node:
        node = self._one()
        if self._peek("repeat"):
            least, most = _times(self._next()["repeat"])
            if self._peek("repeat"):
                raise BadPattern(TAKES)
            return lambda walk, at: _repeat(walk, at, node, least, most)
        return node

    def _one(self) -> _Node:
        found = self._next()
        if found["group"]:
            node = self._either()
            if not self._peek("end"):
                raise BadPattern(TAKES)
            self._next()
            return node
        if found["edge"]:
            edge = re.compile(found["edge"], self._flags)
            return lambda walk, at: at & walk.where(edge, 0)
        if not found["one"]:
            raise BadPattern(TAKES)
        try:
            one = re.compile(_ODD_IN_CLASS.sub(r"\\\g<0>", found["one"]), self._flags)
        except re.error as error:
            raise BadPattern(f"text has {found['one']}: {error.msg}") from None
        return lambda walk, at: (at & walk.where(one, 1)) << 1

    def _peek(self, kind: str) -> bool:
        found = _TOKEN.match(self._pattern, self._at)
        return bool(found and found[kind])

    def _next(self) -> re.Match[str]:
        found = _TOKEN.match(self._pattern, self._at)
        if found is None:
            raise BadPattern(TAKES)
        self._at = found.end()
        return found


def _times(word: str) -> tuple[int, int | None]:
    counts = _COUNTS.match(word)
    if counts:
        least = int(counts[1])
        return least, (int(counts[3]) if counts[3] else None if counts[2] else least)
    return {"*": (0, None), "+": (1, None), "?": (0, 1)}[word[0]]


def _all(walk: _Walk, at: int, parts: list[_Node]) -> int:
    for part in parts:
        if not at:
            break
        at = part(walk, at)
    return at


def _any(walk: _Walk, at: int, ways: list[_Node]) -> int:
    ends = 0
    for way in ways:
        ends |= way(walk, at)
    return ends


def _repeat(walk: _Walk, at: int, node: _Node, least: int, most: int | None) -> int:
    for _ in range(least):
        walk.count()
        if not at:
            return 0
        at = node(walk, at)
    ends, new, done = at, at, least
    while new and (most is None or done < most):
        walk.count()
        new = node(walk, new) & ~ends
        ends |= new
        done += 1
    return ends
