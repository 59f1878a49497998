"""One request by any transport: what each answer and each break must come to in all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.curl_multi import CurlMultiTransport
from smsbridge.http.curl_transport import CurlTransport
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.http.transport import Reach

GROWING = (0.4, 1.6, 6.4)
"""Seconds for what must have begun before they pass: a busy machine may need longer."""


def _carry_sync(
    table: Reach, requests: Sequence[Request], seconds: float, kind: Any = RequestsTransport
) -> list[Response]:
    transport = kind(table)
    try:
        return [transport.send(one, time.monotonic() + seconds) for one in requests]
    finally:
        transport.close()


def _carry_async(
    table: Reach, requests: Sequence[Request], seconds: float, kind: Any = AiohttpTransport
) -> list[Response]:
    async def run() -> list[Response]:
        transport = kind(table)
        try:
            return [await transport.send(one, time.monotonic() + seconds) for one in requests]
        finally:
            await transport.close()

    return asyncio.run(run())


def _carry_by_curl(table: Reach, requests: Sequence[Request], seconds: float) -> list[Response]:
    return _carry_sync(table, requests, seconds, CurlTransport)


def _carry_by_multi(table: Reach, requests: Sequence[Request], seconds: float) -> list[Response]:
    return _carry_async(table, requests, seconds, CurlMultiTransport)


_CARRIES = {
    "sync": _carry_sync,
    "async": _carry_async,
    "curl": _carry_by_curl,
    "multi": _carry_by_multi,
}


def carries(table: Reach, *requests: Request, by: str, seconds: float = 30) -> list[Response]:
    """Return the answers to requests, one after the other by one transport."""
    return _CARRIES[by](table, requests, seconds)


def carried(table: Reach, request: Request, *, by: str, seconds: float = 30) -> Response:
    """Return the answer to a request."""
    return carries(table, request, by=by, seconds=seconds)[0]


def broke(table: Reach, request: Request, *, by: str, seconds: float = 30) -> Broken:
    """Return how a request breaks."""
    with pytest.raises(Broken) as broken:
        carried(table, request, by=by, seconds=seconds)
    return broken.value


def late_break(send: Callable[[float], object]) -> Broken:
    """Return how a send breaks at its deadline, the first that some of the request leaves before.

    ``send`` takes the seconds until then.
    """
    for seconds in GROWING:
        with pytest.raises(Broken) as broken:
            send(seconds)
        if broken.value.left is not Left.NOTHING:
            break
    return broken.value


def post(url: str, body: bytes = b"x=1", **headers: str) -> Request:
    return Request(method="POST", url=url, body=body, headers=headers)


def soon(seconds: float = 30) -> float:
    """Return the deadline of a request that begins now."""
    return time.monotonic() + seconds
