"""The jobs: each page is done from an empty folder, and each command prints what the page shows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.terminal import DOCS, Terminal
from support.tools import missing, need


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Return a terminal in an empty folder, on a machine with curl."""
    need("curl", "curl")
    folder = tmp_path / "job"
    folder.mkdir()
    terminal = Terminal(folder)
    yield terminal
    terminal.close()


@pytest.mark.full
def test_a_fastapi_shop_confirms_its_orders_as_the_page_shows(terminal: Terminal) -> None:
    terminal.do("jobs-fastapi.md")


def test_a_wsdl_with_a_login_is_used_as_the_page_shows(terminal: Terminal) -> None:
    terminal.do("jobs-wsdl-login.md")


def test_a_node_service_is_tested_against_the_mock_as_the_page_shows(terminal: Terminal) -> None:
    need("node", "nodejs")
    terminal.do("jobs-node-php.md", last="## A PHP service")


def test_a_php_service_is_tested_against_the_mock_as_the_page_shows(terminal: Terminal) -> None:
    need("php", "php-cli")
    if b"soap" not in subprocess.run(["php", "-m"], capture_output=True, check=True).stdout.split():
        missing("PHP's extension soap", "apt-get install php-soap")
    terminal.do("jobs-node-php.md", last="## A Node service")
    terminal.do("jobs-node-php.md", first="## A PHP service")


@pytest.mark.full
@pytest.mark.full
def test_a_plug_in_is_written_certified_and_installed_as_the_page_shows(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = terminal.folder.with_name("site")
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    terminal.env |= {**offline, "PIP_TARGET": str(site), "PYTHONPATH": str(site)}
    terminal.do("jobs-plug-in.md")
    sys.modules.pop("quay_sms")


def test_the_page_of_a_plug_in_has_no_block_that_is_not_run() -> None:
    page = (DOCS / "jobs-plug-in.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```(\{?[a-z-]+\}?)", page, re.MULTILINE)
    assert set(shown) == {"console", "{literalinclude}"}
