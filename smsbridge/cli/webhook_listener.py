"""What ``smsbridge webhook listen`` does with a request, and the server that brings it."""

from __future__ import annotations

import io
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from smsbridge.cli.options import cannot_listen
from smsbridge.errors import SmsbridgeError, WebhookRefused, WebhookUntrusted
from smsbridge.http.exchange import Request, Response
from smsbridge.webhooks.apps import phrase, wsgi_app
from smsbridge.webhooks.event_reader import MOST_BYTES, take
from smsbridge.webhooks.events import Event
from smsbridge.webhooks.guard import Guard
from smsbridge.webhooks.receiver import answer_of
from smsbridge.webhooks.table import Webhook

_SECONDS = 30.0
_POLL_SECONDS = 0.05
_DRAIN_SECONDS = 2.0
_CHUNK = 65_536
_MOST_CHUNKS = 1024
_UNTRUSTED = 401
_OF_A_MESSAGE = ("id", "reference", "sender", "recipient", "text", "status", "error")
_NOT_FORWARDED = {"host", "content-length", "connection", "transfer-encoding", "accept-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Shows each request, and forwards it as it came.

    ``guard``: None checks nothing. ``zone``: that of times without one. ``path``: empty for any.
    ``post`` carries a request to ``forward``, if that is given. ``show`` takes what is to be shown,
    one at a time.
    """

    tables: Sequence[Webhook]
    guard: Guard | None
    zone: tzinfo | None
    path: str
    forward: str | None
    post: Callable[[Request], Response]
    show: Callable[[Mapping[str, Any]], None]
    turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request, _peer: str) -> Response:
        """Return the status of where it was forwarded, or our own."""
        events: Sequence[Event] = ()
        why, status, signature = "", 200, "not checked"
        answer: Response | None = None
        try:
            if self.path and request.path != self.path:
                raise WebhookUntrusted("the path is wrong", 404)
            tables = self.tables
            if self.guard is not None:
                tables = self.guard.check(request, "")
                signature = "valid"
            taken = take(tables, request, self.zone)
            events, answer = taken.events, answer_of(taken)
            status = answer.status
            if self.forward is not None:
                answer = self.post(_forward(request, self.forward))
                status = answer.status
        except WebhookRefused as refused:
            status, why, answer = refused.status, refused.why, None
            signature = "invalid" if status == _UNTRUSTED else signature
        except SmsbridgeError as error:  # where it was forwarded
            status, why, answer = 502, str(error), None
        with self.turn:
            shown: Sequence[Event | None] = events or [None]
            for event in shown:
                self.show(
                    {
                        "status": status,
                        "signature": signature,
                        "why": why,
                        "event": _event_json(event),
                    }
                )
        return _plain(status) if answer is None else _own(answer)


def _plain(status: int) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "text/plain; charset=utf-8"},
        body=f"{phrase(status)}\n".encode(),
    )


def _own(answer: Response) -> Response:
    """Return an answer with no header but its type: the rest is of another connection."""
    kind = answer.header("content-type") or "text/plain; charset=utf-8"
    return Response(status=answer.status, headers={"Content-Type": kind}, body=answer.body)


def _forward(request: Request, url: str) -> Request:
    """Return a request as it goes on to another address, less the headers of its connection."""
    kept = {
        name: value for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED
    }
    return replace(request, url=url, headers=kept)


def _event_json(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    created, occurred = event.created_at, event.occurred_at
    message = getattr(event, "message", None)
    read = {name: getattr(message, name, None) for name in _OF_A_MESSAGE}
    return {
        "id": event.id,
        "type": event.type,
        "version": event.version,
        "created_at": created and created.isoformat(),
        "occurred_at": occurred and occurred.isoformat(),
        "message": {name: word for name, word in read.items() if word is not None},
        "data": event.data,
    }


class _Handler(WSGIRequestHandler):
    timeout = _SECONDS
    default_request_version = "HTTP/1.0"  # or what is not HTTP gets no status line
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"  # where the request was not even HTTP

    def log_message(self, *_: Any) -> None:
        """Log nothing: what is shown is shown elsewhere."""

    def get_stderr(self) -> Any:
        """Show no traceback for what a client did to its own request."""
        return io.StringIO()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without a reverse lookup of the address, which may take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # both families have these
        self.setup_environ()

    def handle_error(self, *_: Any) -> None:
        """Say nothing: a client that went away is not an error."""

    def shutdown_request(self, request: Any) -> None:
        """Read the rest of a body: closing at once would lose the answer."""
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_DRAIN_SECONDS)
            for _ in range(_MOST_CHUNKS):
                if not request.recv(_CHUNK):
                    break
        self.close_request(request)


@contextmanager
def serve(answer: Callable[[Request, str], Response], host: str, port: int) -> Iterator[str]:
    """Serve until the end of the block; its value is the address."""
    try:
        server = _Server(host, port)
    except OSError as error:
        raise cannot_listen(host, port, error.strerror) from None
    server.set_app(wsgi_app(answer, MOST_BYTES))
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
