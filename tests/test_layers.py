"""Imports only point down, the front door is light, and each module has its tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import smsbridge

ROOT = Path(smsbridge.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

ROOMS = (
    *("errors", "text", "message", "http", "mapping", "codecs", "auth", "webhooks", "backends"),
    *("config", "client", "testing", "cli"),
)
"""In this order: a room imports from itself and from those before it."""


INTERFACES = {Path("mapping/test_auth.py"), Path("mapping/test_codec.py")}
"""Protocols only: who keeps them is tested."""


def room(module: str) -> str:
    """Return the room of a dotted module below smsbridge, and of smsbridge itself."""
    return module.partition(".")[0]


def imported(file: Path) -> set[str]:
    """Return what a file imports of smsbridge, for types only included."""
    tree = ast.parse(file.read_text())
    found = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("smsbridge")
    }
    return {name.removeprefix("smsbridge").lstrip(".") for name in found}


def test_each_file_stands_in_a_room_and_imports_only_from_those_before_it() -> None:
    upward = {}
    for file in MODULES:
        own = room(".".join(file.relative_to(ROOT).with_suffix("").parts))
        seen = imported(file)
        if own == "__init__":
            assert "testing" not in {room(name) for name in seen}
            continue
        allowed = ROOMS[: ROOMS.index(own) + 1]
        if wrong := [name for name in seen if room(name) not in allowed]:
            upward[str(file.relative_to(ROOT))] = wrong
    assert upward == {}


def test_nothing_but_the_command_line_reads_testing() -> None:
    readers = {
        file.relative_to(ROOT).parts[0]
        for file in MODULES
        if any(name.startswith("testing") for name in imported(file))
    }
    assert readers <= {"testing", "cli"}


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("zeep", {"codecs/soap/wsdl.py"}),
        ("aiohttp", {"http/aiohttp_transport.py"}),
        ("requests", {"http/requests_transport.py", "cli/demo_logic.py"}),
        ("yaml", {"testing/fixture/yaml_subset.py"}),
        ("pytest_httpserver", {"testing/mock/server.py"}),
        ("phonenumbers", {"text/phone.py"}),
        ("pyrate_limiter", {"backends/limits.py"}),
    ],
)
def test_a_heavy_library_is_imported_in_one_room(library: str, rooms: set[str]) -> None:
    users = {
        str(file.relative_to(ROOT))
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text()))
        if (
            isinstance(node, ast.Import)
            and any(a.name.split(".")[0] == library for a in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == library)
    }
    assert users == rooms


def test_click_is_for_the_command_line_alone() -> None:
    users = {
        file.relative_to(ROOT).parts[0] for file in MODULES if "import click" in file.read_text()
    }
    assert users == {"cli"}


def test_importing_smsbridge_brings_in_nothing_heavy() -> None:
    script = "import smsbridge, sys; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["requests", "urllib3", "zeep", "lxml", "aiohttp", "yaml", "click", "rich", "pytest"]
    done = subprocess.run(
        [sys.executable, "-c", script, *heavy],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_module_says_in_a_docstring_what_it_is_for() -> None:
    silent = [file for file in MODULES if not ast.get_docstring(ast.parse(file.read_text()))]
    assert silent == []


def test_each_module_has_a_test_file_in_the_same_room() -> None:
    wanted = {
        file.relative_to(ROOT).with_name(f"test_{file.name}")
        for file in MODULES
        if file.stem != "__init__"
    } - INTERFACES
    there = {file.relative_to(TESTS) for file in TESTS.rglob("test_*.py")}
    assert sorted(map(str, wanted - there)) == []
