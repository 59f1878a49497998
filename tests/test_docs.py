"""The docs hold: what a page shows is run, and what it lists is compared with the code."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

import smsbridge
from smsbridge import ConfigError, Reason, Status
from smsbridge.backends.tables.reader import _AUTHS as AUTHS
from smsbridge.backends.tables.reader import TABLES as TABLE_KEYS
from smsbridge.backends.tables.rest import RestBlock
from smsbridge.backends.tables.soap import SoapBlock
from smsbridge.codecs.rest import METHODS
from smsbridge.config.load import from_file
from smsbridge.mapping.filters import FILTERS, TIME_FILTERS
from smsbridge.mapping.operation import COMMANDS, QUESTIONS, RECEIVED_ROW, SENT_ROW, known_values
from smsbridge.mapping.template import render

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS / "examples"
PACKAGE = Path(smsbridge.__file__).parent
BIN = Path(sys.executable).parent
SECONDS = 60

PAGE = "any-service.md"
PORTS = ("8701", "8702", "8703", "8704")
VARIES = {
    r"\b[0-9a-f]{40}\b": "an id of the mock",
    r"\bin [0-9]+\.[0-9]{2}s$": "in some seconds",
}
"""What may differ from run to run, each with what stands for it. Ports are put back before."""


class Block(NamedTuple):
    """A fenced block of a page: its language, its text and its line."""

    language: str
    text: str
    line: int


def blocks(page: str, *languages: str) -> list[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    fences = re.finditer(r"^```([a-z]+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = (Block(one[1], one[2], text.count("\n", 0, one.start()) + 1) for one in fences)
    return [block for block in found if block.language in languages]


def environment() -> dict[str, str]:
    """Return this environment without a config, a proxy, or what a test run has of its own."""
    unwanted = ("SMSBRIDGE_", "PYTEST_", "SHOP_", "OLDCORP", "NEWCORP", "FORCE_COLOR")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(unwanted) and not name.lower().endswith("_proxy")
    }
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "80"}


def free_ports() -> dict[str, str]:
    """Return a port that is free for each port of the page."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        return {shown: str(one.getsockname()[1]) for shown, one in zip(PORTS, sockets, strict=True)}


def normal(text: str) -> str:
    for pattern, stand_in in VARIES.items():
        text = re.sub(pattern, stand_in, text, flags=re.MULTILINE)
    return text


@dataclass
class Terminal:
    """A folder where a page's commands are run in order; its mocks run until they are ended."""

    folder: Path
    env: dict[str, str] = field(default_factory=environment)
    ports: Mapping[str, str] = field(default_factory=free_ports)
    mocks: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def run(self, block: str) -> str:
        """Return what a block looks like when its commands are run."""
        commands = re.findall(r"^\$ (.*)\n", block, re.MULTILINE)
        assert commands, "a console block begins with $"
        if commands[0].startswith("smsbridge mock "):
            (command,) = commands
            return f"$ {command}\n{self._there(self._mock(self._here(command)))}"
        lines = [echoed(self._here(command)) for command in commands]
        script = "\n".join(["code=0", *lines, f"export -p > {self._exported}"])
        if self._exported.exists():
            script = f". {self._exported}\n{script}"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        return self._there(done.stdout)

    def append(self, toml: str) -> None:
        """Write a block of TOML at the end of the config, as a reader of the page would."""
        file = self.folder / "smsbridge.toml"
        before = f"{file.read_text(encoding='utf-8')}\n" if file.exists() else ""
        file.write_text(before + self._here(toml), encoding="utf-8")

    def close(self) -> None:
        with ExitStack() as stack:
            for port in self.mocks:
                stack.callback(self._end, port)

    @property
    def _exported(self) -> Path:
        return self.folder.with_name("exported.sh")

    def _mock(self, command: str) -> str:
        port = command.rsplit(maxsplit=1)[-1]
        self._end(port)
        exported = f". {self._exported}\n" if self._exported.exists() else ""
        process = self.mocks[port] = subprocess.Popen(
            ["sh", "-c", f"{exported}exec {command}"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        assert process.stdout is not None
        ready = process.stdout.readline()
        late.cancel()
        return ready

    def _end(self, port: str) -> None:
        process = self.mocks.pop(port, None)
        if process is not None:
            process.terminate()
            left, _ = process.communicate(timeout=SECONDS)
            assert (left, process.returncode) == ("", 0)

    def _here(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = re.sub(rf"\b{shown}\b", real, text)
        return text

    def _there(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = re.sub(rf"\b{real}\b", shown, text)
        return text


def echoed(command: str) -> str:
    """Return a script that shows a command as a terminal does, and runs it with `$?` as it was."""
    shown = shlex.quote(f"$ {command}")
    return f"printf '%s\\n' {shown}\n(exit $code)\n{command}\ncode=$?"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Return a terminal in a folder with what the page's reader has."""
    folder = tmp_path / "shop"
    (folder / "vendor").mkdir(parents=True)
    for name, place in (("oldcorp.wsdl", "vendor"), ("app.py", "."), ("test_app.py", ".")):
        (folder / place / name).write_bytes((EXAMPLES / name).read_bytes())
    terminal = Terminal(folder)
    yield terminal
    terminal.close()


@pytest.mark.timeout(300)
def test_any_service_prints_what_it_shows(terminal: Terminal) -> None:
    for block in blocks(PAGE, "console", "toml"):
        if block.language == "toml":
            terminal.append(block.text)
            continue
        said = terminal.run(block.text)
        assert normal(said) == normal(block.text), f"{PAGE}, line {block.line}"


def test_many_prints_what_it_shows(terminal: Terminal) -> None:
    for block in blocks("many.md", "console"):
        assert normal(terminal.run(block.text)) == normal(block.text), f"line {block.line}"


def test_the_tables_on_the_page_are_the_example() -> None:
    written = "\n".join(block.text for block in blocks(PAGE, "toml"))
    assert written == (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["app.py", "test_app.py"])
def test_the_application_and_its_tests_name_no_provider_and_no_protocol(name: str) -> None:
    words = set(re.findall("[a-z]+", (EXAMPLES / name).read_text(encoding="utf-8").lower()))
    assert words & {"oldcorp", "newcorp", "soap", "rest", "wsdl", "oauth", "xml"} == set()
    assert f"```{{literalinclude}} examples/{name}" in (DOCS / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the WSDL and the secrets that the blocks of the docs ask for."""
    (tmp_path / "oldcorp.wsdl").write_bytes((EXAMPLES / "oldcorp.wsdl").read_bytes())
    (tmp_path / "sms.key").write_text("key\n", encoding="utf-8")
    for name in ("OLDCORP", "NEWCORP"):
        monkeypatch.setenv(name, "secret")
    return tmp_path


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (page, block.text)
        for page in ("tables.md", PAGE, "../README.md")
        for block in blocks(page, "toml")
        if re.search('backend = "(soap|rest)"', block.text)
    ],
)
def test_each_block_of_config_can_be_used(folder: Path, page: str, text: str) -> None:
    file = folder / "smsbridge.toml"
    file.write_text(text, encoding="utf-8")
    held = tomllib.loads(text)["backends"]
    assert held
    assert [from_file(name, file).name for name in held if "like" not in held[name]]


def test_the_readme_shows_the_mistake_as_it_is_told(folder: Path) -> None:
    (text,) = (block.text for block in blocks("../README.md", "toml") if "oldcorp" in block.text)
    (shown,) = (b.text for b in blocks("../README.md", "text") if "boddy" in b.text)
    (folder / "smsbridge.toml").write_text(text.replace("request.body", "request.boddy"))
    with pytest.raises(ConfigError) as caught:
        from_file("oldcorp", folder / "smsbridge.toml")
    assert f"smsbridge: {caught.value}\n" == shown


TABLES = (DOCS / "tables.md").read_text(encoding="utf-8")
NOW = datetime(2027, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)
VALUES = {"recipient": "+447700900123", "text": "Hi", "now": NOW}
FILTER_ROWS = re.findall(r"^\| `([^`]+)` \| `(\{[^`]*\})` \| `([^`]*)` \|$", TABLES, re.MULTILINE)


@pytest.mark.parametrize(("name", "template", "gives"), FILTER_ROWS)
def test_a_filter_gives_what_the_docs_say(name: str, template: str, gives: str) -> None:
    template = template.replace("\\|", "|")
    assert name.rstrip("…") in template
    assert str(render(template, VALUES)) == gives


def test_each_filter_is_in_the_docs() -> None:
    assert [row[0] for row in FILTER_ROWS] == [*FILTERS, *TIME_FILTERS, "%…"]


@pytest.mark.parametrize(
    "words",
    [
        TABLE_KEYS,
        {*SoapBlock.own_keys, *RestBlock.own_keys},
        {*QUESTIONS, *(name for values in QUESTIONS.values() for name in values)},
        {*COMMANDS, *(name for values in COMMANDS.values() for name in values)},
        {*SENT_ROW, *RECEIVED_ROW},
        AUTHS,
        {key for needed, more in AUTHS.values() for key in (*needed, *more)},
        set().union(*(known_values(name) for name in ("send", *QUESTIONS, *COMMANDS))),
        Reason,
        Status,
        METHODS,
    ],
    ids=[
        "tables",
        "keys",
        "questions",
        "commands",
        "row",
        "auths",
        "auth",
        "values",
        "reason",
        "status",
        "http",
    ],
)
def test_each_word_of_a_block_is_in_the_docs(words: Iterable[str]) -> None:
    assert [word for word in words if not re.search(rf"`\"?{re.escape(word)}\"?`", TABLES)] == []


def test_each_public_name_is_in_the_reference() -> None:
    reference = (DOCS / "reference.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"auto(?:class|exception):: (\w+)$", reference, re.MULTILINE))
    assert set(smsbridge.__all__) - listed == set()


def test_each_test_and_module_that_a_page_names_is_there() -> None:
    pages = [*DOCS.glob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
    named = {
        path
        for page in pages
        for path in re.findall(r"`((?:tests|smsbridge)/[\w./]+)`", page.read_text("utf-8"))
    }
    assert {path for path in named if not (DOCS.parent / path).exists()} == set()


def test_each_room_is_in_the_house() -> None:
    design = (DOCS / "design.md").read_text(encoding="utf-8")
    house = design[design.index("## The house") :]
    rooms = {p.relative_to(PACKAGE).parts[0] for p in PACKAGE.rglob("*.py")} - {"__init__.py"}
    assert {room for room in rooms if f"\n  {room}" not in house} == set()


def test_the_ten_lines_of_a_backend_pass_the_tests_beside_them(tmp_path: Path) -> None:
    module, _, test, *_, whole = blocks("add-a-backend.md", "python")
    (fixture,) = blocks("add-a-backend.md", "yaml")
    for name, block in (
        ("tiny.py", module),
        ("accepted.yaml", fixture),
        ("test_tiny.py", test),
        ("test_whole.py", whole),
    ):
        (tmp_path / name).write_text(block.text, encoding="utf-8")
    done = subprocess.run(
        [BIN / "pytest", "-q"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "4 passed" in done.stdout, done.stdout
