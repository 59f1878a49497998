"""The sync transport: requests, with connections that count what leaves and keep one deadline."""

from __future__ import annotations

import http.client
import io
import os
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from smsbridge.exchange import Broken, Left, Request, Response
from smsbridge.transports import IDLE_SECONDS, MOST_BYTES, Network, broken, too_large, whole

if TYPE_CHECKING:
    from smsbridge.backend import Backend

_CHUNK = 65_536
_MOST_INTERIM = 20
_LENGTH = re.compile(r"[0-9]+(, *[0-9]+)*")


@dataclass
class _Sending:
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
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    @property
    def left(self) -> Left:
        if self.whole or self.answered:
            return Left.ALL
        return Left.PART if self.bytes_left else Left.NOTHING


class _Current(threading.local):
    sending: _Sending


_CURRENT = _Current()


class _Reader(io.RawIOBase):
    """Reads from a socket, each time for no longer than the time that remains."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_CURRENT.sending.remaining())
        count = self._raw.readinto(buffer)
        _CURRENT.sending.ended |= count == 0
        _CURRENT.sending.answered |= bool(count)
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
                self._sock.settimeout(_CURRENT.sending.remaining())
                count = self._sock.send(view)
                _CURRENT.sending.bytes_left += count
                view = view[count:]
        except OSError:
            _CURRENT.sending.answered |= self._has_answer()
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
        if odd or self.headers.defects or _CURRENT.sending.ended:
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
            seconds = _CURRENT.sending.remaining() / (len(found) - position)
            try:
                host, port = str(address[0]), int(address[1])
                sock = create_connection((host, port), seconds, socket_options=self.socket_options)
            except OSError as error:
                trouble = error
                continue
            sock.settimeout(_CURRENT.sending.remaining())
            return sock
        raise trouble

    def _tunnel(self) -> None:
        plain = self.sock
        self.sock = _CountingSocket(plain)  # for its deadline
        try:
            super()._tunnel()  # type: ignore[misc]  # urllib3's
        finally:
            self.sock = plain if self.sock is not None else None
            _CURRENT.sending.begin()
        plain.settimeout(_CURRENT.sending.remaining())

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # urllib3's
        self.sock = _CountingSocket(self.sock)
        self.idle_since = time.monotonic()
        _CURRENT.sending.begin()

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)  # type: ignore[misc]  # urllib3's
        _CURRENT.sending.whole = True

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


class _PoolHTTP(_Pool, HTTPConnectionPool):
    ConnectionCls = _CountingHTTP


class _PoolHTTPS(_Pool, HTTPSConnectionPool):
    ConnectionCls = _CountingHTTPS


class _Adapter(HTTPAdapter):
    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(max_retries=0, pool_maxsize=100)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._network.tls, **kwargs)
        _count(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        tls = {"ssl_context": self._network.tls, "proxy_ssl_context": self._network.tls}
        return _count(super().proxy_manager_for(proxy, **tls, **kwargs))

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, keys = super().build_connection_pool_key_attributes(request, verify, cert)
        keys.pop("ca_certs", None)
        return host, keys

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave everything to the SSLContext: issuers beside it would widen it."""

    def close(self) -> None:
        """Close every connection now; urllib3 would wait for the last reference to its pool."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118  (it is iterable by keys() alone)
                if pool := manager.pools.get(key):
                    pool.close()
        super().close()


def _count(manager: Any) -> Any:
    manager.pool_classes_by_scheme = {"http": _PoolHTTP, "https": _PoolHTTPS}
    return manager


class RequestsTransport:
    """Carries requests for one client, over connections that it keeps for a few idle seconds."""

    def __init__(self, backend: Backend) -> None:
        """Read issuers and proxies once. Connections are opened on first use."""
        self._network = Network.of(backend)
        self._open()

    def _open(self) -> None:
        self._adapter = _Adapter(self._network)
        self._process = os.getpid()

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline`` (monotonic seconds), or raise `Broken`."""
        if self._process != os.getpid():  # a fork: the parent's connections are not ours
            self._open()
        sending = _CURRENT.sending = _Sending(deadline)
        try:
            return self._carry(request, sending)
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is: what had left decides)
            failure = broken(error, sending.left, request, sending.status)
        raise failure  # here, not above: the library's error would hang on it, with the request

    def _carry(self, request: Request, sending: _Sending) -> Response:
        prepared = requests.Request(
            request.method,
            request.url,
            headers={"Accept-Encoding": "identity", "User-Agent": "smsbridge", **request.headers},
            data=request.body,
        ).prepare()
        proxy = self._network.proxy(request.url)
        answer = self._adapter.send(
            prepared,
            stream=True,
            timeout=sending.remaining(),
            proxies={"http": proxy, "https": proxy} if proxy else None,
        )
        sending.status = answer.status_code
        body = bytearray()
        try:
            while chunk := answer.raw.read(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise too_large(answer.status_code)
        finally:
            answer.close()
        return whole(answer.status_code, dict(answer.headers), bytes(body))

    def close(self) -> None:
        """Close the connections that are open."""
        self._adapter.close()
