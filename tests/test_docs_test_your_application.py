"""docs/test-your-application.md: its application is tested in each of its three ways."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.terminal import DOCS, blocks

PAGE = "test-your-application.md"
EXAMPLE = DOCS / "examples" / "reminders"


@pytest.fixture
def example(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a folder with the example, and no plug-in of pytest but ours."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", programs)
    monkeypatch.syspath_prepend(str(pytester.path))
    shutil.copytree(EXAMPLE, pytester.path, dirs_exist_ok=True)
    return pytester


def ran(example: pytest.Pytester, *files: str) -> pytest.RunResult:
    return example.runpytest_inprocess("-q", "-p", "smsbridge.testing.plugin", *files)


def test_the_application_passes_its_tests_in_two_ways(example: pytest.Pytester) -> None:
    ran(example, "test_with_fixture.py", "test_with_memory.py").assert_outcomes(passed=7)


@pytest.mark.full
def test_the_application_passes_its_test_over_sockets(example: pytest.Pytester) -> None:
    ran(example, "test_over_sockets.py").assert_outcomes(passed=1)


def test_the_page_shows_each_file_of_the_example() -> None:
    shown = {Path(block.path).name for block in blocks(PAGE, "{literalinclude}")}
    assert shown == {file.name for file in EXAMPLE.iterdir() if file.is_file()}


def test_the_application_is_of_thirty_lines() -> None:
    lines = (EXAMPLE / "reminders.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 30
