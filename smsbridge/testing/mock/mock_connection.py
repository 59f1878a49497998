"""One connection of a client to the mock: its requests are read, and answered in turn."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NoReturn, Protocol
from urllib.parse import quote, urlsplit

from smsbridge.http.exchange import Request, Response
from smsbridge.serving.request_reading import BadRequest, RequestReading
from smsbridge.serving.rest import json_response
from smsbridge.testing.faults.connection import as_bytes
from smsbridge.testing.faults.table import Fault

MOST_BYTES = 1024 * 1024
_CHUNK = 65_536
_SECONDS = 30.0
_PATIENCE = 0.2
_LATE_SECONDS = 2.0
_MOST_LATE = 64 * 1024 * 1024
_CLOSE = "Connection: close"
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_OF_FRAMING = ("expect", "transfer-encoding", "content-length")


class Parts(Protocol):
    """What follows an answer that goes on."""

    def __iter__(self) -> Iterator[bytes]:
        """Return an iterator of what follows, as it comes."""

    def close(self) -> None:
        """End it: nothing more is read, or the client is gone."""


Answer = Response | Fault | tuple[Response, Parts]


class Host(Protocol):
    """What answers the requests of a connection."""

    def early(self, head: Request, peek: Callable[[], bytes]) -> Fault | None:
        """Return the fault that a request meets after only its head was read."""

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; one that goes on comes with what follows it."""

    def refuse(self, head: Request, refused: BadRequest) -> Response:
        """Return the answer to a request that can't be read completely."""

    def end(self, sock: socket.socket, fault: Fault) -> None:
        """Apply a fault to a connection, and close it."""

    def may_keep(self) -> bool:
        """Return whether a client may ask again by the same connection."""

    def park(self, connection: MockConnection) -> bool:
        """Take over a connection that waits for another request; return whether it may wait."""

    def answers_at_once(self, target: str) -> bool:
        """Return whether a request to a target is answered without waiting for anything."""


class Next(Enum):
    """What is next for a connection that was kept."""

    WAIT = auto()
    """The client may ask again."""
    SERVE = auto()
    """It needs time, so a separate thread has to serve it."""
    CLOSE = auto()
    """The client is gone."""


class _Over(Exception):
    """The connection was ended by a fault."""


@dataclass(kw_only=True, eq=False)
class MockConnection:
    """Reads the requests of one client, and writes what the host answers."""

    sock: socket.socket
    host: Host
    _late: bytes = field(default=b"", init=False)
    _unsent: bytes = field(default=b"", init=False)
    _due: tuple[RequestReading, Answer] | None = field(default=None, init=False)

    def serve(self) -> bool:
        """Answer requests until one side ends the connection; return whether the host has it."""
        with suppress(_Over, OSError):  # the client may be gone
            self.sock.settimeout(_SECONDS)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._exchange():
                if self._late:
                    continue
                if self.host.park(self):
                    return True
                break
            self._say_goodbye()
        return False

    def answer_at_once(self) -> Next:
        """Answer the request that came, if it came whole and takes no time; say what is next.

        Its socket doesn't block.
        """
        try:
            if not (data := self.sock.recv(_CHUNK)):
                return Next.CLOSE
            read = self._read_at_once(data)
            if read is None:
                self._late = data
                return Next.SERVE
            answer = self._answer(*read)
            if not isinstance(answer, Response):
                self._due = read[0], answer
                return Next.SERVE
            self._unsent = _as_bytes(read[0], answer, close=False)
            self._unsent = self._unsent[self.sock.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            return Next.CLOSE
        return Next.SERVE if self._unsent else Next.WAIT

    def _read_at_once(self, data: bytes) -> tuple[RequestReading, Request] | None:
        """Return the request that some bytes are; None where it takes more than to read it."""
        reading = RequestReading(MOST_BYTES)
        try:
            reading.feed(data)
            simple = reading.whole and reading.persistent and not reading.rest
            if simple and self.host.answers_at_once(reading.target):
                return reading, _head(reading)
        except BadRequest:
            pass
        return None

    def _exchange(self) -> bool:
        """Answer one request; return whether the connection may carry another."""
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            self.sock.sendall(unsent)
            return True
        if self._due:
            (reading, answer), self._due = self._due, None
            return self._reply(reading, answer)
        reading = RequestReading(MOST_BYTES)
        try:
            if not self._read_head(reading):
                return False
            head = self._break_early(reading)
            self._read_body(reading)
        except BadRequest as refused:
            self.sock.sendall(_as_bytes(reading, self._refusal(reading, refused), close=True))
            return False
        self._late = reading.rest
        return self._reply(reading, self._answer(reading, head))

    def _answer(self, reading: RequestReading, head: Request) -> Answer:
        headers = _plain_headers(head, reading.body)
        return self.host.answer(replace(head, headers=headers, body=reading.body))

    def _reply(self, reading: RequestReading, answer: Answer) -> bool:
        """Write an answer, or what comes in its place; return whether the client may ask again."""
        if isinstance(answer, Fault):
            self._end(answer)
        if isinstance(answer, tuple):
            self._stream(*answer)
            return False
        can_wait = not isinstance(self.sock, ssl.SSLSocket)  # it can't be parked
        kept = reading.persistent and can_wait and self.host.may_keep()
        self.sock.sendall(_as_bytes(reading, answer, close=not kept))
        return kept

    def _read_head(self, reading: RequestReading) -> bool:
        """Read the head of a request; return whether the client has sent one."""
        data, self._late = self._late, b""
        data = data or self.sock.recv(_CHUNK)
        while data:
            try:
                reading.feed(data)
            except BadRequest:
                if reading.method:  # a fault comes before a refusal
                    self._break_early(reading)
                raise
            if reading.method:
                return True
            data = self.sock.recv(_CHUNK)
        return False

    def _break_early(self, reading: RequestReading) -> Request:
        """Return the head of a request, unless it meets a fault now."""
        head = _head(reading)
        if fault := self.host.early(head, lambda: self._peek(reading)):
            self._end(fault)
        return head

    def _read_body(self, reading: RequestReading) -> None:
        if reading.header("expect") and (reading.body or not reading.whole):
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not reading.whole:
            if not (data := self.sock.recv(_CHUNK)):
                raise BadRequest(400, "the body ended before its end")
            reading.feed(data)

    def _peek(self, reading: RequestReading) -> bytes:
        """Return what has come of the body, or comes soon, and leave it to be read."""
        if not reading.whole and not reading.came:
            with suppress(OSError):  # nothing has come
                self.sock.settimeout(_PATIENCE)
                reading.feed(self.sock.recv(_CHUNK))
            self.sock.settimeout(_SECONDS)
        return reading.body + reading.came

    def _refusal(self, reading: RequestReading, refused: BadRequest) -> Response:
        if not reading.method:  # nobody knows what it was to
            document = {"error": refused.status, "message": refused.why}
            return json_response(refused.status, document)
        try:
            head = _head(reading)
        except BadRequest:
            head = Request(method=reading.method, url=reading.target, headers=reading.headers)
        return self.host.refuse(head, refused)

    def _stream(self, begin: Response, parts: Parts) -> None:
        """Write an answer that ends with the connection."""
        with closing(parts):
            self.sock.sendall(_without_body(begin, _CLOSE))
            for part in parts:
                self.sock.sendall(part)

    def _end(self, fault: Fault) -> NoReturn:
        self.host.end(self.sock, fault)
        raise _Over

    def _say_goodbye(self) -> None:
        """Read and drop unwanted bytes for a while: closing at once would lose the answer."""
        until = time.monotonic() + _LATE_SECONDS
        left = _MOST_LATE
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(_PATIENCE)
        while left > 0 and time.monotonic() < until and (more := self.sock.recv(_CHUNK)):
            left -= len(more)


def _head(reading: RequestReading) -> Request:
    """Return a request without its body; the host in its URL is a placeholder: any may be sent."""
    target, headers = reading.target, reading.headers
    if not target.isascii():
        target = quote(target.encode("latin-1"), safe=_VISIBLE)
    if not target.startswith("/"):  # that of a proxy: its host is what Host would be
        try:
            parts = urlsplit(target)
        except ValueError:
            raise BadRequest(400, "its target is neither a path nor a URL") from None
        target = parts._replace(scheme="", netloc="").geturl()
        others = {name: value for name, value in headers.items() if name.lower() != "host"}
        headers = {"Host": parts.netloc, **others} if parts.netloc else headers
    url = f"http://localhost/{target.lstrip('/')}"
    return Request(method=reading.method, url=url, headers=headers)


def _as_bytes(reading: RequestReading, answer: Response, *, close: bool) -> bytes:
    more = [_CLOSE] if close else []
    if reading.method != "HEAD":
        return as_bytes(answer, *more)
    length = answer.header("content-length") or len(answer.body)
    return _without_body(answer, *more, f"Content-Length: {length}")


def _without_body(answer: Response, *more: str) -> bytes:
    """Return the head of an answer, whose length is said in ``more``, if at all."""
    lines = as_bytes(replace(answer, body=b""), *more).split(b"\r\n")
    lines.remove(b"Content-Length: 0")
    return b"\r\n".join(lines)


def _plain_headers(head: Request, body: bytes) -> dict[str, str]:
    """Return the headers of a request as if its body had come at once."""
    kept = {name: value for name, value in head.headers.items() if name.lower() not in _OF_FRAMING}
    return {**kept, "Content-Length": str(len(body))}
