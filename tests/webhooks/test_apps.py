"""A request of WSGI or ASGI becomes ours whole, and an answer of ours theirs."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from contextlib import closing
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.http.exchange import Request, Response
from smsbridge.webhooks.apps import asgi_app, phrase, wsgi_app

from support.each import each

MOST = 16
TEXT = {"Content-Type": "text/plain"}
Got = list[tuple[Request, str]]


def by_wsgi(body: bytes | io.BytesIO = b"", **environ: Any) -> tuple[Got, str, Any, bytes]:
    """Return what a WSGI app was given, and its status line, headers and body."""
    got: Got = []
    started: list[Any] = []

    def answer(request: Request, peer: str) -> Response:
        got.append((request, peer))
        return Response(status=299, headers={"X-Ours": "1", "Content-Type": "a/b"}, body=b"done")

    def start_response(*line: Any) -> None:
        started.extend(line)

    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    length = len(stream.getbuffer())
    given: dict[str, Any] = {
        "wsgi.input": stream,
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(length),
        **environ,
    }
    setup_testing_defaults(given)
    parts = wsgi_app(answer, MOST)(given, start_response)
    return got, started[0], started[1], b"".join(parts)


def by_asgi(*messages: dict[str, Any], **scope: Any) -> tuple[Got, list[Any]]:
    """Return what an ASGI app was given, and what it sent."""
    got: Got = []
    sent: list[Any] = []
    waiting = list(messages)

    async def answer(request: Request, peer: str) -> Response:
        got.append((request, peer))
        return Response(status=503, headers={"Retry-After": "5"}, body=b"busy")

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    whole = {"type": "http", "method": "POST", "path": "/sms", "headers": [], **scope}
    asyncio.run(asgi_app(answer, MOST)(whole, receive, send))  # type: ignore[arg-type]  # it is a coroutine
    return got, sent


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_wsgi_request_is_taken_whole() -> None:
    ((request, peer),), line, headers, body = by_wsgi(
        b"\xff\0 raw",
        SCRIPT_NAME="/hooks",
        PATH_INFO="/a b/\xc3\xa9",
        QUERY_STRING="x=1%20",
        REMOTE_ADDR="192.0.2.7",
        CONTENT_TYPE="application/json",
        HTTP_X_SMSMOBILEAPI_EVENT="sms.received",
    )
    assert (request.method, request.body, peer) == ("POST", b"\xff\0 raw", "192.0.2.7")
    assert (request.path, request.query) == ("/hooks/a%20b/%C3%A9", "x=1%20")
    assert request.header("X-SMSMobileAPI-Event") == "sms.received"
    assert request.header("content-type") == "application/json"
    assert (line, body) == ("299 Unknown", b"done")
    assert headers == [("X-Ours", "1"), ("Content-Type", "a/b")]


@each("declared", ["-1", "x", "1e3", "\u0663", "\u00b2", "9" * 99, "9" * 5000])
def test_a_length_that_is_none_is_an_empty_body(declared: str) -> None:
    ((request, _),), *_rest = by_wsgi(b"abc", CONTENT_LENGTH=declared)
    assert request.body == b""


@each("declared", ["4", "9", str(2**63)])
def test_a_body_that_ends_before_its_length_is_400_and_nobody_is_called(declared: str) -> None:
    got, line, headers, body = by_wsgi(b"abc", CONTENT_LENGTH=declared)
    assert (got, line) == ([], "400 Bad Request")
    assert (headers, body.count(b"\n")) == ([("Content-Type", "text/plain; charset=utf-8")], 1)


class _Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise TimeoutError(size)


@each("declared", ["4", ""])
def test_a_body_that_the_server_can_t_read_is_400_and_nobody_is_called(declared: str) -> None:
    chunks: dict[str, Any] = {"wsgi.input_terminated": True}
    got, line, *_rest = by_wsgi(_Broken(), CONTENT_LENGTH=declared, **chunks)
    assert (got, line) == ([], "400 Bad Request")


def test_without_a_length_the_body_is_read_only_where_it_ends() -> None:
    ((request, _),), *_rest = by_wsgi(b"abc", CONTENT_LENGTH="")
    assert request.body == b""
    ends: dict[str, Any] = {"wsgi.input_terminated": True}
    ((request, _),), *_rest = by_wsgi(b"abc", CONTENT_LENGTH="", **ends)
    assert request.body == b"abc"


def test_what_we_answer_is_wsgi_by_the_book() -> None:
    app: Any = validator(wsgi_app(lambda *_: Response(status=200, headers=TEXT), MOST))
    environ: dict[str, Any] = {"QUERY_STRING": ""}
    setup_testing_defaults(environ)
    lines: list[str] = []

    def start_response(line: str, *_: Any) -> Callable[[bytes], None]:
        lines.append(line)
        return lambda _: None

    with closing(app(environ, start_response)) as parts:
        assert b"".join(parts) == b""
    assert lines == ["200 OK"]


class _Slow(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 2))


def test_a_body_that_comes_in_pieces_is_read_to_its_end() -> None:
    ((request, _),), *_rest = by_wsgi(_Slow(b"1234567"))
    assert request.body == b"1234567"


@each("length", [MOST, MOST + 1, MOST + 2, 10 * MOST])
def test_of_a_body_no_more_is_read_than_tells_that_it_is_too_large(length: int) -> None:
    ((request, _),), *_rest = by_wsgi(b"x" * length)
    assert len(request.body) == min(length, MOST + 1)
    ((request, _),), _ = by_asgi(*[part(b"x", more=True)] * length, part(b""))
    assert len(request.body) == min(length, MOST + 1)


def test_an_asgi_request_is_taken_whole() -> None:
    ((request, peer),), sent = by_asgi(
        part(b"ab", more=True),
        part(b"c"),
        path="/hooks/é",
        query_string=b"x=1",
        client=("192.0.2.7", 1234),
        headers=[(b"x-odd", b"1"), (b"x-odd", b"2"), (b"x-raw", b"\xe9")],
    )
    assert (request.method, request.body, peer) == ("POST", b"abc", "192.0.2.7")
    assert (request.path, request.query) == ("/hooks/%C3%A9", "x=1")
    assert request.headers == {"x-odd": "1, 2", "x-raw": "é"}
    assert sent == [
        {"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"5")]},
        {"type": "http.response.body", "body": b"busy"},
    ]


@each("client", [None, ("", 0)])
def test_a_peer_may_be_unknown(client: object) -> None:
    ((_, peer),), _ = by_asgi(part(b""), client=client)
    assert peer == ""


def test_a_client_that_goes_away_is_not_answered() -> None:
    assert by_asgi(part(b"ab", more=True), {"type": "http.disconnect"}) == ([], [])


@each("kind", ["lifespan", "websocket"])
def test_another_protocol_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=f"not {kind}"):
        by_asgi(type=kind)


@given(path=st.text(st.characters(codec="utf-8")), query=st.text(st.characters(max_codepoint=255)))
def test_any_path_is_a_path_and_no_host(path: str, query: str) -> None:
    ((request, _),), _ = by_asgi(part(b""), path=path, query_string=query.encode("latin-1"))
    assert request.path.startswith("/")
    assert request.url.startswith("http://localhost/")


@each(("status", "words"), [(200, "OK"), (413, "Request Entity Too Large"), (299, "Unknown")])
def test_a_status_has_words(status: int, words: str) -> None:
    assert phrase(status) == words
