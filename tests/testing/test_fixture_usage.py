"""A fixture file that no test uses fails the whole suite, and no part of one."""

from __future__ import annotations

import pytest

from support.each import each
from support.tools import need_module

FIXTURE = """
smsbridge-fixture: 1
id: shop/{0}
title: One
provenance: {{source: ASSUMED, evidence: a test, date: "2026-11-29"}}
interactions:
  - {{id: a, call: {{operation: send}}, reply: {{}}}}
"""
TESTS = """
from pathlib import Path
from smsbridge.testing import load

def test_one():
    load(Path("fixtures/one.yaml"))

def test_two():
    assert {}
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a suite with two fixtures, of which its tests use one."""
    pytester.makeini("[pytest]\nsmsbridge_fixtures = fixtures\n")
    folder = pytester.mkdir("fixtures")
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(FIXTURE.format(name), encoding="utf-8")
    pytester.makepyfile(test_shop=TESTS.format(True))
    return pytester


def test_a_fixture_that_no_test_uses_fails_the_suite(suite: pytest.Pytester) -> None:
    done = suite.runpytest_inprocess()
    done.assert_outcomes(passed=2)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    (line,) = [one for one in done.outlines if one.startswith("smsbridge: no test uses")]
    assert line.endswith("two.yaml")


@each("arguments", [["test_shop.py"], ["-k", "one"], ["--deselect", "test_shop.py::test_two"]])
def test_a_part_of_the_suite_is_let_off(arguments: list[str], suite: pytest.Pytester) -> None:
    assert suite.runpytest_inprocess(*arguments).ret == pytest.ExitCode.OK


def test_a_suite_that_uses_all_is_right(suite: pytest.Pytester) -> None:
    (suite.path / "fixtures/two.yaml").unlink()
    assert suite.runpytest_inprocess().ret == pytest.ExitCode.OK


def test_a_suite_that_fails_anyway_says_no_more(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_shop=TESTS.format(False))
    done = suite.runpytest_inprocess()
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert "no test uses" not in done.stdout.str()


@pytest.mark.full
def test_the_processes_of_xdist_use_fixtures_together(suite: pytest.Pytester) -> None:
    need_module("xdist", "pytest-xdist")
    done = suite.runpytest_inprocess("-n", "1")
    assert [one for one in done.outlines if one.startswith("smsbridge: no test uses")]
    (suite.path / "fixtures/two.yaml").unlink()
    assert suite.runpytest_inprocess("-n", "1").ret == pytest.ExitCode.OK
