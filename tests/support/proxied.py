"""The proxy in front of a server of a test, and bytes that a client says to it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from smsbridge.http.exchange import Request, Response
from smsbridge.serving.rest import json_response
from smsbridge.testing.record.exchanges import Exchanges, RecordedExchange
from smsbridge.testing.record.recording_proxy import RecordingProxy

SECONDS = 30


@dataclass
class Proxied:
    """A running proxy, and what it kept."""

    proxy: RecordingProxy
    exchanges: Exchanges

    def connect(self) -> socket.socket:
        """Return a connection of a client."""
        parts = urlsplit(self.proxy.address)
        return socket.create_connection((parts.hostname or "", parts.port or 0), SECONDS)

    def say(self, request: bytes, size: int = 0) -> bytes:
        """Return what comes back to a request: so many bytes, or all until the end or a reset."""
        with self.connect() as client:
            client.sendall(request)
            return read_all(client, size)

    def kept(self, count: int = 1) -> list[RecordedExchange]:
        """Return what was kept, once it is so much: a fault is kept when the client has left."""
        found: list[RecordedExchange] = []
        until = time.monotonic() + SECONDS
        while len(found) < count and time.monotonic() < until:
            found += self.exchanges.take()
            threading.Event().wait(0.005)
        return found


def read_all(client: socket.socket, size: int = 0) -> bytes:
    """Return so many bytes, or all that come until the end; a reset is an end."""
    found = b""
    with suppress(ConnectionResetError):
        while (not size or len(found) < size) and (data := client.recv(65_536)):
            found += data
    return found


@contextmanager
def proxied(provider: str, ca: str = "") -> Iterator[Proxied]:
    """Run a proxy in front of a provider until the end of the block."""
    exchanges = Exchanges(_ignore)
    trusted = ssl.create_default_context(cafile=ca or None)
    proxy = RecordingProxy(provider, exchanges, _control, tls=trusted)
    proxy.start()
    try:
        yield Proxied(proxy, exchanges)
    finally:
        proxy.stop()


def _control(_: Request) -> Response:
    return json_response(200, {"control": True})


def _ignore(_: str) -> None:
    """Say nothing."""
