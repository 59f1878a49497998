"""A bridge on a socket: it listens where it says, and ends when it is told to."""

from __future__ import annotations

import asyncio
import resource
import socket

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from smsbridge.bridge.uvicorn_server import listen, most_connections, serve_app, url_of

from support.each import each
from support.proxied import read_all


async def hello(_: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


def test_an_application_is_served_until_the_end_of_the_block() -> None:
    with listen("127.0.0.1", 0) as listening:
        url = url_of(listening)
        with serve_app(Starlette(routes=[Route("/", hello)]), listening):
            answer = requests.get(url, timeout=20)
    assert answer.text == "hello"
    assert "server" not in answer.headers


async def caller(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.client.host if request.client else "")


@each(
    ("proxies", "host"),
    [
        ((), "127.0.0.1"),
        (("192.0.2.0/24",), "127.0.0.1"),
        (("127.0.0.1",), "198.51.100.7"),
        (("127.0.0.0/8", "198.51.100.7"), "203.0.113.9"),
    ],
)
def test_only_a_proxy_of_the_config_says_who_calls(proxies: tuple[str, ...], host: str) -> None:
    app = Starlette(routes=[Route("/", caller)])
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    with listen("127.0.0.1", 0) as listening, serve_app(app, listening, proxies):
        assert requests.get(url_of(listening), headers=headers, timeout=20).text == host


async def target(request: Request) -> PlainTextResponse:
    query: bytes = request.scope["query_string"]
    return PlainTextResponse(f"{request.scope['raw_path'].decode()}?{query.decode()}")


@each(
    ("parts", "seen"),
    [
        ([b"GET /a?b=caf\xe9 HTTP/1.1"], "/a?b=caf%E9"),
        ([b"GET /caf\xc3\xa9?b HTTP/1.1"], "/caf%C3%A9?b"),
        ([b"GET /a?b=\xe9", b"\xe9 HTTP/1.1"], "/a?b=%E9%E9"),
        ([b"GET http://sms.example:80/a?b=http://x/ HTTP/1.1"], "/a?b=http://x/"),
        ([b"GET /a?b=http://x/ HTTP/1.1"], "/a?b=http://x/"),
    ],
)
def test_targets_of_old_programs_are_accepted(parts: list[bytes], seen: str) -> None:
    app = Starlette(routes=[Route("/{path:path}", target)])
    with listen("127.0.0.1", 0) as listening, serve_app(app, listening):
        place = listening.getsockname()[:2]
        with socket.create_connection(place, timeout=20) as connection:
            for _ in range(2):
                for part in parts:
                    connection.sendall(part)
                connection.sendall(b"\r\nHost: caf\xe9\r\n\r\n")
                answer = b""
                while not answer.endswith(seen.encode()):
                    more = connection.recv(4096)
                    assert more, answer
                    answer += more


def test_the_end_of_a_line_after_a_body_is_no_request() -> None:
    app = Starlette(routes=[Route("/{path:path}", target, methods=["GET", "POST"])])
    with (
        listen("127.0.0.1", 0) as listening,
        serve_app(app, listening),
        socket.create_connection(listening.getsockname()[:2], timeout=20) as connection,
    ):
        for number in range(2):
            head = b"POST /%d? HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" % number
            connection.sendall(head + b"ab\r\n")
            answer = b""
            while not answer.endswith(b"/%d?" % number):
                more = connection.recv(4096)
                assert more, answer
                answer += more
        connection.sendall(b"\r\nGET /\xe9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"/%E9?")


@each(
    "part",
    [
        b"",
        b"POST / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nPOST ",
    ],
)
def test_a_connection_is_closed_whose_request_does_not_come_whole(part: bytes) -> None:
    app = Starlette(routes=[Route("/", whole, methods=["POST"])])
    with listen("127.0.0.1", 0) as listening, serve_app(app, listening, patience=0.1):
        place = listening.getsockname()[:2]
        with socket.create_connection(place, timeout=20) as connection:
            connection.sendall(part)
            read_all(connection)


async def whole(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def slow(_: object) -> PlainTextResponse:
    await asyncio.sleep(1.5)
    return PlainTextResponse("hello")


def test_an_answer_may_take_longer_than_its_request() -> None:
    with listen("127.0.0.1", 0) as listening:
        app = Starlette(routes=[Route("/", slow)])
        with serve_app(app, listening, patience=1.0):
            assert requests.get(url_of(listening), timeout=20).text == "hello"


def test_only_so_many_are_connected_at_a_time() -> None:
    app = Starlette(routes=[Route("/", hello)])
    with listen("127.0.0.1", 0) as listening, serve_app(app, listening, most=2):
        place = listening.getsockname()[:2]
        one = socket.create_connection(place, timeout=20)
        with one, socket.create_connection(place, timeout=20):
            with pytest.raises(requests.ConnectionError):
                requests.get(url_of(listening), timeout=20)
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while one.recv(4096):
                pass
            assert requests.get(url_of(listening), timeout=20).text == "hello"


def test_half_of_the_files_of_the_process_are_for_callers() -> None:
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
    try:
        assert most_connections() == 500
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


class Six(socket.socket):
    """A socket of IPv6, on a machine that may have none."""

    def getsockname(self) -> tuple[str, int, int, int]:
        return ("::1", 8780, 0, 0)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    with Six() as listening:
        assert url_of(listening) == "http://[::1]:8780"
