"""The async transport: aiohttp, with bodies that tell how much of them was handed over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from smsbridge.errors import MissingExtra
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.transport import IDLE_SECONDS, Network, Reach, broken, too_large, whole

try:
    import aiohttp
    import yarl
except ImportError as missing:
    raise MissingExtra("async", "AsyncClient") from missing

if TYPE_CHECKING:
    from types import SimpleNamespace


_CHUNK = 65_536


@dataclass
class _Sending:
    """The request that a task is sending: what was handed to the connection, and what came."""

    left: Left = Left.NOTHING
    status: int = 0

    async def body(self, content: bytes) -> AsyncIterator[bytes]:
        """Yield the body in chunks; aiohttp asks for the next only when it could pass one on."""
        for start in range(0, len(content), _CHUNK):
            end = start + _CHUNK
            self.left = Left.PART if end < len(content) else Left.ALL
            yield content[start:end]


class _Connector(aiohttp.TCPConnector):
    """Never hands out a connection on which bytes came that nobody asked for.

    ``opened``: its connections, to be ended at once even while one has bytes left to write.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.opened: WeakSet[asyncio.Transport] = WeakSet()

    async def _create_connection(self, *args: Any) -> Any:
        protocol = await super()._create_connection(*args)
        if protocol.transport is not None:
            self.opened.add(protocol.transport)
        return protocol

    async def _get(self, *args: Any) -> Any:
        while (connection := await super()._get(*args)) is not None:
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()
        return None


class AiohttpTransport:
    """Carries requests for one client, in one event loop."""

    def __init__(self, backend: Reach) -> None:
        """Read issuers and proxies once. The session is opened on first use, in its loop."""
        self._network = Network.of(backend)
        self._session: aiohttp.ClientSession | None = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_create_end.append(_connected)
            trace.on_connection_reuseconn.append(_connected)
            self._session = aiohttp.ClientSession(
                connector=_Connector(
                    ssl=self._network.tls, keepalive_timeout=IDLE_SECONDS, limit=100
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trace_configs=[trace],
                timeout=aiohttp.ClientTimeout(total=None),
            )
            self._session._retry_connection = False  # noqa: SLF001  (no public switch: it repeats a GET)
        return self._session

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline`` (monotonic seconds), or raise `Broken`."""
        sending = _Sending()
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0)):
                return await self._carry(request, sending)
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is: what had left decides)
            left = Left.ALL if sending.status else sending.left
            failure = broken(error, left, request, sending.status)
        raise failure  # here, not above: the library's error would hang on it, with the request

    async def _carry(self, request: Request, sending: _Sending) -> Response:
        length = {"Content-Length": str(len(request.body))} if request.body else {}
        async with self._opened().request(
            request.method,
            yarl.URL(request.url, encoded=True),
            headers={
                "Accept-Encoding": "identity",
                "User-Agent": "smsbridge",
                **request.headers,
                **length,
            },
            data=sending.body(request.body) if request.body else None,
            allow_redirects=False,
            proxy=self._network.proxy(request.url),
            trace_request_ctx=None if request.body else sending,
        ) as answer:
            sending.status = answer.status
            body = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > request.most:
                    raise too_large(answer.status, request.most, request.most_key)
            headers = {name: ", ".join(answer.headers.getall(name)) for name in answer.headers}
            return whole(answer.status, headers, bytes(body), request.most, request.most_key)

    async def close(self) -> None:
        """Close the connections that are open."""
        if self._session is not None:
            connector = self._session.connector
            await self._session.close()
            self._session = None
            for opened in list(connector.opened) if isinstance(connector, _Connector) else ():
                if opened.get_write_buffer_size():
                    opened.abort()
            await asyncio.sleep(0)  # lets the loop close them


async def _connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _: Any) -> None:
    """Count a request without a body as left once there is a connection for it."""
    if isinstance(sending := getattr(context, "trace_request_ctx", None), _Sending):
        sending.left = Left.ALL
