"""A socket that listens, and tells how many connections it got: none is a proof of silence."""

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
