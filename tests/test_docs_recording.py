"""The page about recording is done from an empty folder, and prints what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.terminal import Terminal
from support.tools import need


@pytest.mark.full
def test_three_clients_are_recorded_and_played_again_as_the_page_shows(tmp_path: Path) -> None:
    for tool, package in (("curl", "curl"), ("node", "nodejs"), ("php", "php-cli")):
        need(tool, package)
    folder = tmp_path / "job"
    folder.mkdir()
    terminal = Terminal(folder)
    terminal.env.pop("CI", None)
    try:
        terminal.do("recording.md")
    finally:
        terminal.close()
