"""Who sends a message twice: a provider takes it whole on a kept connection, and breaks that.

The message may have been sent, so a client that sends it again by itself sends it twice.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from benchmarks.peers import KINDS
from benchmarks.peers.model import Kind
from benchmarks.rounds import Runner, need
from benchmarks.target import ANSWER, TWILIO_ANSWER, Place

_SECONDS = 10
_JSON = json.dumps({**ANSWER, **TWILIO_ANSWER}).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_JSON),
    _JSON,
)
_AT_ONCE = struct.pack("ii", 1, 0)
Break = Callable[[socket.socket], None]


def _close(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


BREAKS: tuple[Break, ...] = (_close, _reset)


class Provider:
    """A provider that answers the first request, and takes and breaks each one after it."""

    def __init__(self, listener: socket.socket, end: Break) -> None:
        """Let ``end`` break connections."""
        self._listener = listener
        self._break = end
        self.taken = 0

    def serve(self) -> None:
        """Serve one connection after the other, until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(_SECONDS)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        while _read_request(connection):
            self.taken += 1
            if self.taken > 1:
                self._break(connection)
                return
            connection.sendall(_ANSWER)


def _read_request(connection: socket.socket) -> bool:
    got = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            return False
        got += piece
        head, found, rest = got.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if found and len(rest) >= int(length or 0):
            return True


@contextmanager
def _provider(end: Break) -> Iterator[tuple[Provider, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = Provider(listener, end)
        thread = threading.Thread(target=provider.serve, daemon=True)
        thread.start()
        yield provider, listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # so that accept ends
        thread.join(_SECONDS)


def twice_runners(kinds: Sequence[Kind] = KINDS["rest"]) -> dict[str, Runner]:
    """Return a runner for each peer: how often a provider got its second message, at most."""

    def runner(kind: Kind) -> Runner:
        def run() -> float:
            need(kind.packages)
            return float(max(_times(kind, end) for end in BREAKS))

        return run

    return {kind.name: runner(kind) for kind in kinds if kind.name != "raw socket"}


def _times(kind: Kind, end: Break) -> int:
    with _provider(end) as (provider, port):
        with contextmanager(kind.run)(Place(url=f"http://127.0.0.1:{port}")) as send:
            send(1)
            with suppress(Exception):  # each peer has errors of its own: what counts is what left
                send(1)
        return provider.taken - 1
