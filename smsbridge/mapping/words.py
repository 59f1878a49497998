"""The words with which a provider says yes and no, as a table has them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.errors import Reason
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import STATUS, TEXT, at, steps
from smsbridge.message import Status
from smsbridge.text.suggest import list_words
from smsbridge.text.word_pattern import compile_pattern, matches

if TYPE_CHECKING:
    from smsbridge.http.exchange import Response

REFUSING = frozenset(range(400, 500)) - {401, 408, 421, 425, 429}
"""The statuses for which a word of refusal counts, and which a table may name as a refusal."""

SPEAKING = frozenset({200, 201, 202, 401}) | REFUSING
"""The statuses for which the words of an answer are the provider's own."""

UNTAKEN = frozenset(range(400, 600)) - {401}
"""The statuses of which a table may say that the message was not taken."""


PROVING = ("201", "202", "204")
"""The statuses that may be the whole mark of an acceptance: a gateway sends none of them itself."""

Wanted = str | tuple[str, ...]
"""A word that an answer must have at a path, or several, of which it must have one."""

_RANGE = re.compile("(-?[0-9]{1,12})-(-?[0-9]{1,12})")
_NUMBER = re.compile("-?[0-9]{1,12}")
_Meaning = TypeVar("_Meaning")


@dataclass(frozen=True, slots=True)
class When:
    """An answer is an acceptance when each path holds its word, compared as text.

    A boolean of JSON is the word ``true`` or ``false``. The word ``*`` is any other word, and
    ``/[0-9]+/`` any other word that the pattern matches as a whole. Of several words, ``("0",
    "OK")``, one must be present. ``id`` and ``status`` are the paths of the provider's id and of
    its word for the status.

    >>> accepted = When({"state": "QUEUED"}, id="id")
    >>> accepted.holds({"state": "QUEUED", "id": "7"}), accepted.holds({"state": "FAILED"})
    (True, False)
    """

    match: Mapping[str, Wanted]
    id: str | None = None
    status: str | None = None

    def __post_init__(self) -> None:
        """Refuse an invalid path or pattern."""
        for path in (self.id, self.status):
            steps(path or "id")
        for path, word in self.pairs():
            steps(path)
            try:
                compile_pattern(pattern_of(word) or "")
            except ValueError as error:
                raise ValueError(f"{path}: {word} {error}") from None

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield each word with its path."""
        yield from ((path, word) for path, said in self.match.items() for word in words_of(said))

    @property
    def by_status(self) -> bool:
        """Whether the HTTP status is the whole mark."""
        return self.match.keys() == {STATUS}

    def holds_any(self, answer: Mapping[str, Any]) -> bool:
        """Return whether any path of an answer holds its word."""
        return any(_is(answer, path, word) for path, word in self.match.items())

    def holds(self, answer: Mapping[str, Any]) -> bool:
        """Return whether each path of an answer holds its word."""
        return all(_is(answer, path, word) for path, word in self.match.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a provider says yes and no. ``rejected``: path to word to reason; ``*``: any word.

    ``not_sent``: path to the words that say that the message was not taken.
    """

    accepted: When
    rejected: Mapping[str, Mapping[str, Reason]]
    statuses: Mapping[str, Status]
    not_sent: Mapping[str, Collection[str]] = field(default_factory=dict)


def word_at(answer: Any, path: str | None) -> str | None:
    """Return the word or number at a path as text; None if it is neither, or empty."""
    found = at(answer, path) if path else None
    if type(found) is str:
        return found or None
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, Mapping):
        found = found.get(TEXT)
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return None
    return text(found) or None


def _is(answer: Mapping[str, Any], path: str, wanted: Wanted) -> bool:
    if not isinstance(wanted, str):
        return any(_is(answer, path, one) for one in wanted)
    word = word_at(answer, path)
    if word is None:
        return flag_at(answer, path) == wanted
    pattern = pattern_of(wanted)
    if pattern is not None:
        return matches(pattern, word) is not None
    return wanted == word or (wanted == "*" and not word.isspace())


def words_of(wanted: Wanted) -> tuple[str, ...]:
    """Return the words of which an answer must have one."""
    return (wanted,) if isinstance(wanted, str) else wanted


def mark_trouble(match: Mapping[str, Wanted]) -> str | None:
    """Return what is wrong with the mark of an acceptance, or None."""
    if match.keys() - {STATUS}:
        return None
    if match and set(words_of(match[STATUS])) <= set(PROVING):
        return None
    return (
        "name at least one path and its word; "
        f"a 200 is never proof, and {STATUS} alone may be {list_words(PROVING)}"
    )


def meaning_of(table: Mapping[str, _Meaning], word: str) -> _Meaning | None:
    """Return what a word means by a table of words, of which some may be ranges: ``100-199``."""
    found = table.get(word)
    if found is not None or not _NUMBER.fullmatch(word):
        return found
    number = int(word)
    for key, meant in table.items():
        match = _RANGE.fullmatch(key)
        if match and int(match[1]) <= number <= int(match[2]):
            return meant
    return None


def ends_of(word: str) -> tuple[str, ...]:
    """Return the first and the last number of a range, and any other word alone."""
    match = _RANGE.fullmatch(word)
    return (match[1], match[2]) if match else (word,)


def range_trouble(words: Iterable[str]) -> str | None:
    """Return what is wrong with the ranges among some words, or None."""
    for word in words:
        first, last = (*ends_of(word), "")[:2]
        if last and int(first) > int(last):
            return f"{word!r}: a range begins with its smaller number"
    return None


def pattern_of(wanted: str) -> str | None:
    """Return the regular expression that a word such as ``/[0-9]+/`` holds, otherwise None."""
    slashed = len(wanted) > 1 and wanted[0] == wanted[-1] == "/"
    return wanted[1:-1] if slashed else None


def flag_at(answer: Mapping[str, Any], path: str) -> str | None:
    """Return a boolean at a path as the word ``true`` or ``false``; None for anything else."""
    found = at(answer, path)
    return text(found) if isinstance(found, bool) else None


def with_status(answer: Mapping[str, Any], response: Response) -> Mapping[str, Any]:
    """Return the words of an answer with its status among them, at ``#status``."""
    return {**answer, STATUS: str(response.status)}


def status_trouble(words: Iterable[str], allowed: frozenset[int]) -> str | None:
    """Return what is wrong with the words of a table for ``#status``, or None."""
    for word in words:
        if not (word.isascii() and word.isdecimal()) or int(word[:4]) not in allowed:
            others = [n for n in range(min(allowed), max(allowed)) if n not in allowed]
            return (
                f"{word!r}: give a status from {min(allowed)} to {max(allowed)}, "
                f"but not {', '.join(map(str, others))}"
            )
    return None


def untaken_trouble(
    not_sent: Mapping[str, Collection[str]],
    accepted: When,
    rejected: Mapping[str, Mapping[str, Reason]],
) -> str | None:
    """Return what is wrong with the words that say that a message was not taken, or None."""
    for path, words in not_sent.items():
        steps(path)
        taken = {*words_of(accepted.match.get(path, "")), *rejected.get(path, ())}
        for word in words:
            if word in ("", "*") or pattern_of(word) is not None:
                return f"{path}: {word!r}: name each word as it is in the answer"
            if word in taken:
                return f"{path}: {word!r} already means something else there"
        if path == STATUS and (why := status_trouble(words, UNTAKEN)):
            return f"{path}: {why}"
    return None
