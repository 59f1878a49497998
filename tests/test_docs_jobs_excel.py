"""docs/jobs-excel.md: each command of the page prints what the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.terminal import Terminal, blocks, normal

PAGE = "jobs-excel.md"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Return a terminal in an empty folder."""
    folder = tmp_path / "shop"
    folder.mkdir()
    terminal = Terminal(folder)
    yield terminal
    terminal.close()


@pytest.mark.full
@pytest.mark.timeout(180)
def test_an_export_of_excel_is_sent_as_the_page_shows(terminal: Terminal) -> None:
    for block in blocks(PAGE, "console", "toml"):
        if block.language == "toml":
            terminal.append(block.text)
            continue
        said = terminal.run(block.text)
        assert normal(said) == normal(block.text), f"{PAGE}, line {block.line}"
