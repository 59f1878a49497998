"""Calls through aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.exchange import Request, Response

from support.carrying import soon
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


def one(request: Request, seconds: float = 30) -> Work:
    def work(transport: AiohttpTransport) -> Awaitable[Response]:
        return transport.send(request, soon(seconds))

    return work
