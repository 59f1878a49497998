"""Sockets that answer nothing: they tell what came or was closed, or only keep a port."""

from __future__ import annotations

import gc
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
def closed_without_answer(seconds: float) -> Iterator[tuple[int, Callable[[], bool]]]:
    """Yield a port on loopback, and what tells whether the first client there closes its end.

    The garbage collector, which would close it some time, does nothing until the end of the block.
    """
    gc.disable()
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(seconds)

            def is_closed() -> bool:
                with server.accept()[0] as client:
                    client.settimeout(seconds)
                    while client.recv(1000):
                        pass
                return True

            yield server.getsockname()[1], is_closed
    finally:
        gc.enable()


@contextmanager
def kept_port() -> Iterator[int]:
    """Yield a port of loopback that nobody else is given until the end of the block.

    A server that is told this port can listen there, as servers set ``SO_REUSEADDR``.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]
