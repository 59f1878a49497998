"""Sockets of a test: one that counts the connections it got, and one that only has a port."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def listening() -> Iterator[tuple[int, Callable[[], int]]]:
    """Yield a port on loopback, and what counts the connections that wait there, once each."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)

        def taken() -> int:
            count = 0
            for _ in range(128):
                try:
                    server.accept()[0].close()
                except BlockingIOError:
                    break
                count += 1
            return count

        yield server.getsockname()[1], taken


@contextmanager
def kept_port() -> Iterator[int]:
    """Yield a port of loopback that nobody else is given until the end of the block.

    A server that is told this port can listen there, as servers set ``SO_REUSEADDR``.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]
