"""Faults of the wire, by the names that fixtures use: what a server does instead of an answer.

Each happens after the whole request was read, so the provider has taken the message.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_HALF_HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Cut"
_HALF_BODY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 340\r\n\r\n"
    b'{"result": {"error"'
)
_GARBAGE = b"\x00\x01SSH-2.0-not-http\r\n\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens in place of an answer."""

    name: str


def _reset(sock: socket.socket, _over: threading.Event) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _close(_sock: socket.socket, _over: threading.Event) -> None:
    """Do nothing before the socket is closed."""


def _silence(_sock: socket.socket, over: threading.Event) -> None:
    over.wait(60)


def _writes(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    return lambda sock, _over: sock.sendall(data)


FAULTS: Mapping[str, Callable[[socket.socket, threading.Event], None]] = {
    "reset-after-request": _reset,
    "close-after-request": _close,
    "silence": _silence,
    "half-headers": _writes(_HALF_HEADERS),
    "half-body": _writes(_HALF_BODY),
    "garbage": _writes(_GARBAGE),
}
"""What to do with the socket before it is closed; ``over`` is set when the server stops."""
