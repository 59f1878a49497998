"""The mock provider on a real socket, hosted by pytest-httpserver."""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.codecs.rest import json_response
from smsbridge.errors import MissingExtra
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.faults.connection import PACE, Wire, as_bytes, do
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.delivery import Postman
from smsbridge.testing.mock.framing import Refused, body_size, read_body

try:
    from pytest_httpserver.httpserver import HTTPServerBase, HTTPServerError
    from werkzeug import Request as WSGIRequest
    from werkzeug import Response as WSGIResponse
    from werkzeug.sansio.utils import get_current_url
    from werkzeug.serving import WSGIRequestHandler, make_server
except ImportError as missing:
    raise MissingExtra("testing", "the mock provider's server") from missing

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

_SECONDS = 30.0
_MOST_LATE = 64 * 1024 * 1024
_LATE_SECONDS = 2.0
_CHUNK = 65_536
_PATIENCE = 0.2
_POLL_SECONDS = 0.05
_END_SECONDS = 2.0


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    mock: MockServer

    def setup(self) -> None:
        """Let the server end the connection when it stops."""
        super().setup()
        self.mock.opened(self.connection)

    def finish(self) -> None:
        """End the connection, but not upon an answer that the client has yet to read."""
        self._read_what_is_late()
        with suppress(OSError):
            super().finish()
        self.mock.closed()

    def parse_request(self) -> bool:
        """Read the head; of HTTP/0.9, which has none and can't be answered with one, nothing."""
        if not super().parse_request():
            return False
        if self.request_version == "HTTP/0.9":
            self.send_error(505, "it is HTTP/0.9: ask by HTTP/1.1")
            return False
        return True

    def handle_expect_100(self) -> bool:
        """Let a client wait until it is known that its body will be read."""
        return True

    def run_wsgi(self) -> None:
        """Answer a request that was read whole, unless a fault is due before its body is read."""
        self.close_connection = True
        head = Request(
            method=self.command, url=self.path, headers={n: str(v) for n, v in self.headers.items()}
        )
        try:
            _hold_target(self.path)
            if fault := self.mock.provider.early(head):
                self.mock.end(self.connection, fault)
                return
            size = body_size(self.headers)
            if size != 0 and "expect" in self.headers:
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = read_body(self.rfile, size)
        except Refused as refused:
            self._write(self.mock.provider.refuse(head, refused.status, refused.why))
            return
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        for name in ("Expect", "Transfer-Encoding", "Content-Length"):
            del self.headers[name]
        self.headers["Content-Length"] = str(len(body))
        unread, self.rfile = self.rfile, io.BytesIO(body)
        try:
            super().run_wsgi()
        finally:
            self.rfile = unread

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a head that can't be read: in JSON, since nobody knows what it was to."""
        self.close_connection = True
        self._write(json_response(code, {"error": int(code), "message": message or explain or ""}))

    def _write(self, answer: Response) -> None:
        whole = as_bytes(answer, "Connection: close")
        head, end, _ = whole.partition(b"\r\n\r\n")
        self.wfile.write(head + end if self.command == "HEAD" else whole)

    def _read_what_is_late(self) -> None:
        """Read a while what nobody wants: a close upon it would take the answer away."""
        until = time.monotonic() + _LATE_SECONDS
        left = _MOST_LATE
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_PATIENCE)
            while left > 0 and time.monotonic() < until and (more := self.connection.recv(_CHUNK)):
                left -= len(more)

    def connection_dropped(self, *_: Any) -> None:
        """Read nothing more from a connection that a fault has ended."""
        self.close_connection = True

    def log(self, *_: Any) -> None:
        """Log nothing: a request holds a key, a number and a text."""


def _hold_target(target: str) -> None:
    try:
        urlsplit(target)
    except ValueError:
        raise Refused(400, "its target is not a path, nor a URL") from None


def _say_nothing(*_: Any) -> None:
    """Show no traceback for what a client did to its own request."""


class MockServer(HTTPServerBase):
    """Serves a `Provider` until it is stopped."""

    def __init__(
        self,
        provider: Provider,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        pace: float = PACE,
    ) -> None:
        """``port`` 0 takes any that is free. ``pace``: seconds between the bytes of what drips."""
        super().__init__(host, port, ssl_context=tls, threaded=True)
        self.provider = provider
        self.pace = pace
        self._over = threading.Event()
        self._postman: Postman | None = None
        self._open: dict[threading.Thread, socket.socket] = {}
        self._turn = threading.Lock()

    def start(self) -> None:
        """Listen, and tell the provider its address. Raises `OSError` where that can't be done."""
        if self.is_running():
            raise HTTPServerError("the mock provider runs already")
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.create_server((self.host, self.port), family=family) as listening:
            self.server = make_server(  # of a port that is taken it would exit the process
                self.host,
                self.port,
                WSGIRequest.application(self.application),
                threaded=True,
                request_handler=type("_Told", (_Handler,), {"mock": self}),
                ssl_context=self.ssl_context,
                fd=listening.fileno(),
            )
        if isinstance(self.server.socket, ssl.SSLSocket):
            # else one client that says nothing keeps all others waiting
            setattr(self.server.socket, "do_handshake_on_connect", False)  # noqa: B010  (typeshed doesn't list it)
        setattr(self.server, "handle_error", _say_nothing)  # noqa: B010  (it would print one)
        self._over.clear()
        self.port = self.server.port
        self.provider.address = self.url_for("").rstrip("/")
        self.server_thread = threading.Thread(target=self.thread_target, daemon=True)
        self.server_thread.start()
        if self.provider.firing:
            self._postman = Postman(self.provider.outbox)
            self._postman.start()

    def thread_target(self) -> None:
        """Serve, and look often whether to stop."""
        if self.server is not None:
            self.server.serve_forever(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop: end every connection, also of what is silent on purpose or of who never reads."""
        self._over.set()
        if self._postman:
            self._postman.stop()
            self._postman = None
        super().stop()
        with self._turn:
            left = dict(self._open)
        for connection in left.values():
            _hang_up(connection)
        until = time.monotonic() + _END_SECONDS
        for thread in left:
            thread.join(max(until - time.monotonic(), 0))

    def opened(self, connection: socket.socket) -> None:
        """Keep the connection of this thread, so that `stop` may end it."""
        with self._turn:
            self._open[threading.current_thread()] = connection
        if self._over.is_set():
            _hang_up(connection)

    def closed(self) -> None:
        """Forget the connection of this thread."""
        with self._turn:
            self._open.pop(threading.current_thread(), None)

    def application(self, request: WSGIRequest) -> WSGIResponse:
        """Answer one request; nothing of it is kept here."""
        try:
            answer = self.provider.handle(_ours(request))
        except Exception as error:  # noqa: BLE001  (no page of a framework may reach a client)
            answer = self.provider.broke(type(error).__name__)
        if isinstance(answer, Fault):
            self.end(request.environ["werkzeug.socket"], answer)
            raise ConnectionAbortedError  # werkzeug then writes nothing
        return WSGIResponse(answer.body, answer.status, dict(answer.headers))

    def dispatch(self, request: WSGIRequest) -> WSGIResponse:
        """Answer as `application` does, which is called in its place."""
        return self.application(request)

    def end(self, sock: socket.socket, fault: Fault) -> None:
        """Do a fault to a socket, and really close it: werkzeug holds other references."""
        do(Wire(sock=sock, over=self._over, fault=fault, pace=self.pace))
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, sock.fileno())
        os.close(nowhere)


def _hang_up(connection: socket.socket) -> None:
    """Let whatever waits for a client, or for its reading, go on at once."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # by TLS, its own would say goodbye


def _ours(request: WSGIRequest) -> Request:
    """Return a request as ours; the host in its URL is nobody's, since its Host may be anything."""
    parts = (request.root_path, request.path, request.query_string)
    return Request(
        method=request.method,
        url=get_current_url("http", "localhost", *parts),
        headers=dict(request.headers.items()),
        body=request.get_data(),
    )
