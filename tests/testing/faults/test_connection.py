"""A fault does to a connection what its name says; the close is the server's."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files

import pytest

from smsbridge.http.exchange import Response
from smsbridge.testing.faults.connection import (
    NO_HOST,
    Wire,
    as_bytes,
    play_fault,
    unreachable,
    untrusted_tls,
)
from smsbridge.testing.faults.table import FAULTS, fault

Pair = tuple[socket.socket, socket.socket]
ANSWER = Response(status=200, headers={"X-One": "1"}, body=b'{"one": 1, "two": 2}')


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


def wire(server: socket.socket, word: str, *, over: bool = True, pace: float = 0.0) -> Wire:
    event = threading.Event()
    if over:
        event.set()
    found = fault(word)
    given = type(found)(found.name, found.way, ANSWER)
    return Wire(sock=server, over=event, fault=given, pace=pace)


def end(pair: Pair, word: str, *, over: bool = True) -> bytes:
    """Do a fault, close, and return all that the client reads."""
    server, client = pair
    play_fault(wire(server, word, over=over))
    server.close()
    data = b""
    while more := client.recv(65_536):
        data += more
    return data


@pytest.mark.parametrize("word", ["reset-after-request", "reset-on-accept", "reset-mid-request"])
def test_a_reset_is_a_reset(pair: Pair, word: str) -> None:
    with pytest.raises(ConnectionResetError):
        end(pair, word)


def test_a_reset_in_the_middle_reads_a_little_first(pair: Pair) -> None:
    server, client = pair
    client.sendall(b"x" * 5000)
    play_fault(wire(server, "reset-mid-request"))
    assert len(server.recv(65_536)) == 5000 - 1024


@pytest.mark.parametrize("word", ["close-after-request", "silence", "never-reads"])
def test_a_close_is_an_end_without_a_byte(pair: Pair, word: str) -> None:
    assert end(pair, word) == b""


def test_half_headers_end_in_the_middle_of_a_header(pair: Pair) -> None:
    data = end(pair, "half-headers")
    assert data.startswith(b"HTTP/1.1 200 OK\r\nX-One: 1\r\n")
    assert b"\r\n\r\n" not in data
    assert not data.endswith(b"\r\n")


def test_half_a_body_is_shorter_than_its_length_says(pair: Pair) -> None:
    head, _, body = end(pair, "half-body").partition(b"\r\n\r\n")
    assert b"Content-Length: 20" in head
    assert body == ANSWER.body[:10]


def test_garbage_is_no_http(pair: Pair) -> None:
    data = end(pair, "garbage")
    assert data
    assert not data.startswith(b"HTTP/")


@pytest.mark.parametrize(
    ("word", "odd"), [("bad-framing:lengths", b"Content-Length: 21"), ("bad-framing:cr", b"a\rb")]
)
def test_bad_framing_contradicts_itself(pair: Pair, word: str, odd: bytes) -> None:
    head, _, body = end(pair, word).partition(b"\r\n\r\n")
    assert b"Content-Length: 20" in head
    assert odd in head
    assert body == ANSWER.body


def test_a_body_that_drips_comes_whole(pair: Pair) -> None:
    assert end(pair, "drip-body", over=False).endswith(b"\r\n\r\n" + ANSWER.body)


def test_headers_that_drip_never_end(pair: Pair) -> None:
    data = end(pair, "drip-headers", over=False)
    assert data.startswith(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    assert b"\r\n\r\n" not in data


@pytest.mark.parametrize("word", ["drip-body", "drip-headers"])
def test_what_drips_stops_when_it_is_over(pair: Pair, word: str) -> None:
    data = end(pair, word)
    assert len(re.split(rb"\r\n\r\n|OK\r\n", data)[-1]) == 1


def test_what_drips_stops_when_nobody_reads(pair: Pair) -> None:
    server, client = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    play_fault(wire(server, "drip-headers", over=False))


def test_a_slow_answer_comes_whole_and_ends_its_connection(pair: Pair) -> None:
    data = end(pair, "token-race")
    assert data.endswith(ANSWER.body)
    assert b"Connection: close" in data


def test_a_stale_connection_answers_and_is_reset_when_it_is_used_again(pair: Pair) -> None:
    server, client = pair
    stale = threading.Thread(
        target=play_fault, args=(wire(server, "stale-connection", over=False),)
    )
    stale.start()
    assert client.recv(65_536) == as_bytes(ANSWER)
    assert stale.is_alive()
    client.sendall(b"POST")
    stale.join(5)
    server.close()
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_silence_lasts_until_it_is_over_and_writes_nothing(pair: Pair) -> None:
    server, client = pair
    quiet = wire(server, "silence", over=False)
    silent = threading.Thread(target=play_fault, args=(quiet,))
    silent.start()
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    assert silent.is_alive()
    quiet.over.set()
    silent.join(5)
    assert not silent.is_alive()


def test_an_answer_has_one_length_that_is_true() -> None:
    odd = Response(status=404, headers={"content-length": "7"}, body=b"abc")
    assert (
        as_bytes(odd, "A: b") == b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nA: b\r\n\r\nabc"
    )


@pytest.mark.parametrize("name", [name for name, e in FAULTS.items() if e.place == "address"])
def test_each_fault_of_an_address_ends_a_connection_that_reaches_it_all_the_same(
    pair: Pair, name: str
) -> None:
    with suppress(ConnectionResetError):
        assert end(pair, name) == b""


def test_at_a_refused_address_nobody_listens() -> None:
    with unreachable("refused") as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)


def test_at_an_address_with_a_full_queue_no_connection_opens() -> None:
    with unreachable("connect-timeout") as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(TimeoutError):
            socket.create_connection(("127.0.0.1", port), 0.2)


def test_a_host_that_is_none_is_below_invalid() -> None:
    with unreachable("no-such-host") as address:
        assert address == NO_HOST
        assert NO_HOST.endswith(".invalid")


def test_an_address_that_can_t_be_bound_is_an_error() -> None:
    with pytest.raises(OSError, match="assign"), unreachable("refused", "192.0.2.1"):
        pass


def test_the_certificate_that_ships_is_trusted_by_nobody_and_lasts() -> None:
    context = untrusted_tls()
    assert context.get_ca_certs() == []
    pem = ssl._ssl._test_decode_cert  # type: ignore[attr-defined]  # noqa: SLF001  (there is no public decoder)
    found = pem(str(files("smsbridge.testing").joinpath("untrusted.pem")))
    assert ssl.cert_time_to_seconds(found["notAfter"]) > time.time() + 20 * 365 * 86_400
    assert found["issuer"] == found["subject"]
