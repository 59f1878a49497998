"""Connections that count what leaves, keep one deadline, and read only their own answer.

They are urllib3's; what they send is counted, and what comes is read by `Reading`.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from smsbridge.http.answer import Reading
from smsbridge.http.exchange import Left
from smsbridge.http.public_address import ForbiddenAddress
from smsbridge.http.tls import handshake_alert
from smsbridge.http.transport import IDLE_SECONDS, Way, check_tunnel

_CHUNK = 65_536
_LINE = re.compile("[!#-&*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1.1")


@dataclass(kw_only=True)
class Sending(Way):
    """The request that a thread is sending: its deadline, what has left, and what came back.

    ``may_connect``: whether an address may be connected to; None for any.
    """

    deadline: float
    monotonic: Callable[[], float]
    may_connect: Callable[[str], bool] | None = None
    bytes_left: int = 0
    sent: bool = False
    answered: bool = False  # a first byte has come back

    def begin(self, tls: str | None = None) -> None:
        """Forget the tunnel's bytes: the request itself begins now, over that version of TLS."""
        self.bytes_left, self.answered = 0, False
        self.unproved = tls == "TLSv1.3"

    def remaining_seconds(self) -> float:
        """Return the seconds until the deadline, above 0; raises `TimeoutError` after it."""
        seconds = self.deadline - self.monotonic()
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    def check(self, address: str) -> None:
        """Raise `ForbiddenAddress` for one that may not be connected to."""
        if self.may_connect is not None and not self.may_connect(address):
            raise ForbiddenAddress("the address is not allowed")

    def read(self, sock: socket.socket, reading: Reading) -> None:
        """Read an answer whole: that to a CONNECT, or ours."""
        while not reading.whole:
            sock.settimeout(self.remaining_seconds())
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
                self._sock.settimeout(CURRENT.sending.remaining_seconds())
                count = self._sock.send(view)
                CURRENT.sending.bytes_left += count
                view = view[count:]
        except OSError as error:
            if self._has_early_answer():
                raise BrokenPipeError from None  # urllib3 ignores this error, and reads the answer
            if isinstance(error, BrokenPipeError | ConnectionResetError):
                raise ConnectionResetError from None  # urllib3 ignores one with a number
            raise

    def _has_early_answer(self) -> bool:
        """Return whether a whole answer came before the request had left.

        Raises the peer's last TLS error: the peer may have refused us with it.
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


class _Answer:
    """What urllib3 is told of an answer, which is in the request's `Sending`: it was read whole."""

    version, version_string, length_remaining = 11, "HTTP/1.1", 0
    retries: Any = None
    _connection: Any = None
    _pool: Any = None

    def __init__(self, status: int) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {}

    def release_conn(self) -> None:
        """Give the connection back to its pool: nothing of the answer is left on it."""
        if self._pool is not None and self._connection is not None:
            self._pool._put_conn(self._connection)  # noqa: SLF001  (its own answers do so)
            self._connection = None


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
            seconds = CURRENT.sending.remaining_seconds() / (len(found) - position)
            try:
                host, port = str(address[0]), int(address[1])
                CURRENT.sending.check(host)  # a number now: no name is looked up once more
                sock = create_connection((host, port), seconds, socket_options=self.socket_options)
            except OSError as error:
                trouble = error
                continue
            try:
                sock.settimeout(CURRENT.sending.remaining_seconds())
            except OSError:  # the deadline has just passed
                sock.close()
                raise
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
            self.sock.settimeout(sending.remaining_seconds())
            self.sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
            sending.read(self.sock, reading)
        finally:
            sending.begin()
        check_tunnel(sending, reading)
        self.sock.settimeout(sending.remaining_seconds())

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # urllib3's
        version = getattr(self.sock, "version", lambda: None)
        self.sock = _CountingSocket(self.sock)
        self.idle_since = CURRENT.sending.monotonic()
        CURRENT.sending.begin(version())

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        **_: Any,
    ) -> None:
        """Send a request in one piece, so that no reset comes between its head and its body."""
        line = f"{method} {url} HTTP/1.1"
        if not _LINE.fullmatch(line):
            raise ValueError("not a method and a URL that can be sent")
        lines = [line, *(f"{name}: {value}" for name, value in (headers or {}).items()), "", ""]
        if self.sock is None:
            self.connect()
        self.sock.sendall("\r\n".join(lines).encode() + (body or b""))
        CURRENT.sending.sent = True

    def getresponse(self) -> Any:
        """Read the answer whole."""
        sending = CURRENT.sending
        reading = sending.reading
        sending.read(self.sock, reading)
        self.idle_since = sending.monotonic()
        if not (reading.kept_open and sending.sent):
            self.close()  # type: ignore[attr-defined]  # urllib3's
        return _Answer(reading.status)

    def is_stale(self) -> bool:
        """Return whether a kept connection was idle too long, or has unsolicited bytes."""
        pending = getattr(self.sock, "pending", lambda: 0)
        idle = CURRENT.sending.monotonic() - self.idle_since
        return idle > IDLE_SECONDS or pending() > 0


class _CountingHTTP(_Counting, HTTPConnection):
    pass


class _CountingHTTPS(_Counting, HTTPSConnection):
    pass


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
