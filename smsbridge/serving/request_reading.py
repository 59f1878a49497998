"""Parses a request from bytes as they arrive; refuses ambiguous ones (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Generator

MOST_HEAD = 64 * 1024
_MOST_FIELDS = 100
_MOST_TRAILERS = 64
_MOST_CHUNK_LINE = 1024
_LONGEST_METHOD = 40
_MOST_DIGITS = 15

_START = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) HTTP/1\.([01])")
_OTHER_VERSION = re.compile(rb"[!-~]+ [!-~\x80-\xff]+(?: HTTP/[0-9]{1,3}(?:\.[0-9]{1,3})?)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r]*)?")
_DIGITS = re.compile(r"[0-9]+")

Steps = Generator[None, None, None]


class BadRequest(Exception):
    """The input is not a valid HTTP/1.1 request; ``status`` and ``why`` go into the answer.

    Its text quotes nothing from the request.
    """

    def __init__(self, status: int, why: str) -> None:
        """Use the same text for the error and the answer."""
        super().__init__(why)
        self.status = status
        self.why = why


class RequestReading:
    """One request, parsed from bytes as they arrive.

    ``most``: the limit of its body in bytes. ``rest``: what came after its end. ``method`` is empty
    until the head is complete. ``persistent``: whether the client may reuse the connection.
    """

    def __init__(self, most: int) -> None:
        """Nothing has arrived yet."""
        self.method = self.target = ""
        self.headers: dict[str, str] = {}
        self.whole = self.persistent = False
        self.rest = b""
        self._most = most
        self._came = bytearray()
        self._body = bytearray()
        self._steps = self._read()
        next(self._steps)

    @property
    def body(self) -> bytes:
        """The body, without its chunks."""
        return bytes(self._body)

    @property
    def came(self) -> bytes:
        """What has arrived but is not parsed yet, such as a body before it is needed."""
        return bytes(self._came)

    def header(self, name: str) -> str:
        """Return a header by its case-insensitive name, or empty."""
        return next((v for k, v in self.headers.items() if k.lower() == name), "")

    def feed(self, data: bytes) -> None:
        """Feed bytes that arrived; raises `BadRequest`."""
        self._came += data
        self.whole = next(self._steps, self) is self
        if self.whole:
            self.rest, self._came = bytes(self._came), bytearray()

    def _read(self) -> Steps:
        yield
        first, fields = yield from self._head()
        start = _START.fullmatch(first)
        if start is None:
            raise _bad_start(first)
        self.method, self.target = start[1].decode(), start[2].decode("latin-1")
        size = self._fields(fields)
        said = self.header("connection").lower()
        self.persistent = start[3] == b"1" and "close" not in said
        yield from self._begin_body([first, *fields])
        if size is None:
            yield from self._chunks()
        elif size:
            yield from self._take(size)

    def _head(self) -> Generator[None, None, tuple[bytes, list[bytes]]]:
        """Return the request line and the header lines, without line ends."""
        room = MOST_HEAD
        lines: list[bytes] = []
        while True:
            while (end := self._came.find(b"\n")) < 0:
                begins = bytes(self._came[:_LONGEST_METHOD])
                if not lines and begins not in (b"", b"\r") and not _NAME.match(begins):
                    raise BadRequest(400, "its first byte is not that of a request of HTTP/1.1")
                if len(self._came) > room:
                    raise _too_long(lines)
                yield
            room -= end + 1
            if room < 0:
                raise _too_long(lines)
            line = self._line(end)
            if line:
                lines.append(line)
                if len(lines) == 1 and not _START.fullmatch(line):
                    raise _bad_start(line)
                if len(lines) > _MOST_FIELDS + 1:
                    raise BadRequest(431, f"its head has more than {_MOST_FIELDS} fields")
            elif lines:
                return lines[0], lines[1:]

    def _begin_body(self, _lines: list[bytes]) -> Steps:
        """Handle the end of the head."""
        yield from ()

    def _fields(self, lines: list[bytes]) -> int | None:
        """Store the headers, and return the body's length; None if it is chunked."""
        given: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        for line in lines:
            found = _FIELD.fullmatch(line)
            if found is None:
                raise BadRequest(400, "a line of the head is not a header")
            name = found[1].decode()
            given.setdefault(name.lower(), []).append(found[2].decode("latin-1"))
            names.setdefault(name.lower(), name)
        self.headers = {names[name]: ", ".join(values) for name, values in given.items()}
        if len(given.get("host", ())) > 1:
            raise BadRequest(400, "it has more than one Host")
        lengths, codings = given.get("content-length", []), given.get("transfer-encoding", [])
        if codings and lengths:
            raise BadRequest(400, "it has a Transfer-Encoding and a Content-Length: give one")
        if codings:
            if [one.lower() for one in codings] != ["chunked"]:
                raise BadRequest(501, "its Transfer-Encoding is not chunked")
            return None
        if not lengths:
            return 0
        if len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0]) or not lengths[0].isascii():
            raise BadRequest(400, "its Content-Length is not one number in the digits 0 to 9")
        digits = lengths[0].lstrip("0")
        return self._size(int(digits or "0") if len(digits) <= _MOST_DIGITS else -1)

    def _size(self, size: int) -> int:
        """Return a body's length, -1 if it has too many digits; raises if it is too large."""
        if not 0 <= size <= self._most:
            raise self._too_large()
        return size

    def _chunks(self) -> Steps:
        while True:
            size = _CHUNK.fullmatch((yield from self._short_line()))
            if size is None:
                raise BadRequest(400, "a chunk has no size")
            if not (length := int(size[1], 16)):
                break
            self._size(len(self._body) + length)
            yield from self._take(length)
            if (yield from self._short_line()):
                raise BadRequest(400, "a chunk is not as long as its size says")
        for _ in range(_MOST_TRAILERS):
            if not (yield from self._short_line()):
                return
        raise BadRequest(400, "the chunks have no end")

    def _short_line(self) -> Generator[None, None, bytes]:
        while (end := self._came.find(b"\n")) < 0 and len(self._came) <= _MOST_CHUNK_LINE:
            yield
        if not 0 <= end <= _MOST_CHUNK_LINE:
            raise BadRequest(400, "a line of its chunks is too long")
        return self._line(end)

    def _take(self, count: int) -> Steps:
        """Append this many bytes to the body."""
        while count:
            part = bytes(self._came[:count])
            self._drop(len(part))
            self._keep(part)
            count -= len(part)
            if count:
                yield

    def _keep(self, part: bytes) -> None:
        """Append a part to the body."""
        self._body += part

    def _line(self, end: int) -> bytes:
        line = bytes(self._came[:end]).removesuffix(b"\r")
        self._drop(end + 1)
        return line

    def _drop(self, count: int) -> None:
        """Skip this many bytes."""
        del self._came[:count]

    def _too_large(self) -> BadRequest:
        return BadRequest(413, f"the body is larger than {self._most} bytes")


def _too_long(lines: list[bytes]) -> BadRequest:
    if not lines:
        return BadRequest(414, f"its first line is longer than {MOST_HEAD} bytes")
    return BadRequest(431, f"its head is larger than {MOST_HEAD} bytes")


def _bad_start(line: bytes) -> BadRequest:
    if _OTHER_VERSION.fullmatch(line):
        return BadRequest(505, "it is not HTTP/1.1: ask by that")
    return BadRequest(400, "its first line is not that of a request of HTTP/1.1")
