"""How a live answer differs from that of a fixture: by structure, types and the table's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from smsbridge.mapping.filters import text
from smsbridge.mapping.words import pattern_of
from smsbridge.testing.fixture.match import matcher_of, mismatch
from smsbridge.testing.fixture.placeholders import PLACEHOLDER
from smsbridge.text.masking import codes_alone

_INDEX = re.compile(r"\[[0-9]*\]")


class Grade(StrEnum):
    """How bad a difference is, the mildest first.

    ``added``: the live answer has a field that the fixture lacks, and clients read on. ``changed``:
    a status, a type or a word that the table reads is another one. ``removed``: a field is gone.

    >>> from smsbridge.testing.drift.compare import Grade
    >>> [grade.value for grade in Grade]
    ['added', 'changed', 'removed']
    """

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One difference: its grade, the path of its field, and what it is, in words."""

    grade: Grade
    path: str
    text: str

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.grade}: {self.path} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWords:
    """The places of an answer whose words a table reads, by path without indexes.

    ``marks``: acceptance and refusal, whose word is to be that of the fixture. ``statuses``: places
    of a word for a status, which is to be one of ``known``.
    """

    marks: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Comparison:
    """The differences between a fixture's answer and a live one, and what could not be compared.

    ``show`` returns a live word, or name of a field, as far as it may be shown.
    """

    words: TableWords = field(default_factory=TableWords)
    show: Callable[[str], str] = field(default_factory=codes_alone)
    found: dict[tuple[Grade, str], Deviation] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)

    def compare(self, expected: Any, live: Any, path: str = "") -> None:
        """Note how a live value differs from that of a fixture, in which matchers may stand.

        >>> from smsbridge.testing.drift.compare import Comparison
        >>> comparison = Comparison()
        >>> comparison.compare({"id": "7", "state": "sent"}, {"id": 7, "new": True})
        >>> [str(one) for one in comparison.found.values()]
        ['added: new is new', 'changed: id is a number, and was text', 'removed: state is gone']
        """
        self._values([expected], live, path)

    def note(self, grade: Grade, path: str, said: str) -> None:
        """Keep a difference; one of the same grade at the same path is one."""
        self.found.setdefault((grade, path), Deviation(grade=grade, path=path, text=said))

    def _values(self, patterns: Sequence[Any], live: Any, path: str) -> None:
        """Compare a value with all that stand at its place: more than one in the rows of a list."""
        if any(matcher_of(one) for one in patterns):
            if all(mismatch(one, live, str) for one in patterns):
                self.note(Grade.CHANGED, path, "is not what the matcher of the fixture takes")
            return
        kinds = {_kind(one) for one in patterns}
        kind = _kind(live)
        if kinds == {"null"}:
            return
        if kind not in kinds:
            was = " or ".join(sorted(kinds - {"null"}))
            self.note(Grade.CHANGED, path or "the answer", f"is {kind}, and was {was}")
        elif kind == "an object":
            self._objects([one for one in patterns if isinstance(one, Mapping)], live, path)
        elif kind == "a list":
            self._lists([one for one in patterns if isinstance(one, list)], live, path)
        elif kind != "null":
            self._words(patterns, live, path)

    def _objects(
        self, patterns: Sequence[Mapping[str, Any]], live: Mapping[str, Any], path: str
    ) -> None:
        open_ = any(one.get("$extra") == "allow" for one in patterns)
        names = dict.fromkeys(name for one in patterns for name in one if name != "$extra")
        for name in live:
            if name not in names and not open_:
                self.note(Grade.ADDED, f"{path}.{self.show(name)}".lstrip("."), "is new")
        for name in names:
            below = f"{path}.{name}".lstrip(".")
            at_it = [one[name] for one in patterns if name in one]
            if name in live:
                self._values(at_it, live[name], below)
            elif len(at_it) == len(patterns) and not any(map(_may_lack, at_it)):
                self.note(Grade.REMOVED, below, "is gone")

    def _lists(self, patterns: Sequence[list[Any]], live: list[Any], path: str) -> None:
        items = [item for one in patterns for item in one]
        if items and not live:
            self.empty.append(f"{path or 'the answer'} is empty")
        for item in live if items else ():
            self._values(items, item, f"{path}[]")

    def _words(self, patterns: Sequence[Any], live: Any, path: str) -> None:
        place = _INDEX.sub("", path)
        known = {text(one) for one in patterns if not isinstance(one, (Mapping, list))}
        if any(PLACEHOLDER.search(one) for one in known):
            return
        said = text(live)
        if place in self.words.marks and said not in known:
            was = " or ".join(sorted(known))
            self.note(Grade.CHANGED, path, f"is {self.show(said)}, and was {was}")
        elif place in self.words.statuses and not self._is_status(said, known):
            self.note(Grade.CHANGED, path, f"is {self.show(said)}, a status that no table knows")

    def _is_status(self, said: str, known: set[str]) -> bool:
        patterns = (pattern_of(one) for one in self.words.known)
        return said in known | self.words.known | {""} or any(
            one is not None and re.fullmatch(one, said) for one in patterns
        )


def captures(expected: Any, live: Any) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is in a live answer where a fixture mints a value."""
    if isinstance(expected, str) and isinstance(live, str):
        placed = PLACEHOLDER.fullmatch(expected)
        if placed and placed[1] == "mint":
            yield placed[2], live
    elif isinstance(expected, Mapping) and isinstance(live, Mapping):
        for name, part in expected.items():
            yield from captures(part, live.get(name))
    elif isinstance(expected, list) and isinstance(live, list):
        for part, item in zip(expected, live, strict=False):
            yield from captures(part, item)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "an object"
    return "a list"


def _may_lack(pattern: Any) -> bool:
    return matcher_of(pattern) in ("$optional", "$absent")
