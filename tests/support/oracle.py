"""The duplicate oracle: was any message accepted twice that nobody wanted twice?

A double is a second acceptance by the provider of the same reference, or of the same recipient and
text after an answer that did not prove a refusal. A repeat after a clean acceptance is the
application's will.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from smsbridge.errors import Outcome
from smsbridge.http.exchange import Response
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.lanes import Route
from smsbridge.testing.mock.provider import Provider


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """A message that the provider took; ``clean``: the answer to it said so, whole."""

    recipient: str
    text: str
    reference: str = ""
    clean: bool


@dataclass
class Verdict:
    """``doubles`` fail a test, whatever the client says; ``repeats`` are listed."""

    doubles: list[Acceptance] = field(default_factory=list)
    repeats: list[Acceptance] = field(default_factory=list)


def verdict(accepted: Iterable[Acceptance]) -> Verdict:
    """Return what was accepted more than once."""
    told = Verdict()
    seen: list[Acceptance] = []
    for one in accepted:
        before = [other for other in seen if _same(one, other)]
        named = any(one.reference and one.reference == other.reference for other in before)
        if before:
            meant = all(other.clean for other in before) and not named
            (told.repeats if meant else told.doubles).append(one)
        seen.append(one)
    return told


def _same(one: Acceptance, other: Acceptance) -> bool:
    named = one.reference and one.reference == other.reference
    return bool(named) or (one.recipient, one.text) == (other.recipient, other.text)


class WatchedProvider(Provider):
    """A provider that keeps, for each message it took, whether the answer said so."""

    accepted: list[Acceptance]

    def reset(self) -> None:
        super().reset()
        self.accepted = []

    def answer(self, route: Route) -> Response | Fault:
        with self.lock:
            before = len(self.messages)
            answer = super().answer(route)
            for taken in self.messages[before:]:
                self.accepted.append(
                    Acceptance(
                        recipient=taken.recipient, text=taken.text, clean=self._clean(answer)
                    )
                )
        return answer

    def _clean(self, answer: Any) -> bool:
        chosen = self.faults.chosen
        if chosen is not None and chosen.entry.answers:
            return chosen.ends.outcome is Outcome.ACCEPTED
        return not isinstance(answer, Fault)
