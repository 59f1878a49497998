"""A bridge on a socket: it listens where it says, and ends when it is told to."""

from __future__ import annotations

import socket

import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from smsbridge.bridge.uvicorn_server import listen, serve_app, url_of

from support.each import each


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


class Six(socket.socket):
    """A socket of IPv6, on a machine that may have none."""

    def getsockname(self) -> tuple[str, int, int, int]:
        return ("::1", 8780, 0, 0)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    with Six() as listening:
        assert url_of(listening) == "http://[::1]:8780"
