"""What the bridge stores a second, with the disk's own fsyncs beside, and what it takes to wait.

    .venv/bin/python -m benchmarks bridge [--seconds 60] [--rate 300] [--soap-rate 100]
                                          [--store postgresql://USER@HOST/DATABASE]

Callers send in an open loop: each call has its time, and a late answer counts from that. What is
stored is sent on by a backend in memory meanwhile. Only that nothing is lost and nothing doubled is
asserted.
"""

# ruff: noqa: T201  (it prints what it found)

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.open_database import open_database
from smsbridge.bridge.store.store_tables import MESSAGES
from smsbridge.bridge.store.stored_message import State

CONFIG = """
default = "behind"
[bridge]
store = "{store}"
listen = "127.0.0.1:0"
[doors.shop]
speaks = "old"
to = "behind"
callers = {{ shop = {{ api_key = "shop-key" }} }}
[backends.old]
backend = "smsmobileapi"
[backends.behind]
backend = "memory"
"""
WAITING = 100_000
_CONNECTIONS = 32
_SECONDS = 60
_ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<n:sendSms xmlns:n="urn:sendsms"><recipients>{to}</recipients><message>{text}</message>'
    "<apikey>shop-key</apikey></n:sendSms></s:Body></s:Envelope>"
)


def rest_call(text: str, to: str) -> bytes:
    """Return a call of the REST door, as bytes."""
    body = f"apikey=shop-key&recipients={quote(to)}&message={quote(text)}".encode()
    return _call("/sendsms/", "application/x-www-form-urlencoded", body)


def soap_call(text: str, to: str) -> bytes:
    """Return a call of the SOAP door, as bytes."""
    body = _ENVELOPE.format(text=text, to=to).encode()
    return _call("/sendsms/wsdl/server.php", "text/xml; charset=utf-8", body)


def _call(path: str, kind: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: bridge\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def fsyncs(folder: Path, seconds: float = 2.0) -> float:
    """Return how many times a second the disk writes a page and says that it has it."""
    count, page = 0, os.urandom(4096)
    file = os.open(folder / "fsync", os.O_RDWR | os.O_CREAT)
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        os.pwrite(file, page, (count % 256) * 4096)
        os.fsync(file)
        count += 1
    os.close(file)
    return count / (time.monotonic() - begun)


@contextmanager
def serving(folder: Path, store: str) -> Iterator[tuple[str, int]]:
    """Run a bridge until the end of the block; yield its address and its process."""
    text = CONFIG.format(store=store or "sqlite:///bridge.db")
    (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
    with (folder / "bridge.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603  (our own command)
            [Path(sys.executable).with_name("smsbridge"), "serve"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        )
    try:
        ready = process.stdout.readline() if process.stdout else ""
        yield json.loads(ready)["address"], process.pid
        process.send_signal(signal.SIGTERM)
        process.wait(_SECONDS)
    finally:
        process.kill()
        process.wait(_SECONDS)


class Load:
    """An open loop: calls at their times, by connections that are kept."""

    def __init__(self, address: str, call: Callable[[str, str], bytes], rate: float) -> None:
        """``rate``: calls a second."""
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.call, self.rate = call, rate
        self.late: list[float] = []
        self.answered: list[str] = []
        self.failed = 0

    async def run(self, seconds: float) -> None:
        """Make the calls of so many seconds, and wait for their answers."""
        due: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(due)) for _ in range(_CONNECTIONS)]
        begun = time.monotonic()
        for number in range(int(seconds * self.rate)):
            at = begun + number / self.rate
            await asyncio.sleep(max(at - time.monotonic(), 0))
            due.put_nowait((at, f"t-{number}"))
        for _ in workers:
            due.put_nowait(None)
        await asyncio.gather(*workers)

    async def _work(self, due: asyncio.Queue[tuple[float, str] | None]) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        while (found := await due.get()) is not None:
            at, text = found
            to = f"+120255501{hash(text) % 100:02}"
            writer.write(self.call(text, to))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            body = await reader.readexactly(length)
            self.late.append(time.monotonic() - at)
            if head.startswith(b"HTTP/1.1 200"):
                self.answered.append(text)
            else:
                self.failed += 1
                print(body[:200], file=sys.stderr)
        writer.close()


def judge(folder: Path, store: str, answered: Sequence[str]) -> None:
    """Check that what was answered is in the store once, and was sent."""
    database = open_database(store or folder / "bridge.db")
    found = MessageStore(database).list_messages(limit=10_000_000)
    database.close()
    texts = Counter(one.text for one in found)
    if set(answered) - texts.keys():
        raise SystemExit("benchmarks: an answered message is lost")
    if max(texts.values(), default=0) > 1:
        raise SystemExit("benchmarks: a message is doubled")
    if {one.state for one in found} - {State.ACCEPTED, State.STORED}:
        raise SystemExit("benchmarks: a message has an outcome that no backend gave")


def measure(call: Callable[[str, str], bytes], rate: float, seconds: float, store: str = "") -> str:
    """Return a line that says how a door did."""
    name_of = f"{call.__name__}-{time.time():.0f}-{{}}".format
    with TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, store) as (address, _):
            warm = Load(address, lambda text, to: call(name_of(f"warm-{text}"), to), 20)
            asyncio.run(warm.run(1))
            load = Load(address, lambda text, to: call(name_of(text), to), rate)
            begun = time.monotonic()
            asyncio.run(load.run(seconds))
            took = time.monotonic() - begun
        judge(folder, store, [name_of(text) for text in load.answered])
    late = sorted(load.late)
    middle, most = late[len(late) // 2], late[int(len(late) * 0.99)]
    done = len(load.answered) / took
    return (
        f"{done:.0f} stored a second of {rate:.0f} asked, for {took:.0f} s: "
        f"median {middle * 1000:.0f} ms, p99 {most * 1000:.0f} ms, {load.failed} failed"
    )


def memory_of_waiting(count: int = WAITING, store: str = "") -> str:
    """Return a line that says what a bridge takes while messages wait in its store."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        database = open_database(store or folder / "bridge.db")
        database.migrate()
        row = {
            "door": "shop",
            "caller": "shop",
            "protocol": "rest",
            "content": "c",
            "fingerprint": "f",
            "channels": "sms",
            "backend": "behind",
            "state": State.STORED,
            "send_at": 4e9,
            "due": 4e9,
            "stored_at": 1.0,
            "changed_at": 1.0,
            **dict.fromkeys(("tries", "resent", "looked_up"), 0),
            "hidden": False,
        }
        rows = [
            {**row, "id": os.urandom(20).hex(), "recipient": f"+120255{n:05}", "text": f"t-{n}"}
            for n in range(count)
        ]
        with database.write("fill") as connection:
            connection.execute(MESSAGES.insert(), rows)
        database.close()
        with serving(folder, store) as (address, process):
            asyncio.run(Load(address, rest_call, 50).run(2))
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    kib = int(status.partition("VmHWM:")[2].split()[0])
    return f"{kib / 1024:.0f} MiB at most, with {count} messages waiting"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks bridge")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--soap-rate", type=float, default=100.0)
    parser.add_argument("--store", default="", help="an empty database, for a file of SQLite")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        print(f"the disk: {fsyncs(Path(folder)):.0f} fsyncs a second")
    print(f"REST door: {measure(rest_call, asked.rate, asked.seconds, asked.store)}", flush=True)
    print(
        f"SOAP door: {measure(soap_call, asked.soap_rate, asked.seconds, asked.store)}", flush=True
    )
    if Path("/proc/self/status").exists():
        print(f"memory: {memory_of_waiting(store=asked.store)}")
    return 0
