"""The async transport: aiohttp, with bodies that tell how much of them was handed over."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakSet

from urllib3.util.wait import wait_for_read

from smsbridge.errors import MissingExtra
from smsbridge.http.answer import BadAnswer, Reading
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.transport import (
    IDLE_SECONDS,
    Network,
    Reach,
    Way,
    broken,
    check_tunnel,
    outgoing,
    whole,
)

try:
    import aiohttp
    import multidict
    import yarl
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.http import HttpVersion11, RawResponseMessage
    from aiohttp.streams import EMPTY_PAYLOAD
except ImportError as missing:
    raise MissingExtra("async", "AsyncClient") from missing


_CHUNK = 65_536
_NO_HEADERS: multidict.CIMultiDictProxy[str] = multidict.CIMultiDictProxy(multidict.CIMultiDict())


@dataclass(kw_only=True)
class _Sending(Way):
    """The request that a task is sending: what was handed to the connection, and what came."""

    handed: Left = Left.NOTHING
    answered: bool = False  # a first byte has come back
    connecting: bool = False  # to a proxy, it may be
    odd: BadAnswer | None = None

    @property
    def left(self) -> Left:
        """How much has left: all of it once an answer has begun."""
        return Left.ALL if self.answered else self.handed

    async def body(self, content: bytes) -> AsyncIterator[bytes]:
        """Yield the body in chunks; aiohttp asks for the next only when it could pass one on."""
        for start in range(0, len(content), _CHUNK):
            end = start + _CHUNK
            self.handed = Left.PART if end < len(content) else Left.ALL
            yield content[start:end]


_CURRENT: ContextVar[_Sending] = ContextVar("smsbridge_sending")


class _Parser:
    """Stands where aiohttp has a parser of its own: what comes is read by `Reading`."""

    def __init__(self, protocol: ResponseHandler, sending: _Sending) -> None:
        self._protocol = protocol
        self._sending = sending
        self._tunnel = sending.connecting
        self._reading = Reading("CONNECT", 0) if self._tunnel else sending.reading

    def feed_data(self, data: bytes) -> tuple[list[Any], bool, bytes]:
        """Take what came; return the answer once it is whole, in aiohttp's own form."""
        if not data:  # aiohttp asks whether there is more of what came before
            return [], False, b""
        if not self._tunnel:
            self._sending.answered, self._sending.unproved = True, False
        return self._fed(data), False, b""

    def feed_eof(self) -> None:
        """Do nothing: `_Protocol` knows better how the connection ended."""

    def end(self) -> list[Any]:
        """Take the peer's end of the connection, as `feed_data` does."""
        return self._fed(b"")

    def _fed(self, data: bytes) -> list[Any]:
        if self._reading.whole:  # nobody asked for more
            self._protocol.force_close()
            if self._protocol.transport is not None:
                self._protocol.transport.close()
            return []
        try:
            if not self._reading.feed(data):
                return []
        except BadAnswer as odd:
            self._sending.odd = odd
            raise
        if not self._reading.kept_open:
            self._protocol.force_close()
        if self._tunnel:
            check_tunnel(self._sending, self._reading)
        return [(_message(self._reading.status), EMPTY_PAYLOAD)]


def _message(status: int) -> RawResponseMessage:
    """Return what aiohttp must see of an answer that has been read already."""
    return RawResponseMessage(
        version=HttpVersion11,
        code=status,
        reason="",
        headers=_NO_HEADERS,
        raw_headers=(),
        should_close=False,
        compression=None,
        upgrade=False,
        chunked=False,
    )


class _Protocol(ResponseHandler):
    """A connection whose answers are read by `Reading`."""

    def set_response_params(self, **options: Any) -> None:
        """Expect the answer to the request of this task."""
        came, self._tail = self._tail, b""
        super().set_response_params(**options)
        self._parser: Any = _Parser(self, _CURRENT.get())
        if came:
            self.data_received(came)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End the answer where the peer ended the connection in peace."""
        if exc is None and isinstance(self._parser, _Parser):
            try:
                for message in self._parser.end():
                    self.feed_data(message, 0)
            except BadAnswer as odd:
                self.set_exception(odd)
        super().connection_lost(exc)


class _Socket(socket.socket):
    """Breaks at a write only when all that the peer said before is read.

    A reset would take it away: asyncio ends a connection at the first write that fails, and the
    peer's last word may be the alert that tells why.
    """

    def send(self, *args: Any) -> int:
        """Send; what a closed connection can't take goes nowhere while there is more to read."""
        try:
            return super().send(*args)
        except (BrokenPipeError, ConnectionResetError):
            if not self._unread():
                raise
            return len(args[0])

    def sendmsg(self, buffers: Any, *args: Any) -> int:
        """Send several at once, in the same way."""
        parts = list(buffers)
        try:
            return super().sendmsg(parts, *args)
        except (BrokenPipeError, ConnectionResetError):
            if not self._unread():
                raise
            return sum(len(part) for part in parts)

    def _unread(self) -> bool:
        try:
            return bool(self.recv(1, socket.MSG_PEEK))
        except OSError:
            return False


def _socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, *_ = address
    return _Socket(family, kind, protocol)


def _has_unread(protocol: ResponseHandler) -> bool:
    """Return whether bytes came, or the end, that the loop has not yet looked at."""
    transport = protocol.transport
    sock = transport.get_extra_info("socket") if transport is not None else None
    return sock is not None and sock.fileno() >= 0 and wait_for_read(sock, 0)


class _Connector(aiohttp.TCPConnector):
    """Never hands out a connection on which bytes came that nobody asked for.

    ``opened``: its connections, to be ended at once even while one has bytes left to write.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(socket_factory=_socket, **options)
        self.opened: WeakSet[asyncio.Transport] = WeakSet()
        self._factory: Any = partial(_Protocol, loop=self._loop)

    async def connect(self, *args: Any, **options: Any) -> Any:
        connection = await super().connect(*args, **options)
        sending = _CURRENT.get()
        if not sending.request.body:
            sending.handed = Left.ALL  # nobody will ask for a body
        return connection

    async def _create_connection(self, *args: Any) -> Any:
        sending = _CURRENT.get()
        sending.connecting = True
        try:
            protocol = await super()._create_connection(*args)
        finally:
            sending.connecting = False
        transport = protocol.transport
        if transport is not None:
            self.opened.add(transport)
            tls = transport.get_extra_info("ssl_object")
            sending.unproved = tls is not None and tls.version() == "TLSv1.3"
        return protocol

    async def _get(self, *args: Any) -> Any:
        while (connection := await super()._get(*args)) is not None:
            protocol = connection.protocol
            if protocol is None or not (protocol.should_close or _has_unread(protocol)):
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
            self._session = aiohttp.ClientSession(
                connector=_Connector(
                    ssl=self._network.tls, keepalive_timeout=IDLE_SECONDS, limit=100
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
            self._session._retry_connection = False  # noqa: SLF001  (no public switch: it repeats a GET)
        return self._session

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline`` (monotonic seconds), or raise `Broken`.

        Raises `ConfigError`, before anything leaves, where the environment's proxy can't be used.
        """
        proxy = self._network.proxies.to(request.url)
        sending = _Sending(request=request, proxy=proxy)
        token = _CURRENT.set(sending)
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0)):
                return await self._carry(request, sending)
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is: what had left decides)
            failure = broken(sending.odd or error, sending.left, sending)
        finally:
            _CURRENT.reset(token)
        raise failure  # here, not above: the library's error would hang on it, with the request

    async def _carry(self, request: Request, sending: _Sending) -> Response:
        length = {"Content-Length": str(len(request.body))} if request.body else {}
        proxy = sending.proxy
        secret = proxy.authorization if proxy else ""
        async with self._opened().request(
            request.method,
            yarl.URL(request.url, encoded=True),
            headers={**outgoing(request, sending), **length},
            data=sending.body(request.body) if request.body else None,
            allow_redirects=False,
            proxy=proxy.url if proxy else None,
            proxy_headers={"Proxy-Authorization": secret} if secret else None,
        ):
            read = sending.reading
            return whole(read.status, read.headers, read.body, request, sending.handed)

    async def close(self) -> None:
        """Close the connections that are open."""
        if self._session is not None:
            connector = self._session.connector
            await self._session.close()
            self._session = None
            for transport in list(connector.opened) if isinstance(connector, _Connector) else ():
                if transport.get_write_buffer_size():
                    transport.abort()
            await asyncio.sleep(0)  # lets the loop close them
