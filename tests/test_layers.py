"""Imports only point down, the front door is light, and each module has its tests."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import smsbridge
import smsbridge.client
import smsbridge.testing
import smsbridge.webhooks

from support.each import each

ROOT = Path(smsbridge.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

ROOMS = (
    *("errors", "text", "message", "http", "mapping", "codecs", "auth", "webhooks", "backends"),
    *("config", "client", "serving", "bridge", "page", "testing", "cli"),
)
"""In this order: a room imports from itself and from those before it."""

BRIDGE_ROOMS = ("store", "doors", "delivery", "events")
"""The same for the rooms of the bridge."""

COMMAND_LINE = ROOT / "cli" / "__init__.py"
"""The entry point names it, so the group of the commands stands there."""

INTERFACES = {Path("mapping/test_auth.py"), Path("mapping/test_codec.py")}
"""Protocols only: who keeps them is tested."""


def room(module: str) -> str:
    """Return the room of a dotted module below smsbridge, and of smsbridge itself."""
    return module.partition(".")[0]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


@cache
def modules(file: Path) -> set[str]:
    """Return the modules that a file imports, for types only included."""
    found = {
        name
        for node in ast.walk(tree(file))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    return found - {""}


def imported(file: Path) -> set[str]:
    """Return what a file imports of smsbridge."""
    return {
        name.removeprefix("smsbridge").lstrip(".")
        for name in modules(file)
        if name.startswith("smsbridge")
    }


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


def test_the_rooms_of_the_bridge_import_only_from_those_before_them() -> None:
    upward = {}
    for number, own in enumerate(BRIDGE_ROOMS):
        later = tuple(f"bridge.{one}." for one in BRIDGE_ROOMS[number + 1 :])
        for file in (ROOT / "bridge" / own).rglob("*.py"):
            if wrong := [name for name in imported(file) if name.startswith(later)]:
                upward[str(file.relative_to(ROOT))] = wrong
    assert upward == {}


def test_nothing_but_the_command_line_reads_testing() -> None:
    readers = {
        file.relative_to(ROOT).parts[0]
        for file in MODULES
        if any(name.startswith("testing") for name in imported(file))
    }
    assert readers <= {"testing", "cli"}


@each(
    ("library", "rooms"),
    [
        ("zeep", {"codecs/soap/zeep_types.py"}),
        ("aiohttp", {"http/aiohttp_connection.py", "http/aiohttp_transport.py"}),
        ("requests", {"http/requests_transport.py", "cli/demo.py"}),
        ("yaml", {"testing/fixture/yaml_subset.py"}),
        ("jinja2", {"page/render.py"}),
        ("jsonschema", {"testing/fixture/schema.py"}),
        ("pytest_httpserver", {"testing/mock/server.py"}),
        ("phonenumbers", {"text/phone.py"}),
        ("pyrate_limiter", {"client/pacing.py"}),
    ],
)
def test_a_heavy_library_is_imported_in_one_room(library: str, rooms: set[str]) -> None:
    users = {
        str(file.relative_to(ROOT))
        for file in MODULES
        if library in {name.split(".")[0] for name in modules(file)}
    }
    assert users == rooms


def test_click_is_for_the_command_line_alone() -> None:
    users = {
        file.relative_to(ROOT).parts[0] for file in MODULES if "import click" in file.read_text()
    }
    assert users == {"cli"}


def test_importing_a_room_brings_in_nothing_heavy() -> None:
    heavy = ["requests", "urllib3", "zeep", "lxml", "aiohttp", "yaml", "click", "rich", "jinja2"]
    heavy += ["pytest"]
    rooms = {file.relative_to(ROOT).parts[0].removesuffix(".py") for file in MODULES} - {"cli"}
    names = ", ".join(f"smsbridge.{room}" for room in sorted(rooms))
    script = f"import sys, {names}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_send_by_a_wsdl_that_was_seen_before_needs_no_zeep(tmp_path: Path) -> None:
    script = """
import sys
from smsbridge import Client, NotSent
try:
    Client.from_url("smsmobileapi+soap://k@127.0.0.1:1?tls=off").send("+12025550123", "Hello")
except NotSent as error:
    print(type(error).__name__, "zeep" in sys.modules)
"""
    environment = {**os.environ, "SMSBRIDGE_CACHE": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env=environment,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert said == ["NotSent True", "NotSent False"]


def test_a_send_by_rest_brings_in_no_library_of_soap_nor_the_other_transport() -> None:
    script = """
import sys
from smsbridge import Client, NotSent
try:
    Client.from_url("smsmobileapi+rest://k@127.0.0.1:1?tls=off").send("+12025550123", "Hello")
except NotSent as error:
    print(type(error).__name__)
heavy = "zeep lxml aiohttp asyncio concurrent fractions smsbridge.codecs.soap.port"
print([name for name in heavy.split() if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["NotSent", "[]"]


@each("face", [smsbridge, smsbridge.client, smsbridge.testing, smsbridge.webhooks])
def test_a_face_hands_on_the_names_that_it_lists_and_no_others(face: ModuleType) -> None:
    found = {name: getattr(face, name) for name in face.__all__}
    assert {name: getattr(thing, "__name__", name) for name, thing in found.items()} == {
        name: name for name in face.__all__
    }
    with pytest.raises(AttributeError, match="Provdier"):
        getattr(face, "Provdier")  # noqa: B009  (mypy would refuse the plain way)


def test_importing_smsbridge_reads_nothing_before_a_name_is_asked_for() -> None:
    script = """
import sys
before = set(sys.modules)
import smsbridge
print(sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "['smsbridge']"


def test_the_face_of_a_package_hands_names_on_and_does_nothing_else() -> None:
    faces = [file for file in MODULES if file.name == "__init__.py" and file != COMMAND_LINE]
    for file in faces:
        doc, *rest = ast.parse(file.read_text()).body
        assert isinstance(doc, ast.Expr), file
        beside = [node for node in rest if not isinstance(node, ast.ImportFrom)]
        waits = [getattr(node, "name", "") for node in beside].count("__getattr__") == 1
        said = [ast.unparse(node) for node in beside]
        on_first_use = (
            "TYPE_CHECKING",
            "if TYPE_CHECKING",
            "_HOMES",
            "def __getattr__",
            "def __dir__",
        )
        allowed = ("__all__", *(on_first_use if waits else ()))
        assert [words for words in said if not words.startswith(allowed)] == [], file


def test_a_module_says_in_a_docstring_what_it_is_for() -> None:
    silent = [file for file in MODULES if not ast.get_docstring(tree(file))]
    assert silent == []


def test_each_module_has_a_test_file_in_the_same_room() -> None:
    wanted = {
        file.relative_to(ROOT).with_name(f"test_{file.name}")
        for file in MODULES
        if file.stem != "__init__"
    } - INTERFACES
    there = {file.relative_to(TESTS) for file in TESTS.rglob("test_*.py")}
    assert sorted(map(str, wanted - there)) == []
