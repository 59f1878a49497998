"""Connections of aiohttp that tell how much was handed over, and take no answer but their own.

They write requests and read answers themselves; opening, keeping and ending a connection is left to
aiohttp.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakSet

from urllib3.util.wait import wait_for_read

from smsbridge.errors import MissingExtra
from smsbridge.http.answer import BadAnswer, Reading
from smsbridge.http.exchange import Left
from smsbridge.http.transport import Way, check_tunnel

try:
    import aiohttp
    import multidict
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.http import HttpVersion11, RawResponseMessage
    from aiohttp.streams import EMPTY_PAYLOAD
except ImportError as missing:
    raise MissingExtra("async", "AsyncClient") from missing

_CHUNK = 65_536
_NO_HEADERS: multidict.CIMultiDictProxy[str] = multidict.CIMultiDictProxy(multidict.CIMultiDict())


@dataclass(kw_only=True)
class TaskSending(Way):
    """The request that a task is sending: what was handed to the connection, and what came."""

    handed: Left = Left.NOTHING
    answered: bool = False  # a first byte has come back
    connecting: bool = False  # to a proxy, it may be

    @property
    def left(self) -> Left:
        """How much has left: all of it once an answer has begun."""
        return Left.ALL if self.answered else self.handed


CURRENT: ContextVar[TaskSending] = ContextVar("smsbridge_sending")


class _TunnelParser:
    """Replaces aiohttp's own parser for the answer of a proxy to CONNECT: `Reading` reads it."""

    def __init__(self, sending: TaskSending) -> None:
        self._sending = sending
        self._reading = Reading("CONNECT", 0)

    def feed_data(self, data: bytes) -> tuple[list[Any], bool, bytes]:
        """Take the bytes that arrived; return the answer in aiohttp's form once it is complete."""
        if not data or not self._reading.feed(data):
            return [], False, b""
        check_tunnel(self._sending, self._reading)
        return [(_message(self._reading.status), EMPTY_PAYLOAD)], False, b""

    def feed_eof(self) -> None:
        """Do nothing: `_Protocol` handles the end of the connection."""

    def end(self) -> None:
        """Take the peer's end of the connection; raises `BadAnswer`."""
        self._reading.feed(b"")


def _message(status: int) -> RawResponseMessage:
    """Return an answer that was read already in the form that aiohttp expects."""
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
    """A connection that sends whole requests, and whose answers are read by `Reading`."""

    _sending: TaskSending | None = None
    _answer: asyncio.Future[None]
    _used = False

    async def exchange(self, head: bytes, sending: TaskSending) -> None:
        """Send a request; return when its answer has been read, or raise what ended it."""
        came, self._tail = self._tail, b""
        answer = self._answer = self._loop.create_future()
        self._sending, self._used = sending, True
        body = sending.request.body
        rest: asyncio.Task[None] | None = None
        try:
            self._hand(sending, head + body[:_CHUNK], ends=len(body) <= _CHUNK)
            if len(body) > _CHUNK:
                rest = self._loop.create_task(self._hand_rest(sending))
            if came:
                self.data_received(came)
            await answer
        finally:
            self._sending = None
            if rest is not None:
                rest.cancel()

    def _hand(self, sending: TaskSending, data: bytes, *, ends: bool) -> None:
        """Hand over a part of a request."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError
        sending.handed = Left.ALL if ends else Left.PART
        self.transport.write(data)

    async def _hand_rest(self, sending: TaskSending) -> None:
        """Hand over the rest of a large body, each part only when the connection could pass one on.

        If it breaks, `connection_lost` reports that.
        """
        body = sending.request.body
        with suppress(ConnectionError):
            for start in range(_CHUNK, len(body), _CHUNK):
                await self._drain_helper()
                end = start + _CHUNK
                self._hand(sending, body[start:end], ends=end >= len(body))

    def data_received(self, data: bytes) -> None:
        """Read the answer; what comes without being asked for ends the connection."""
        if (sending := self._sending) is not None:
            sending.answered, sending.unproved = True, False
            self._feed(sending, data)
        elif not self._used:
            super().data_received(data)  # of a tunnel, or too early
        else:
            self.force_close()
            if self.transport is not None:
                self.transport.close()

    def _feed(self, sending: TaskSending, data: bytes) -> None:
        try:
            if not sending.reading.feed(data):
                return
        except BadAnswer as odd:
            self._end(odd)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        """Let the request end; what comes from now on was not asked for."""
        self._sending = None
        if self._answer.done():  # nobody waits any more
            return
        if error is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(error)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End the answer if the peer closed the connection cleanly."""
        if (sending := self._sending) is not None:
            if exc is None:
                self._feed(sending, b"")
            else:
                self._end(exc)
        elif exc is None and isinstance(self._parser, _TunnelParser):
            try:
                self._parser.end()
            except BadAnswer as odd:
                self.set_exception(odd)
        super().connection_lost(exc)

    def set_response_params(self, **options: Any) -> None:
        """Expect the answer of a proxy to CONNECT; only aiohttp itself calls this."""
        came, self._tail = self._tail, b""
        super().set_response_params(**options)
        self._parser: Any = _TunnelParser(CURRENT.get())
        if came:
            self.data_received(came)


class _Socket(socket.socket):
    """Fails at a write only after everything that the peer sent was read.

    By itself asyncio closes a connection at the first write that fails, and would lose the peer's
    last bytes, which may be the alert that says why.
    """

    def send(self, *args: Any) -> int:
        """Send; if the connection is closed but there is more to read, drop the data."""
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
    """Return whether bytes, or the end, arrived that the loop has not processed yet."""
    transport = protocol.transport
    sock = transport.get_extra_info("socket") if transport is not None else None
    return sock is not None and sock.fileno() >= 0 and wait_for_read(sock, 0)


def end_connection(transport: asyncio.Transport) -> None:
    """End a connection at once, whatever it has left to write.

    One that is already gone is left alone: asyncio can't abort it.
    """
    if not transport.is_closing() or transport.get_write_buffer_size():
        transport.abort()


class Connector(aiohttp.TCPConnector):
    """Never reuses a connection on which unsolicited bytes arrived.

    ``opened``: its connections, to be ended at once even while one has bytes left to write.
    ``room``: what is held while one is used.
    """

    def __init__(self, most: int, **options: Any) -> None:
        """``most``: how many connections it has; ``options``: those of aiohttp's own."""
        super().__init__(socket_factory=_socket, limit=0, **options)
        self.room = asyncio.Semaphore(most)  # cheaper to wait for than aiohttp's own limit
        self.opened: WeakSet[asyncio.Transport] = WeakSet()
        self._factory: Any = partial(_Protocol, loop=self._loop)

    async def _create_connection(self, *args: Any) -> Any:
        sending = CURRENT.get()
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
