"""A bridge on a socket, by uvicorn: it listens, and ends gently when it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smsbridge.errors import MissingExtra

try:
    import uvicorn
except ImportError as missing:
    raise MissingExtra("bridge", "smsbridge serve") from missing

if TYPE_CHECKING:
    from starlette.applications import Starlette

_START_SECONDS = 30.0
_GRACE_SECONDS = 4
_END_SECONDS = 6.0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=256)


def url_of(listening: socket.socket) -> str:
    """Return the base URL of a socket that listens."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serve_app(
    app: Starlette, listening: socket.socket, proxies: Collection[str] = ()
) -> Iterator[None]:
    """Serve an application until the end of the block; then answer what has come, and stop.

    ``proxies``: whose word for the address of a caller is taken, ``X-Forwarded-For``.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # its lines would have the keys that stand in a query
        lifespan="off",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    started = threading.Event()
    for _ in range(int(_START_SECONDS / 0.01)):
        if server.started or not thread.is_alive():
            break
        started.wait(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_END_SECONDS)
