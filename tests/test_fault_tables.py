"""The tables of docs/faults.md are those that the tests go through."""

from __future__ import annotations

import re

import pytest
from test_faults import ROWS

from smsbridge.errors import Outcome
from smsbridge.testing.faults.table import FAULTS, Ending
from smsbridge.testing.mock.magic_numbers import RULES

from support.each import each
from support.fault_tables import PAGE, ending, faults_table, recipients_table, table, written


def test_the_page_has_the_tables_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run .venv/bin/python tests/support/fault_tables.py"


def test_each_row_of_the_page_is_run_over_each_protocol_that_it_names() -> None:
    ran = {(row.values[0].word, row.values[1]) for row in ROWS}  # type: ignore[union-attr]  # a Fault
    for name, entry in FAULTS.items():
        words = [f"{name}:{way}" if way else name for way in entry.ways]
        assert {(word, protocol) for word in words for protocol in entry.protocols} <= ran
    numbers = re.findall(r"^\| (F[0-9]{2}[ab]?) \|", faults_table(), re.MULTILINE)
    assert numbers == sorted(entry.number for entry in FAULTS.values())


def test_each_number_has_a_row() -> None:
    rows = re.findall(r"^\| `(\+[0-9]+)` \|", recipients_table(), re.MULTILINE)
    assert rows == [RULES[digits].recipient for digits in sorted(RULES)]


@each(
    ("ends", "told"),
    [
        (Ending(outcome=Outcome.UNKNOWN), "unknown"),
        (Ending(outcome=Outcome.NOT_SENT, retry=False), "not sent, `.retry` false"),
        (Ending(outcome=Outcome.NOT_SENT, wait=(1, 2)), "not sent, `.retry_after`"),
    ],
)
def test_an_end_is_told_in_words(ends: Ending, told: str) -> None:
    assert ending(ends) == told


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for faults"):
        written("# Faults\n")


def test_a_table_is_one_of_markdown() -> None:
    assert table(("a", "b"), [("1", "")]) == "| a | b |\n| --- | --- |\n| 1 |  |"
