"""A fault by its name does to a connection what the name says; the close is the server's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from smsbridge.testing.faults import FAULTS, Fault

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Both ends of a real connection: the server's, and the client's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client = socket.create_connection(listener.getsockname(), 5)
        server, _ = listener.accept()
    with client, server:
        yield server, client


def end(pair: Pair, name: str) -> bytes:
    """Do a fault, close, and return all that the client reads."""
    server, client = pair
    over = threading.Event()
    over.set()
    FAULTS[name](server, over)
    server.close()
    data = b""
    while more := client.recv(65_536):
        data += more
    return data


def test_the_names_are_those_that_fixtures_use() -> None:
    assert list(FAULTS) == [
        "reset-after-request",
        "close-after-request",
        "silence",
        "half-headers",
        "half-body",
        "garbage",
    ]


def test_a_reset_is_a_reset(pair: Pair) -> None:
    with pytest.raises(ConnectionResetError):
        end(pair, "reset-after-request")


@pytest.mark.parametrize("name", ["close-after-request", "silence"])
def test_a_close_is_an_end_without_a_byte(pair: Pair, name: str) -> None:
    assert end(pair, name) == b""


def test_half_headers_end_in_the_middle_of_a_header(pair: Pair) -> None:
    data = end(pair, "half-headers")
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in data
    assert not data.endswith(b"\r\n")


def test_half_a_body_is_shorter_than_its_length_says(pair: Pair) -> None:
    head, _, body = end(pair, "half-body").partition(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    assert 0 < len(body) < int(length.partition(b":")[2])


def test_garbage_is_no_http(pair: Pair) -> None:
    data = end(pair, "garbage")
    assert data
    assert not data.startswith(b"HTTP/")


def test_silence_lasts_until_it_is_over_and_writes_nothing(pair: Pair) -> None:
    server, client = pair
    over = threading.Event()
    silent = threading.Thread(target=FAULTS["silence"], args=(server, over))
    silent.start()
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    assert silent.is_alive()
    over.set()
    silent.join(5)
    assert not silent.is_alive()


def test_a_fault_is_known_by_its_name() -> None:
    assert Fault("silence") == Fault("silence")
    assert Fault("silence").name == "silence"
    assert Fault("silence") != Fault("garbage")
