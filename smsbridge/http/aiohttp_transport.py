"""The async transport: aiohttp, over connections that count and keep one deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smsbridge.errors import MissingExtra
from smsbridge.http import redirect
from smsbridge.http.address import origin
from smsbridge.http.aiohttp_connection import CURRENT, Connector, TaskSending, end_connection
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.proxy import Proxy
from smsbridge.http.transport import (
    IDLE_SECONDS,
    Network,
    Places,
    Reach,
    headers_to_send,
    to_broken,
    whole,
)

try:
    import aiohttp
    import yarl
except ImportError as missing:
    raise MissingExtra("async", "AsyncClient") from missing


_BODILESS = ("GET", "HEAD")
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)  # there is one deadline, ours


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the requests to one origin go: how aiohttp connects to it, and the Host they name."""

    proxy: Proxy | None
    connecting: aiohttp.ClientRequest
    host: str
    prefix: str

    def head(self, request: Request, sending: TaskSending) -> bytes:
        """Return a request up to its body."""
        target = request.url[len(origin(request.url)) :].partition("#")[0]
        if not target.startswith("/"):
            target = f"/{target}"
        if not target.isprintable() or " " in target:
            raise Broken(Left.NOTHING, "the URL holds a blank or a control character", retry=False)
        headers = headers_to_send(request, sending)
        if request.body or request.method not in _BODILESS:
            headers["Content-Length"] = str(len(request.body))
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        first = f"{request.method} {self.prefix}{target} HTTP/1.1\r\nHost: {self.host}\r\n"
        return f"{first}{lines}\r\n".encode()


class AiohttpTransport:
    """Carries requests for one client, in one event loop.

    Connections are opened, kept and ended by aiohttp's connector, without what its session does on
    top.
    """

    def __init__(
        self, backend: Reach, monotonic: Callable[[], float] = time.monotonic, most: int = 100
    ) -> None:
        """Read issuers and proxies once. Connections are opened on first use, in its loop.

        ``monotonic``: the clock of the deadlines. ``most``: how many connections it has at once.
        """
        self._monotonic = monotonic
        self._backend = backend
        self._most = most
        self._network: Network | None = None
        if redirect.current() is None:  # else a test needs neither its issuers nor its proxies
            self._network = Network.of(backend)
        self._connector: Connector | None = None
        self._places = Places[_Place]()

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline``, or raise `Broken`.

        Raises `ConfigError`, before anything leaves, if the environment's proxy can't be used.
        """
        if answer := redirect.send(request, self._backend, deadline):
            return answer
        if self._connector is None:
            self._connector = Connector(self._most, keepalive_timeout=IDLE_SECONDS)
        place = self._places.of(origin(request.url), self._find_place)
        sending = TaskSending(request=request, proxy=place.proxy)
        try:
            async with asyncio.timeout(max(deadline - self._monotonic(), 0)):
                async with self._connector.room:
                    return await self._carry(self._connector, place, sending)
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  (any error: how much had left decides)
            failure = to_broken(error, sending.left, sending)
        raise failure  # here: the library's error, which holds the request, is not its context

    def _find_place(self, origin: str) -> _Place:
        network = self._network = self._network or Network.of(self._backend)
        url = yarl.URL(origin, encoded=True)
        proxy = network.proxies.to(origin)
        host = str(url.host_port_subcomponent)
        # with the Host that aiohttp adds itself, so that they are the same when it looks again
        given = {"Host": host, "Proxy-Authorization": proxy.authorization} if proxy else {}
        tls = url.scheme == "https" or (proxy is not None and proxy.url.startswith("https:"))
        connecting = aiohttp.ClientRequest(
            "GET",
            url,
            loop=asyncio.get_running_loop(),
            ssl=network.tls if tls else True,
            proxy=yarl.URL(proxy.url) if proxy else None,
            proxy_headers=given if proxy and proxy.authorization else None,
        )
        tunnels = proxy is None or url.scheme == "https"
        return _Place(proxy, connecting, host, "" if tunnels else f"http://{host}")

    async def _carry(self, connector: Connector, place: _Place, sending: TaskSending) -> Response:
        head = place.head(sending.request, sending)
        connection = await _connect(connector, place, sending)
        kept = False
        try:
            await connection.protocol.exchange(head, sending)
            read = sending.reading
            kept = read.kept_open and sending.handed is Left.ALL
        finally:
            (connection.release if kept else connection.close)()
        return whole(read.status, read.headers, read.body, sending.request, sending.handed)

    async def close(self) -> None:
        """Close all connections, without waiting; another request opens new ones.

        What they have left to write is dropped: a peer may never read it.
        """
        connector, self._connector = self._connector, None
        self._places.clear()  # they are of this loop
        if connector is not None:
            for transport in list(connector.opened):
                end_connection(transport)
            await connector.close()
            await asyncio.sleep(0)  # lets the loop close them


async def _connect(connector: Connector, place: _Place, sending: TaskSending) -> Any:
    """Return a connection, new or kept, for this request alone."""
    token = CURRENT.set(sending)
    try:
        return await connector.connect(place.connecting, [], _NO_TIMEOUT)
    finally:
        CURRENT.reset(token)
