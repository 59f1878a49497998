"""The mock provider on a real socket: it answers, breaks as it is told to, and prints nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import runpy
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
import trustme
from pytest_httpserver import HTTPServerError

from smsbridge import (
    AsyncClient,
    Client,
    MissingExtra,
    NotSent,
    OutcomeUnknown,
    Submission,
)
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.codecs.soap.xml import ANSWER, parse_xml
from smsbridge.config.url import from_url
from smsbridge.http.exchange import Response
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock import server as module
from smsbridge.testing.mock.default import API_KEY, sample_backend, sample_url
from smsbridge.testing.mock.lanes import MOST_WAITING, Route
from smsbridge.testing.mock.mock_connection import MOST_BYTES
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.fault_server import FaultServer
from support.fault_server import answer as ok
from support.fixture_texts import BREAKS
from support.sockets import kept_port
from support.wsdls import RESULT, element, holding, schema, sequence, wsdl

NUMBER = "+12025550123"
FIELDS = {"apikey": API_KEY, "recipients": NUMBER, "message": "Hello"}
FORM = urlencode(FIELDS).encode()
SECONDS = 30


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing may be printed: a request holds a key, a number and a text."""
    yield
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def server(quiet: None) -> Iterator[MockServer]:
    with started() as server:
        yield server


@contextmanager
def started(tls: ssl.SSLContext | None = None) -> Iterator[MockServer]:
    server = MockServer(Provider(sample_backend()), tls=tls)
    server.start()
    try:
        yield server
    finally:
        if server.is_running():
            server.stop()


@contextmanager
def connected(server: MockServer) -> Iterator[socket.socket]:
    with socket.create_connection((server.host, server.port), SECONDS) as connection:
        yield connection


def post(body: bytes = FORM, version: str = "1.1", *headers: str) -> bytes:
    """Return a request as bytes; further headers come first."""
    lines = [
        f"POST /sendsms/ HTTP/{version}",
        "Host: 127.0.0.1",
        *headers,
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rest_of(connection: socket.socket) -> bytes:
    data = b""
    while more := connection.recv(65_536):
        data += more
    return data


def talked(server: MockServer, data: bytes) -> bytes:
    """Send bytes, say that no more will come, and return all that comes until the server closes."""
    with connected(server) as connection:
        connection.sendall(data)
        with suppress(OSError):  # it was reset
            connection.shutdown(socket.SHUT_WR)
        return rest_of(connection)


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 ([0-9]{3}) ", answer)
    assert found is not None
    return int(found[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def test_the_provider_is_told_the_address_when_it_listens(server: MockServer) -> None:
    assert server.provider.address == f"http://127.0.0.1:{server.port}"
    assert server.port > 0


def test_a_client_sends(server: MockServer, protocol: str) -> None:
    with Client.from_url(sample_url(protocol, server.provider.address)) as client:
        submission = client.send(NUMBER, "Hello")
    assert submission.id == server.provider.scenario.minted["id"]
    assert [taken.protocol for taken in server.provider.messages] == [protocol]


def test_an_async_client_sends(server: MockServer, protocol: str) -> None:
    async def run() -> Submission:
        url = sample_url(protocol, server.provider.address)
        async with AsyncClient.from_url(url) as client:
            return await client.send(NUMBER, "Hello")

    assert asyncio.run(run()).id == server.provider.scenario.minted["id"]
    assert [taken.protocol for taken in server.provider.messages] == [protocol]


def test_a_client_reads_the_wsdl_that_is_served_and_sends_where_it_says(
    server: MockServer,
) -> None:
    address = server.provider.address
    url = f"{address}/sendsms/wsdl/sendsms.wsdl"
    assert f'location="{address}/sendsms/wsdl/server.php"' in requests.get(url, timeout=30).text
    sample = from_url(sample_url("soap", address))
    with Client(replace(sample, wsdl=url)) as client:
        client.send(NUMBER, "Hello")
    assert len(server.provider.messages) == 1


@pytest.mark.parametrize(
    "text", ["a & b = c + d % e # f ? g", "ä € 😀", "two\r\nlines", "x" * 4000]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_encoded_arrives_as_it_was(server: MockServer, method: str, text: str) -> None:
    fields = {**FIELDS, "message": text}
    url = f"{server.provider.address}/sendsms/"
    if method == "GET":
        got = requests.get(url, params=fields, timeout=SECONDS)
    else:
        got = requests.post(url, data=fields, timeout=SECONDS)
    assert got.status_code == 200
    assert [(taken.recipient, taken.text) for taken in server.provider.messages] == [(NUMBER, text)]


def test_a_literal_plus_in_a_query_arrives_as_such(server: MockServer) -> None:
    query = f"apikey={API_KEY}&recipients={NUMBER}&message=Hello"
    line = f"GET /sendsms/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert status(talked(server, line.encode())) == 200
    assert server.provider.notes["a literal + in a query"] == 1


def test_an_unknown_path_is_not_found(server: MockServer) -> None:
    answer = talked(server, b"GET /other HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert status(answer) == 404


def test_a_connection_is_kept_until_the_client_says_that_it_is_over(server: MockServer) -> None:
    with connected(server) as connection:
        for _ in range(2):
            connection.sendall(post())
            head, _, came = connection.recv(65_536).partition(b"\r\n\r\n")
            assert b"Content-Length: %d" % len(came) in head
            assert b"Connection" not in head
        connection.sendall(post(FORM, "1.1", "Connection: close"))
        assert b"\r\nConnection: close\r\n" in rest_of(connection)
    assert len(server.provider.messages) == 3


def test_a_kept_connection_ends_where_new_ones_meet_a_fault(server: MockServer) -> None:
    with connected(server) as connection:
        connection.sendall(post())
        connection.recv(65_536)
        server.provider.fault = "reset-on-accept"
        assert rest_of(connection) == b""


def test_a_client_of_http_1_0_is_answered(server: MockServer) -> None:
    with_host = post(FORM, "1.0")
    without_host = with_host.replace(b"Host: 127.0.0.1\r\n", b"")
    for data in (with_host, without_host):
        answer = talked(server, data)
        assert status(answer) == 200
        assert b"chunked" not in answer
        assert json.loads(body(answer))["result"]["error"] == 0
    assert len(server.provider.messages) == 2


def chunked(data: bytes, size: int) -> bytes:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


CHUNKED = (
    b"POST /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_body_in_chunks_is_read(server: MockServer, size: int) -> None:
    answer = talked(server, CHUNKED + chunked(FORM, size))
    assert status(answer) == 200
    assert [taken.text for taken in server.provider.messages] == ["Hello"]


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server: MockServer) -> None:
    head, _, form = post(FORM, "1.1", "Expect: 100-continue").partition(b"\r\n\r\n")
    with connected(server) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert not server.provider.messages
        connection.sendall(form)
        connection.shutdown(socket.SHUT_WR)
        answer = rest_of(connection)
    assert b"HTTP/1.1 200 OK\r\n" in answer
    assert len(server.provider.messages) == 1


def test_a_body_in_gzip_is_read(server: MockServer) -> None:
    answer = talked(server, post(gzip.compress(FORM), "1.1", "Content-Encoding: gzip"))
    assert status(answer) == 200
    assert len(server.provider.messages) == 1


def test_a_request_that_is_larger_than_the_cap_is_413(server: MockServer) -> None:
    assert status(talked(server, post(b"x" * (MOST_BYTES + 1)))) == 413
    assert server.provider.requests == []


def test_a_client_that_only_reads_is_not_kept_waiting_for_the_end_after_413(
    server: MockServer,
) -> None:
    with connected(server) as connection:
        connection.sendall(post(b"x" * (MOST_BYTES + 1)))
        assert status(rest_of(connection)) == 413


def test_a_length_above_the_cap_is_413_before_any_of_the_body_came(server: MockServer) -> None:
    head = post(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (MOST_BYTES + 1))
    assert status(talked(server, head)) == 413


def test_chunks_that_come_to_more_than_the_cap_are_413(server: MockServer) -> None:
    assert status(talked(server, CHUNKED + chunked(b"x" * (MOST_BYTES + 1), 65_536))) == 413
    assert server.provider.requests == []


def test_a_request_within_the_cap_reaches_the_provider(server: MockServer) -> None:
    form = urlencode({**FIELDS, "message": "x" * 200_000}).encode()
    assert status(talked(server, post(form))) == 200
    assert len(server.provider.messages[0].text) == 200_000


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b/c?d\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: many\r\n\r\n",
        b"POST /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"5\r\nab",
        b"GET /%ff%fe?%ff=%fe HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: \xff\xfe\r\n\r\n",
    ],
    ids=range(14),
)
def test_a_hostile_request_is_no_error_of_the_server(server: MockServer, data: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = rest_of(connection)
    assert not answer.startswith(b"HTTP/1.1 500")
    assert b"Traceback" not in answer
    assert b"<html" not in answer.lower()
    assert status(talked(server, post())) == 200


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"\x00\x01\x02\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 505),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/" + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET http://[/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (post(b"").replace(b"Length: 0", b"Length: \xb2"), 400),
        (post(b"", "1.1", "Content-Length: 0"), 400),
        (post(b"").replace(b"Length: 0", b"Length: " + b"9" * 5000), 413),
        (CHUNKED.replace(b"chunked", b"gzip"), 501),
        (CHUNKED + b"5\r\nHello!\r\n", 400),
        (b"BREW /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"CONNECT api.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
    ],
    ids=range(15),
)
def test_what_can_t_be_taken_is_refused_in_json(
    server: MockServer, data: bytes, refused: int
) -> None:
    answer = talked(server, data)
    assert status(answer) == refused
    assert b"\r\nContent-Type: application/json\r\n" in answer
    assert json.loads(body(answer))["error"] == refused


@pytest.mark.parametrize("envelopes", ["text/xml", "application/soap+xml"])
def test_what_a_soap_port_can_t_take_is_refused_by_a_fault(
    server: MockServer, envelopes: str
) -> None:
    head = f"POST /sendsms/wsdl/server.php HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {envelopes}"
    for more, refused in (
        (f"Content-Length: {MOST_BYTES + 1}", 413),
        ("Content-Length: -1", 400),
        ("Transfer-Encoding: gzip", 501),
        ("Content-Encoding: br\r\nContent-Length: 1", 400),
    ):
        answer = talked(server, f"{head}\r\n{more}\r\n\r\nx".encode())
        assert status(answer) == refused
        assert parse_xml(body(answer), ANSWER).find(".//{*}Fault") is not None


def test_the_answer_to_head_has_no_body(server: MockServer) -> None:
    for more in (b"", b"Content-Length: -1\r\n"):
        answer = talked(server, b"HEAD /other HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + b"\r\n")
        assert (status(answer), body(answer)) == (400 if more else 404, b"")


def test_a_request_that_comes_before_the_answer_to_the_last_is_answered_too(
    server: MockServer,
) -> None:
    answer = talked(server, post() + post())
    assert (status(answer), answer.count(b"HTTP/1.1 200")) == (200, 2)
    assert len(server.provider.messages) == 2


def test_what_comes_after_the_last_request_does_not_hold_its_end(server: MockServer) -> None:
    """The client sends another request, keeps its own side open, and reads until the end."""
    with connected(server) as connection:
        connection.sendall(post(FORM, "1.1", "Connection: close") + post())
        answer = rest_of(connection)
    assert (status(answer), answer.count(b"HTTP/1.1")) == (200, 1)
    assert len(server.provider.messages) == 1


def test_100_continue_is_said_once_and_not_before_a_refusal(server: MockServer) -> None:
    expecting = post(FORM, "1.1", "Expect: 100-continue")
    assert talked(server, expecting).count(b" 100 Continue\r\n") == 1
    larger = post(b"", "1.1", "Expect: 100-continue").replace(b"h: 0", b"h: %d" % (MOST_BYTES + 1))
    assert status(talked(server, larger)) == 413


def test_a_request_of_an_absolute_url_is_answered_by_its_path(server: MockServer) -> None:
    absolute = post().replace(b"POST /", b"POST http://api.example/")
    assert status(talked(server, absolute)) == 200
    control = b"GET http://evil.example/_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert status(talked(server, control)) == 403


def test_where_the_mock_itself_fails_json_says_so_and_the_test_will(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(route: Route) -> Response:
        raise ZeroDivisionError(route.request.body)

    monkeypatch.setattr(server.provider, "answer", failing)
    answer = talked(server, post())
    assert status(answer) == 500
    assert "failed (ZeroDivisionError)" in json.loads(body(answer))["message"]
    assert NUMBER.encode() not in answer
    assert [why for why in server.provider.surprises() if "ZeroDivisionError" in why]


def test_where_the_mock_itself_fails_a_soap_port_answers_a_fault() -> None:
    class Failing(Provider):
        def answer(self, route: Route) -> Response:
            raise ZeroDivisionError(route.request.body)

    with MockServer(
        Failing(
            wsdl_backend(
                Source(document=wsdl(schema(holding("Send", sequence(element("to"))), RESULT)))
            )
        )
    ) as server:
        answer = requests.post(server.url_for("/soap"), b"<x/>", timeout=30)
        elsewhere = requests.post(server.url_for("/else"), b"{}", timeout=30)
    assert (answer.status_code, answer.headers["content-type"][:8]) == (500, "text/xml")
    assert "<faultcode>SOAP-ENV:Server</faultcode>" in answer.text
    assert "failed (ZeroDivisionError)" in answer.text
    assert elsewhere.json()["error"] == 500


def test_a_request_that_stops_halfway_keeps_nobody_waiting(server: MockServer) -> None:
    with connected(server) as head, connected(server) as form, connected(server):
        head.sendall(post()[:30])
        form.sendall(post()[:-3])
        assert status(talked(server, post())) == 200
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2
        assert rest_of(head) == b""


def test_a_client_that_never_reads_does_not_hold_the_end(server: MockServer) -> None:
    form = urlencode({**FIELDS, "message": "x" * 500_000}).encode()
    for _ in range(8):
        talked(server, post(form))
    with connected(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.sendall(b"GET /_mock/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        connection.recv(1)
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2


def test_nothing_is_left_running_after_the_end(server: MockServer) -> None:
    before = set(threading.enumerate())
    with started() as another, connected(another) as idle, connected(another) as silent:
        break_with(another, "silence")
        idle.sendall(post()[:10])
        silent.sendall(post())
        wait_for_messages(another, 1)
        another.stop()
        assert set(threading.enumerate()) - before == set()


def test_at_a_port_that_is_taken_nothing_begins_and_the_first_goes_on(server: MockServer) -> None:
    second = MockServer(Provider(sample_backend()), port=server.port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    assert not second.is_running()
    assert second.provider.address == sample_backend().url
    assert status(talked(server, post())) == 200


def test_a_server_that_runs_is_not_started_again(server: MockServer) -> None:
    with pytest.raises(HTTPServerError):
        server.start()
    assert status(talked(server, post())) == 200


def test_it_listens_at_an_address_of_ipv6_too() -> None:
    server = MockServer(Provider(sample_backend()), host="::1")
    try:
        server.start()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with server, Client.from_url(sample_url("rest", server.provider.address)) as client:
        assert server.provider.address == f"http://[::1]:{server.port}"
        client.send(NUMBER, "Hello")
        health = f"{server.provider.address}/_mock/health"
        assert requests.get(health, timeout=SECONDS).status_code == 200


@pytest.mark.parametrize("most", [0, 10, 100, len(post()) - 1])
def test_a_client_that_hangs_up_disturbs_nobody(server: MockServer, most: int) -> None:
    for linger in (False, True):
        with connected(server) as connection:
            connection.sendall(post()[:most])
            if linger:
                reset = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    assert status(talked(server, post())) == 200


def break_with(server: MockServer, name: str) -> None:
    server.provider.play(parse(BREAKS % name, "shop/breaks"))


def test_a_reset_is_seen_as_a_reset(server: MockServer) -> None:
    break_with(server, "reset-after-request")
    with pytest.raises(ConnectionResetError):
        talked(server, post())
    assert len(server.provider.messages) == 1


def test_a_close_is_seen_as_an_end_without_a_byte(server: MockServer) -> None:
    break_with(server, "close-after-request")
    assert talked(server, post()) == b""
    assert len(server.provider.messages) == 1


def test_half_headers_are_seen_and_then_the_end(server: MockServer) -> None:
    break_with(server, "half-headers")
    answer = talked(server, post())
    assert status(answer) == 200
    assert b"\r\n\r\n" not in answer


def test_half_a_body_is_seen_and_then_the_end(server: MockServer) -> None:
    break_with(server, "half-body")
    answer = talked(server, post())
    length = re.search(rb"Content-Length: ([0-9]+)", answer)
    assert status(answer) == 200
    assert length is not None
    assert 0 < len(body(answer)) < int(length[1])


def test_garbage_is_seen_and_then_the_end(server: MockServer) -> None:
    break_with(server, "garbage")
    answer = talked(server, post())
    assert answer
    assert not answer.startswith(b"HTTP")


def test_silence_is_seen_as_nothing_at_all_while_others_are_answered(server: MockServer) -> None:
    break_with(server, "silence")
    with connected(server) as connection:
        connection.sendall(post())
        health = talked(server, b"GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert status(health) == 200
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_stopping_ends_quickly_while_it_is_silent(server: MockServer) -> None:
    break_with(server, "silence")
    with connected(server) as connection, connected(server) as another:
        connection.sendall(post())
        another.sendall(post())
        wait_for_messages(server, 2)
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2
        assert rest_of(connection) == b""
        assert rest_of(another) == b""


def wait_for_messages(server: MockServer, count: int) -> None:
    """Wait until the provider has taken that many, for a bounded time."""
    deadline = time.monotonic() + SECONDS
    while len(server.provider.messages) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_server_that_was_started_again_is_silent_again(server: MockServer) -> None:
    server.stop()
    server.start()
    break_with(server, "silence")
    with connected(server) as connection:
        connection.sendall(post())
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_stopping_ends_quickly_with_nothing_to_do(server: MockServer) -> None:
    with connected(server):
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2
    with pytest.raises(ConnectionRefusedError), connected(server):
        pass


BROKEN = ("reset-after-request", "close-after-request", "half-headers", "half-body", "garbage")


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_leaves_a_client_with_an_unknown_outcome(
    server: MockServer, protocol: str, name: str
) -> None:
    break_with(server, name)
    url = sample_url(protocol, server.provider.address)
    with Client.from_url(url) as client, pytest.raises(OutcomeUnknown):
        client.send(NUMBER, "Hello")
    assert len(server.provider.messages) == 1


def test_many_clients_at_once_are_all_answered(server: MockServer) -> None:
    together = threading.Barrier(16)
    answers: list[int] = []

    def work() -> None:
        together.wait(SECONDS)
        answers.extend(status(talked(server, post())) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 80
    assert len(server.provider.messages) == 80


def test_it_listens_at_the_port_that_it_is_given() -> None:
    with kept_port() as port, MockServer(Provider(sample_backend()), port=port) as server:
        assert server.provider.address == f"http://127.0.0.1:{port}"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secured(quiet: None, authority: trustme.CA) -> Iterator[MockServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with started(tls) as server:
        yield server


def test_a_client_sends_by_tls(
    secured: MockServer, authority: trustme.CA, protocol: str, tmp_path: Path
) -> None:
    assert secured.provider.address.startswith("https://")
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    sample = from_url(sample_url(protocol, secured.provider.address))
    with Client(replace(sample, ca=str(ca))) as client:
        client.send(NUMBER, "Hello")
    assert len(secured.provider.messages) == 1


def test_a_client_that_does_not_trust_the_issuer_sends_nothing_and_nothing_is_printed(
    secured: MockServer,
) -> None:
    url = sample_url("rest", secured.provider.address)
    with Client.from_url(url) as client, pytest.raises(NotSent):
        client.send(NUMBER, "Hello")
    assert secured.provider.requests == []


def test_a_client_without_tls_is_not_answered_by_a_server_with_it(secured: MockServer) -> None:
    with connected(secured) as connection:
        connection.sendall(post())
        try:
            answer = rest_of(connection)
        except ConnectionResetError:
            answer = b""
    assert b"200" not in answer
    assert secured.provider.requests == []


def through_tls(
    connection: socket.socket, tls: ssl.SSLContext, data: bytes, *, silent: bool = False
) -> tuple[bytes, str]:
    """Send bytes by TLS; return what came, and how the connection itself ended below it.

    ``silent``: whether nothing will come.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = tls.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    shaken = False
    while not shaken:
        try:
            secure.do_handshake()
            shaken = True
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(65_536))
    secure.write(data)
    connection.sendall(outgoing.read())
    connection.settimeout(0.5 if silent else SECONDS)
    ended = ""
    while not ended:
        try:
            more = connection.recv(65_536)
            incoming.write(more)
            ended = "" if more else "end"
        except ConnectionResetError:
            ended = "reset"
        except TimeoutError:
            ended = "silence"
    try:
        return secure.read(65_536), ended
    except ssl.SSLError:
        return b"", ended


def test_what_was_taken_before_the_stop_is_answered_and_nothing_else_is_taken(
    server: MockServer,
) -> None:
    server.provider.delay = 60.0
    with connected(server) as taken:
        taken.sendall(post() + post())
        while not server.provider.messages:
            pass
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2
        said = rest_of(taken)
        assert status(said) == 200
        assert b"Connection: close" in said
    assert len(server.provider.messages) == 1


def test_a_client_that_begins_no_tls_keeps_nobody_waiting(
    secured: MockServer, authority: trustme.CA
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with connected(secured) as silent:
        with connected(secured) as connection:
            answer, _ = through_tls(connection, trusting, HEALTH)
        assert status(answer) == 200
        before = time.monotonic()
        secured.stop()
        assert time.monotonic() - before < 2
        assert rest_of(silent) == b""


@pytest.mark.parametrize("name", [*BROKEN, "silence"])
def test_each_fault_happens_by_tls_too(
    secured: MockServer, authority: trustme.CA, name: str
) -> None:
    break_with(secured, name)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with connected(secured) as connection:
        answer, ended = through_tls(connection, trusting, post(), silent=name == "silence")
        wait_for_messages(secured, 1)
    assert len(secured.provider.messages) == 1
    assert ended == {"silence": "silence", "reset-after-request": "reset"}.get(name, "end")
    assert bool(answer) == (name in {"half-headers", "half-body", "garbage"})


def test_a_missing_library_is_told_by_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pytest_httpserver.httpserver", None)
    with pytest.raises(MissingExtra, match=r"'\.\[testing\]'"):
        runpy.run_path(module.__file__)


HEALTH = b"GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize("word", ["never-reads", "reset-mid-request", "reset-on-accept"])
def test_before_a_body_is_read_a_send_meets_its_fault_and_all_else_an_answer(
    server: MockServer, word: str
) -> None:
    server.provider.fault = word
    with connected(server) as connection:
        connection.sendall(post().partition(b"Hello")[0])  # the rest of the body never comes
        assert status(talked(server, HEALTH)) == 200
        if word == "never-reads":
            connection.settimeout(0.3)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        else:
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
    assert server.provider.requests == []


def test_a_head_that_can_t_be_read_is_no_error_of_a_server_that_breaks(server: MockServer) -> None:
    server.provider.fault = "never-reads"
    for line in (
        b"GET http://[/ HTTP/1.1",
        b"POST /sendsms/?\xff=%ff HTTP/9",
        b"GET /a b HTTP/1.1",
    ):
        with connected(server) as connection:
            connection.sendall(line + b"\r\nHost: 127.0.0.1\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            assert b"Traceback" not in rest_of(connection)
    assert status(talked(server, HEALTH)) == 200


def test_stopping_ends_quickly_while_it_drips_or_never_reads(server: MockServer) -> None:
    server.pace = 5
    with connected(server) as dripping, connected(server) as unread:
        server.provider.fault = "drip-headers"
        dripping.sendall(post())
        assert dripping.recv(100)
        server.provider.fault = "never-reads"
        unread.sendall(post())
        assert status(talked(server, HEALTH)) == 200
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2
        rest_of(dripping)
        assert rest_of(unread) == b""


def test_a_connection_that_is_kept_answers_once_and_is_reset_when_it_is_used_again(
    server: MockServer,
) -> None:
    server.provider.fault = "stale-connection"
    with connected(server) as connection:
        connection.sendall(post())
        assert status(connection.recv(65_536)) == 200
        connection.sendall(post())
        with pytest.raises(ConnectionResetError):
            rest_of(connection)
    assert len(server.provider.messages) == 1


def test_a_fault_of_the_address_ends_a_connection_that_came_all_the_same(
    server: MockServer,
) -> None:
    server.provider.fault = "refused"
    with pytest.raises(ConnectionResetError):
        talked(server, post())
    assert status(talked(server, HEALTH)) == 200
    assert server.provider.messages == []


# lanes and control


def test_each_lane_is_told_what_changes_in_it_until_the_mock_stops(server: MockServer) -> None:
    with connected(server) as listener:
        listener.sendall(b"GET /_mock/events?lane=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        begin = listener.recv(65_536)
        assert b"text/event-stream" in begin
        for key in ("test-key-b", "test-key-a"):
            talked(server, post(urlencode({**FIELDS, "apikey": key}).encode()))
        server.stop()
        told = begin + rest_of(listener)
    kinds = re.findall(rb"event: (\w+)\ndata: ", told)
    assert kinds == [b"message", b"request"]
    assert server.provider.lanes.seats.acquire(blocking=False)


def test_those_who_listened_and_left_keep_no_place(server: MockServer) -> None:
    def listen(stack: ExitStack) -> int:
        listener = stack.enter_context(connected(server))
        listener.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return status(listener.recv(65_536))

    with ExitStack() as stack:
        assert [listen(stack) for _ in range(MOST_WAITING + 1)] == [200] * MOST_WAITING + [503]
    answered, until = 503, time.monotonic() + 10
    while answered == 503 and time.monotonic() < until:
        talked(server, post())  # what changes is written to those who left
        with ExitStack() as stack:
            answered = listen(stack)
    assert answered == 200


def test_who_listens_is_not_told_what_it_knows(server: MockServer) -> None:
    talked(server, post())
    last = server.provider.changes.last
    with connected(server) as listener:
        head = f"GET /_mock/events?after={last - 1} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        listener.sendall(head.encode())
        told = b""
        while b"event: " not in told:
            told += listener.recv(65_536)
    assert re.findall(rb"id: (\d+)\n", told) == [str(last).encode()]


@pytest.mark.parametrize("path", ["/_mock/health", "/_mock/events"])
def test_head_has_no_body(server: MockServer, path: str) -> None:
    answer = talked(server, f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert (status(answer), body(answer)) == (200, b"")
    size = re.search(rb"Content-Length: ([0-9]+)", answer)
    assert path == "/_mock/events" or (size is not None and int(size[1]) > 10)


def test_a_lane_without_a_name_is_refused(server: MockServer) -> None:
    answer = talked(server, b"GET /_mock/health?lane=a%20b HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert status(answer) == 400


def test_a_request_that_is_refused_by_its_head_is_kept_too(server: MockServer) -> None:
    head = post().replace(b"/sendsms/", b"/lane-a/sendsms/").replace(b"Length: ", b"Length: x")
    assert status(talked(server, head)) == 400
    (kept,) = server.provider.lanes.lane("a").request_log.requests
    assert "Content-Length" in kept.refused


def test_a_fault_before_the_body_is_read_meets_its_own_lane_alone(server: MockServer) -> None:
    server.provider.lanes.lane("a").faults.begin("reset-mid-request", None, None)
    good = urlencode({**FIELDS, "apikey": "test-key-b"}).encode()
    bad = urlencode({**FIELDS, "apikey": "test-key-a"}).encode()
    assert status(talked(server, post(good))) == 200
    assert status(talked(server, post())) == 200
    with pytest.raises(ConnectionResetError):
        talked(server, post(bad))
    with connected(server) as slow:  # its body comes later than its head
        head, _, rest = post(bad).partition(b"\r\n\r\n")
        slow.sendall(head + b"\r\n\r\n")
        slow.sendall(rest)
        with pytest.raises(ConnectionResetError):
            rest_of(slow)


def test_an_answer_is_kept_back_for_the_delay_of_its_lane_or_until_the_mock_stops(
    server: MockServer,
) -> None:
    server.provider.lanes.lane("a").delay = 60
    with connected(server) as waiting:
        waiting.sendall(post(urlencode({**FIELDS, "apikey": "test-key-a"}).encode()))
        assert status(talked(server, post())) == 200
        while not server.provider.lanes.lane("a").messages:
            pass
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 3


def test_the_webhooks_of_a_lane_are_delivered_where_it_says(server: MockServer) -> None:
    with FaultServer([ok(204)]) as app:
        asked = requests.post(
            f"{server.provider.address}/_mock/webhook?lane=a",
            json={"url": f"{app.url}/hooks"},
            timeout=SECONDS,
        )
        assert asked.json() == {"status": "ok", "url": f"{app.url}/hooks"}
        for key in ("test-key", "test-key-a"):
            talked(server, post(urlencode({**FIELDS, "apikey": key}).encode()))
        until = time.monotonic() + 20
        while len(app.sends) < 2 and time.monotonic() < until:
            pass
    (message,) = server.provider.lanes.lane("a").messages
    assert {one.path for one in app.sends} == {"/hooks"}
    assert all(message.id.encode() in one.body for one in app.sends)
