"""The README is short, and what it shows is what one sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from smsbridge.backends.catalogue import catalogue_names

from support.each import each
from support.terminal import BIN, Block, blocks, environment

README = Path(__file__).parents[1] / "README.md"
PROGRAMS = blocks("../README.md", "python")
LINES = 200
SECONDS = 60
SHOP = """
from smsbridge import Client


def confirm(number):
    with Client() as sms:
        return sms.send(number, "Hello")
"""
"""The application that the README leaves to its reader."""


def test_the_readme_is_read_in_a_minute() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= LINES


def test_there_are_as_many_providers_as_it_says() -> None:
    said = re.search(r"More than (\d+) providers by name", README.read_text(encoding="utf-8"))
    assert said
    assert 0 < len(catalogue_names()) - int(said[1]) <= 10


def test_the_picture_of_the_demo_is_what_it_prints() -> None:
    done = subprocess.run(
        [BIN / "smsbridge", "demo"],
        env={**environment(), "COLUMNS": "120"},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=True,
    )
    (shown,) = (b.text for b in blocks("../README.md", "text") if "retry loop" in b.text)
    broken = done.stdout.partition("The provider takes a message")[2]
    assert rows(shown) == rows(broken)


def rows(text: str) -> list[str]:
    """Return the rows of the demo's tables, each as one text, without ids, ports and rules."""
    lines = [re.sub("[0-9a-f]{10}…", "ID", line).strip() for line in text.splitlines()]
    table = "\n".join("" if line[:1] in "├┡┏└" else line for line in lines)
    found = [row.strip() for row in re.split(r"\n{2,}", table)]
    return [re.sub(r"127\.0\.0\.1:\d+", "HOST", row) for row in found if "│" in row]


@pytest.mark.usefixtures("smsbridge_mock")
@each("program", PROGRAMS)
def test_each_program_of_the_readme_runs(program: Block, tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(program.text, encoding="utf-8")
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    with_tests = "def test_" in program.text
    command = ["-m", "pytest", "-q"] if with_tests else ["test_program.py"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**environment(), "SMSBRIDGE_URL": os.environ["SMSBRIDGE_URL"]},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not with_tests or "2 passed" in done.stdout
