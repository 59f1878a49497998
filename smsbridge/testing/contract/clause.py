"""The register of clauses, and how one is judged: within a time, whatever the backend does."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.errors import CallerError
from smsbridge.testing.contract.ruling import DoesNotApply, Finding, Judgement, NotShown, Ruling

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

CONTRACT_VERSION = 1
"""Raised when a clause demands more, so that a backend that kept the contract may not any more."""

MOST_SECONDS = 60.0
"""How long a clause may take before it fails."""

_MOST_FINDINGS = 20
_ROOMS = (
    *("replay", "capabilities", "outcomes", "tokens", "words", "text", "secrets"),
    *("webhooks", "state", "deadline"),
)

Check = Callable[["Subject"], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One demand. ``number`` never changes; ``each_protocol``: it is judged over each."""

    number: int
    title: str
    check: Check
    each_protocol: bool = True

    @property
    def id(self) -> str:
        """Its name: ``C1``."""
        return f"C{self.number}"


_CLAUSES: dict[int, Clause] = {}


def clause(number: int, title: str, *, each_protocol: bool = True) -> Callable[[Check], Check]:
    """Register a function as a clause: it yields what it finds, or raises `DoesNotApply`."""

    def add(check: Check) -> Check:
        _CLAUSES[number] = Clause(
            number=number, title=title, check=check, each_protocol=each_protocol
        )
        return check

    return add


def clauses() -> list[Clause]:
    """Return every clause, by number."""
    for room in _ROOMS:
        import_module(f"smsbridge.testing.contract.clauses_{room}")
    return [_CLAUSES[number] for number in sorted(_CLAUSES)]


def judge(one: Clause, subject: Subject, seconds: float = MOST_SECONDS) -> Ruling:
    """Return how a clause ends for a subject; one that takes longer than ``seconds`` fails."""
    found: list[Finding] = []
    ended: list[DoesNotApply | None] = []
    thread = threading.Thread(
        target=lambda: ended.append(_look(one, subject, found)), name=one.id, daemon=True
    )
    thread.start()
    thread.join(seconds)
    if not ended:
        found.append(f"it did not end within {seconds:g} seconds")
    judgement, findings = _judgement(found, ended[0] if ended else None)
    more = len(findings) - _MOST_FINDINGS
    return Ruling(
        clause=one.id,
        title=one.title,
        protocol=subject.protocol if one.each_protocol else "",
        judgement=judgement,
        findings=(*findings[:_MOST_FINDINGS], *([f"and {more} more"] if more > 0 else [])),
    )


def _look(one: Clause, subject: Subject, found: list[Finding]) -> DoesNotApply | None:
    """Collect what a clause finds; return that it does not apply, if so."""
    try:
        for finding in one.check(subject):
            found.append(finding)  # noqa: PERF402  (what was found before it hangs or fails counts)
    except DoesNotApply as why:
        return why
    except Exception as error:  # noqa: BLE001  (whatever the backend raises is a finding)
        found.append(f"{describe_error(error)} was raised while it was judged")
    return None


def _judgement(found: list[Finding], why: DoesNotApply | None) -> tuple[Judgement, list[str]]:
    wrong = [one for one in found if isinstance(one, str)]
    if wrong:
        return Judgement.FAIL, list(dict.fromkeys(wrong))
    if why is not None:
        return Judgement.DOES_NOT_APPLY, [str(why)]
    absent = [one.what for one in found if isinstance(one, NotShown)]
    return (Judgement.NOT_SHOWN, absent) if absent else (Judgement.PASS, [])


def describe_error(error: BaseException) -> str:
    """Return the class of an error and where it was raised; its text may hold what is private.

    Our own errors about a call, a config or a fixture never do: their text is returned.
    """
    if isinstance(error, CallerError):
        return f"{type(error).__name__} ({error})"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{where}"
