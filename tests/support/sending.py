"""One send, by either client, over any protocol: what every test of an outcome needs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from smsbridge import AsyncClient, Client, Secret, SendError, Submission
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.requests_transport import RequestsTransport

PROTOCOLS = ("rest", "soap", "oauth")
NUMBER = "+12025550123"
TEXT = "Hello"
OK = {"result": {"error": 0, "sent": "1", "id": "c319d3b3", "note": "sent by mobile"}}

Outcome = Submission | SendError
Send = Callable[..., Outcome]


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

    def __init__(self, carrier: RequestsTransport) -> None:
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
    """The same for the async transport."""

    def __init__(self, carrier: AiohttpTransport) -> None:
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
    table: SMSMobileAPI, texts: Sequence[str], left: list[Left] | None = None, to: str = NUMBER
) -> list[Outcome]:
    """Send texts one after the other with one client; ``left`` takes what broken ones told."""
    carrier = Watched(RequestsTransport(table))
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


def send_sync(table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None) -> Outcome:
    return sends_sync(table, [text], left)[0]


def send_async(table: SMSMobileAPI, text: str = TEXT, left: list[Left] | None = None) -> Outcome:
    return sends_async(table, [text], left)[0]
