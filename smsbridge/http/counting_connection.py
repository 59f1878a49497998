"""Connections that count what leaves, keep one deadline, and take no answer but their own.

They are urllib3's; what they send is counted, and what comes is read by `Reading`.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from smsbridge.http.answer import Reading
from smsbridge.http.exchange import Left
from smsbridge.http.tls import handshake_alert
from smsbridge.http.transport import IDLE_SECONDS, Way, check_tunnel

_CHUNK = 65_536


@dataclass(kw_only=True)
class Sending(Way):
    """The request that a thread is sending: its deadline, what has left, and what came back."""

    deadline: float
    bytes_left: int = 0
    sent: bool = False
    answered: bool = False  # a first byte has come back

    def begin(self, tls: str | None = None) -> None:
        """Forget what a tunnel took: the request itself begins now, over that version of TLS."""
        self.bytes_left, self.answered = 0, False
        self.unproved = tls == "TLSv1.3"

    def remaining(self) -> float:
        """Return the seconds until the deadline, above 0; raises `TimeoutError` after it."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    def read(self, sock: socket.socket, reading: Reading) -> None:
        """Read an answer whole: that to a CONNECT, or ours."""
        while not reading.whole:
            sock.settimeout(self.remaining())
            self.take(sock.recv(_CHUNK), reading)

    def take(self, data: bytes, reading: Reading | None = None) -> None:
        """Take what came, nothing for the end."""
        if data:
            self.answered, self.unproved = True, False
        (reading or self.reading).feed(data)

    @property
    def left(self) -> Left:
        """How much has left: all of it once an answer has begun."""
        if self.sent or self.answered:
            return Left.ALL
        return Left.PART if self.bytes_left else Left.NOTHING


class _Current(threading.local):
    sending: Sending


CURRENT = _Current()


class _CountingSocket:
    """A connected socket that counts what it sends."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        try:
            while view:
                self._sock.settimeout(CURRENT.sending.remaining())
                count = self._sock.send(view)
                CURRENT.sending.bytes_left += count
                view = view[count:]
        except OSError as error:
            if self._answered_early():
                raise BrokenPipeError from None  # which urllib3 passes over, and asks for it
            if isinstance(error, BrokenPipeError | ConnectionResetError):
                raise ConnectionResetError from None  # one with a number would be passed over
            raise

    def _answered_early(self) -> bool:
        """Return whether a whole answer came before the request had left.

        Raises what the peer's TLS said last: by that it may have refused us.
        """
        sending = CURRENT.sending
        self._sock.settimeout(0)
        try:
            while not sending.reading.whole and (data := self._sock.recv(_CHUNK)):
                sending.take(data)
        except ssl.SSLError as error:
            if sending.unproved and handshake_alert([error]):
                raise
        except OSError:
            pass  # there is no more
        return sending.reading.whole

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        """Return nothing to read: an answer is read from the socket itself."""
        return io.BytesIO()


class _Answer(http.client.HTTPResponse):
    """An answer that is read whole into the request's `Sending`; urllib3 sees an empty one."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock

    def begin(self) -> None:
        """Read it."""
        sending = CURRENT.sending
        reading = sending.reading
        sending.read(self._sock, reading)
        self.status = self.code = reading.status
        self.reason, self.version = "", 11
        self.headers = self.msg = http.client.HTTPMessage()
        self.chunked, self.length = False, 0
        self.will_close = not (reading.kept_open and sending.sent)
        self.close()


class _Counting:
    """What both kinds of connection share; mixed into urllib3's own."""

    sock: Any
    _dns_host: str
    port: int
    _tunnel_host: Any
    _tunnel_port: Any
    socket_options: Any
    idle_since = 0.0

    def _new_conn(self) -> socket.socket:
        """Try each address of the host, within what is left of the one deadline."""
        found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        trouble: OSError = ConnectionError("the host has no address")
        for position, (*_, address) in enumerate(found):
            seconds = CURRENT.sending.remaining() / (len(found) - position)
            try:
                host, port = str(address[0]), int(address[1])
                sock = create_connection((host, port), seconds, socket_options=self.socket_options)
            except OSError as error:
                trouble = error
                continue
            sock.settimeout(CURRENT.sending.remaining())
            return sock
        raise trouble

    def _tunnel(self) -> None:
        """Let the proxy open a tunnel; raises `TunnelRefused`."""
        sending = CURRENT.sending
        host = f"[{self._tunnel_host}]" if ":" in self._tunnel_host else self._tunnel_host
        lines = [
            f"CONNECT {host}:{self._tunnel_port} HTTP/1.1",
            f"Host: {host}:{self._tunnel_port}",
        ]
        if sending.proxy and sending.proxy.authorization:
            lines.append(f"Proxy-Authorization: {sending.proxy.authorization}")
        reading = Reading("CONNECT", 0)
        try:
            self.sock.settimeout(sending.remaining())
            self.sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
            sending.read(self.sock, reading)
        finally:
            sending.begin()
        check_tunnel(sending, reading)
        self.sock.settimeout(sending.remaining())

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # urllib3's
        version = getattr(self.sock, "version", lambda: None)
        self.sock = _CountingSocket(self.sock)
        self.idle_since = time.monotonic()
        CURRENT.sending.begin(version())

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)  # type: ignore[misc]  # urllib3's
        CURRENT.sending.sent = True

    def getresponse(self) -> Any:
        response = super().getresponse()  # type: ignore[misc]  # urllib3's
        self.idle_since = time.monotonic()
        return response

    def is_stale(self) -> bool:
        """Return whether a kept connection idled too long, or holds what nobody asked for."""
        pending = getattr(self.sock, "pending", lambda: 0)
        return time.monotonic() - self.idle_since > IDLE_SECONDS or pending() > 0


class _CountingHTTP(_Counting, HTTPConnection):
    response_class = _Answer


class _CountingHTTPS(_Counting, HTTPSConnection):
    response_class = _Answer


class _Pool:
    """What both kinds of pool share; mixed into urllib3's own."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]  # urllib3's
        if connection.sock is not None and connection.is_stale():
            connection.close()
        return connection


class CountingHTTPPool(_Pool, HTTPConnectionPool):
    """Connections without TLS."""

    ConnectionCls = _CountingHTTP


class CountingHTTPSPool(_Pool, HTTPSConnectionPool):
    """Connections with TLS."""

    ConnectionCls = _CountingHTTPS
