"""Runs bridges that are to be killed: each in a fork of one process, which has imported all.

Its orders are JSON lines: the folder of a config, and the point at whose nth time the process kills
itself, if at one. It answers with the address of the bridge, and once it has ended, with how.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from smsbridge.backends.base import Backend
from smsbridge.bridge.app import BridgeApp
from smsbridge.bridge.config import read_bridge
from smsbridge.bridge.doors.door import Door
from smsbridge.bridge.serve_bridge import serve_bridge
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.sqlite_database import SQLiteDatabase
from smsbridge.bridge.uvicorn_server import listen, serve_app, url_of
from smsbridge.client.sync import Client
from smsbridge.config.load import read_document
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.http.requests_transport import RequestsTransport

HALF, WHOLE, ANSWERED = "body half sent", "all sent", "answer read"


class Fuse:
    """Kills this process at the nth time of a point."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self._left = point, nth
        self._turn = threading.Lock()

    def __call__(self, point: str) -> None:
        if point != self.point:
            return
        with self._turn:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class FusedTransport(RequestsTransport):
    """A transport with points between the bytes of a request and its answer."""

    fuse: Fuse

    def send(self, request: Request, deadline: float) -> Response:
        if self.fuse.point in (HALF, WHOLE) and request.method == "POST":
            self._send_by_hand(request)
        answer = super().send(request, deadline)
        if request.method == "POST":
            self.fuse(ANSWERED)
        return answer

    def _send_by_hand(self, request: Request) -> None:
        """Write the request, or half of it, and tell the fuse; what is left goes as always."""
        parts = urlsplit(request.url)
        head = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        head += [f"{name}: {value}" for name, value in request.headers.items()]
        head += [f"Content-Length: {len(request.body)}", "Connection: close", "", ""]
        body = request.body if self.fuse.point == WHOLE else request.body[: len(request.body) // 2]
        before = self.fuse._left  # noqa: SLF001  (this file's own)
        if before > 1:
            self.fuse(self.fuse.point)
            return
        with socket.create_connection((parts.hostname or "", parts.port or 80), 5) as sock:
            sock.sendall("\r\n".join(head).encode() + body)
            self.fuse(self.fuse.point)


def serve(order: dict[str, Any]) -> None:
    """Serve until SIGTERM, or until the fuse ends it."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    fuse = Fuse(order.get("point", ""), order.get("nth", 1))
    config = read_bridge(read_document(Path(order["folder"]) / "smsbridge.toml"))

    def client_of(backend: Backend, session: Session) -> Client:
        carrier = FusedTransport(backend, session.monotonic)
        carrier.fuse = fuse
        return Client(backend, transport=carrier, session=session)

    with (
        listen("127.0.0.1", 0) as listening,
        serve_bridge(config, url_of(listening), at=fuse, client_of=client_of) as bridge,
        serve_app(BridgeApp(bridge).app(), listening),
    ):
        tell({"address": url_of(listening)})
        while not over.wait(0.05):
            pass


@cache
def warm_folder(folder: str) -> None:
    """Read once what each fork would read anew: a WSDL takes longer than all the rest."""
    config = read_bridge(read_document(Path(folder) / "smsbridge.toml"))
    with TemporaryDirectory() as other:
        database = SQLiteDatabase(Path(other) / "bridge.db")
        database.migrate()
        store = MessageStore(database)
        for door in config.doors:
            Door(door, config.backends[door.to], store, Session(), "http://127.0.0.1")
        database.close()


def warm(order: dict[str, Any]) -> None:
    """Read what the bridges of a folder need."""
    warm_folder(order["folder"])


def tell(said: dict[str, Any]) -> None:
    """Write one line, at once and whole."""
    os.write(1, json.dumps(said).encode() + b"\n")


def main() -> None:
    """Fork a bridge for each order, and wait for its end."""
    for line in sys.stdin:
        order = json.loads(line)
        warm(order)
        child = os.fork()
        if child == 0:
            try:
                serve(order)
            finally:
                os._exit(0 if sys.exc_info()[0] is None else 1)
        tell({"pid": child})
        tell({"ended": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])})


if __name__ == "__main__":
    main()
