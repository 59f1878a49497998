"""Many requests in one event loop: each ends once, over connections that are kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from smsbridge.http.curl_multi import CurlMultiTransport
from smsbridge.http.exchange import Broken, Left, Request, Response

from support.carrying import GROWING
from support.each import each
from support.fault_server import FaultServer, answer
from support.sending import backend

End = Response | Broken
Send = Callable[..., Awaitable[End]]


def run(server: FaultServer, work: Callable[[Send], Awaitable[list[End]]]) -> list[End]:
    """Return what a work comes to that sends by one transport."""
    request = Request(method="POST", url=f"{server.url}/a", body=b"x=1")

    async def main() -> list[End]:
        transport = CurlMultiTransport(backend("rest", server.url))

        async def send(seconds: float = 30) -> End:
            try:
                return await transport.send(request, time.monotonic() + seconds)
            except Broken as broken:
                return broken

        try:
            return await work(send)
        finally:
            await transport.close()

    return asyncio.run(main())


def test_each_request_ends_once_and_connections_are_kept() -> None:
    async def three_times(send: Send) -> list[End]:
        return [end for _ in range(3) for end in await asyncio.gather(*(send() for _ in range(16)))]

    with FaultServer([answer(200)]) as server:
        ends = run(server, three_times)
        assert [type(end) for end in ends] == [Response] * 48
        assert (len(server.sends), server.connections) == (48, 16)


@each("fault", ["reset-after-request", "close-after-request", "half-headers", "half-body"])
def test_what_breaks_has_left_and_is_sent_once(fault: str) -> None:
    async def two(send: Send) -> list[End]:
        return [await send(), await send()]  # the second by the connection that was kept

    with FaultServer([answer(200), fault]) as server:
        _, end = run(server, two)
        assert len(server.sends) == 2
    assert isinstance(end, Broken)
    assert end.left is Left.ALL


def test_a_deadline_holds() -> None:
    async def one(send: Send) -> list[End]:
        for seconds in GROWING:
            end = await send(seconds)
            if server.sends:
                break
        return [end]

    with FaultServer(["silence"]) as server:
        (end,) = run(server, one)
    assert isinstance(end, Broken)
    assert (end.left, "in time" in end.why) == (Left.ALL, True)


def test_a_request_that_is_cancelled_harms_none_that_follows() -> None:
    async def cancel_one(send: Send) -> list[End]:
        task = asyncio.ensure_future(send())
        while not server.sends:  # noqa: ASYNC110  (a server of threads sets no event)
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        return [await send()]

    with FaultServer(["silence", answer(200)]) as server:
        (end,) = run(server, cancel_one)
        assert isinstance(end, Response)
        assert (len(server.sends), server.connections) == (2, 2)
