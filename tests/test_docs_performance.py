"""docs/performance.md shows what docs/data/performance.json has, and its plot."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))  # at its end: smsbridge stays the one that is installed

from benchmarks.__main__ import read_options, write_page  # noqa: E402  (the line above)
from benchmarks.plot import plot  # noqa: E402  (the same)
from benchmarks.rounds import FEWEST  # noqa: E402  (the same)
from benchmarks.rows import BENCHMARKS  # noqa: E402  (the same)
from benchmarks.table import UNVARIED  # noqa: E402  (the same)

DOCS = ROOT / "docs"
PAGE = (DOCS / "performance.md").read_text(encoding="utf-8")
RECORDS = json.loads((DOCS / "data" / "performance.json").read_text(encoding="utf-8"))
AGAIN = (
    ".venv/bin/python -m benchmarks --json docs/data/performance.json --svg docs/performance.svg"
    " --docs docs/performance.md"
)


def test_the_tables_are_those_of_the_figures() -> None:
    assert write_page(PAGE, RECORDS) == PAGE, AGAIN


def test_the_plot_is_that_of_the_figures() -> None:
    drawn = (DOCS / "performance.svg").read_text(encoding="utf-8")
    assert drawn == plot(list(RECORDS.values())), AGAIN


def test_every_benchmark_was_run_often_enough() -> None:
    assert RECORDS.keys() <= BENCHMARKS.keys()
    for name, found in RECORDS.items():
        assert found["rounds"] >= FEWEST or found["unit"] in UNVARIED, name
        assert found["title"] == BENCHMARKS[name].title


def test_the_one_that_sends_twice_is_the_one_that_the_page_names() -> None:
    taken = RECORDS["twice"]["taken"]
    assert {name for name, one in taken.items() if one.get("median", 1) != 1} == {"pycurl"}


def test_the_page_has_the_options_that_there_are() -> None:
    shown = set(re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE))
    assert shown == set(read_options()) - {"--help"}


def test_its_commands_are_understood() -> None:
    names = {*BENCHMARKS, "all"}
    commands = re.findall(r"-m benchmarks ([a-z -]+?)(?= --|$)", PAGE, re.MULTILINE)
    assert len(commands) == 3
    assert {word for words in commands for word in words.split()} <= names
