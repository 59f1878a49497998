"""The bridge as an ASGI application on Starlette: the doors, and its own three paths."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from smsbridge.bridge.doors.door_calls import Waiting
from smsbridge.bridge.metrics import MEDIA_TYPE, exposition
from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.write_check import check_writable
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.errors import ConfigError, MissingExtra
from smsbridge.http.decompress import BadEncoding, TooLarge, inflate
from smsbridge.http.exchange import Request, Response

try:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.requests import Request as WebRequest
    from starlette.responses import Response as WebResponse
    from starlette.routing import Route
except ImportError as missing:
    raise MissingExtra("bridge", "smsbridge serve") from missing

if TYPE_CHECKING:
    from smsbridge.bridge.bridge import Bridge
    from smsbridge.bridge.store.stored_message import StoredMessage

MOST_BYTES = REQUEST.size
_ASK_SECONDS = 0.5
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


class BridgeApp:
    """Handles callers' requests, and holds those whose answers wait for an outcome."""

    def __init__(self, bridge: Bridge) -> None:
        """``bridge`` is running."""
        self._bridge = bridge
        self._waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        bridge.listeners.all.append(self._tell)

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/livez", self._live),
                Route("/readyz", self._ready),
                Route("/metrics", self._metrics),
                Route("/{path:path}", self._answer, methods=_METHODS),
            ]
        )

    async def _live(self, _: WebRequest) -> WebResponse:
        return WebResponse("ok\n", media_type="text/plain")

    async def _ready(self, _: WebRequest) -> WebResponse:
        why = await run_in_threadpool(self._trouble)
        return WebResponse(f"{why or 'ok'}\n", 503 if why else 200, media_type="text/plain")

    def _trouble(self) -> str:
        try:
            check_writable(self._bridge.store.database)
            self._bridge.store.database.check()
        except StoreError:
            return "the store can't be written"
        except ConfigError as error:
            return str(error)
        return ""

    async def _metrics(self, _: WebRequest) -> WebResponse:
        body = await run_in_threadpool(exposition, self._bridge)
        return WebResponse(body, headers={"Content-Type": MEDIA_TYPE})

    async def _answer(self, asked: WebRequest) -> WebResponse:
        head = _head(asked)
        if {"content-length", "transfer-encoding"} <= head.headers.keys():  # RFC 9112 §6.3
            why = "the body has two lengths"
            refused = await run_in_threadpool(self._bridge.refuse, head, 400, why)
            return _web(replace(refused, headers={**refused.headers, "Connection": "close"}))
        try:
            body = await _body(asked)
        except TooLarge as error:
            return _web(await run_in_threadpool(self._bridge.refuse, head, 413, str(error)))
        except ClientDisconnect:
            return WebResponse(status_code=400)
        sender = asked.client.host if asked.client else ""
        answer = await run_in_threadpool(self._handle, head, body, sender)
        if isinstance(answer, Waiting):
            answer = await self._wait(answer)
        return _web(answer)

    def _handle(self, head: Request, body: bytes, sender: str) -> Response | Waiting:
        try:
            whole = inflate(body, head.header("content-encoding"), MOST_BYTES)
        except BadEncoding as error:
            status = 413 if isinstance(error, TooLarge) else 400
            return self._bridge.refuse(head, status, str(error))
        return self._bridge.handle(_with_body(head, whole), sender)

    async def _wait(self, waiting: Waiting) -> Response:
        """Return the answer once the outcome is known, or on timeout what is known by then.

        Another process may have sent it, so the store is polled too.
        """
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        entry = loop, over
        known, until = waiting.message.id, loop.time() + waiting.wait
        self._waiting.setdefault(known, []).append(entry)
        try:
            while True:
                found: Response | None = await run_in_threadpool(self._bridge.outcome, waiting)
                left = until - loop.time()
                if found is not None or over.is_set() or left <= 0:
                    return found or waiting.answer(waiting.message)
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), min(left, _ASK_SECONDS))
        finally:
            self._waiting[known].remove(entry)
            if not self._waiting[known]:
                del self._waiting[known]

    def _tell(self, message: StoredMessage) -> None:
        if message.state == "stored":  # a retry is due
            return
        for loop, over in list(self._waiting.get(message.id, ())):
            loop.call_soon_threadsafe(over.set)


async def _body(asked: WebRequest) -> bytes:
    parts, size = [], 0
    async for part in asked.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge(f"the body is larger than {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _head(asked: WebRequest) -> Request:
    """Return a request without its body. The host in its URL is a placeholder: any is accepted."""
    raw: bytes = asked.scope.get("raw_path") or asked.scope["path"].encode()
    path = quote(raw.partition(b"?")[0], safe=_VISIBLE)
    query: bytes = asked.scope.get("query_string", b"")
    mark = "?" if query else ""
    headers: dict[str, str] = {}
    for name, value in asked.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    target = f"/{path.lstrip('/')}{mark}{quote(query, safe=_VISIBLE)}"
    return Request(method=asked.method, url=f"http://localhost{target}", headers=headers)


def _with_body(head: Request, body: bytes) -> Request:
    return Request(method=head.method, url=head.url, headers=_plain(head.headers), body=body)


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "content-encoding"}


def _web(answer: Response) -> WebResponse:
    return WebResponse(answer.body, answer.status, headers=dict(answer.headers))
