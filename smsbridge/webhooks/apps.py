"""Makes a WSGI or ASGI app of a function that answers requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from smsbridge.http.exchange import Request, Response

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Asgi = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
_BROKEN_OFF = Response(
    status=400,
    headers={"Content-Type": "text/plain; charset=utf-8"},
    body=b"Bad Request: the body is not whole\n",
)


def phrase(status: int) -> str:
    """Return the words of a status."""
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Unknown"


def wsgi_app(answer: Callable[[Request, str], Response], most: int) -> Wsgi:
    """Return a WSGI app. ``answer`` takes a request and the address of the peer.

    At most ``most`` + 1 bytes of a body are read. A body that breaks off, or that the server can't
    read, is answered with 400 here.
    """

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
        try:
            body = _body(environ, most + 1)
        except OSError:  # servers raise their own too: a bad chunk, a client that is gone
            response = _BROKEN_OFF
        else:
            request = Request(
                method=environ["REQUEST_METHOD"],
                url=_url(path, environ.get("QUERY_STRING", "")),
                headers=_headers(environ),
                body=body,
            )
            response = answer(request, environ.get("REMOTE_ADDR", ""))
        line = f"{response.status} {phrase(response.status)}"
        start_response(line, list(response.headers.items()))
        return [response.body]

    return app


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    names = {name: name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    names |= {name: name[5:] for name in environ if name.startswith("HTTP_")}
    return {name.replace("_", "-").title(): environ[key] for key, name in names.items()}


def _body(environ: Mapping[str, Any], most: int) -> bytes:
    """Return the body up to its declared length; without a length it is empty.

    Raises `OSError` if the body ends earlier.
    """
    declared = environ.get("CONTENT_LENGTH") or ""
    whole = declared.isascii() and declared.isdigit() and len(declared) < len(str(2**64))
    left = min(int(declared), most) if whole else 0
    if not declared and environ.get("wsgi.input_terminated"):
        left = most
    body = bytearray()
    while left and (chunk := environ["wsgi.input"].read(left)):
        body += chunk
        left -= len(chunk)
    if left and declared:
        raise OSError("the body ended before its Content-Length")
    return bytes(body)


def asgi_app(answer: Callable[[Request, str], Awaitable[Response]], most: int) -> Asgi:
    """Return an ASGI app for HTTP, as `wsgi_app` does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this app speaks http, not {scope['type']}")
        body = bytearray()
        more = True
        while more and len(body) <= most:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers: dict[str, str] = {}
        for name, value in (
            (n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]
        ):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        request = Request(
            method=scope["method"],
            url=_url(
                scope["path"].encode(errors="replace"),
                scope.get("query_string", b"").decode("latin-1"),
            ),
            headers=headers,
            body=bytes(body),
        )
        response = await answer(request, (scope.get("client") or [""])[0])
        raw = [
            (n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in response.headers.items()
        ]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        await send({"type": "http.response.body", "body": response.body})

    return app


def _url(path: bytes, query: str) -> str:
    """Return a URL with path and query; its host is a placeholder, since any Host may be sent."""
    separator = "" if path.startswith(b"/") else "/"
    return f"http://localhost{separator}{quote(path)}{'?' * bool(query)}{query}"
