"""Kills bridges while callers send, and judges what their store and the provider then have."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from smsbridge.bridge.database import Database
from smsbridge.bridge.store import Store
from smsbridge.bridge.stored_message import State, StoredMessage
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.bridges import config_text, read

SECONDS = 30.0
CHILD = Path(__file__).with_name("bridge_child.py")
RECIPIENTS = [f"+120255501{number:02}" for number in range(20)]


@dataclass
class Caller:
    """An old program that sends, message after message, and repeats those that it can name."""

    name: str
    named: bool
    answered: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, address_of: Any) -> None:
        """Send until it is told to stop; one that is named is repeated until it is answered."""
        number = 0
        with requests.Session() as session:
            session.trust_env = False
            while not self.over.is_set():
                number += 1
                text = f"{self.name}-{number}"
                self.tried.append(text)
                while not self._send(session, address_of(), text, number) and self.named:
                    if self.over.is_set():
                        return
                    time.sleep(0.01)

    def _send(self, session: requests.Session, address: str, text: str, number: int) -> bool:
        recipient = RECIPIENTS[number % len(RECIPIENTS)]
        form = {"apikey": "shop-key", "recipients": recipient, "message": text}
        headers = {"Idempotency-Key": text} if self.named else {}
        with suppress(requests.RequestException):
            answer = session.post(f"{address}/sendsms/", data=form, headers=headers, timeout=5)
            if answer.status_code == 200 and answer.json()["result"]["error"] == "0":
                self.answered.append(text)
                return True
        time.sleep(0.005)
        return False


@dataclass
class Killed:
    """A folder with a store, a mock provider, and the process that runs the bridges."""

    folder: Path
    provider: Provider
    process: subprocess.Popen[str]
    callers: list[Caller] = field(default_factory=list)
    address: str = "http://127.0.0.1:9"
    pid: int = 0
    ended: int | None = None

    def begin(self, point: str = "", nth: int = 1) -> None:
        """Start a bridge, and wait until it listens or has ended."""
        order = {"folder": str(self.folder), "point": point, "nth": nth}
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.pid, self.ended = 0, None
        said: dict[str, Any] = {}
        while "address" not in said and "ended" not in said:
            said = self._read()
            self.pid = said.get("pid", self.pid)
        self.address = said.get("address", self.address)
        self.ended = said.get("ended")

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal to the bridge, and return how it ended."""
        while not self.pid:
            self.pid = self._read().get("pid", 0)
        if self.ended is None:
            os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        """Return how the bridge ended, once it has."""
        while self.ended is None:
            self.ended = self._read().get("ended")
        return self.ended

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the process that runs the bridges has ended"
        found: dict[str, Any] = json.loads(line)
        return found

    @contextmanager
    def calling(self, several: int = 4) -> Iterator[None]:
        """Let callers send until the end of the block: half of them name what they send."""
        begun = len(self.callers)
        self.callers += [Caller(f"c{begun + n}", named=n % 2 == 0) for n in range(several)]
        threads = [
            threading.Thread(target=one.run, args=(lambda: self.address,), daemon=True)
            for one in self.callers[begun:]
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for one in self.callers:
                one.over.set()
            for thread in threads:
                thread.join(SECONDS)

    def messages(self) -> list[StoredMessage]:
        database = Database(self.folder / "bridge.db")
        try:
            return Store(database, time.time).list_messages(limit=1_000_000)
        finally:
            database.close()

    def settle(self) -> list[StoredMessage]:
        """Let a last bridge send all that is left, and return what the store then has.

        What a killed bridge had handed to the system may reach the provider after the first
        look-up, so it goes on until the log has shown what arrived.
        """
        self.begin()
        until = time.monotonic() + 8 * SECONDS  # each look-up reads the whole log
        going = (State.STORED, State.HANDED_OVER)
        while time.monotonic() < until:
            found = self.messages()
            waits = any(one.state in going for one in found)
            unknown = [one for one in found if one.state is State.UNKNOWN]
            arrived = {one.text for one in self.provider.messages}
            to_find = any(not one.looked_up or one.text in arrived for one in unknown)
            if not waits and not to_find:
                break
            time.sleep(0.1)
        assert self.kill(signal.SIGTERM) == 0
        return self.messages()

    def judge(self) -> Counter[State]:
        """Check that nothing is lost and nothing doubled; return how the messages ended."""
        found = self.settle()
        texts = Counter(one.text for one in found)
        arrived = Counter(one.text for one in self.provider.messages)
        answered = {text for caller in self.callers for text in caller.answered}
        assert answered <= texts.keys(), "an answered message is not in the store"
        assert max(texts.values(), default=0) <= 1, "a repeat became a second message"
        assert max(arrived.values(), default=0) <= 1, "a message reached the provider twice"
        assert arrived.keys() <= texts.keys()
        states = {one.text: one.state for one in found}
        assert set(states.values()) <= {State.ACCEPTED, State.UNKNOWN}
        accepted = {text for text, state in states.items() if state is State.ACCEPTED}
        assert accepted == arrived.keys(), "the outcome of a message is wrong"
        assert all(len(one.id) == 40 for one in found)
        return Counter(one.state for one in found)


@contextmanager
def killed(folder: Path, given: str = "") -> Iterator[Killed]:
    """Yield a bridge that may be killed, with a mock provider on a socket behind it.

    ``given``: its config, if another than that of one door.
    """
    text = given or config_text()
    config = read(folder, text)
    provider = Provider(config.backends["new"])
    server = MockServer(provider)
    server.start()
    text = text.replace("https://new.example", provider.address)
    (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
    with (folder / "child.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        )
    run = Killed(folder, provider, process)
    try:
        yield run
    finally:
        with suppress(OSError):
            if run.pid and run.ended is None:
                os.kill(run.pid, signal.SIGKILL)
        process.kill()
        process.communicate(timeout=SECONDS)
        server.stop()


def pauses(seed: int, count: int, most: float) -> list[float]:
    """Return random seconds, the same for the same seed."""
    chance = random.Random(seed)
    return [chance.uniform(0.0, most) for _ in range(count)]
