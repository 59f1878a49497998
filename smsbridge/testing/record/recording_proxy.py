"""A reverse proxy in front of a provider, which keeps what it passes on."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any

from smsbridge.http.exchange import Request, Response
from smsbridge.testing.record.addresses import Move
from smsbridge.testing.record.exchange_keeper import ExchangeKeeper
from smsbridge.testing.record.exchanges import Exchanges
from smsbridge.testing.record.proxied_connection import ProxiedConnection
from smsbridge.testing.record.sockets import hang_up

_END_SECONDS = 2.0
_POLL_SECONDS = 0.05
_WAITING = 128


class _Listening(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = _WAITING

    def handle_error(self, *_: Any) -> None:
        """Show no traceback: a request holds a key, a number and a text."""


class RecordingProxy:
    """Passes on what clients and a provider say, until it is stopped.

    ``exchanges``: what it keeps. ``address``: where clients reach it.
    """

    def __init__(  # noqa: PLR0913  (each is what the command alone knows)
        self,
        provider: str,
        exchanges: Exchanges,
        control: Callable[[Request], Response],
        *,
        tls: ssl.SSLContext,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Stand in front of ``provider``, its scheme and host. ``tls``: whom it trusts.

        ``control`` answers the proxy's own pages. ``port`` 0 takes any free port.
        """
        self.exchanges = exchanges
        self.address = ""
        self._provider = provider.rstrip("/")
        self._control = control
        self._tls = tls
        self._at = (host, port)
        self._numbers = count(1)
        self._open: dict[threading.Thread, list[socket.socket]] = {}
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._server: _Listening | None = None

    def start(self) -> None:
        """Listen. Raises `OSError` if it can't."""
        host, port = self._at
        kind = type("_Of", (_Listening,), {"address_family": _family(host)})
        proxy = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                proxy.serve(self.request)

        self._server = kind((host, port), Handler)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._server.server_address[1]}"
        self._over.clear()
        run = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        run.start()

    def stop(self) -> None:
        """Stop, and end every connection; what was under way is kept as far as it came."""
        self._over.set()
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        with self._turn:
            left = {thread: list(sockets) for thread, sockets in self._open.items()}
        for sockets in left.values():
            for one in sockets:
                hang_up(one)
        for thread in left:
            thread.join(_END_SECONDS)

    def serve(self, client: socket.socket) -> None:
        """Serve the connection of one client to its end."""
        with self._turn:
            sockets = self._open[threading.current_thread()] = [client]
        try:
            if self._over.is_set():
                return
            ProxiedConnection(
                client=client,
                keeper=ExchangeKeeper(
                    connection=next(self._numbers),
                    move=Move(self._provider, self.address),
                    exchanges=self.exchanges,
                ),
                tls=self._tls,
                control=self._control,
                opened=sockets.append,
                over=self._over,
            ).serve()
        finally:
            with self._turn:
                self._open.pop(threading.current_thread(), None)
            with suppress(OSError):
                client.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
