"""One send, by any client over any protocol: what every test of an outcome needs."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast
from unittest import mock

from smsbridge import AsyncClient, Client, Message, Secret, SendError, Submission
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.curl_multi import CurlMultiTransport
from smsbridge.http.curl_transport import CurlTransport
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.http.transport import AsyncTransport, Transport

PROTOCOLS = ("rest", "soap", "oauth")
NUMBER = "+12025550123"
TEXT = "Hello"
OK = {"result": {"error": 0, "sent": "1", "id": "c319d3b3", "note": "sent by mobile"}}

Outcome = Submission | SendError
Send = Callable[..., Outcome]
"""One of `WAYS` or `DRIVERS`."""
Sends = Callable[..., list[Outcome]]
"""The same of several texts."""


def backend(protocol: str, url: str, **more: Any) -> SMSMobileAPI:
    return SMSMobileAPI(
        protocol=protocol,
        url=url,
        api_key=Secret("key-0123456789"),
        client_id="client",
        client_secret=Secret("secret-0123456789"),
        **{"timeout": 20.0, **more},
    )


def said(protocol: str, document: object) -> str:
    """Return the provider's answer as its body over a protocol."""
    text = json.dumps(document)
    if protocol != "soap":
        return text
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return envelope(
        f"<n:sendSmsResponse xmlns:n='urn:sendsms'><return>{escaped}</return></n:sendSmsResponse>"
    )


def fault(code: str, string: str) -> str:
    return envelope(
        f"<s:Fault><faultcode>s:{code}</faultcode><faultstring>{string}</faultstring></s:Fault>"
    )


def envelope(inner: str) -> str:
    namespace = "http://schemas.xmlsoap.org/soap/envelope/"
    return f"<s:Envelope xmlns:s='{namespace}'><s:Body>{inner}</s:Body></s:Envelope>"


class Watched:
    """A transport that keeps how much of each broken request had left."""

    def __init__(self, carrier: Transport) -> None:
        self._carrier = carrier
        self.left: list[Left] = []

    def send(self, request: Request, deadline: float) -> Response:
        try:
            return self._carrier.send(request, deadline)
        except Broken as broken:
            self.left.append(broken.left)
            raise

    def close(self) -> None:
        self._carrier.close()


class AsyncWatched:
    """The same for an async transport."""

    def __init__(self, carrier: AsyncTransport) -> None:
        self._carrier = carrier
        self.left: list[Left] = []

    async def send(self, request: Request, deadline: float) -> Response:
        try:
            return await self._carrier.send(request, deadline)
        except Broken as broken:
            self.left.append(broken.left)
            raise

    async def close(self) -> None:
        await self._carrier.close()


def sends_sync(
    table: SMSMobileAPI,
    texts: Sequence[str],
    left: list[Left] | None = None,
    to: str = NUMBER,
    kind: Callable[[SMSMobileAPI], Transport] = RequestsTransport,
) -> list[Outcome]:
    """Send texts one after the other with one client; ``left`` takes what broken ones told."""
    carrier = Watched(kind(table))
    if left is not None:
        carrier.left = left
    outcomes: list[Outcome] = []
    with Client(table, transport=carrier) as client:
        for text in texts:
            try:
                outcomes.append(client.send(to, text))
            except SendError as error:
                outcomes.append(error)
    return outcomes


def sends_by_curl(
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None = None, to: str = NUMBER
) -> list[Outcome]:
    """The same by libcurl."""
    return sends_sync(table, texts, left, to, CurlTransport)


def sends_async(
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None = None, to: str = NUMBER
) -> list[Outcome]:
    """The same for the async client."""

    async def run() -> list[Outcome]:
        carrier = AsyncWatched(AiohttpTransport(table))
        if left is not None:
            carrier.left = left
        outcomes: list[Outcome] = []
        async with AsyncClient(table, transport=carrier) as client:
            for text in texts:
                try:
                    outcomes.append(await client.send(to, text))
                except SendError as error:
                    outcomes.append(error)
        return outcomes

    return asyncio.run(run())


def _sends_many(
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None, to: str, watched: Any
) -> list[Outcome]:
    """Send texts by `send_many`, one after the other; ``watched`` makes its transport."""
    told = [] if left is None else left

    def make(*args: Any) -> Any:
        carrier = watched(*args)
        carrier.left = told
        return carrier

    messages = [Message(recipient=to, text=text) for text in texts]
    with mock.patch(MANY[watched], make), Client(table) as client:
        ends = [one.submission or one.error for one in client.send_many(messages, 1)]
    return cast("list[Outcome]", ends)


def _watch_requests(*args: Any) -> Watched:
    return Watched(RequestsTransport(*args))


def _watch_aiohttp(*args: Any) -> AsyncWatched:
    return AsyncWatched(AiohttpTransport(*args))


def _watch_multi(*args: Any) -> AsyncWatched:
    return AsyncWatched(CurlMultiTransport(*args))


MANY: dict[Any, str] = {
    _watch_requests: "smsbridge.http.requests_transport.RequestsTransport",
    _watch_aiohttp: "smsbridge.http.aiohttp_transport.AiohttpTransport",
    _watch_multi: "smsbridge.http.curl_multi.CurlMultiTransport",
}


def sends_many_in_threads(
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None = None, to: str = NUMBER
) -> list[Outcome]:
    """The same by `send_many` in threads."""
    with mock.patch.dict(sys.modules, {"aiohttp": None}):
        return _sends_many(table, texts, left, to, _watch_requests)


def sends_many_in_loop(
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None = None, to: str = NUMBER
) -> list[Outcome]:
    """The same by `send_many` in an event loop, by aiohttp."""
    return _sends_many(table, texts, left, to, _watch_aiohttp)


def sends_many_by_curl(
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None = None, to: str = NUMBER
) -> list[Outcome]:
    """The same by `send_many` in an event loop, by libcurl."""
    return _sends_many(replace(table, transport="curl"), texts, left, to, _watch_multi)


def send_sync(table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None) -> Outcome:
    return sends_sync(table, [text], left)[0]


def send_async(table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None) -> Outcome:
    return sends_async(table, [text], left)[0]


def send_by_curl(table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None) -> Outcome:
    return sends_by_curl(table, [text], left)[0]


def send_many_in_threads(
    table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None
) -> Outcome:
    return sends_many_in_threads(table, [text], left)[0]


def send_many_in_loop(
    table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None
) -> Outcome:
    return sends_many_in_loop(table, [text], left)[0]


def send_many_by_curl(
    table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None
) -> Outcome:
    return sends_many_by_curl(table, [text], left)[0]


WAYS: dict[Send, Sends] = {
    send_sync: sends_sync,
    send_async: sends_async,
    send_by_curl: sends_by_curl,
}
"""The ways to send, one after the other."""
DRIVERS: dict[Send, Sends] = {
    send_many_in_threads: sends_many_in_threads,
    send_many_in_loop: sends_many_in_loop,
    send_many_by_curl: sends_many_by_curl,
}
"""The drivers of `send_many`."""
