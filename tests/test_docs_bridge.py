"""docs/bridge.md: its story is run, and its tables have each key, state and command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from shutil import which

import pytest

from smsbridge.bridge.stored_message import State
from smsbridge.cli.outbox import outbox
from smsbridge.cli.serve import serve
from smsbridge.cli.shadow import report
from smsbridge.serving.wire_message import WireMessage

from support.commands import SMSBRIDGE, parse_options
from support.terminal import DOCS, Terminal
from support.tools import missing, need

PAGE = "bridge.md"
EXAMPLES = DOCS / "examples" / "bridge"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Return a terminal in an empty folder; a bridge that it leaves is killed."""
    folder = tmp_path / "shop"
    folder.mkdir()
    terminal = Terminal(folder)
    yield terminal
    terminal.close()
    with suppress(OSError, ValueError):
        os.kill(int((folder / "bridge.pid").read_text(encoding="utf-8")), signal.SIGKILL)


def test_the_story_is_as_the_page_shows(terminal: Terminal) -> None:
    need("curl", "curl")
    need("php", "php-cli")
    if b"soap" not in subprocess.run(["php", "-m"], capture_output=True, check=True).stdout.split():
        missing("PHP's extension soap", "apt-get install php-soap")
    terminal.do(PAGE)


def rows(heading: str) -> list[str]:
    """Return the first cells of the table whose head begins so."""
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)


def test_each_key_is_in_its_table() -> None:
    source = (DOCS.parent / "smsbridge" / "bridge" / "config.py").read_text(encoding="utf-8")
    door, own = (
        re.findall(r'"(\w+)"', found) for found in re.findall(r"own\.only\(([^)]*)\)", source)[::-1]
    )
    assert sorted(rows("key of `[doors.NAME]`")) == sorted(f"`{key}`" for key in door)
    assert sorted(rows("key of `[bridge]`")) == sorted(f"`{key}`" for key in own)


def test_each_state_and_each_command_is_in_its_table() -> None:
    states = re.findall(r"`(\w+)`", " ".join(rows("state")))
    assert sorted(states) == sorted(State)
    commands = {row.split()[2].strip("`") for row in rows("command") if "outbox" in row}
    assert commands == set(outbox.commands)


def test_each_field_and_each_option_of_the_shadow_report_is_in_its_table() -> None:
    told = {name for row in rows("field") for name in re.findall(r"`(\w+)`", row)}
    named = {one.name for one in fields(WireMessage)}
    assert told == named | {"encoding", "segments"}
    options = {row.strip("`").split()[0] for row in rows("option")}
    known = {one.opts[0] for one in report.params} - {"--config"}
    assert options == known


def test_the_container_installs_what_it_needs_and_asks_whether_it_is_ready() -> None:
    lines = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", lines, re.MULTILINE)
    program, command, *options = json.loads(entry)
    assert (program, command) == ("smsbridge", "serve")
    assert parse_options(serve, options).params["config"] is None
    assert "'/src[bridge]'" in lines
    for name in re.findall(r"^COPY (.*) /src\S*$", lines, re.MULTILINE):
        assert all((DOCS.parent / one).exists() for one in name.split())
    (health,) = re.findall(r"^HEALTHCHECK .* CMD (.*)$", lines, re.MULTILINE)
    assert ":8780/readyz" in json.loads(health)[-1]
    assert re.findall(r"^EXPOSE (.*)$", lines, re.MULTILINE) == ["8780"]


def test_the_unit_starts_it_and_lets_it_end_in_its_own_time() -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's keys have capitals
    unit.read_string((EXAMPLES / "smsbridge.service").read_text(encoding="utf-8"))
    service = unit["Service"]
    program, command, *options = service["ExecStart"].split()
    assert (Path(program).name, command) == ("smsbridge", "serve")
    assert parse_options(serve, options).params["config"] == "/etc/smsbridge/smsbridge.toml"
    assert int(service["TimeoutStopSec"]) > 25
    assert f"/var/lib/{service['StateDirectory']}/bridge.db" in TEXT


@pytest.mark.skipif(not which("systemd-analyze"), reason="it is a part of systemd alone")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (EXAMPLES / "smsbridge.service").read_text(encoding="utf-8")
    unit = tmp_path / "smsbridge.service"
    unit.write_text(text.replace("/opt/smsbridge/bin/smsbridge", str(SMSBRIDGE)), encoding="utf-8")
    verify = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
