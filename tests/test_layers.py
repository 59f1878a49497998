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

LAYERS = (
    ("alone", "errors", "inflate", "keys", "mask", "nearest", "path", "segments", "toml", "xml"),
    ("attempts", "exchange", "jsonl", "message", "remembered", "secret", "site"),
    ("events", "filters", "flights", "many", "mounts", "numbers", "pace", "signatures"),
    ("ledger", "sheet", "template"),
    ("codecs", "journal"),
    ("auth", "outcome", "token"),
    ("digest", "oauth", "operation", "wsse"),
    ("answers", "block", "call", "rows", "settings"),
    ("login", "paging", "seen", "telling", "waiting", "webhooks"),
    ("abilities", "outgoing", "receivers", "table"),
    ("backend", "fit"),
    ("backends", "registry", "resolving"),
    ("capabilities", "url"),
    ("config",),
    ("front", "transports"),
    ("async_client", "client"),
    ("__init__",),
    ("lock",),
    ("doctor", "explain"),
    ("testing",),
    ("demo",),
    ("cli",),
)
HEIGHT = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}


def room(module: str) -> str:
    """Return the room of a dotted module below smsbridge."""
    return module.partition(".")[0] or "__init__"


def imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    found = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("smsbridge")
    }
    return {name.removeprefix("smsbridge").lstrip(".") for name in found}


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_only_point_down(file: Path) -> None:
    own = room(".".join(file.relative_to(ROOT).with_suffix("").parts))
    upward = [
        name for name in imported(file) if room(name) != own and HEIGHT[room(name)] >= HEIGHT[own]
    ]
    assert upward == []


def test_nothing_but_the_command_line_reads_testing() -> None:
    readers = {
        str(file.relative_to(ROOT).parts[0])
        for file in MODULES
        if any(name.startswith("testing") for name in imported(file))
    }
    assert readers <= {"testing", "cli", "demo.py"}


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("zeep", {"codecs/wsdl.py"}),
        ("aiohttp", {"transports/aio.py"}),
        ("requests", {"transports/blocking.py", "demo.py"}),
        ("yaml", {"testing/plain_yaml.py"}),
        ("pytest_httpserver", {"testing/server.py"}),
        ("phonenumbers", {"numbers.py"}),
        ("pyrate_limiter", {"pace.py"}),
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


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_says_in_a_docstring_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_each_module_has_a_test_file() -> None:
    files = {file.stem for file in TESTS.rglob("test_*.py")}
    modules = [
        file.relative_to(ROOT).with_suffix("") for file in MODULES if file.stem != "__init__"
    ]
    wanted = {str(module): "test_" + "_".join(module.parts) for module in modules}
    assert [module for module, name in wanted.items() if name not in files] == []
