"""Where a table looks in an answer, and whether the answer can ever have the words it looks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from smsbridge.codecs.soap.model import Part, XSDType
from smsbridge.codecs.soap.xsd_samples import breaks
from smsbridge.codecs.soap.xsd_values import value_of
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import TEXT
from smsbridge.mapping.words import ends_of, pattern_of
from smsbridge.message import Status
from smsbridge.text.suggest import list_words, nearest

Key = tuple[str, ...]
_BOOLEAN = ("true", "false")


def answer_paths(table: Operation | Question) -> dict[Key, str]:
    """Return the paths at which a table looks in an answer, by their key."""
    found: dict[Key, str] = {}
    if isinstance(table, Operation):
        marker = "accepted"
        for key in ("id", "status"):
            if path := getattr(table.accepted, key):
                found[marker, key] = path
        match = table.accepted.match
    else:
        marker, match = "answered", table.answered.match
        found |= {("rows",): table.rows} if table.rows else {}
        prefix = f"{table.rows}." if table.rows else ""
        for name in table.row:
            parts = [part for path in table.paths(name) for part in path.split(" ")]
            several = len(parts) > 1
            found |= {
                ("row", name, *([str(number)] if several else [])): prefix + part
                for number, part in enumerate(parts)
            }
        found |= {("failed", path): prefix + path for path in table.failed.match}
        found |= {("refused", path): prefix + path for path in table.refused.match}
    when = ("when",) if marker == "accepted" else ()
    found |= {(marker, *when, path): path for path in match}
    if isinstance(table, Operation):
        found |= {("not_sent", path): path for path in table.not_sent}
    return found | {("rejected", path): path for path in table.rejected}


def words_of(table: Operation | Question) -> Iterator[tuple[Key, str, str]]:
    """Yield each word that a table looks for in an answer: its key, its path, and itself."""
    if isinstance(table, Operation):
        for path, word in table.accepted.pairs():
            yield ("accepted", "when", path), path, word
        for path, several in table.not_sent.items():
            yield from ((("not_sent", path), path, word) for word in several)
    else:
        for path, word in table.answered.pairs():
            yield ("answered", path), path, word
        prefix = f"{table.rows}." if table.rows else ""
        for name, marks in (("failed", table.failed), ("refused", table.refused)):
            for path, word in marks.pairs():
                yield (name, path), prefix + path, word
    for path, reasons in table.rejected.items():
        for word in reasons:
            yield from ((("rejected", path, word), path, end) for end in ends_of(word))


def status_paths(table: Operation | Question) -> Iterator[str]:
    """Yield where an answer has the provider's word for a status."""
    if isinstance(table, Operation):
        yield from filter(None, [table.accepted.status])
        return
    prefix = f"{table.rows}." if table.rows else ""
    for path in table.paths("status") if "status" in table.row else ():
        if " " not in path:
            yield prefix + path


def own_statuses(table: Operation | Question) -> Mapping[str, Status]:
    """Return the words for statuses that are a table's own."""
    return table.statuses if isinstance(table, Question) else {}


def trouble(part: Part, word: str) -> str | None:
    """Return why no answer has a word at a part, what it may have, and the nearest; or None."""
    kind = text_type(part.type)
    if not kind.simple or word == "*":
        return None
    allowed, pattern = _allowed_words(part, kind), pattern_of(word)
    if pattern is not None:
        if not allowed or any(re.fullmatch(pattern, one) for one in allowed):
            return None
        return f"{word} matches none of its words; known: {list_words(allowed)}"
    if allowed:
        same = any(_is_same(kind, word, one) for one in allowed)
        return None if same else f"{word!r} is not one of its words; {nearest(word, allowed)}"
    why = kind.refusal(word) if value_of(kind.base, word) is None else None
    broken = None if kind.listed is not None else breaks(word, kind.limits)
    why = why or (broken and f"it has {broken}")
    return why and f"{word!r} is never there: in the WSDL {why}"


def nowhere(parts: Iterable[Part], word: str) -> str | None:
    """Return why none of some parts can have a word; or None."""
    found = [trouble(part, word) for part in parts]
    return found[0] if found and all(found) else None


def text_type(kind: XSDType) -> XSDType:
    """Return the type of the words that a part has: of an array, that of its items."""
    kind = kind.item or kind
    text = kind.part(TEXT)
    return text.type if text else kind


def _allowed_words(part: Part, kind: XSDType) -> tuple[str, ...]:
    if part.fixed is not None:
        return (part.fixed,)
    return kind.words or (_BOOLEAN if kind.base == "boolean" else ())


def _is_same(kind: XSDType, word: str, other: str) -> bool:
    value = value_of(kind.base, word)
    return word == other or (value is not None and value == value_of(kind.base, other))
