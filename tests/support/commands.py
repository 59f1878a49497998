"""The command line as a test runs it: in this process, as a user does, or until it is stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from smsbridge.cli import main

SMSBRIDGE = str(Path(sys.executable).with_name("smsbridge"))
SECONDS = 60
WITHOUT = """
import sys
missing, *sys.argv[1:] = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing.split()))
from smsbridge.cli import main
main()
"""
"""A script that runs a command where some modules, its first argument, can't be imported."""

INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from smsbridge.cli import main
main()
"""
"""A script that runs a command in which Ctrl-C does what it does at a terminal."""

EXTRAS = "yaml pytest_httpserver werkzeug aiohttp pytest"


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


def run(*arguments: str, stdin: str | None = None) -> Done:
    """Run a command in this process."""
    result = CliRunner().invoke(main, arguments, input=stdin)
    return Done(result.exit_code, result.stdout, result.stderr)


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


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith("\n") and text.startswith("smsbridge: ")


@contextmanager
def killed_when_late(process: subprocess.Popen[str]) -> Iterator[None]:
    late = threading.Timer(SECONDS, process.kill)
    late.start()
    try:
        yield
    finally:
        late.cancel()
        process.kill()
