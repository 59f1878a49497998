"""A fixture file that no test uses fails the suite: for pytest, where its ini names the folders."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from smsbridge.testing.fixture.load import LOADED

_SENT = "smsbridge_fixtures_loaded"


class FixtureUsage:
    """Looks at the end of a session whether each fixture was used; a part of a suite is let off."""

    def __init__(self, folders: Collection[Path]) -> None:
        """``folders``: those of the fixtures."""
        self._folders = folders
        self._loaded: set[str] = set()
        self._unused: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what the tests of another process have used."""
        self._loaded.update(getattr(node, "workeroutput", {}).get(_SENT, ()))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail a suite that passed, if there is a fixture that no test has used."""
        if (sent := getattr(session.config, "workeroutput", None)) is not None:
            sent[_SENT] = sorted(LOADED)
            return
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        left_out = reporter.stats.get("deselected") if reporter else None
        is_part = left_out or session.config.args_source.name == "ARGS"
        if exitstatus != pytest.ExitCode.OK or is_part:
            return
        self._unused = sorted(
            str(file)
            for folder in self._folders
            for file in folder.rglob("*.yaml")
            if str(file.resolve()) not in LOADED | self._loaded
        )
        if self._unused:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which fixtures no test has used."""
        for name in self._unused:
            terminalreporter.write_line(f"smsbridge: no test uses the fixture {name}", red=True)
