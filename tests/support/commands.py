"""The command line as a test runs it: in this process, or in its own where that is the fact."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click
import pytest
from click.testing import CliRunner

from smsbridge.cli import main

SMSBRIDGE = str(Path(sys.executable).with_name("smsbridge"))
SECONDS = 60
WITHOUT = """
import json, sys
missing, *commands = map(json.loads, sys.argv[1:])
sys.modules.update(dict.fromkeys(missing))
from click.testing import CliRunner
from smsbridge.cli import main
for command in commands:
    done = CliRunner().invoke(main, command)
    print(json.dumps([done.exit_code, done.stdout, done.stderr]))
"""
"""A script that runs commands where some modules can't be imported; each argument is JSON."""

INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from smsbridge.cli import main
main()
"""
"""A script that runs a command in which Ctrl-C does what it does at a terminal."""

EXTRAS = ["yaml", "pytest_httpserver", "werkzeug", "aiohttp", "pytest"]
FULL = Path("/dev/full")
WHY = {"full": "No space left on device", "pipe": "Broken pipe"}
"""What the system says of a stream that can't be written, by its kind."""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one line of stdout, as JSON."""
        (line,) = self.out.splitlines()
        document: dict[str, Any] = json.loads(line)
        return document


def parse_options(command: click.Command, words: Sequence[str]) -> click.Context:
    """Parse the options of a command without running it, as a command of ours: click keeps -h."""
    return command.make_context(
        command.name, list(words), parent=click.Context(main, **main.context_settings)
    )


def run(*arguments: str, stdin: str | None = None) -> Done:
    """Run a command in this process."""
    result = CliRunner().invoke(main, arguments, input=stdin)
    return Done(int(result.exit_code), result.stdout, result.stderr)


def run_on(stdout: TextIO | None, stderr: TextIO | None, *arguments: str) -> int:
    """Run a command in this process on these streams, and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", stderr)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments), prog_name="smsbridge")
    return int(ended.value.code or 0)


@contextmanager
def unwritable(kind: str) -> Iterator[TextIO | None]:
    """Yield a stream that is "full", a "pipe" that nobody reads, "closed" or "read-only"."""
    if kind == "closed":
        yield None
        return
    if kind == "full":
        if not FULL.exists():
            pytest.skip("needs /dev/full")
        file = os.open(FULL, os.O_WRONLY)
    elif kind == "pipe":
        reading, file = os.pipe()
        os.close(reading)
    else:
        file = os.open(os.devnull, os.O_RDONLY)
    stream = io.TextIOWrapper(os.fdopen(file, "wb"), encoding="utf-8")
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()


def run_without_stdout(kind: str, *arguments: str) -> Done:
    """Run a command in this process whose stdout can't be written; ``out`` is empty."""
    said = io.StringIO()
    with unwritable(kind) as stdout:
        return Done(run_on(stdout, said, *arguments), "", said.getvalue())


def real(*arguments: str, stdin: str = "", script: str = "") -> Done:
    """Run a command as a user does, or a script that does something before it."""
    command = [sys.executable, "-c", script] if script else [SMSBRIDGE]
    done = subprocess.run(
        [*command, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def run_without(missing: Sequence[str], *commands: Sequence[str]) -> list[Done]:
    """Run commands in one process of their own in which some modules can't be imported."""
    arguments = [json.dumps(list(words)) for words in (missing, *commands)]
    done = real(*arguments, script=WITHOUT)
    assert (done.code, done.err) == (0, "")
    return [Done(*json.loads(line)) for line in done.out.splitlines()]


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith("\n") and text.startswith("smsbridge: ")


@contextmanager
def killed_when_late(process: subprocess.Popen[str], seconds: float = SECONDS) -> Iterator[None]:
    late = threading.Timer(seconds, process.kill)
    late.start()
    try:
        yield
    finally:
        late.cancel()
        process.kill()
