"""The mock provider on a real socket, hosted by pytest-httpserver."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

from smsbridge.errors import MissingExtra
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.faults.connection import PACE, Wire, do
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.delivery import Postman

try:
    from pytest_httpserver.httpserver import HTTPServerBase
    from werkzeug import Request as WSGIRequest
    from werkzeug import Response as WSGIResponse
    from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
    from werkzeug.serving import WSGIRequestHandler
except ImportError as missing:
    raise MissingExtra("testing", "the mock provider's server") from missing

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

MOST_BYTES = 1024 * 1024
_MOST_READ = 64 * MOST_BYTES
_CHUNK = 65_536
_PATIENCE = 0.2
_POLL_SECONDS = 0.05


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    mock: MockServer

    def run_wsgi(self) -> None:
        """Answer a request, unless a fault is due before its body is read."""
        if fault := self.mock.early(self.command, self.path, dict(self.headers.items())):
            self.mock.end(self.connection, fault)
            self.close_connection = True
            return
        super().run_wsgi()

    def connection_dropped(self, *_: Any) -> None:
        """Read nothing more from a connection that a fault has ended."""
        self.close_connection = True

    def log(self, *_: Any) -> None:
        """Log nothing: a request holds a key, a number and a text."""


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

    def start(self) -> None:
        """Listen, and tell the provider its address. Raises `OSError` where that can't be done."""
        self._over.clear()
        socket.create_server((self.host, self.port)).close()  # werkzeug would exit the process
        super().start()
        self.provider.address = self.url_for("").rstrip("/")
        if self.provider.firing:
            self._postman = Postman(self.provider.outbox)
            self._postman.start()

    def thread_target(self) -> None:
        """Serve, and look often whether to stop."""
        if self.server is not None:
            self.server.RequestHandlerClass = type("_Told", (_Handler,), {"mock": self})
            setattr(self.server, "handle_error", _say_nothing)  # noqa: B010  (it would print one)
            self.server.serve_forever(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop, and end what is silent on purpose."""
        self._over.set()
        if self._postman:
            self._postman.stop()
            self._postman = None
        super().stop()

    def application(self, request: WSGIRequest) -> WSGIResponse:
        """Answer one request; nothing of it is kept here."""
        answer = self.provider.handle(_ours(request))
        if isinstance(answer, Fault):
            self.end(request.environ["werkzeug.socket"], answer)
            raise ConnectionAbortedError  # werkzeug then writes nothing
        return _theirs(answer)

    def dispatch(self, request: WSGIRequest) -> WSGIResponse:
        """Answer as `application` does, which is called in its place."""
        return self.application(request)

    def early(self, method: str, path: str, headers: dict[str, str]) -> Fault | None:
        """Return the fault that is due before the body of a request is read."""
        if self.provider.fault is None:
            return None
        return self.provider.early(Request(method=method, url=path, headers=headers))

    def end(self, sock: socket.socket, fault: Fault) -> None:
        """Do a fault to a socket, and really close it: werkzeug holds other references."""
        do(Wire(sock=sock, over=self._over, fault=fault, pace=self.pace))
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, sock.fileno())
        os.close(nowhere)


def _read(request: WSGIRequest) -> bytes:
    """Return the body; one that is too large is read and thrown away before it is refused."""
    declared = request.content_length or 0
    if declared > MOST_BYTES:  # the client may wait for our answer before it sends the body
        request.environ["werkzeug.socket"].settimeout(_PATIENCE)
    body = bytearray()
    read = 0
    try:
        while (chunk := request.stream.read(_CHUNK)) and read < _MOST_READ:
            read += len(chunk)
            if read <= MOST_BYTES:
                body += chunk
    except (OSError, BadRequest):
        if declared <= MOST_BYTES:
            raise BadRequest from None
    if max(declared, read) > MOST_BYTES:
        raise RequestEntityTooLarge
    return bytes(body)


def _ours(request: WSGIRequest) -> Request:
    return Request(
        method=request.method,
        url=request.url,
        headers=dict(request.headers.items()),
        body=_read(request),
    )


def _theirs(response: Response) -> WSGIResponse:
    return WSGIResponse(response.body, response.status, dict(response.headers))
