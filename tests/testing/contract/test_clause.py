"""The register of clauses, and how one is judged whatever it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from smsbridge import Backend
from smsbridge.testing.contract.clause import Clause, clauses, judge
from smsbridge.testing.contract.ruling import DoesNotApply, Finding, Judgement, NotShown
from smsbridge.testing.contract.subject import Subject
from smsbridge.testing.fixture.schema import BadFixture

from support.carrying import GROWING
from support.contracts import TWINS, Honest, subject
from support.each import each

SUBJECT = subject()


def passes(_: Subject) -> Iterator[Finding]:
    yield from ()


def fails(_: Subject) -> Iterator[Finding]:
    yield "wrong"
    yield NotShown("absent")
    yield "wrong"


def is_not_shown(_: Subject) -> Iterator[Finding]:
    yield NotShown("absent")


def does_not_apply(_: Subject) -> Iterator[Finding]:
    raise DoesNotApply("it has none")
    yield ""


def breaks(_: Subject) -> Iterator[Finding]:
    yield "wrong"
    raise ValueError("a canary")


def fails_before_it_does_not_apply(_: Subject) -> Iterator[Finding]:
    yield "wrong"
    raise DoesNotApply("it has none")


def clause_of(
    check: Callable[[Subject], Iterator[Finding]], *, each_protocol: bool = True
) -> Clause:
    return Clause(number=99, title="A title", check=check, each_protocol=each_protocol)


@each(
    ("check", "judgement", "findings"),
    [
        (passes, Judgement.PASS, ()),
        (fails, Judgement.FAIL, ("wrong",)),
        (is_not_shown, Judgement.NOT_SHOWN, ("absent",)),
        (does_not_apply, Judgement.DOES_NOT_APPLY, ("it has none",)),
        (fails_before_it_does_not_apply, Judgement.FAIL, ("wrong",)),
    ],
)
def test_a_clause_ends_by_what_it_finds(
    check: Callable[[Subject], Iterator[Finding]],
    judgement: Judgement,
    findings: tuple[str, ...],
) -> None:
    ended = judge(clause_of(check), SUBJECT)
    assert (ended.judgement, ended.findings) == (judgement, findings)
    assert (ended.clause, ended.title, ended.protocol) == ("C99", "A title", "rest")


def test_what_a_backend_raises_is_a_finding_that_shows_no_value() -> None:
    ended = judge(clause_of(breaks), SUBJECT)
    assert ended.judgement is Judgement.FAIL
    wrong, raised = ended.findings
    assert wrong == "wrong"
    assert raised.startswith("ValueError (test_clause.py, line ")
    assert "canary" not in raised


def test_a_clause_that_does_not_end_fails_with_what_it_found_before() -> None:
    over = threading.Event()

    def hangs(_: Subject) -> Iterator[Finding]:
        yield "wrong"
        over.wait(30)

    try:
        for seconds in GROWING:
            ended = judge(clause_of(hangs), SUBJECT, seconds=seconds)
            if "wrong" in ended.findings:
                break
    finally:
        over.set()
    assert ended.findings == ("wrong", f"it did not end within {seconds} seconds")


def test_of_many_findings_the_first_are_shown() -> None:
    def is_wrong_often(_: Subject) -> Iterator[Finding]:
        yield from (f"wrong {number}" for number in range(25))

    ended = judge(clause_of(is_wrong_often), SUBJECT)
    assert len(ended.findings) == 21
    assert ended.findings[-1] == "and 5 more"


def test_a_clause_about_the_whole_backend_names_no_protocol() -> None:
    assert judge(clause_of(passes, each_protocol=False), SUBJECT).protocol == ""


def test_the_clauses_are_numbered_without_a_gap() -> None:
    assert [one.number for one in clauses()] == list(range(1, len(clauses()) + 1))


@pytest.mark.full
@pytest.mark.parametrize("kind", [Honest, *TWINS], ids=lambda kind: kind.__name__)
def test_a_twin_breaks_its_clause_and_no_other(kind: type[Backend]) -> None:
    ended = [judge(one, subject(kind)) for one in clauses()]
    broken = [one.clause for one in ended if not one.judgement.kept]
    assert broken == ([TWINS[kind]] if kind in TWINS else [])


def test_an_error_of_ours_about_a_fixture_or_a_config_says_what_is_wrong() -> None:
    def asks(_: Subject) -> Iterator[Finding]:
        raise BadFixture("own.yaml:3: there is no state 'begin'")
        yield ""

    (found,) = judge(clause_of(asks), SUBJECT).findings
    said = "BadFixture (own.yaml:3: there is no state 'begin') was raised while it was judged"
    assert found == said
