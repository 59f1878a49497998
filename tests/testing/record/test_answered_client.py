"""A client that says no more is told from one that has left."""

from __future__ import annotations

import socket

from smsbridge.testing.record.answered_client import AnsweredClient


def connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = socket.create_connection(server.getsockname(), 10)
        here, _ = server.accept()
    return here, there


def test_one_that_only_says_no_more_is_given_the_whole_answer_once() -> None:
    here, there = connected()
    with here, there:
        there.shutdown(socket.SHUT_WR)
        client = AnsweredClient(here)
        assert client.still_reads()
        client.send(b"HTTP/1.1 200 OK\r\n")
        client.send(b"HTTP/1.")
        assert there.recv(100) == b"HTTP/1.1 200 OK\r\nHTTP/1."


def test_one_that_has_left_reads_nothing() -> None:
    here, there = connected()
    with here:
        there.close()
        assert not AnsweredClient(here).still_reads()


def test_one_whose_answer_has_begun_is_not_sent_anything_else() -> None:
    here, there = connected()
    with here, there:
        client = AnsweredClient(here)
        client.send(b"HTTP/1.1")
        there.shutdown(socket.SHUT_WR)
        assert not client.still_reads()
        assert there.recv(100) == b"HTTP/1.1"
