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
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import requests

from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import State, StoredMessage
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.bridges import config_text, read
from support.stores import Place

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
class Child:
    """A process that runs bridges, one after the other, and the one that it runs."""

    folder: Path
    process: subprocess.Popen[str]
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

    @property
    def runs(self) -> bool:
        """Whether its bridge runs, as far as is known."""
        return bool(self.pid) and self.ended is None


@dataclass
class Killed:
    """A store, a mock provider, and the processes that run bridges: two, if they share it."""

    place: Place
    provider: Provider
    children: list[Child]
    callers: list[Caller] = field(default_factory=list)

    @property
    def first(self) -> Child:
        """The first process."""
        return self.children[0]

    def begin(self) -> None:
        """Start a bridge in each process that runs none."""
        for one in self.children:
            if not one.runs:
                one.begin()

    def end(self) -> None:
        """End all bridges gently."""
        for one in self.children:
            assert not one.runs or one.kill(signal.SIGTERM) == 0

    def address(self) -> str:
        """Return the address of any of the bridges."""
        return random.choice(self.children).address

    @contextmanager
    def calling(self, several: int = 4) -> Iterator[None]:
        """Let callers send until the end of the block: half of them name what they send."""
        begun = len(self.callers)
        self.callers += [Caller(f"c{begun + n}", named=n % 2 == 0) for n in range(several)]
        threads = [
            threading.Thread(target=one.run, args=(self.address,), daemon=True)
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
        database = self.place.database()
        try:
            return MessageStore(database).list_messages(limit=1_000_000)
        finally:
            database.close()

    def settle(self) -> list[StoredMessage]:
        """Let a last bridge send all that is left, and return what the store then has.

        What a killed bridge had handed to the system may reach the provider after the first
        look-up, so it goes on until the log has shown what arrived.
        """
        self.begin()
        until = time.monotonic() + 4 * SECONDS
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
        self.end()
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
def killed(place: Place, given: str = "") -> Iterator[Killed]:
    """Yield bridges that may be killed, with a mock provider on a socket behind them.

    ``given``: their config, if another than that of one door.
    """
    folder, text = place.folder, given or config_text(bridge=place.line)
    config = read(folder, text)
    provider = Provider(config.backends["new"])
    server = MockServer(provider)
    server.start()
    text = text.replace("https://new.example", provider.address)
    (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
    with (folder / "child.log").open("w") as log, ExitStack() as stack:
        stack.callback(server.stop)
        children = [
            stack.enter_context(_child(folder, log)) for _ in range(2 if place.server else 1)
        ]
        yield Killed(place, provider, children)


@contextmanager
def _child(folder: Path, log: IO[str]) -> Iterator[Child]:
    process = subprocess.Popen(
        [sys.executable, str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        encoding="utf-8",
    )
    child = Child(folder, process)
    try:
        yield child
    finally:
        with suppress(OSError):
            if child.runs:
                os.kill(child.pid, signal.SIGKILL)
        process.kill()
        process.communicate(timeout=SECONDS)


def pauses(seed: int, count: int, most: float) -> list[float]:
    """Return random seconds, the same for the same seed."""
    chance = random.Random(seed)
    return [chance.uniform(0.0, most) for _ in range(count)]
