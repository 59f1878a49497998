"""One connection through the proxy: bytes, faults, addresses, and what is kept of them."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from pathlib import Path

import pytest

from smsbridge.testing.mock.mock_certificate import issue_certificate

from support.each import each
from support.fault_server import FaultServer, answer
from support.proxied import SECONDS, proxied, read_all
from support.sockets import kept_port

SEND = (
    b"POST /sendsms/?a=1 HTTP/1.1\r\nHost: sms.example\r\nX-Odd:  as it is \r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nmessage=x"
)
YES = answer(200, '{"error": 0}', x_own="1")


def test_what_the_client_says_arrives_but_for_the_host() -> None:
    with FaultServer([YES]) as live, proxied(live.url) as proxy:
        assert proxy.say(SEND.replace(b"Length", b"length"), len(YES)) == YES
        (got,) = live.sends
        assert got.body == b"message=x"
        assert f"Host: 127.0.0.1:{live.port}\r\nX-Odd:  as it is \r\n" in got.head
        (kept,) = proxy.kept()
        assert kept.request.url == f"{live.url}/sendsms/?a=1"
        assert kept.request.body == b"message=x"
        assert kept.response is not None
        assert kept.response.body == b'{"error": 0}'


def test_answers_come_back_byte_for_byte_and_are_kept_decoded() -> None:
    packed = gzip.compress(b'{"id": "7"}')
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nT: 1\r\n\r\n"
    )
    continued = b"HTTP/1.1 100 Continue\r\n\r\n" + answer(202, "late")
    binary = b"HTTP/1.1 200 OK\r\nX: \xe9\r\nContent-Length: 4\r\n\r\n\xff\x00\r\n"

    @each(
        ("came", "body"),
        [
            (answer(200, packed, content_encoding="gzip"), b'{"id": "7"}'),
            (chunked, b"abc"),
            (continued, b"late"),
            (binary, b"\xff\x00\r\n"),
            (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ],
    )
    def judge(came: bytes, body: bytes) -> None:
        with FaultServer([came]) as live, proxied(live.url) as proxy:
            assert proxy.say(SEND, len(came)) == came
            (kept,) = proxy.kept()
            assert kept.response is not None
            assert kept.response.body == body

    judge()


@pytest.mark.parametrize(
    ("play", "fault"),
    [
        ("reset-after-request", "reset-after-request"),
        ("close-after-request", "close-after-request"),
        ("half-headers", "half-headers"),
        ("half-body", "half-body"),
        ("garbage", "garbage"),
        ("bad-framing:lengths", "bad-framing:lengths"),
        ("bad-framing:cr", "bad-framing:cr"),
        (answer(200, b"no gzip", content_encoding="gzip"), "bad-gzip"),
    ],
)
def test_a_fault_of_the_wire_is_passed_on_and_kept_as_that_fault(
    play: str | bytes, fault: str
) -> None:
    size = len(play) if isinstance(play, bytes) else 0  # else to the end: a client that leaves
    with FaultServer([play]) as live:  # before it may be what is kept
        with socket.create_connection(("127.0.0.1", live.port), 10) as direct:
            direct.sendall(SEND)
            straight = read_all(direct, size)
        with proxied(live.url) as proxy:
            assert proxy.say(SEND, size) == straight
            (kept,) = proxy.kept()
            assert (kept.fault, kept.response) == (fault, None)


def test_a_reset_reaches_the_client_as_a_reset() -> None:
    with FaultServer(["reset-after-request"]) as live, proxied(live.url) as proxy:
        client = proxy.connect()
        client.sendall(SEND)
        with client, pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_client_that_leaves_without_an_answer_met_silence() -> None:
    with FaultServer(["silence"]) as live, proxied(live.url) as proxy:
        with proxy.connect() as client:
            client.sendall(SEND)
            while not live.sends:
                pass
        (kept,) = proxy.kept()
        assert kept.fault == "silence"


@each("request", [SEND, b"GET / HTTP/1.0\r\n\r\n", b"NOT HTTP\r\n\r\n"])
def test_a_client_that_only_ends_its_side_gets_the_answer(request: bytes) -> None:
    over = threading.Event()

    def late(connection: socket.socket) -> None:
        connection.recv(65_536)
        over.wait(SECONDS)
        connection.sendall(YES)

    with FaultServer(on_accept=late) as live, proxied(live.url) as proxy:
        with proxy.connect() as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            begins = b"" if request.startswith(b"NOT") else client.recv(7)
            over.set()
            assert begins + read_all(client) == YES
        assert [one.fault for one in proxy.exchanges.take()] == [""] * bool(begins)


def test_one_connection_carries_many_requests_also_ahead_of_their_answers() -> None:
    with FaultServer([YES]) as live, proxied(live.url) as proxy:
        with proxy.connect() as client:
            client.sendall(SEND + SEND)
            came = b""
            while came.count(b'{"error": 0}') < 2:
                came += client.recv(65_536)
        assert came == YES + YES
        assert [one.connection for one in proxy.kept(2)] == [1, 1]
        assert live.connections == 1


def test_what_is_not_http_is_passed_on_in_both_directions_and_noted() -> None:
    said: list[bytes] = []

    def echo(connection: socket.socket) -> None:
        while data := connection.recv(100):
            said.append(data)
            connection.sendall(data.upper())
        connection.close()

    @each(
        "odd",
        [
            b"\x16\x03\x01 is no http\r\n\r\n",
            b"EHLO me\r\n",
            b"GET / HTTP/1.1\r\nno header\r\n\r\nx",
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        ],
    )
    def judge(odd: bytes) -> None:
        said.clear()
        with FaultServer([YES], on_accept=echo) as live, proxied(live.url) as proxy:
            assert proxy.say(odd, len(odd)) == odd.upper()
            assert b"".join(said) == odd
            assert proxy.exchanges.take() == []
            (note,) = proxy.exchanges.notes
            assert note.startswith("something not understood: ")

    judge()


def test_a_redirect_to_the_provider_leads_to_the_proxy() -> None:
    with FaultServer([]) as live, proxied(live.url) as proxy:
        came = answer(302, "", location=f"{live.url}/other?x=1")
        live.script.append(came)
        moved = came.replace(live.url.encode(), proxy.proxy.address.encode())
        assert proxy.say(SEND, len(moved)) == moved
        (kept,) = proxy.kept()
        assert kept.response is not None
        assert kept.response.header("location") == f"{live.url}/other?x=1"


def test_a_provider_that_cant_be_reached_is_told_and_not_recorded() -> None:
    with kept_port() as port, proxied(f"http://127.0.0.1:{port}") as proxy:
        said = proxy.say(SEND)
        assert said.startswith(b"HTTP/1.1 502 ")
        assert b"can't be reached" in said
        assert proxy.exchanges.take() == []
        assert proxy.exchanges.notes.total() == 1


def test_the_certificate_of_the_provider_is_verified(tmp_path: Path) -> None:
    trusted, other = issue_certificate(["127.0.0.1"]), issue_certificate(["127.0.0.1"])
    trusted.write_issuer(tmp_path / "ca.pem")
    for certificate, begins in ((trusted, YES), (other, b"HTTP/1.1 502 ")):
        with (
            FaultServer([YES], tls=certificate.context) as live,
            proxied(live.url.replace("http://", "https://"), str(tmp_path / "ca.pem")) as proxy,
        ):
            assert proxy.say(SEND, len(YES)).startswith(begins)


def test_a_request_that_the_provider_does_not_let_end_is_noted() -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with FaultServer([YES], on_accept=reset) as live, proxied(live.url) as proxy:
        with proxy.connect() as client:
            client.sendall(SEND[:-3])
            read_all(client)
        assert proxy.exchanges.take() == []
        assert "cut short" in next(iter(proxy.exchanges.notes))


def test_a_forward_proxy_is_refused_and_control_is_not_passed_on() -> None:
    with FaultServer([YES]) as live, proxied(live.url) as proxy:
        assert b"not a forward proxy" in proxy.say(b"CONNECT sms.example:443 HTTP/1.1\r\n\r\n")
        assert b"not a forward proxy" in proxy.say(b"GET http://sms.example/ HTTP/1.1\r\n\r\n")
        assert b'{"control": true}' in proxy.say(b"GET /_mock/health HTTP/1.1\r\n\r\n")
        assert live.connections == 0


def test_a_body_that_is_too_large_is_passed_on_and_not_kept() -> None:
    body = b"x" * (1024 * 1024 + 1)
    head = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    with FaultServer([YES]) as live, proxied(live.url) as proxy:
        assert proxy.say(head + body, len(YES)) == YES
        assert len(live.sends[0].body) == len(body)
        assert proxy.exchanges.take() == []
        assert "too large" in next(iter(proxy.exchanges.notes))


def test_a_hundred_connections_at_once_are_each_answered_with_their_own() -> None:
    with FaultServer([lambda _, got: answer(200, got.body)]) as live, proxied(live.url) as proxy:
        clients = [proxy.connect() for _ in range(100)]
        for number, client in enumerate(clients):
            client.sendall(SEND.replace(b"message=x", b"m=%07d" % number))
        for number, client in enumerate(clients):
            with client:
                assert b"m=%07d" % number in client.recv(65_536)
        assert len(proxy.kept(100)) == 100
