"""docs/contract.md and docs/features.md: the clauses and rows are those of the code."""

from __future__ import annotations

import re

import pytest

from smsbridge.testing.contract.clause import CONTRACT_VERSION, MOST_SECONDS, clauses

from support.commands import run
from support.feature_matrix import PAGE, names, written
from support.terminal import DOCS

CONTRACT = (DOCS / "contract.md").read_text(encoding="utf-8")


def test_the_page_lists_each_clause_with_its_demand_and_its_reason() -> None:
    rows = re.findall(r"^\| (C[0-9]+) \| (.+) \| (.+) \|$", CONTRACT, re.MULTILINE)
    assert [number for number, _, _ in rows] == [one.id for one in clauses()]
    for (_, demand, reason), one in zip(rows, clauses(), strict=True):
        assert demand.startswith(one.title)
        assert reason.strip()


def test_the_page_names_the_version_and_the_time() -> None:
    assert f"This is **version {CONTRACT_VERSION}**" in CONTRACT
    assert f"longer than {MOST_SECONDS:.0f} seconds" in CONTRACT


def test_the_matrix_is_made_of_the_rows_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run .venv/bin/python tests/support/feature_matrix.py"


@pytest.mark.full
@pytest.mark.parametrize("name", names())
def test_certify_prints_the_rows_of_the_matrix(name: str) -> None:
    done = run("certify", name, "--markdown")
    assert (done.code, done.err) == (0, "")
    assert set(done.out.splitlines()) <= set(PAGE.read_text(encoding="utf-8").splitlines())
