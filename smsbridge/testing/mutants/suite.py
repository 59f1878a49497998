"""``pytest --smsbridge-mutants``: runs each test again with one of its requests altered.

A test claims what the fixtures claim that it plays; and of a message that it looks at by
``sent_to``, its number and its text. The contract's clause 1 claims what its fixtures claim.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest.runner import runtestprotocol  # pytest has no public way to run a test once more

from smsbridge.testing.contract.backend_contract import BackendContract, ContractCase
from smsbridge.testing.mutants.claims import Claims, credential_spots
from smsbridge.testing.mutants.operators import Mutant, mutants
from smsbridge.testing.mutants.run import Fate, TriedMutant, all_mutants
from smsbridge.testing.mutants.tap import TAP, PlayedRequest, Watch
from smsbridge.testing.mutants.wire import RequestParts

_OF_A_MESSAGE = ("alter", "empty")
_REPLAY = "C1"


@dataclass(kw_only=True)
class TestMutants:
    """What became of the mutants of one test; ``untried``: for how many there was no time."""

    __test__ = False

    test: str
    tried: list[TriedMutant] = field(default_factory=list)
    untried: int = 0

    @property
    def bad(self) -> list[TriedMutant]:
        """Return those that were claimed and not noticed, or refused though they mean the same."""
        return [one for one in self.tried if one.fate in (Fate.SURVIVED, Fate.REFUSED)]


class MutantSuite:
    """Runs the tests of a session again, each with one mutant at a time; a plug-in of pytest."""

    def __init__(self, seconds: float) -> None:
        """``seconds``: how long all mutants may take."""
        self._end = time.monotonic() + seconds
        self._found: list[TestMutants] = []
        self._looked_at: list[Any] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test, and if it passed, again with each mutant of what it claims."""
        watch, self._looked_at = Watch(), []
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = self._run(item, nextitem, watch, log=True)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if all(report.passed for report in reports):
            made = TestMutants(test=item.nodeid)
            case = _contract_case(item)
            if case is None:
                self._try(item, nextitem, watch.played, made)
            elif case.clause.id == _REPLAY:
                self._try_contract(item, case, made)
            if made.tried or made.untried:
                self._found.append(made)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Keep which messages a test looked at, before its mock is gone."""
        mock = (getattr(item, "funcargs", None) or {}).get("smsbridge_mock")
        self._looked_at = list(mock.expectation()) if mock is not None else []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a suite that passed, if it let mutants pass or could not try them."""
        bad = any(one.bad or one.untried for one in self._found)
        if bad and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how many mutants each test had, and which it let pass."""
        terminalreporter.section("smsbridge: mutants")
        for one in self._found:
            fates = [each.fate for each in one.tried]
            counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in Fate if fate in fates)
            terminalreporter.write_line(f"{one.test}: {len(fates)} mutants: {counts}")
            for each in one.bad:
                what = "stays green" if each.fate is Fate.SURVIVED else "fails, but means the same"
                terminalreporter.write_line(f"  {each.interaction}: {each.name}: {what}", red=True)
            if one.untried:
                terminalreporter.write_line(f"  {one.untried} not tried in time", red=True)
        same = {(t.name, t.reason) for o in self._found for t in o.tried if t.fate is Fate.SAME}
        for name, reason in sorted(same):
            terminalreporter.write_line(f"means the same: {name}: {reason}")
        total = sum(len(one.tried) for one in self._found)
        bad = sum(len(one.bad) for one in self._found)
        terminalreporter.write_line(f"{total} mutants of {len(self._found)} tests, {bad} let pass")

    def _run(
        self, item: pytest.Item, nextitem: pytest.Item | None, watch: Watch, *, log: bool
    ) -> list[pytest.TestReport]:
        if hasattr(item, "_initrequest") and not log:
            item._initrequest()  # noqa: SLF001  (as each plug-in that runs a test again)
        TAP.watch = watch
        try:
            return runtestprotocol(item, nextitem=nextitem, log=log)
        finally:
            TAP.watch = None

    def _try(
        self,
        item: pytest.Item,
        nextitem: pytest.Item | None,
        played: list[PlayedRequest],
        made: TestMutants,
    ) -> None:
        looked_at = {one.id for one in self._looked_at}
        for number, one in enumerate(played):
            name = one.interaction.id if one.interaction else "a message"
            for mutant in claimed_mutants(one, looked_at):
                if time.monotonic() >= self._end:
                    made.untried += 1
                    continue
                watch = Watch(number=number, change=mutant.change)
                reports = self._run(item, nextitem, watch, log=False)
                is_green = watch.is_applied and not any(report.failed for report in reports)
                made.tried.append(TriedMutant.of(mutant, name, is_green=is_green))

    def _try_contract(self, item: pytest.Item, case: ContractCase, made: TestMutants) -> None:
        """Try the mutants of the fixtures that a test of the contract replays."""
        subject = item.cls.subject(case.protocol)  # type: ignore[attr-defined]  # of a class's item
        fixtures = list(subject.fixtures)
        for one in all_mutants(subject.backend, fixtures, (case.protocol,), self._end):
            made.tried += one.tried
            made.untried += one.untried + len(one.broken)


def _contract_case(item: pytest.Item) -> ContractCase | None:
    """Return the clause that a test judges, if it is one of the contract."""
    kind, call = getattr(item, "cls", None), getattr(item, "callspec", None)
    if kind is None or call is None or not issubclass(kind, BackendContract):
        return None
    found: ContractCase | None = call.params.get("contract_case")
    return found


def claimed_mutants(one: PlayedRequest, looked_at: set[str]) -> Iterator[Mutant]:
    """Yield each mutant of a request that a test claims to notice.

    ``looked_at``: the ids of the messages that the test asked for.
    """
    wire = RequestParts.of(one.request)
    claims = one.interaction and Claims(
        one.interaction, credential_spots(one.credentials, wire.value)
    )
    said: set[str] = set()
    for message in one.messages:
        if message.id in looked_at:
            said |= {message.recipient, message.recipient.removeprefix("+"), message.text}
    for mutant in mutants(one.request):
        if (claims and claims.has(mutant)) or _is_of_message(mutant, wire, said):
            yield mutant


def _is_of_message(mutant: Mutant, wire: RequestParts, said: set[str]) -> bool:
    if mutant.operator not in _OF_A_MESSAGE:
        return False
    try:
        return wire.value(mutant.spot) in said
    except (KeyError, IndexError, TypeError):
        return False
