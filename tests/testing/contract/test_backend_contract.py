"""A third party's whole test is a class of a few lines."""

from __future__ import annotations

import pytest

from support.contracts import ACCEPTED, ARRIVED, HEAD, REFUSED

TEXTS = {"send/accepted": ACCEPTED, "send/refused": REFUSED, "status/arrived": ARRIVED}
TEST = """
from support.contracts import {kind}
from smsbridge.testing import BackendContract
from smsbridge.testing.contract.clause import clauses

class TestHonest(BackendContract):
    backend = {kind}

    @classmethod
    def cases(cls):
        return [one for one in super().cases() if one.clause.number in {numbers}]
"""


def ran(
    pytester: pytest.Pytester, kind: str, numbers: tuple[int, ...], *without: str
) -> pytest.RunResult:
    folder = pytester.mkdir("fixtures")
    for name, text in TEXTS.items():
        if name not in without:
            file = folder / f"{name.replace('/', '-')}.yaml"
            file.write_text(HEAD.format(id=f"honest/{name}") + text)
    pytester.makepyfile(test_it=TEST.format(kind=kind, numbers=numbers))
    return pytester.runpytest_inprocess("-q", "-rs", "-p", "no:cacheprovider")


def test_each_clause_is_a_test_and_what_does_not_apply_is_skipped_with_its_reason(
    pytester: pytest.Pytester,
) -> None:
    result = ran(pytester, "Honest", (1, 9, 10, 14))
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(["*does not apply: rest fetches no token"])


@pytest.mark.full
def test_a_clause_that_is_broken_fails_with_what_was_found(pytester: pytest.Pytester) -> None:
    result = ran(pytester, "DropsEmoji", (12, 14))
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*TestHonest.test_the_contract[[]C12-rest[]]*"])
    result.stdout.fnmatch_lines(
        ["C12 over rest, *: fail", "  an emoji: it does not stand whole at body"]
    )


@pytest.mark.full
def test_what_nothing_shows_fails_with_the_fixture_that_would(pytester: pytest.Pytester) -> None:
    result = ran(pytester, "Honest", (1, 10), "send/refused", "status/arrived")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*: not shown", "*give the fixture honest/status/rest, *"])
    result.stdout.fnmatch_lines(["*give the fixture honest/send/refused, *"])


@pytest.mark.full
def test_to_import_the_kit_makes_no_test_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from smsbridge.testing import BackendContract\n")
    pytester.runpytest_inprocess("-q").assert_outcomes()
