"""A store, a backend in memory, and what delivers from one to the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.backends.memory import MemoryBackend
from smsbridge.bridge.delivery.message_delivery import Delivery
from smsbridge.bridge.delivery.message_queue import MessageQueue
from smsbridge.bridge.delivery.sender import Sender
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import StoredMessage
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Session

from support.bridges import SECONDS


class Deliveries:
    """What a test of deliveries needs. ``ends``: the messages whose outcome was recorded."""

    def __init__(self, store: MessageStore, holder: str = "") -> None:
        self.store, self.memory = store, MemoryBackend()
        self.session = Session()
        self.backends: dict[str, Backend] = {"new": self.memory}
        self.clients = {"new": Client(self.memory)}
        self.ends: list[StoredMessage] = []
        self.queue = MessageQueue(store, holder)

    @property
    def sender(self) -> Sender:
        return Sender(
            backends=self.backends,
            clients=self.clients,
            session=self.session,
            now=self.store.now,
        )

    def delivery(self) -> Delivery:
        return Delivery(self.queue, self.sender, self.ends.append)

    def claim(self) -> StoredMessage:
        found = self.queue.claim("worker 1", self.sender.attempt)
        assert found is not None
        return found

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.01)


class Slow(Client):
    """A client whose sends begin, and go on when they are let to."""

    def __init__(self, memory: MemoryBackend) -> None:
        super().__init__(memory)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def send(self, *given: Any, **more: Any) -> Any:
        self.begun.set()
        self.go_on.wait(SECONDS)
        return super().send(*given, **more)
