"""Peers that keep many sends in flight at once: 64, if they don't say otherwise."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from benchmarks.peers.model import (
    IN_FLIGHT,
    Kind,
    Peer,
    Send,
    check,
    check_id,
    next_fields,
    next_message,
    ours,
)
from benchmarks.target import Place

Once = Callable[[], Awaitable[None]]


async def _keep_in_flight(once: Once, count: int, in_flight: int) -> None:
    """Let so many tasks send one after the other, until all is sent: no queue, no list of tasks."""
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await once()

    await asyncio.gather(*(work() for _ in range(in_flight)))


def raw_asyncio(place: Place) -> Iterator[Send]:
    """Streams of asyncio, one for each send in flight, and what has to be written and read."""
    head = (
        f"POST /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    ).encode()
    kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def once() -> None:
        reader, writer = (
            kept.pop() if kept else await asyncio.open_connection("127.0.0.1", place.port)
        )
        body = urlencode(next_fields()).encode()
        writer.write(b"%s%d\r\n\r\n%s" % (head, len(body), body))
        top = await reader.readuntil(b"\r\n\r\n")
        length = int(top.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        check(json.loads(await reader.readexactly(length)))
        kept.append((reader, writer))

    with asyncio.Runner() as runner:
        yield lambda count: runner.run(_keep_in_flight(once, count, IN_FLIGHT))
        for _, writer in kept:
            writer.close()


def pycurl_multi(place: Place) -> Iterator[Send]:
    """The multi interface of libcurl, with a handle for each send in flight."""
    import pycurl

    multi = pycurl.CurlMulti()
    idle = [pycurl.Curl() for _ in range(IN_FLIGHT)]
    answers: dict[Any, list[bytes]] = {}

    def begin() -> None:
        handle = idle.pop()
        answers[handle] = []
        handle.setopt(pycurl.URL, place.rest)
        handle.setopt(pycurl.POSTFIELDS, urlencode(next_fields()))
        handle.setopt(pycurl.WRITEFUNCTION, answers[handle].append)
        multi.add_handle(handle)

    def end_those_done() -> int:
        _, ended, failed = multi.info_read(IN_FLIGHT)
        if failed:
            raise AssertionError(failed[0][2])
        for handle in ended:
            check(json.loads(b"".join(answers.pop(handle))))
            multi.remove_handle(handle)
            idle.append(handle)
        return len(ended)

    def send_all(count: int) -> None:
        left = done = count
        while done:
            while idle and left:
                begin()
                left -= 1
            multi.perform()
            ended = end_those_done()
            done -= ended
            if done and not ended:
                multi.select(1.0)

    yield send_all
    multi.close()


def aiohttp_client(in_flight: int) -> Peer:
    """Return a session of aiohttp, with a connection for each send in flight."""

    def peer(place: Place) -> Iterator[Send]:
        import aiohttp

        async def open_session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight))

        with asyncio.Runner() as runner:
            session = runner.run(open_session())

            async def once() -> None:
                async with session.post(place.rest, data=next_fields()) as answer:
                    check(await answer.json())

            yield lambda count: runner.run(_keep_in_flight(once, count, in_flight))
            runner.run(session.close())

    return peer


def httpx_async(place: Place) -> Iterator[Send]:
    """An async client of httpx."""
    import httpx

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(limits=limits, timeout=30)

        async def once() -> None:
            check((await client.post(place.rest, data=next_fields())).json())

        yield lambda count: runner.run(_keep_in_flight(once, count, IN_FLIGHT))
        runner.run(client.aclose())


def requests_threads(place: Place) -> Iterator[Send]:
    """A pool of threads around one session of requests, with a connection for each thread."""
    import requests
    from requests.adapters import HTTPAdapter

    with requests.Session() as session, ThreadPoolExecutor(IN_FLIGHT) as pool:
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=IN_FLIGHT))

        def once(_: int) -> None:
            check(session.post(place.rest, data=next_fields(), timeout=30).json())

        def send_all(count: int) -> None:
            for _ in pool.map(once, range(count)):
                pass

        yield send_all


def _messages(count: int) -> Iterator[Any]:
    from smsbridge import Message

    for _ in range(count):
        recipient, text = next_message()
        yield Message(recipient=recipient, text=text)


def send_many(place: Place, **more: Any) -> Iterator[Send]:
    """Ours, with what is installed here: the extra ``async``."""
    with ours(place, **more) as sms:

        def send_all(count: int) -> None:
            for result in sms.send_many(_messages(count), concurrency=IN_FLIGHT):
                check_id(result.submission)

        yield send_all


def send_many_in_threads(place: Place) -> Iterator[Send]:
    """Ours where the extra ``async`` is not installed: an import of aiohttp fails."""
    sys.modules["aiohttp"] = None  # type: ignore[assignment]  # as Python marks what is not there
    return send_many(place)


def send_many_by_curl(place: Place) -> Iterator[Send]:
    """Ours with the extra ``fast``."""
    return send_many(place, transport="curl")


def async_client(in_flight: int) -> Peer:
    """Return our AsyncClient, each send of which a task of the application awaits."""

    def peer(place: Place) -> Iterator[Send]:
        from smsbridge import AsyncClient

        with asyncio.Runner() as runner:
            client = ours(place, AsyncClient)

            async def once() -> None:
                check_id(await client.send(*next_message()))

            yield lambda count: runner.run(_keep_in_flight(once, count, in_flight))
            runner.run(client.close())

    return peer


MANY = (
    Kind(name="raw asyncio", run=raw_asyncio),
    Kind(name="pycurl multi", run=pycurl_multi, packages=("pycurl",)),
    Kind(name="aiohttp", run=aiohttp_client(IN_FLIGHT), packages=("aiohttp",)),
    Kind(name="httpx.AsyncClient", run=httpx_async, packages=("httpx",), share=10),
    Kind(name="threads, requests.Session", run=requests_threads, packages=("requests",)),
    Kind(name="smsbridge, threads", run=send_many_in_threads),
    Kind(name="smsbridge, async", run=send_many, packages=("aiohttp",)),
    Kind(name="smsbridge, fast", run=send_many_by_curl, packages=("pycurl",)),
)
AWAITED = tuple(
    Kind(name=f"{name}, {in_flight:,}", run=make(in_flight), packages=("aiohttp",))
    for in_flight in (1, 64, 1000)
    for name, make in (("aiohttp", aiohttp_client), ("smsbridge.AsyncClient", async_client))
)
