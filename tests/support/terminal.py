"""A terminal in which the commands of a page are run in order, as its reader runs them.

`smsbridge` runs in this process, and its mocks as threads of it: to start Python for each command
would take most of the time. All other commands are run by sh.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from click.testing import CliRunner

from smsbridge.cli import main
from smsbridge.cli.fixtures_record import record, serve_recorder
from smsbridge.cli.mock import mock, serve

from support.commands import parse_options
from support.sockets import kept_port

DOCS = Path(__file__).parents[2] / "docs"
BIN = Path(sys.executable).parent
SECONDS = 100
PORTS = ("8000", "8701", "8702", "8703", "8704", "8780")
VARIES = {
    r"\b[0-9a-f]{40}\b": "an id of the mock",
    r"\bin [0-9]+\.[0-9]{2}s\b": "in some seconds",
    r"\bprocess \[[0-9]+\]": "a process",
}
"""What may differ from run to run, each with what stands for it. Ports are put back before."""

PLUGINS = "asyncio fakefs hypothesispytest pytest_cov requests_mock xdist xdist.looponfail"
"""The plug-ins of pytest that the reader of a page doesn't have, and that take time to import."""

READY = {"uvicorn": "Uvicorn running on"}
"""The servers that stay in their terminal, each with what it prints last when it is ready."""

_FENCE = re.compile(r"^```(\{?[a-z-]+\}?)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of a page: its language, its text and its line.

    A ``literalinclude`` has the path of its file below ``docs``, and the options as its text.
    """

    language: str
    text: str
    line: int
    path: str = ""


def blocks(page: str, *languages: str) -> list[Block]:
    """Return the blocks of a page in some languages, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = (
        Block(one[1], one[3], text.count("\n", 0, one.start()) + 1, one[2] or "")
        for one in _FENCE.finditer(text)
    )
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
    without = " ".join(f"-p no:{name}" for name in PLUGINS.split())
    own = {"LC_ALL": "C.UTF-8", "COLUMNS": "80", "PYTEST_ADDOPTS": without}
    return {**kept, "PATH": path, **own}


def normal(text: str) -> str:
    """Return a text with a stand-in for all that may differ from run to run."""
    for pattern, stand_in in VARIES.items():
        text = re.sub(pattern, stand_in, text, flags=re.MULTILINE)
    return text


@dataclass
class Terminal:
    """A folder where a page's commands are run; its servers run until the terminal is closed.

    ``ports``: for each port of the pages, one that the terminal keeps for its servers.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=environment)
    ports: dict[str, str] = field(default_factory=dict)
    servers: dict[str, ExitStack] = field(default_factory=dict)
    code: int = 0
    kept: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.ports |= {shown: str(self.kept.enter_context(kept_port())) for shown in PORTS}

    def run(self, block: str) -> str:
        """Return what a block looks like when its commands are run."""
        commands = re.findall(r"^\$ (.*)\n", block, re.MULTILINE)
        assert commands, "a console block begins with $"
        return self._there("".join(map(self._run, map(self._here, commands))))

    def follow(self, page: str) -> Iterator[tuple[str, str, str]]:
        """Run a page's commands, and save its tables; yield what is said, what is shown, where."""
        for block in blocks(page, "console", "toml"):
            if block.language == "toml":
                self.append(block.text)
                continue
            said = self.run(block.text)
            yield normal(said), normal(block.text), f"{page}, line {block.line}"

    def do(self, page: str, *, first: str = "", last: str = "") -> None:
        """Do a page, from its heading ``first`` to before ``last``: save files, compare output."""
        text = (DOCS / page).read_text(encoding="utf-8")
        lines = text.splitlines()
        start = lines.index(first) if first else 0
        end = lines.index(last) if last else len(lines)
        for block in blocks(page, "console", "{literalinclude}"):
            if not start <= block.line <= end:
                continue
            if block.language == "console":
                self._compare(block, f"{page}, line {block.line}")
            elif name := re.search(r"^:caption: (\S+)$", block.text, re.MULTILINE):
                self.save(name[1], (DOCS / block.path).read_text(encoding="utf-8"))

    def save(self, name: str, text: str) -> None:
        """Save a file in the folder."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._here(text), encoding="utf-8")

    def append(self, toml: str) -> None:
        """Write a block of TOML at the end of the config, as a reader of the page would."""
        file = self.folder / "smsbridge.toml"
        before = f"{file.read_text(encoding='utf-8')}\n" if file.exists() else ""
        file.write_text(before + self._here(toml), encoding="utf-8")

    def close(self) -> None:
        """End every server."""
        with self.kept, ExitStack() as stack:
            for server in self.servers.values():
                stack.callback(server.close)
        self.servers.clear()

    def _compare(self, block: Block, where: str) -> None:
        """Run a block, which must print what it shows; what only asks may be asked for a while."""
        until = time.monotonic() + SECONDS
        while normal(said := self.run(block.text)) != normal(block.text):
            only_asks = re.fullmatch(r"\$ curl -s \S*\n[^$]*", block.text)
            assert only_asks, f"{where}\n{said}"
            assert time.monotonic() < until, f"{where}\n{said}"
            time.sleep(0.05)

    def _run(self, command: str) -> str:
        shown = f"$ {command}\n"
        to_file = re.fullmatch(r"(.*) > ([\w.-]+)", command)
        plain, file = to_file.groups() if to_file else (command, "")
        words = self._words(plain)
        if words[:2] == ["smsbridge", "mock"]:
            return shown + self._mock(words[2:])
        if words[:3] == ["smsbridge", "fixtures", "record"]:
            return shown + self._record(words[3:])
        if words[:1] and words[0] in READY:
            return shown + self._serve(words)
        given = {}
        while words and (found := re.fullmatch(r"(\w+)=(.*)", words[0])):
            given[found[1]] = found[2]
            words = words[1:]
        if words[:1] == ["smsbridge"]:
            return shown + self._smsbridge(words[1:], given, file)
        return shown + self._sh(command)

    def _words(self, command: str) -> list[str]:
        """Return the words of a command that needs no shell; none of any other."""
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        if any(set(word) <= set("();<>|&") for word in lexer):
            return []
        words = shlex.split(re.sub(r"\$(\w+)", lambda one: self.env.get(one[1], ""), command))
        return [] if any("$" in word for word in words) else words

    def _smsbridge(self, arguments: list[str], given: Mapping[str, str], file: str) -> str:
        with chdir(self.folder), patch.dict(os.environ, {**self.env, **given}, clear=True):
            done = CliRunner().invoke(main, arguments, prog_name="smsbridge")
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        self.code = done.exit_code
        if file:
            (self.folder / file).write_text(done.stdout, encoding="utf-8")
        return done.stderr if file else done.output

    def _mock(self, arguments: list[str]) -> str:
        context = parse_options(mock, arguments)
        port = str(context.params["port"])
        self._end(port)
        server = self.servers[port] = ExitStack()
        with chdir(self.folder), patch.dict(os.environ, self.env, clear=True):
            ready = server.enter_context(serve(**context.params))
        return f"{json.dumps(ready)}\n"

    def _record(self, arguments: list[str]) -> str:
        with chdir(self.folder), patch.dict(os.environ, self.env, clear=True):
            context = parse_options(record, arguments)
            port = str(context.params["port"])
            self._end(port)
            folder = self.folder / context.params["folder"]
            server = self.servers[port] = ExitStack()
            recorder = server.enter_context(serve_recorder(**context.params | {"folder": folder}))
        return f"{json.dumps(recorder.ready)}\n".replace(f"{self.folder}/", "")

    def _serve(self, words: list[str]) -> str:
        port = words[-1]
        self._end(port)
        process = subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert process.stdout
        server = self.servers[port] = ExitStack()
        server.callback(process.communicate, timeout=SECONDS)
        server.callback(process.terminate)
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        said: list[str] = []
        while not said or (said[-1] and READY[words[0]] not in said[-1]):
            said.append(process.stdout.readline())
        late.cancel()
        return "".join(said)

    def _sh(self, command: str) -> str:
        """Run a command by sh, with `$?` as it was, and keep what it exports."""
        kept = self.folder.with_name("environment")
        keep = f"code=$?\nenv -0 > {shlex.quote(str(kept))}\nexit $code"
        script = f"(exit {self.code})\n{command}\n{keep}"
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
        self.code = done.returncode
        exported = kept.read_text(encoding="utf-8").split("\0")
        self.env = dict(line.split("=", 1) for line in exported if line)
        said = done.stdout.replace(f"{self.folder}/", "")
        return said if said.endswith("\n") or not said else f"{said}\n"

    def _end(self, port: str) -> None:
        if port in self.servers:
            self.servers.pop(port).close()

    def _here(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = re.sub(rf"\b{shown}\b", real, text)
        return text

    def _there(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = re.sub(rf"\b{real}\b", shown, text)
        return text
