"""Calls through aiohttp."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.exchange import Request, Response

from support.fault_server import answer
from support.sending import backend

OK = answer(200, "{}")
Work = Callable[[AiohttpTransport], Awaitable[Any]]


def carry(url: str, work: Work, **more: Any) -> Any:
    async def run() -> Any:
        transport = AiohttpTransport(backend("rest", url, **more))
        try:
            return await work(transport)
        finally:
            await transport.close()

    return asyncio.run(run())


def post(url: str, body: bytes = b"x=1", **more: Any) -> Request:
    return Request(method="POST", url=url, body=body, **more)


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def one(request: Request, seconds: float = 5) -> Work:
    def work(transport: AiohttpTransport) -> Awaitable[Response]:
        return transport.send(request, soon(seconds))

    return work
