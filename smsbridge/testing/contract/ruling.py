"""How a clause ends: pass, fail, does not apply, or not shown; never a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    """How a clause ends.

    >>> from smsbridge.testing.contract.ruling import Judgement
    >>> Judgement.NOT_SHOWN.kept, Judgement.DOES_NOT_APPLY.kept
    (False, True)
    """

    PASS = "pass"  # noqa: S105  (a word)
    FAIL = "fail"
    DOES_NOT_APPLY = "does not apply"
    NOT_SHOWN = "not shown"

    @property
    def kept(self) -> bool:
        """Whether the contract is kept with it."""
        return self in (Judgement.PASS, Judgement.DOES_NOT_APPLY)


@dataclass(frozen=True, slots=True)
class NotShown:
    """What nothing shows, and the fixture that would show it."""

    what: str


class DoesNotApply(Exception):
    """The backend declares that it doesn't have what a clause is about; the text says so."""


Finding = str | NotShown
"""What a clause found: what is wrong, or what is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A clause over one protocol (empty where it is about the backend), and how it ended."""

    clause: str
    title: str
    protocol: str
    judgement: Judgement
    findings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its clause and protocol: ``C1 over rest``."""
        return f"{self.clause} over {self.protocol}" if self.protocol else self.clause

    def __str__(self) -> str:
        """Say how it ended, and why, in lines."""
        head = f"{self.name}, {self.title}: {self.judgement}"
        return "\n".join((head, *(f"  {found}" for found in self.findings)))


def overall(rulings: Iterable[Ruling]) -> Judgement:
    """Return how a contract ends: as its worst clause."""
    ended = {ruling.judgement for ruling in rulings}
    worst = (Judgement.FAIL, Judgement.NOT_SHOWN)
    return next((one for one in worst if one in ended), Judgement.PASS)
