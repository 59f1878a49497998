"""A connection carries requests in turn; what is read of each, and how it ends."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smsbridge.http.exchange import Request, Response
from smsbridge.serving.request_reading import BadRequest
from smsbridge.testing.faults.table import Fault, fault
from smsbridge.testing.mock.mock_connection import Answer, MockConnection, Next

from support.each import each

OK = Response(status=200, headers={"Content-Type": "text/plain"}, body=b"OK")
GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
SECONDS = 30


@dataclass
class OneHost:
    """Answers each request alike, and keeps what it was asked."""

    reply: Answer = OK
    breaks: Fault | None = None
    waits: bool = True
    requests: list[Request] = field(default_factory=list)
    peeked: list[bytes] = field(default_factory=list)
    followed: list[Next] = field(default_factory=list)
    is_kept: bool = False

    def early(self, _head: Request, peek: Callable[[], bytes]) -> Fault | None:
        self.peeked.append(peek())
        return self.breaks

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.reply

    def refuse(self, head: Request, refused: BadRequest) -> Response:
        self.requests.append(head)
        return Response(status=refused.status, body=refused.why.encode())

    def end(self, sock: socket.socket, fault: Fault) -> None:
        sock.sendall(fault.word.encode())
        sock.close()

    def may_keep(self) -> bool:
        return self.waits

    def park(self, connection: MockConnection) -> bool:
        if self.is_kept:
            return False
        self.is_kept = True
        connection.sock.setblocking(False)
        while (following := connection.answer_at_once()) is Next.WAIT:
            select.select([connection.sock], [], [], SECONDS)
        self.followed.append(following)
        if following is Next.SERVE:
            connection.serve()
        connection.sock.close()
        return True

    def answers_at_once(self, target: str) -> bool:
        return target != "/slow"


@contextmanager
def talking(host: OneHost) -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname(), SECONDS)
        server = listening.accept()[0]

    def serve() -> None:
        with server:
            MockConnection(sock=server, host=host).serve()

    thread = threading.Thread(target=serve)
    thread.start()
    with client:
        client.settimeout(SECONDS)
        yield client
    thread.join(SECONDS)
    assert not thread.is_alive()


def said(host: OneHost, data: bytes) -> bytes:
    """Send bytes, say that no more will come, and return all that comes."""
    came = b""
    with talking(host) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while more := client.recv(65_536):
            came += more
    return came


def test_requests_are_answered_in_their_order_until_the_client_ends() -> None:
    host = OneHost()
    post = b"POST /b HTTP/1.1\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    assert said(host, GET + post).count(b"HTTP/1.1 200 OK\r\n") == 2
    first, second = host.requests
    assert (first.method, first.path, first.query) == ("GET", "/a", "b=c")
    assert (second.body, second.headers) == (b"x", {"X-A": "1", "Content-Length": "1"})


def test_a_host_that_keeps_no_connection_is_asked_once() -> None:
    host = OneHost(waits=False)
    with talking(host) as client:
        client.sendall(GET)
        came = client.recv(65_536)
        assert came.endswith(b"\r\n\r\nOK")
        assert b"\r\nConnection: close\r\n" in came
        assert client.recv(65_536) == b""


@each(
    ("more", "following", "answers"),
    [
        (b"", Next.CLOSE, 1),
        (GET, Next.CLOSE, 2),
        (GET + GET, Next.SERVE, 3),
        (GET.replace(b"/a?b=c", b"/slow"), Next.SERVE, 2),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", Next.SERVE, 1),
        (b"GET / HTTP/1.0\r\n\r\n", Next.SERVE, 2),
        (b"GET /\r\n\r\n", Next.SERVE, 1),
    ],
)
def test_what_came_whole_is_answered_at_once_and_all_else_is_served(
    more: bytes, following: Next, answers: int
) -> None:
    host = OneHost()
    came = b""
    with talking(host) as client:
        client.sendall(GET)
        came += client.recv(65_536)
        client.sendall(more)
        client.shutdown(socket.SHUT_WR)
        while got := client.recv(65_536):
            came += got
    assert host.followed == [following]
    assert came.count(b"HTTP/1.1 200 OK") == answers


def test_an_answer_that_goes_on_is_given_to_who_serves_it() -> None:
    host = OneHost()
    with talking(host) as client:
        client.sendall(GET)
        client.recv(65_536)
        host.reply = OK, (part for part in [b"1", b"2"])
        client.sendall(GET)
        while got := client.recv(65_536):
            came = got
    assert came.endswith(b"2")
    assert host.followed == [Next.SERVE]


def test_the_target_of_a_proxy_gives_the_host() -> None:
    host = OneHost()
    said(host, b"GET http://api.example//a HTTP/1.1\r\nHost: x\r\n\r\n")
    (got,) = host.requests
    assert (got.path, got.header("host")) == ("/a", "api.example")


def test_what_is_not_ascii_in_a_target_arrives_encoded() -> None:
    host = OneHost()
    said(host, "GET /é?ü=%20 HTTP/1.1\r\n\r\n".encode())
    assert host.requests[0].url == "http://localhost/%C3%A9?%C3%BC=%20"


def test_a_fault_that_comes_before_the_body_is_read_knows_what_came_of_it() -> None:
    host = OneHost(breaks=fault("reset-mid-request"))
    head = b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
    assert said(host, head + b"ab") == b"reset-mid-request"
    assert (host.peeked, host.requests) == ([b"ab"], [])


def test_a_fault_in_place_of_an_answer_ends_the_connection() -> None:
    assert said(OneHost(reply=fault("silence")), GET + GET) == b"silence"


def test_what_is_refused_ends_the_connection_and_the_host_says_how_if_it_has_a_head() -> None:
    host = OneHost()
    came = said(host, b"POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n" + GET)
    assert came.startswith(b"HTTP/1.1 400 ")
    assert came.count(b"HTTP/1.1") == 1
    assert [got.path for got in host.requests] == ["/a"]
    assert b'{"error": 505' in said(OneHost(), b"GET /\r\n\r\n")


def test_an_answer_that_goes_on_ends_with_the_connection() -> None:
    came = said(OneHost(reply=(OK, (part for part in [b"1", b"2"]))), GET + GET)
    head, _, body = came.partition(b"\r\n\r\n")
    assert body == b"12"
    assert b"Content-Length" not in head
    assert b"Connection: close" in head


def test_an_answer_that_goes_on_is_closed_once_its_client_is_gone() -> None:
    ended = threading.Event()

    def without_end() -> Generator[bytes]:
        try:
            while True:
                yield b"more"
        finally:
            ended.set()

    host = OneHost(reply=(OK, without_end()))
    with talking(host) as client:
        client.sendall(GET)
        client.recv(65_536)
    assert ended.wait(30)
    assert len(host.requests) == 1


def test_head_is_answered_with_the_length_and_without_a_body() -> None:
    came = said(OneHost(), GET.replace(b"GET", b"HEAD"))
    assert came.endswith(b"\r\n\r\n")
    assert b"\r\nContent-Length: 2\r\n" in came
