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
_AT_START = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}
_MOST_HEAD = 64 * 1024


class OldTargets(H11Protocol):
    """HTTP by h11, accepting requests as old programs write them.

    Raw non-ASCII bytes in a target, which h11 refuses, are percent-encoded (``%E9``). An absolute
    URL, as sent to a proxy, is reduced to its path (RFC 9112 §3.2.2). An empty line after a body is
    not a request (§2.2).
    """

    def handle_events(self) -> None:
        """Take the events of what has come, once the first line of a request is mended."""
        came = self.conn.trailing_data[0]
        if self.conn.states == _AT_START and (mended := _mend(came)) != came:
            self.conn = h11.Connection(h11.SERVER, _MOST_HEAD)
            if mended:
                self.conn.receive_data(mended)
        super().handle_events()


def _mend(came: bytes) -> bytes:
    line, end, rest = came.lstrip(b"\r\n").partition(b"\n")
    line = _PLACE.sub(b"", line, count=1)
    return _NOT_ASCII.sub(lambda one: b"%%%02X" % one[0][0], line) + end + rest


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
        h11_max_incomplete_event_size=_MOST_HEAD,
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
