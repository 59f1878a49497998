"""Clients that nobody here wrote, each in a process of its language that stays while tests run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.leading_proxy import SECONDS, LeadingProxy
from support.tools import missing, need

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests" / "witnesses"
PYTHON = ROOT / "build" / "witnesses" / "bin" / "python"
NODE = ROOT / "build" / "witnesses" / "node"


def adapter(client: str) -> Path:
    """Return the file that knows how a client is asked to send; its suffix tells the language."""
    (found,) = HERE.glob(f"{client}.*")
    return found


class Witnesses:
    """The processes, one a language, each begun when it is first asked."""

    def __init__(self, proxy: LeadingProxy) -> None:
        self._proxy = proxy
        self._running: dict[str, subprocess.Popen[str]] = {}

    def send(self, client: str, job: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a client says of one message; skip where it is not installed."""
        language = adapter(client).suffix
        process = self._running.get(language)
        if process is None or process.poll() is not None:
            process = self._running[language] = self._start(language)
        assert process.stdin
        assert process.stdout
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        print(json.dumps({"client": client, **job}), file=process.stdin, flush=True)
        line = process.stdout.readline()
        late.cancel()
        if not line:
            process.wait(SECONDS)  # so that the next one gets a new process
        assert line, f"{client} says nothing"
        said: dict[str, Any] = json.loads(line)
        if "missing" in said:
            missing(
                f"the witness {client} ({said['missing']})", said.get("install", "make witnesses")
            )
        return said

    def _start(self, language: str) -> subprocess.Popen[str]:
        ca = self._proxy.ca
        command: list[str | Path]
        match language:
            case ".php":
                options = [f"-d{name}={ca}" for name in ("curl.cainfo", "openssl.cafile")]
                command = [need("php", "php-cli"), *options, HERE / "symfony.php"]
            case ".mjs":
                if not NODE.is_dir():
                    missing("the packages of npm for the witnesses", "make witnesses")
                command = [need("node", "nodejs npm"), HERE / "worker.mjs", NODE]
            case _:
                if not PYTHON.is_file():
                    missing("the environment of the witnesses", "make witnesses")
                command = [str(PYTHON), "-P", HERE / "worker.py"]
        return subprocess.Popen(
            command,
            env={**os.environ, **self._proxy.environment(), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL,
            encoding="utf-8",
        )

    def end(self) -> None:
        for process in self._running.values():
            process.terminate()
            process.communicate()
