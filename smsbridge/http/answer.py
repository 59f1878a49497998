"""The bytes of an answer, read or refused: one rule for both transports.

HTTP/1.1 as RFC 9112 has it. What is odd but has only one meaning is accepted (a bare LF, a folded
header, a Content-Length that is given twice); what can be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from enum import Enum, auto

MOST_HEAD = 256 * 1024
"""Bytes of headers, interim answers included; also of a line of a chunk, and of trailers."""
_MOST_INTERIM = 20
_MOST_DIGITS = 20
_SWITCHING = 101
_BODILESS = (_SWITCHING, 204, 304)
_INTERIM = range(100, 200)

_STATUS = re.compile(rb"HTTP/1\.([0-9]) +([1-9][0-9]{2})(?: .*)?")
_NAME = re.compile(rb"[!-9;-~]+")
_PLAIN_FIELDS = re.compile(rb"(?:[!-9;-~]+:[\t -~]*\r\n)+\r\n")
"""Fields as nearly everyone writes them, to their end: nothing in them is odd."""
_CHUNK = re.compile(rb"0*([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?", re.DOTALL)
_NEVER_IN_A_LINE = re.compile(rb"[\0\r]")

_Steps = Generator[None, None, None]


class BadAnswer(Exception):
    """What came is not a complete answer. The error's text is for people and quotes nothing."""


class AnswerTooLarge(BadAnswer):
    """The body is larger than allowed."""


class _Body(Enum):
    NONE = auto()
    CHUNKS = auto()
    LENGTH = auto()
    TO_THE_END = auto()


class Reading:
    """One answer to a request with ``method``, read from the bytes as they arrive.

    Its body has at most ``most`` bytes. ``status`` is 0 until all headers are there.
    """

    def __init__(self, method: str, most: int) -> None:
        """Begin before the first byte."""
        self.status = 0
        self.whole = False
        self.headers: dict[str, str] = {}
        self._by_name: dict[str, str] = {}  # the same, by names in small letters
        self._method = method
        self._most = most
        self._room = MOST_HEAD
        self._came = bytearray()
        self._ended = False
        self._body = bytearray()
        self._persistent = False
        self._steps = self._read()
        next(self._steps)

    @property
    def body(self) -> bytes:
        """The part of the body that has arrived, before any Content-Encoding is undone."""
        return bytes(self._body)

    @property
    def kept_open(self) -> bool:
        """Whether the connection may carry another request: nothing came beyond the answer."""
        return self.whole and self._persistent and not self._came and not self._ended

    @property
    def begun(self) -> bool:
        """Whether anything of an answer has come."""
        return bool(self.status or self._came or self._room < MOST_HEAD)

    def feed(self, data: bytes) -> bool:
        """Take the bytes that arrived, empty for the end; return whether the answer is complete.

        Raises `BadAnswer`.
        """
        if self.whole:
            self._persistent = False  # nobody asked for more
            return True
        self._came += data
        self._ended |= not data
        self.whole = next(self._steps, self) is self
        return self.whole

    def _read(self) -> _Steps:
        yield
        for _ in range(_MOST_INTERIM):
            minor, status = yield from self._status_line()
            self._keep((yield from self._fields()))
            if status not in _INTERIM or status == _SWITCHING:
                break
        else:
            raise BadAnswer("more than 20 interim answers came")
        framing, length = self._framing(status)
        self.status = status
        said = self._values("connection")
        self._persistent = (  # a body that may not be there would be read as the next answer
            status not in _BODILESS and "close" not in said and (minor > 0 or "keep-alive" in said)
        )
        match framing:
            case _Body.CHUNKS:
                yield from self._chunks()
            case _Body.LENGTH:
                yield from self._take(length)
            case _Body.TO_THE_END:
                yield from self._take(None)

    def _status_line(self) -> Generator[None, None, tuple[int, int]]:
        while not (line := (yield from self._line())):
            pass  # an empty line before an answer means nothing
        found = _STATUS.fullmatch(line)
        if found is None:
            raise BadAnswer("what came is not an HTTP answer")
        return int(found[1]), int(found[2])

    def _fields(self) -> Generator[None, None, Iterable[tuple[str, str]]]:
        plain = _PLAIN_FIELDS.match(self._came)
        if plain and plain.end() <= self._room:
            return self._plain_fields(plain[0])
        lines: list[list[bytes]] = []
        while line := (yield from self._line()):
            if line[:1] in (b" ", b"\t") and lines:
                lines[-1].append(line.strip(b" \t"))
            else:
                lines.append([line])
        fields: list[tuple[str, str]] = []
        for parts in lines:
            name, colon, value = b" ".join(parts).partition(b":")
            if not colon or not _NAME.fullmatch(name):
                raise BadAnswer("a header of the answer has no name")
            fields.append((name.decode("ascii"), _text(value.strip(b" \t"))))
        return fields

    def _plain_fields(self, data: bytes) -> Iterable[tuple[str, str]]:
        """Return fields that are plain and all there, read at once."""
        self._room -= len(data)
        del self._came[: len(data)]
        lines = (line.partition(":") for line in data[:-4].decode("ascii").split("\r\n"))
        return [(name, value.strip(" \t")) for name, _, value in lines]

    def _keep(self, fields: Iterable[tuple[str, str]]) -> None:
        """Keep headers by their names as first spelt, each with all its values."""
        by_name: dict[str, str] = {}
        spelled: dict[str, str] = {}
        for name, value in fields:
            small = name.lower()
            if small in by_name:
                by_name[small] = f"{by_name[small]}, {value}"
            else:
                by_name[small], spelled[small] = value, name
        self._by_name = by_name
        self.headers = {spelled[small]: value for small, value in by_name.items()}

    def _values(self, name: str) -> list[str]:
        """Return the values of a header that is a list, in small letters."""
        said = self._by_name.get(name)
        if not said:
            return []
        return [value for each in said.lower().split(",") if (value := each.strip(" \t"))]

    def _framing(self, status: int) -> tuple[_Body, int]:
        lengths = set(self._values("content-length"))
        codings = [value for value in self._values("transfer-encoding") if value != "identity"]
        if codings not in ([], ["chunked"]):
            raise BadAnswer("the Transfer-Encoding of the answer is not known")
        if len(lengths) > 1 or (lengths and codings):
            raise BadAnswer("the headers of the answer contradict each other")
        if self._method in ("HEAD", "CONNECT") or status in _BODILESS:
            return _Body.NONE, 0
        if codings:
            return _Body.CHUNKS, 0
        if not lengths:
            return _Body.TO_THE_END, 0
        length = lengths.pop()
        if not (length.isascii() and length.isdigit() and len(length) <= _MOST_DIGITS):
            raise BadAnswer("the Content-Length of the answer is not a number")
        if int(length) > self._most:
            self.status = status
            raise self._too_large()
        return _Body.LENGTH, int(length)

    def _chunks(self) -> _Steps:
        while True:
            self._room = MOST_HEAD
            size = _CHUNK.fullmatch((yield from self._line()))
            if size is None:
                raise BadAnswer("the size of a chunk is not a number")
            length = int(size[1], 16)
            if not length:
                break
            yield from self._take(length)
            if (yield from self._line()):
                raise BadAnswer("a chunk is longer than its size says")
        yield from self._trailers()

    def _trailers(self) -> _Steps:
        """Skip the trailers: the body is complete without them."""
        self._room = MOST_HEAD
        try:
            while (yield from self._line()):
                pass
        except BadAnswer:
            if not self._ended:
                raise

    def _take(self, count: int | None) -> _Steps:
        """Add so many bytes to the body, or all to the end."""
        while count != 0:
            part = self._came[:count]
            del self._came[: len(part)]
            self._body += part
            if len(self._body) > self._most:
                raise self._too_large()
            if count is not None:
                count -= len(part)
            if count != 0:
                if self._ended and count is None:
                    return
                yield from self._more()

    def _line(self) -> Generator[None, None, bytes]:
        """Return the next line without its line end, within the space that is left for headers."""
        seen = 0
        while (end := self._came.find(b"\n", seen)) < 0 and len(self._came) <= self._room:
            seen = len(self._came)
            yield from self._more()
        if not 0 <= end < self._room:
            raise BadAnswer(f"the headers of the answer are larger than {MOST_HEAD} bytes")
        self._room -= end + 1
        line = bytes(self._came[:end]).removesuffix(b"\r")
        del self._came[: end + 1]
        if _NEVER_IN_A_LINE.search(line):
            raise BadAnswer("a line of the answer contains a CR or a NUL")
        return line

    def _more(self) -> _Steps:
        if self._ended:
            cut = "the answer was cut off"
            raise BadAnswer(cut if self.begun else "the connection was closed without an answer")
        yield

    def _too_large(self) -> BadAnswer:
        return AnswerTooLarge(f"the body is larger than {self._most} bytes")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
