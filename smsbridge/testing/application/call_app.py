"""Hands a webhook to an application: to its WSGI or ASGI app in this process, or to a URL."""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from smsbridge.backends.console import Console
from smsbridge.http.exchange import Request, Response
from smsbridge.http.requests_transport import RequestsTransport

App = Callable[..., Any] | str
_SECONDS = 10.0


def call_app(app: App, request: Request) -> Response:
    """Return the application's answer to a request.

    ``app``: a WSGI app, an ASGI app, or the URL at which one listens. An ASGI app runs in an event
    loop of its own; what it raises is raised here. Raises `Broken` if nobody answers at a URL.
    """
    if isinstance(app, str):
        with closing(RequestsTransport(Console())) as transport:
            return transport.send(request, time.monotonic() + _SECONDS)
    if _is_asgi(app):
        return _run(app, request)
    return _call_wsgi(app, request)


def _is_asgi(app: Callable[..., Any]) -> bool:
    called = getattr(app, "__call__", app)  # noqa: B004  (what is called, not whether it can be)
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(called)


def _run(app: Callable[..., Any], request: Request) -> Response:
    """Run an ASGI app; where an event loop is running, in a thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_call_asgi(app, request))
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _call_asgi(app, request)).result()


async def _call_asgi(app: Callable[..., Any], request: Request) -> Response:
    parts = urlsplit(request.url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), word.encode()) for name, word in _headers(request)],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname or "", parts.port or 80),
    }
    body = [{"type": "http.request", "body": request.body, "more_body": False}]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return body.pop() if body else {"type": "http.disconnect"}

    async def send(event: dict[str, Any]) -> None:
        said.append(event)

    await app(scope, receive, send)
    start = next(event for event in said if event["type"] == "http.response.start")
    headers = {name.decode("latin-1"): word.decode("latin-1") for name, word in start["headers"]}
    return Response(
        status=start["status"],
        headers=headers,
        body=b"".join(event.get("body", b"") for event in said),
    )


def _call_wsgi(app: Callable[..., Any], request: Request) -> Response:
    parts = urlsplit(request.url)
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, word in _headers(request):
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = word
    started: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        started[:] = [(status, dict(headers))]
        return lambda _: None

    parts_of_body = app(environ, start_response)
    try:
        body = b"".join(parts_of_body)
    finally:
        getattr(parts_of_body, "close", lambda: None)()
    status, headers = started[0]
    return Response(status=int(status[:3]), headers=headers, body=body)


def _headers(request: Request) -> list[tuple[str, str]]:
    host = urlsplit(request.url).netloc
    length = str(len(request.body))
    return [*{"Host": host, "Content-Length": length, **request.headers}.items()]
