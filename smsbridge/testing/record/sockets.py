"""What the recorder asks and does to a socket."""

from __future__ import annotations

import selectors
import socket
import ssl
from contextlib import suppress

IDLE_SECONDS = 600.0


def ready(*sockets: socket.socket) -> list[socket.socket]:
    """Return those from which something can be read, or that have ended; none if all are idle."""
    waiting: list[socket.socket] = [
        one for one in sockets if isinstance(one, ssl.SSLSocket) and one.pending()
    ]
    if waiting:
        return waiting
    with selectors.DefaultSelector() as selector:
        for one in sockets:
            selector.register(one, selectors.EVENT_READ)
        found = selector.select(IDLE_SECONDS)
    return [key.fileobj for key, _ in found if isinstance(key.fileobj, socket.socket)]


def is_gone(peer: socket.socket) -> bool:
    """Return whether the peer of a socket from which something can be read has ended it."""
    try:
        return not peer.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


def hang_up(connection: socket.socket) -> None:
    """Wake everything that waits for a connection."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # by TLS, its own would say goodbye


def why_unreachable(error: OSError) -> str:
    """Return in words why a provider can't be reached."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the provider's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS to the provider failed: {error.reason}"
    return f"the provider can't be reached: {error.strerror or type(error).__name__}"
