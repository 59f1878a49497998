"""The mock provider on a real socket, hosted by pytest-httpserver."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from socketserver import BaseRequestHandler
from typing import TYPE_CHECKING, Any, NoReturn, cast

from smsbridge.errors import MissingExtra
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.rest import json_response
from smsbridge.testing.faults.connection import PACE, Wire, play_fault
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.changes import MEDIA_TYPE, EventStream
from smsbridge.testing.mock.delivery import WebhookDelivery
from smsbridge.testing.mock.idle_connections import IdleConnections
from smsbridge.testing.mock.lanes import CONTROL, BadLane
from smsbridge.testing.mock.mock_connection import Answer, MockConnection

try:
    from pytest_httpserver.httpserver import HTTPServerBase, HTTPServerError
    from werkzeug.serving import make_server
except ImportError as missing:
    raise MissingExtra("testing", "the mock provider's server") from missing

if TYPE_CHECKING:
    from smsbridge.serving.request_reading import BadRequest
    from smsbridge.testing.mock.lanes import Route
    from smsbridge.testing.mock.provider import Provider

_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 1.0
_END_SECONDS = 1.0


class _Handler(BaseRequestHandler):
    mock: MockServer

    def handle(self) -> None:
        """Answer the requests of one connection, which may outlive this thread."""
        sock = self.request
        if not isinstance(sock, ssl.SSLSocket):
            sock = socket.socket(fileno=sock.detach())
        self.mock.serve(MockConnection(sock=sock, host=self.mock))


def _ignore_error(*_: Any) -> None:
    """Show no traceback for what a client did to its own request."""


class MockServer(HTTPServerBase):
    """Serves a `Provider` until it is stopped.

    >>> from smsbridge.testing import MockServer, Provider
    >>> server = MockServer(Provider(sms.backend))
    >>> server.start()
    >>> server.provider.address.startswith("http://127.0.0.1:")
    True
    >>> server.stop()
    """

    def __init__(
        self,
        provider: Provider,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        pace: float = PACE,
    ) -> None:
        """``port`` 0 takes any free port. ``pace``: seconds between the bytes of what drips."""
        super().__init__(host, port, ssl_context=tls, threaded=True)
        self.provider = provider
        self.pace = pace
        self._over = threading.Event()
        self._deliveries: dict[Provider, WebhookDelivery] = {}
        self._open: dict[threading.Thread, socket.socket] = {}
        self._answering: set[threading.Thread] = set()  # those that have begun an answer
        self._idle = IdleConnections(self._begin)
        self._turn = threading.Lock()

    def start(self) -> None:
        """Listen, and tell the provider its address. Raises `OSError` if it can't listen."""
        if self.is_running():
            raise HTTPServerError("the mock provider is already running")
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.create_server((self.host, self.port), family=family) as listening:
            self.server = make_server(  # it would exit the process if the port is taken
                self.host,
                self.port,
                cast("Any", None),  # the handler calls none
                threaded=True,
                request_handler=cast("Any", type("_Told", (_Handler,), {"mock": self})),
                ssl_context=self.ssl_context,
                fd=listening.fileno(),
            )
        if isinstance(self.server.socket, ssl.SSLSocket):
            # otherwise one silent client would keep all others waiting
            setattr(self.server.socket, "do_handshake_on_connect", False)  # noqa: B010  (typeshed doesn't list it)
        setattr(self.server, "handle_error", _ignore_error)  # noqa: B010  (it would print one)
        self._over.clear()
        self.port = self.server.port
        self.provider.address = self.url_for("").rstrip("/")
        self.server_thread = threading.Thread(target=self.thread_target, daemon=True)
        self.provider.lanes.end_idle = self._idle.end
        self._idle.start()
        self.provider.open_lanes()
        self.server_thread.start()
        self._deliver(self.provider)

    def thread_target(self) -> None:
        """Serve, and check often whether to stop."""
        if self.server is not None:
            self.server.serve_forever(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop, and end every connection, also one that is silent on purpose or is never read.

        Requests that were taken are answered first, unless that takes longer than a second.
        """
        with self._turn:
            self._over.set()
        self.provider.close_lanes()
        super().stop()
        self._idle.stop()
        with self._turn:
            deliveries, self._deliveries = self._deliveries, {}
            left, answering = dict(self._open), set(self._answering)
        for delivery in deliveries.values():
            delivery.stop()
        for thread, connection in left.items():
            _hang_up(connection, socket.SHUT_RD if thread in answering else socket.SHUT_RDWR)
        _join(left, _ANSWER_SECONDS)
        for connection in left.values():
            _hang_up(connection)
        _join(left, _END_SECONDS)
        self._answering.clear()

    def serve(self, connection: MockConnection) -> None:
        """Answer the requests of a connection, in this thread."""
        with self._turn:
            self._open[threading.current_thread()] = connection.sock
        try:
            if self._over.is_set() or not connection.serve():
                connection.sock.close()
        finally:
            with self._turn:
                self._open.pop(threading.current_thread(), None)
                self._answering.discard(threading.current_thread())

    def _begin(self, connection: MockConnection) -> None:
        """Give a connection a thread."""
        threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def may_keep(self) -> bool:
        """Return whether a client may ask again by the same connection: not if a fault is due."""
        return not self._over.is_set() and not self._breaks_early()

    def park(self, connection: MockConnection) -> bool:
        """Take over a connection that waits for another request; return whether it may wait."""
        return self.may_keep() and self._idle.add(connection)

    def answers_at_once(self, target: str) -> bool:
        """Return whether a request to a target is answered without waiting for anything."""
        slow = any(lane.delay for lane in self.provider.lanes.all())
        return CONTROL not in target and not slow and not self._breaks_early()

    def _breaks_early(self) -> bool:
        return any(lane.may_break_early for lane in self.provider.lanes.all())

    def early(self, head: Request, peek: Callable[[], bytes]) -> Fault | None:
        """Return the fault that a request meets after only its head was read."""
        return self.provider.lanes.early(head, peek)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; one that goes on comes with what follows it.

        Raises `ConnectionAbortedError` once it is being stopped: nothing more is taken.
        """
        with self._turn:
            if self._over.is_set():
                raise ConnectionAbortedError
            self._answering.add(threading.current_thread())
        lane = self.provider
        try:
            route = lane.route(request)
            lane = route.provider
            answer = lane.answer(route)
        except BadLane as error:
            return json_response(400, {"error": 400, "message": str(error)})
        except Exception as error:  # noqa: BLE001  (no page of a framework may reach a client)
            return lane.broke(type(error).__name__, request)
        self._deliver(lane)
        if not route.is_control:
            if lane.delay:
                self._over.wait(lane.delay)
        elif isinstance(answer, Response) and answer.header("content-type") == MEDIA_TYPE:
            return self._stream(route, answer)
        return answer

    def _deliver(self, lane: Provider) -> None:
        """Let the webhooks of a lane be delivered; each lane's wait for no other's."""
        if not lane.posts_webhooks:
            return
        with self._turn:
            if lane not in self._deliveries and not self._over.is_set():
                self._deliveries[lane] = WebhookDelivery(lane.outbox, lane.settle)
                self._deliveries[lane].start()

    def _stream(self, route: Route, answer: Response) -> Answer:
        """Return an answer that continues for as long as the client listens."""
        lanes = route.provider.lanes
        if route.request.method == "HEAD":
            return answer
        if not lanes.seats.acquire(blocking=False):
            document = {"error": 503, "message": "too many requests are already waiting"}
            return json_response(503, document)
        return answer, EventStream(route.provider.changes, answer, lanes.seats.release)

    def refuse(self, head: Request, refused: BadRequest) -> Response:
        """Return the answer to a request that can't be read completely."""
        try:
            route = self.provider.route(head)
        except (BadLane, ValueError):  # its target may not be a URL
            return self.provider.refuse(head, refused.status, refused.why)
        return route.provider.refuse(route.request, refused.status, refused.why)

    def dispatch(self, _request: Any) -> NoReturn:
        """Refuse a request of werkzeug's: the mock reads its connections itself."""
        raise HTTPServerError("the mock takes no request of werkzeug's")

    def end(self, sock: socket.socket, fault: Fault) -> None:
        """Apply a fault to a socket, and really close it: werkzeug holds other references."""
        play_fault(Wire(sock=sock, over=self._over, fault=fault, pace=self.pace))
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, sock.fileno())
        os.close(nowhere)


def _join(threads: Iterable[threading.Thread], seconds: float) -> None:
    """Wait for threads to end, for so many seconds in all."""
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))


def _hang_up(connection: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    """Wake everything that waits for a client."""
    with suppress(OSError):
        socket.socket.shutdown(connection, how)  # by TLS, its own would say goodbye
