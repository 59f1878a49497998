"""What libcurl would do by itself, and what it has counted: on sockets that die under it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from smsbridge.http.curl_transport import CurlTransport
from smsbridge.http.exchange import Broken, Left, Request

from support.carrying import late_break, post, soon
from support.each import each
from support.fault_server import FaultServer, answer, reset
from support.sending import backend

OK = answer(200, "{}")


@contextmanager
def second_ends(by: str) -> Iterator[tuple[FaultServer, list[bytes]]]:
    """Answer the first request of a connection; read the second whole, and end without a word."""
    read: list[bytes] = []

    def act(connection: socket.socket) -> None:
        for number in range(2):
            data = b""
            while not data.endswith(b"x=1"):
                more = connection.recv(65_536)
                if not more:
                    return
                data += more
            read.append(data)
            if number == 0:
                connection.sendall(OK)
        if by == "reset":
            reset(connection)

    with FaultServer(on_accept=act) as server:
        yield server, read


@each("by", ["reset", "close"])
@each("method", ["POST", "PUT"])
def test_a_request_that_a_kept_connection_took_is_never_sent_again(method: str, by: str) -> None:
    with second_ends(by) as (server, read):
        transport = CurlTransport(backend("rest", server.url))
        request = Request(method=method, url=f"{server.url}/a", body=b"x=1")
        assert transport.send(request, soon()).status == 200
        with pytest.raises(Broken) as broken:
            transport.send(request, soon())
        transport.close()
    assert broken.value.left is Left.ALL
    assert len(read) == 2  # libcurl by itself would have sent a third


def test_a_connection_that_was_closed_a_moment_ago_is_not_written_into() -> None:
    closed = threading.Event()

    def act(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(OK)
        connection.close()
        closed.set()

    with FaultServer(on_accept=act) as server:
        transport = CurlTransport(backend("rest", server.url))
        for _ in range(3):
            assert transport.send(post(f"{server.url}/a"), soon()).status == 200
            assert closed.wait(30)
            closed.clear()
        transport.close()
        assert server.connections == 3


@each("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n", b"HTTP/1.1 200 OK\r\nX: y"])
def test_a_head_that_is_cut_off_is_no_answer(head: bytes) -> None:
    def act(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head)

    with FaultServer(on_accept=act) as server, pytest.raises(Broken) as broken:
        CurlTransport(backend("rest", server.url)).send(post(f"{server.url}/a"), soon())
    assert broken.value.left is Left.ALL
    assert "cut off" in broken.value.why


def test_a_peer_that_never_reads_leaves_a_part() -> None:
    over = threading.Event()

    def hold(_: socket.socket) -> None:
        over.wait(10)

    with FaultServer(on_accept=hold) as server:
        transport = CurlTransport(backend("rest", server.url))
        large = post(f"{server.url}/a", b"x" * 20_000_000)
        broken = late_break(lambda late: transport.send(large, soon(late)))
        over.set()
        transport.close()
    assert broken.left is Left.PART


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next() -> None:
    stray = answer(200, b"x" * 8192) + answer(429)
    with FaultServer([stray, OK]) as server:
        transport = CurlTransport(backend("rest", server.url))
        transport.send(post(f"{server.url}/a"), soon())
        assert transport.send(post(f"{server.url}/a"), soon()).status == 200
        transport.close()
