"""A server of plain sockets that does to a send whatever a test says; a token call just works."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from smsbridge.testing.faults.connection import Wire, play_fault
from smsbridge.testing.faults.table import fault

Act = Callable[[socket.socket], None]
RESET = struct.pack("ii", 1, 0)


def answer(status: int, body: str | bytes = b"", **headers: str) -> bytes:
    """Return the bytes of an HTTP answer; ``retry_after`` becomes ``Retry-After``."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    named = {"Content-Type": "application/json", "Content-Length": str(len(content)), **named}
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in named.items()), "", ""]
    return "\r\n".join(lines).encode() + content


@dataclass(frozen=True)
class Got:
    """A whole request that the server has read."""

    path: str
    head: str
    body: bytes


TOKEN = answer(200, '{"access_token": "tok-1", "expires_in": 3600}')
Play = bytes | str | Callable[["FaultServer", Got], bytes | str]


@dataclass
class FaultServer:
    """Plays one answer, or a fault by its name, to each send in turn; the last one for ever.

    ``on_accept`` is done to the raw connection before anything is read. ``sends`` and ``tokens``
    are the requests that were read whole; ``connections``: how many were opened.
    """

    script: list[Play] = field(default_factory=list)
    token: Play = TOKEN
    tls: ssl.SSLContext | None = None
    on_accept: Act | None = None
    sends: list[Got] = field(default_factory=list)
    tokens: list[Got] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        self.port = self._socket.getsockname()[1]
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._talk, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            if self.on_accept:
                self.on_accept(connection)
                return
            if self.tls is None:
                self._converse(connection)
                return
            with self.tls.wrap_socket(connection, server_side=True) as secured:
                self._converse(secured)

    def _converse(self, connection: socket.socket) -> None:
        while got := _read(connection):
            if not self._answer(connection, got):
                return

    def _answer(self, connection: socket.socket, got: Got) -> bool:
        with self._lock:
            if got.path == "/oauth2/token":
                self.tokens.append(got)
                play = self.token
            else:
                self.sends.append(got)
                play = self.script[min(len(self.sends), len(self.script)) - 1]
            reply = play(self, got) if callable(play) else play
        if isinstance(reply, bytes):
            connection.sendall(reply)
            return True
        play_fault(Wire(sock=connection, over=self._over, fault=fault(reply)))
        return False


def reset(connection: socket.socket) -> None:
    """Let the close that follows send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def reset_mid_request(connection: socket.socket) -> None:
    """Read a little of a request, then reset."""
    connection.recv(1024)
    reset(connection)


def _read(connection: socket.socket) -> Got | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    lengths = [line for line in text.lower().split("\r\n") if line.startswith("content-length:")]
    wanted = int(lengths[0].partition(":")[2]) if lengths else 0
    while len(body) < wanted:
        more = connection.recv(65_536)
        if not more:
            return None
        body += more
    return Got(path=text.split(" ")[1], head=text, body=body)
