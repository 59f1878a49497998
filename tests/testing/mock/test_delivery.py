"""Webhooks of the mock are delivered at least once, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

from smsbridge.http.exchange import Request
from smsbridge.testing.mock.delivery import WebhookDelivery

from support.each import each


@contextmanager
def listening(*statuses: int) -> Iterator[tuple[str, Queue[bytes]]]:
    """Answer each POST in turn with a status, the last for ever, and tell what came."""
    got: Queue[bytes] = Queue()
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def delivering(*requests: Request) -> Iterator[Queue[Request]]:
    outbox: Queue[Request] = Queue()
    for request in requests:
        outbox.put(request)
    postman = WebhookDelivery(outbox)
    postman.start()
    try:
        yield outbox
    finally:
        postman.stop()


def post(url: str, body: bytes) -> Request:
    return Request(method="POST", url=url, body=body)


def test_each_is_delivered_once_in_its_order_where_it_is_taken() -> None:
    with listening(200) as (url, got), delivering(post(url, b"a"), post(url, b"b")) as outbox:
        assert [got.get(timeout=20), got.get(timeout=20)] == [b"a", b"b"]
        outbox.put(post(url, b"c"))
        assert got.get(timeout=20) == b"c"
    assert got.empty()


@each("refusal", [500, 400, 503])
def test_what_is_not_taken_comes_again_and_then_the_next(refusal: int) -> None:
    with listening(refusal, 204) as (url, got), delivering(post(url, b"a"), post(url, b"b")):
        assert [got.get(timeout=20) for _ in range(3)] == [b"a", b"a", b"b"]
    assert got.empty()


def test_after_three_tries_it_is_let_go() -> None:
    statuses = (500, 500, 500, 200)
    with listening(*statuses) as (url, got), delivering(post(url, b"a"), post(url, b"b")):
        assert [got.get(timeout=20) for _ in range(4)] == [b"a", b"a", b"a", b"b"]


def test_where_nobody_listens_nothing_is_lost_of_the_next() -> None:
    with (
        listening(200) as (url, got),
        delivering(post("http://127.0.0.1:9/", b"a"), post(url, b"b")),
    ):
        assert got.get(timeout=20) == b"b"
