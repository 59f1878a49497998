"""Where the body of a request ends, and what is refused because nobody can tell (RFC 9112 §6)."""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedIOBase

MOST_BYTES = 1024 * 1024
_LENGTH = re.compile("[0-9]+")
_MOST_DIGITS = 18
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MOST_LINE = 1024
_MOST_TRAILERS = 64


class Refused(Exception):
    """A request that can't be taken; ``status`` is that of the answer, ``why`` its words."""

    def __init__(self, status: int, why: str) -> None:
        """Tell readers and the client the same."""
        super().__init__(why)
        self.status = status
        self.why = why


def body_size(headers: Message) -> int | None:
    """Return how many bytes a head says that its body has, None for chunks. Raises `Refused`."""
    if headers.defects or headers.get_payload():
        raise Refused(400, "a line of the head is not a header")
    if len(headers.get_all("host", [])) > 1:
        raise Refused(400, "it has more than one Host")
    lengths = headers.get_all("content-length", [])
    codings = headers.get_all("transfer-encoding", [])
    if codings and lengths:
        raise Refused(400, "it has a Transfer-Encoding and a Content-Length: give one of them")
    if codings:
        if [coding.strip(" \t").lower() for coding in codings] != ["chunked"]:
            raise Refused(501, "its Transfer-Encoding is not chunked")
        return None
    if not lengths:
        return 0
    digits = lengths[0].strip(" \t")
    if len(lengths) > 1 or not _LENGTH.fullmatch(digits):
        raise Refused(400, "its Content-Length is not one number in the digits 0 to 9")
    size = int(digits) if len(digits) <= _MOST_DIGITS else MOST_BYTES + 1
    if size > MOST_BYTES:
        raise _too_large()
    return size


def read_body(stream: BufferedIOBase, size: int | None) -> bytes:
    """Return the body of a size, or that which comes in chunks. Raises `Refused`."""
    if size is None:
        return _chunks(stream)
    body = stream.read(size)
    if len(body) < size:
        raise Refused(400, "the body ended before its Content-Length")
    return body


def _chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream.readline(_MOST_LINE)):
        if len(body) + size > MOST_BYTES:
            raise _too_large()
        part = stream.read(size)
        if len(part) < size or stream.readline(2) not in (b"\r\n", b"\n"):
            raise Refused(400, "a chunk is not as long as it says")
        body += part
    for _ in range(_MOST_TRAILERS):
        line = stream.readline(_MOST_LINE)
        if line in (b"\r\n", b"\n"):
            return bytes(body)
        if not line.endswith(b"\n"):
            break
    raise Refused(400, "the chunks have no end")


def _chunk_size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Refused(400, "a chunk does not say how long it is")
    return int(found[1], 16)


def _too_large() -> Refused:
    return Refused(413, f"the body is larger than {MOST_BYTES} bytes")
