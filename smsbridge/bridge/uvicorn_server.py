"""Serves the bridge on a socket with uvicorn, with a graceful shutdown."""

from __future__ import annotations

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

_START_SECONDS = 30.0
_GRACE_SECONDS = 4
_END_SECONDS = 6.0
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_PLACE = re.compile(rb"(?<= )https?://[^/? ]+(?=/)", re.IGNORECASE)


class OldTargets(H11Protocol):
    """HTTP by h11, accepting request targets as old programs write them.

    Raw non-ASCII bytes, which h11 refuses, are percent-encoded (``%E9``). An absolute URL, as sent
    to a proxy, is reduced to its path (RFC 9112 §3.2.2).
    """

    _is_past_line = False

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request, and fix the target in its first line."""
        if self.conn.their_state is h11.IDLE and not self._is_past_line:
            line, end, rest = data.partition(b"\n")
            self._is_past_line = bool(end)
            line = _PLACE.sub(b"", line, count=1)
            data = _NOT_ASCII.sub(lambda one: b"%%%02X" % one[0][0], line) + end + rest
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._is_past_line = False


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=256)


def url_of(listening: socket.socket) -> str:
    """Return the base URL of a listening socket."""
    return base_url(*listening.getsockname()[:2])


def base_url(host: str, port: int) -> str:
    """Return the base URL of a host and a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serve_app(
    app: Starlette, listening: socket.socket, proxies: Collection[str] = ()
) -> Iterator[None]:
    """Serve an application until the end of the block; then answer open requests, and stop.

    ``proxies``: the reverse proxies whose ``X-Forwarded-For`` is trusted.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # it would log keys in query strings
        http=OldTargets,
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
