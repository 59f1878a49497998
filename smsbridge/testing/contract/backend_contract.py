"""`BackendContract`: the contract as a pytest class of a few lines."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.testing.contract.certify import subject_of
from smsbridge.testing.contract.clause import Clause, clauses, judge
from smsbridge.testing.contract.ruling import Judgement
from smsbridge.testing.contract.subject import Subject

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend


class BackendContract:
    """Every clause of the contract as a test, over each protocol; derive a class from it.

    ``backend``: a name, ``package:Class``, a class, or a backend with any credentials.
    ``fixtures``: the folder of its fixtures, by default ``fixtures`` beside the test.
    ``protocols``: those to judge, by default all. A clause that does not apply is skipped with its
    reason; one that nothing shows fails with the fixture that would show it.

    >>> from smsbridge.testing import BackendContract
    >>> class TestSMSMobileAPI(BackendContract):
    ...     backend = "smsmobileapi"
    ...     protocols = ("rest",)
    >>> [str(one) for one in TestSMSMobileAPI.cases()][:2]
    ['C1-rest', 'C2-rest']
    """

    backend: ClassVar[Backend | type[Backend] | str]
    fixtures: ClassVar[Path | str | None] = None
    protocols: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def cases(cls) -> list[ContractCase]:
        """Return each clause with each protocol that it is about."""
        names = cls.protocols or tuple(_over(cls).backend.protocols)
        return [
            ContractCase(one, protocol)
            for one in clauses()
            for protocol in (names if one.each_protocol else names[:1])
        ]

    @classmethod
    def subject(cls, protocol: str = "") -> Subject:
        """Return what is judged: the backend over a protocol, with its fixtures."""
        return _over(cls, protocol)

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Make a test of each case."""
        if "contract_case" in metafunc.fixturenames:
            metafunc.parametrize("contract_case", self.cases(), ids=str)

    def test_the_contract(self, contract_case: ContractCase) -> None:
        """Judge one clause over one protocol."""
        import pytest

        ruling = judge(contract_case.clause, _over(type(self), contract_case.protocol))
        if ruling.judgement is Judgement.DOES_NOT_APPLY:
            pytest.skip(f"does not apply: {ruling.findings[0]}")
        if not ruling.judgement.kept:
            pytest.fail(str(ruling), pytrace=False)


class ContractCase:
    """A clause and the protocol over which it is judged."""

    def __init__(self, clause: Clause, protocol: str) -> None:
        """Name both."""
        self.clause = clause
        self.protocol = protocol

    def __str__(self) -> str:
        """Return its id as a test: ``C1-rest``."""
        return f"{self.clause.id}-{self.protocol}" if self.clause.each_protocol else self.clause.id


_SUBJECTS: dict[tuple[Any, str], Subject] = {}


def _over(test: type[BackendContract], protocol: str = "") -> Subject:
    """Return the subject of a test class, over one protocol."""
    if (test, protocol) in _SUBJECTS:
        return _SUBJECTS[test, protocol]
    if protocol:
        found = _over(test).over(protocol)
    else:
        beside = Path(inspect.getfile(test)).resolve().parent
        given = beside / test.fixtures if test.fixtures is not None else None
        found = subject_of(test.backend, given, beside)
    return _SUBJECTS.setdefault((test, protocol), found)
