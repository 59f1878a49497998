"""A bridge on a socket, by uvicorn: it listens, and ends gently when it is told to."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smsbridge.errors import MissingExtra

try:
    import h11
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as missing:
    raise MissingExtra("bridge", "smsbridge serve") from missing

if TYPE_CHECKING:
    from starlette.applications import Starlette

LOG = logging.getLogger("smsbridge.bridge")
_START_SECONDS = 30.0
_GRACE_SECONDS = 4
_END_SECONDS = 6.0
_BACKLOG = 128
_MOST_CONNECTIONS = 10_000
_PATIENCE_SECONDS = 60.0
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_PLACE = re.compile(rb"(?<= )https?://[^/? ]+(?=/)", re.IGNORECASE)


class BridgeProtocol(H11Protocol):
    """HTTP by h11, with targets as old programs write them, and for no more than there is room.

    They leave bytes above ASCII as they are, which h11 refuses, and which become ``%E9`` here. A
    whole URL, as a proxy is sent it, becomes its path (RFC 9112 §3.2.2). A connection is closed if
    there are ``most`` already, or if its request isn't whole after ``patience`` seconds: the files
    of the process are for the store and the providers too.
    """

    most: int
    patience: float
    told_at = -math.inf
    _is_past_line = False
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, if there is room."""
        super().connection_made(transport)
        if len(self.connections) <= self.most:
            self._wait()
            return
        transport.abort()
        now, kind = self.loop.time(), type(self)
        if now - kind.told_at > self.patience:  # a line for each would fill a disk
            kind.told_at = now
            LOG.warning("%d connections are open, and no more are taken", self.most)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request; of those of its first line the target is mended."""
        if self.conn.their_state is h11.IDLE and not self._is_past_line:
            line, end, rest = data.partition(b"\n")
            self._is_past_line = bool(end)
            line = _PLACE.sub(b"", line, count=1)
            data = _NOT_ASCII.sub(lambda one: b"%%%02X" % one[0][0], line) + end + rest
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._is_past_line = False
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._wait_no_more()
        elif self._late is None:
            self._wait()

    def _wait(self) -> None:
        self._late = self.loop.call_later(self.patience, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def most_connections() -> int:
    """Return how many callers may be connected: half of the files that the process may open."""
    try:
        import resource
    except ImportError:  # on Windows there is no such limit
        return _MOST_CONNECTIONS
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    has_limit = limit != resource.RLIM_INFINITY
    return min(limit // 2, _MOST_CONNECTIONS) if has_limit else _MOST_CONNECTIONS


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def url_of(listening: socket.socket) -> str:
    """Return the base URL of a socket that listens."""
    return base_url(*listening.getsockname()[:2])


def base_url(host: str, port: int) -> str:
    """Return the base URL of a host and a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serve_app(
    app: Starlette,
    listening: socket.socket,
    proxies: Collection[str] = (),
    *,
    most: int = _MOST_CONNECTIONS,
    patience: float = _PATIENCE_SECONDS,
) -> Iterator[None]:
    """Serve an application until the end of the block; then answer what has come, and stop.

    ``proxies``: whose word for the address of a caller is taken, ``X-Forwarded-For``. ``most`` and
    ``patience``: how many may be connected, and how many seconds a request may take to come.
    """
    protocol = type("Protocol", (BridgeProtocol,), {"most": most, "patience": patience})
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # its lines would have the keys that stand in a query
        http=protocol,
        backlog=_BACKLOG,  # so many are accepted at a time, before one too many is closed
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
