"""docs/deployment.md: its programs run, its worker sends once, its table of variables is whole."""

from __future__ import annotations

import os
import re
import runpy
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import smsbridge
from smsbridge.testing import Provider

from support.terminal import DOCS, blocks

PAGE = "deployment.md"
WORKER = DOCS / "examples" / "worker.py"
NUMBER = "+12025550123"


@pytest.fixture
def worker() -> ModuleType:
    module = ModuleType("worker")
    exec(compile(WORKER.read_text(encoding="utf-8"), str(WORKER), "exec"), vars(module))
    return module


def fill(file: Path, worker: Any, *numbers: str) -> None:
    """Put messages into the table."""
    rows = [(f"r-{number}", phone, "Hello") for number, phone in enumerate(numbers)]
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(worker.TABLE)
        database.executemany("INSERT INTO outbox (reference, phone, text) VALUES (?, ?, ?)", rows)


def states(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT state FROM outbox ORDER BY reference").fetchall()
    return [state for (state,) in found]


def test_the_worker_writes_down_how_each_send_ended(
    smsbridge_mock: Provider, tmp_path: Path, worker: Any
) -> None:
    file = tmp_path / "shop.db"
    fill(file, worker, NUMBER, "+447700900002", "+447700900400")
    worker.work(file)
    assert states(file) == ["taken", "unknown", "refused: request"]
    worker.work(file)
    assert len(smsbridge_mock.messages) == 2


def test_workers_at_once_send_each_message_once(
    smsbridge_mock: Provider, tmp_path: Path, worker: Any
) -> None:
    file = tmp_path / "shop.db"
    fill(file, worker, *(f"+120255501{number:02}" for number in range(12)))
    workers = [threading.Thread(target=worker.work, args=[file]) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    sent = Counter(message.recipient for message in smsbridge_mock.messages)
    assert (set(sent.values()), len(sent)) == ({1}, 12)


def test_sigterm_stops_the_worker_between_two_messages(
    smsbridge_mock: Provider, tmp_path: Path, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shop.db"
    fill(file, worker, *[NUMBER] * 500)
    monkeypatch.setattr(sys, "argv", ["worker.py", str(file)])

    def end() -> None:
        until = time.monotonic() + 30
        while not smsbridge_mock.messages and time.monotonic() < until:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGTERM)

    ender = threading.Thread(target=end)
    before = signal.getsignal(signal.SIGTERM)
    try:
        ender.start()
        runpy.run_path(str(WORKER), run_name="__main__")
    finally:
        ender.join()
        signal.signal(signal.SIGTERM, before)
    found = Counter(states(file))
    assert found["taken"] == len(smsbridge_mock.messages) > 0
    assert found["waiting"] == 500 - found["taken"] > 0


def test_the_client_of_a_process_is_made_once(smsbridge_mock: Provider) -> None:
    (program,) = [block.text for block in blocks(PAGE, "python") if "@cache" in block.text]
    names: dict[str, Any] = {}
    exec(program, names)  # the page's own program
    with names["sms"]() as client:
        assert client is names["sms"]()
    assert len(smsbridge_mock.messages) == 1


def test_each_variable_that_smsbridge_reads_is_on_the_page() -> None:
    folder = Path(smsbridge.__file__).parent
    read = {
        name
        for file in folder.rglob("*.py")
        for name in re.findall(r"\bSMSBRIDGE_[A-Z_]+\b", file.read_text(encoding="utf-8"))
    }
    page = (DOCS / PAGE).read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(SMSBRIDGE_\w+)` \|", page, re.MULTILINE)) == read
