"""A webhook that is handed to an application, in this process or at a URL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from smsbridge.http.exchange import Broken, Request, Response
from smsbridge.testing import MockServer, Provider
from smsbridge.testing.application.call_app import call_app
from smsbridge.testing.mock.default import sample_backend
from smsbridge.webhooks.apps import asgi_app, wsgi_app

from support.each import each

SEEN: list[Request] = []
REQUEST = Request(
    method="POST",
    url="http://localhost/h%C3%B6r/sms?a=1",
    headers={"Content-Type": "application/json", "X-Signature": "abc"},
    body=b'{"text": "Hello"}',
)


def answer(request: Request, peer: str) -> Response:
    SEEN.append(request)
    assert peer == "127.0.0.1"
    return Response(status=202, headers={"X-Seen": "yes"}, body=b"taken")


async def answer_later(request: Request, peer: str) -> Response:
    return answer(request, peer)


class AsCallable:
    """An ASGI app as frameworks have them: an object that is called."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asgi_app(answer_later, 1000)(scope, receive, send)


APPS: dict[str, Callable[..., Any]] = {
    "wsgi": wsgi_app(answer, 1000),
    "asgi": asgi_app(answer_later, 1000),
    "asgi object": AsCallable(),
}


@each("name", APPS)
def test_an_app_gets_the_whole_request_and_its_answer_is_returned(name: str) -> None:
    SEEN.clear()
    got = call_app(APPS[name], REQUEST)
    assert (got.status, got.header("x-seen"), got.body) == (202, "yes", b"taken")
    (seen,) = SEEN
    assert (seen.method, seen.path, seen.query) == ("POST", "/h%C3%B6r/sms", "a=1")
    assert (seen.body, seen.header("x-signature")) == (REQUEST.body, "abc")
    assert (seen.header("content-type"), seen.header("content-length")) == (
        "application/json",
        "17",
    )


def test_an_asgi_app_is_called_where_an_event_loop_is_running() -> None:
    async def main() -> Response:
        return call_app(APPS["asgi"], REQUEST)

    assert asyncio.run(main()).status == 202


def test_what_an_app_raises_is_raised() -> None:
    def broken(*_: object) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call_app(broken, REQUEST)


def test_a_wsgi_answer_is_closed() -> None:
    closed = []

    class Parts(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(_: dict[str, Any], start: Callable[..., Any]) -> Parts:
        start("200 OK", [])
        return Parts([b"a", b"b"])

    assert call_app(app, REQUEST).body == b"ab"
    assert closed == [True]


def test_a_url_is_called_over_the_network() -> None:
    with MockServer(Provider(sample_backend())) as server:
        url = f"{server.provider.address}/_mock/health"
        assert call_app(url, Request(method="GET", url=url)).status == 200
    with pytest.raises(Broken):
        call_app(url, Request(method="GET", url="http://127.0.0.1:1/"))
