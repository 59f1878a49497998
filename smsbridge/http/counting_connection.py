"""Connections that count what leaves, keep one deadline, and take no answer but their own.

urllib3's own, less what those leave to chance: interim answers, odd framing, unasked bytes.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from smsbridge.http.exchange import Left
from smsbridge.http.transport import IDLE_SECONDS

_MOST_INTERIM = 20
_LENGTH = re.compile(r"[0-9]+(, *[0-9]+)*")


@dataclass
class Sending:
    """The request that a thread is sending: its deadline, what has left, and what came back."""

    deadline: float
    bytes_left: int = 0
    whole: bool = False
    answered: bool = False  # a first byte has come back
    ended: bool = False  # the peer has closed its side
    status: int = 0

    def begin(self) -> None:
        """Forget what a tunnel took: the request itself begins now."""
        self.bytes_left, self.answered, self.ended = 0, False, False

    def remaining(self) -> float:
        """Return the seconds until the deadline, above 0; raises `TimeoutError` after it."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    @property
    def left(self) -> Left:
        """How much has left: all of it once an answer has begun."""
        if self.whole or self.answered:
            return Left.ALL
        return Left.PART if self.bytes_left else Left.NOTHING


class _Current(threading.local):
    sending: Sending


CURRENT = _Current()


class _Reader(io.RawIOBase):
    """Reads from a socket, each time for no longer than the time that remains."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(CURRENT.sending.remaining())
        count = self._raw.readinto(buffer)
        CURRENT.sending.ended |= count == 0
        CURRENT.sending.answered |= bool(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


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
        except OSError:
            CURRENT.sending.answered |= self._has_answer()
            raise

    def _has_answer(self) -> bool:
        """Tell whether an answer came before the request had left: it is read, and lost."""
        self._sock.settimeout(0)
        try:
            return bool(self._sock.recv(1))
        except OSError:
            return False

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock))


class _Answer(http.client.HTTPResponse):
    """An answer whose framing is sound; interim ones (1xx) before it are skipped."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # http.client's
            if not 100 < status < 200 or status == 101:  # noqa: PLR2004  (100 is skipped there)
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("too many interim answers")

    def begin(self) -> None:
        super().begin()
        length = self.headers.get("content-length")
        odd = length is not None and (self.chunked or not _LENGTH.fullmatch(length))
        if odd or self.headers.defects or CURRENT.sending.ended:
            raise http.client.HTTPException("the headers are cut off, or contradict themselves")


class _Counting:
    """What both kinds of connection share; mixed into urllib3's own."""

    sock: Any
    _dns_host: str
    port: int
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
        plain = self.sock
        self.sock = _CountingSocket(plain)  # for its deadline
        try:
            super()._tunnel()  # type: ignore[misc]  # urllib3's
        finally:
            self.sock = plain if self.sock is not None else None
            CURRENT.sending.begin()
        plain.settimeout(CURRENT.sending.remaining())

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # urllib3's
        self.sock = _CountingSocket(self.sock)
        self.idle_since = time.monotonic()
        CURRENT.sending.begin()

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)  # type: ignore[misc]  # urllib3's
        CURRENT.sending.whole = True

    def getresponse(self) -> Any:
        response = super().getresponse()  # type: ignore[misc]  # urllib3's
        self.idle_since = time.monotonic()
        return response

    def is_stale(self) -> bool:
        """Tell whether a kept connection idled too long, or holds what nobody asked for."""
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
