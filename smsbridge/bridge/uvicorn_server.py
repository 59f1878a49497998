"""Serves the bridge on a socket with uvicorn, with a graceful shutdown."""

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
_AT_START = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}
_MOST_HEAD = 64 * 1024


class BridgeProtocol(H11Protocol):
    """HTTP by h11, accepting requests as old programs write them, from a limited number of them.

    Raw non-ASCII bytes in a target, which h11 refuses, are percent-encoded (``%E9``). An absolute
    URL, as sent to a proxy, is reduced to its path (RFC 9112 §3.2.2). An empty line after a body is
    not a request (§2.2). A connection is closed if ``most`` are open already, or if its request is
    incomplete after ``patience`` seconds: the store and the providers need file descriptors too.
    """

    most: int
    patience: float
    told_at = -math.inf
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn names its kind
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
        """Stop the timer."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request, and time how long the rest takes."""
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._wait_no_more()
        elif self._late is None:
            self._wait()

    def handle_events(self) -> None:
        """Take the events of what has come, once the first line of a request is mended."""
        came = self.conn.trailing_data[0]
        if self.conn.states == _AT_START and (mended := _mend(came)) != came:
            self.conn = h11.Connection(h11.SERVER, _MOST_HEAD)
            if mended:
                self.conn.receive_data(mended)
        super().handle_events()

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


def _mend(came: bytes) -> bytes:
    line, end, rest = came.lstrip(b"\r\n").partition(b"\n")
    line = _PLACE.sub(b"", line, count=1)
    return _NOT_ASCII.sub(lambda one: b"%%%02X" % one[0][0], line) + end + rest


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def url_of(listening: socket.socket) -> str:
    """Return the base URL of a listening socket."""
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
    """Serve an application until the end of the block; then answer open requests, and stop.

    ``proxies``: the reverse proxies whose ``X-Forwarded-For`` is trusted. ``most``: how many
    callers may be connected. ``patience``: how many seconds a request may take to arrive.
    """
    protocol = type("Protocol", (BridgeProtocol,), {"most": most, "patience": patience})
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # it would log keys in query strings
        http=protocol,
        h11_max_incomplete_event_size=_MOST_HEAD,
        backlog=_BACKLOG,  # so many are accepted at once before one too many is closed
        lifespan="off",
        ws="none",
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
