"""Plays fixtures once for each mutant of each request, and says which of them stay green."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.contract.replay import cases, check
from smsbridge.testing.fixture.load import Fixture
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mutants.claims import Claims, credential_spots
from smsbridge.testing.mutants.operators import Mutant, mutants
from smsbridge.testing.mutants.wire import RequestParts


class Fate(StrEnum):
    """What became of a mutant.

    ``killed``: it was noticed. ``survived``: it was claimed, and not noticed. ``same``: it means
    the same, and was taken. ``refused``: it means the same, and was not taken.
    """

    KILLED = "killed"
    SURVIVED = "survived"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedMutant:
    """A mutant by its name, of which interaction's request, and what became of it."""

    interaction: str
    name: str
    fate: Fate
    reason: str = ""

    @classmethod
    def of(cls, mutant: Mutant, interaction: str, *, is_green: bool) -> TriedMutant:
        """Return what became of a mutant with which all stayed green, or did not."""
        if mutant.reason:
            fate = Fate.SAME if is_green else Fate.REFUSED
        else:
            fate = Fate.SURVIVED if is_green else Fate.KILLED
        return cls(interaction=interaction, name=str(mutant), fate=fate, reason=mutant.reason)


@dataclass(kw_only=True)
class FixtureMutants:
    """What became of the mutants of one fixture over one protocol.

    ``unclaimed``: how many more could be made of what the fixture doesn't claim; ``untried``: how
    many there was no time for; ``broken``: what is wrong with the fixture before any is made.
    """

    fixture: str
    protocol: str
    tried: list[TriedMutant] = field(default_factory=list)
    unclaimed: int = 0
    untried: int = 0
    broken: list[str] = field(default_factory=list)

    def of(self, fate: Fate) -> list[TriedMutant]:
        """Return those that had a fate."""
        return [one for one in self.tried if one.fate is fate]

    @property
    def is_sound(self) -> bool:
        """Whether all were tried, none survived, and none that means the same was refused."""
        bad = self.of(Fate.SURVIVED) or self.of(Fate.REFUSED)
        return not (bad or self.untried or self.broken)


class _Noticed(BaseException):
    """The mock matched nothing: the rest of a conversation need not be played."""


@dataclass
class _Carrier:
    """Hands requests to the mock: keeps each with what answered it, or alters one of them."""

    provider: Provider
    seen: list[tuple[Request, str]]
    number: int = -1
    change: Callable[[Request], Request] | None = None

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer."""
        is_it = self.change is not None and len(self.seen) == self.number
        altered = self.change(request) if is_it and self.change else request
        try:
            return InProcess(self.provider).send(altered, deadline)
        finally:
            self.seen.append((request, self.provider.scenario.latest))
            if is_it and self.provider.misses:
                raise _Noticed

    def close(self) -> None:
        """Do nothing: nothing is open."""


def fixture_mutants(
    backend: Backend, fixture: Fixture, protocol: str, end: float | None = None
) -> FixtureMutants:
    """Return what became of each mutant of a fixture's requests; no more are made after ``end``.

    ``end``: on the clock of ``time.monotonic``.
    """
    made = FixtureMutants(fixture=fixture.id, protocol=protocol)
    seen: list[tuple[Request, str]] = []
    made.broken = check(backend, fixture, protocol, lambda one: _Carrier(one, seen))
    by_id = {one.id: one for one in fixture.interactions}
    for number, (request, answered) in enumerate(() if made.broken else seen):
        if answered not in by_id:
            continue
        credentials = backend.credentials().values()
        claims = Claims(
            by_id[answered], credential_spots(tuple(credentials), RequestParts.of(request).value)
        )
        for mutant in mutants(request):
            if not claims.has(mutant):
                made.unclaimed += 1
            elif end is not None and time.monotonic() >= end:
                made.untried += 1
            else:
                is_green = _is_green(backend, fixture, protocol, number, mutant)
                made.tried.append(TriedMutant.of(mutant, answered, is_green=is_green))
    return made


def _is_green(
    backend: Backend, fixture: Fixture, protocol: str, number: int, mutant: Mutant
) -> bool:
    try:
        return not check(
            backend, fixture, protocol, lambda one: _Carrier(one, [], number, mutant.change)
        )
    except (_Noticed, Exception):  # noqa: BLE001  (whatever it raises, a test would fail)
        return False


def all_mutants(
    backend: Backend,
    fixtures: list[Fixture],
    protocols: tuple[str, ...] = (),
    end: float | None = None,
) -> Iterator[FixtureMutants]:
    """Yield what became of the mutants of each fixture, over each protocol that it is for.

    ``protocols``: only these. ``end``: see `fixture_mutants`.
    """
    for fixture, protocol in cases(backend, fixtures):
        if not protocols or protocol in protocols:
            yield fixture_mutants(backend, fixture, protocol, end)
