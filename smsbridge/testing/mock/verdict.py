"""The verdict of the mock provider: what its clients did that no provider would forgive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from smsbridge.text.count import count
from smsbridge.text.phone import mask_number


class Quirks(StrEnum):
    """What a leniency of the mock means: it is counted, or the request is refused.

    >>> from smsbridge.testing import Quirks
    >>> smsbridge_mock.quirks = Quirks.FAIL
    >>> smsbridge_mock.verdict().quirks
    <Quirks.FAIL: 'fail'>
    """

    ALLOW = "allow"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """An interaction, or an operation, that a request nearly was, and where it differs."""

    interaction: str
    differs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A request that nothing answered, with its nearest misses, the nearest first."""

    request: str
    nearest: Sequence[Miss] = ()

    @property
    def sentence(self) -> str:
        """The same in words."""
        near = "; ".join(f"nearest is {one.interaction}: {one.differs}" for one in self.nearest[:1])
        return f"{self.request} matches nothing; {near or 'nothing is like it'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRequest:
    """A request that the mock could not read, or refused for a leniency that it needs."""

    request: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A message that the provider has or may have; ``clean``: the answer to it said that it has.

    ``id`` is that of its log, empty where only the client can't know that it was not taken.
    """

    recipient: str
    text: str
    reference: str = ""
    clean: bool
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A message that was taken twice; ``id`` and ``first`` are its ids in the log."""

    recipient: str
    id: str
    first: str
    why: str

    @property
    def sentence(self) -> str:
        """The same in words."""
        ids = " and ".join(filter(None, (self.first, self.id)))
        return f"to {self.recipient}, {ids or 'without an id'}: {self.why}"


@dataclass(slots=True)
class Evidence:
    """What a provider keeps for its verdict, since its last reset."""

    unmatched: list[Unmatched] = field(default_factory=list)
    refused: list[RefusedRequest] = field(default_factory=list)
    accepted: list[Acceptance] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What ``GET /_mock/verify`` and ``smsbridge mock --check`` say.

    ``doubles`` were accepted twice though no one could want that; ``repeats`` followed a clean
    acceptance, so the application wanted them, and are only listed. ``failures`` are the mock's
    own.

    >>> sms.send("+12025550123", "Hello").status
    <Status.QUEUED: 'queued'>
    >>> smsbridge_mock.verdict().passed
    True
    """

    scenario: str
    lane: str = ""
    quirks: Quirks = Quirks.ALLOW
    requests: int = 0
    messages: int = 0
    unmatched: Sequence[Unmatched] = ()
    unplayed: Sequence[str] = ()
    doubles: Sequence[Double] = ()
    refused: Sequence[RefusedRequest] = ()
    leniencies: Mapping[str, int] = field(default_factory=dict)
    repeats: Sequence[Double] = ()
    failures: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong; a leniency alone is wrong only if quirks fail."""
        wrong = (self.unmatched, self.unplayed, self.doubles, self.refused, self.failures)
        return not any(wrong) and not (self.leniencies and self.quirks is Quirks.FAIL)

    @property
    def found_anything(self) -> bool:
        """Whether there is anything to say, even if only a leniency or a repeat."""
        return not self.passed or bool(self.leniencies or self.repeats)

    def as_json(self) -> dict[str, Any]:
        """Return it for a program; ``says`` is the same in words."""
        return {
            "verdict": "passed" if self.passed else "failed",
            **asdict(self),
            "says": self.lines(),
        }

    def lines(self) -> list[str]:
        """Return it in words, a line for each finding."""
        return [self._title(), *(f"  {line}" for line in self._findings())]

    def _title(self) -> str:
        word = "passed" if self.passed else "failed"
        counts = f"{count(self.requests, 'request')}, {count(self.messages, 'message')} accepted"
        lane = f", lane {self.lane}" if self.lane else ""
        return f"verdict on {self.scenario}{lane}: {word} ({counts})"

    def _findings(self) -> Iterator[str]:
        yield from (f"unmatched: {one.sentence}" for one in self.unmatched)
        yield from (f"unplayed: {name} was never played" for name in self.unplayed)
        yield from (f"double: {one.sentence}" for one in self.doubles)
        yield from (f"refused: {one.request}: {one.why}" for one in self.refused)
        yield from (f"the mock's own failure: {why}" for why in self.failures)
        for name, times in self.leniencies.items():
            yield f"leniency: {name}, {count(times, 'time')}"
        yield from (f"repeat, as the application wanted: {one.sentence}" for one in self.repeats)


@dataclass(slots=True)
class Rounds:
    """The verdicts on what lay between resets: those that found something, the others as one."""

    found: list[Verdict] = field(default_factory=list)
    clean: Verdict | None = None

    @property
    def are_none(self) -> bool:
        """Whether no round has ended."""
        return not self.found and self.clean is None

    def add(self, verdict: Verdict) -> None:
        """Add the verdict on one more round."""
        if verdict.found_anything:
            self.found.append(verdict)
            return
        before = self.clean or replace(verdict, requests=0, messages=0)
        self.clean = replace(
            verdict,
            requests=before.requests + verdict.requests,
            messages=before.messages + verdict.messages,
        )

    def verdicts(self) -> list[Verdict]:
        """Return them, the sum last."""
        return [*self.found, *([self.clean] if self.clean else [])]


def find_doubles(accepted: Iterable[Acceptance]) -> tuple[list[Double], list[Double]]:
    """Return the doubles among what was accepted, and the repeats.

    A double is a second acceptance of the same reference, or of the same recipient and text after
    an answer that did not prove a refusal. After a clean answer the application may want it.
    """
    doubles: list[Double] = []
    repeats: list[Double] = []
    by_reference: dict[str, Acceptance] = {}
    by_content: dict[tuple[str, str], list[Acceptance]] = {}
    for one in accepted:
        named = by_reference.get(one.reference) if one.reference else None
        before = by_content.setdefault((one.recipient, one.text), [])
        unclear = next((other for other in before if not other.clean), None)
        if named:
            doubles.append(_double(one, named, "the same reference was taken before"))
        elif unclear:
            why = "it was sent again after an answer that did not prove a refusal"
            doubles.append(_double(one, unclear, why))
        elif before:
            repeats.append(_double(one, before[-1], "it was sent again after a clean answer"))
        before.append(one)
        if one.reference:
            by_reference.setdefault(one.reference, one)
    return doubles, repeats


def quirks_refusal(leniencies: Sequence[str]) -> str:
    """Return why a request is refused that needs leniencies where none is allowed."""
    return f"it needs a leniency of the mock, and --quirks is fail: {', '.join(leniencies)}"


def _double(one: Acceptance, first: Acceptance, why: str) -> Double:
    return Double(recipient=mask_number(one.recipient), id=one.id, first=first.id, why=why)
