"""Content-Encoding undone, within a limit."""

from __future__ import annotations

import zlib

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_MOST_MEMBERS = 16


class BadEncoding(ValueError):
    """A body that is not what its Content-Encoding says, or too large once decoded."""


class TooLarge(BadEncoding):
    """A body that is too large once decoded."""


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the decoded body of at most ``limit`` bytes; raises `BadEncoding`."""
    match encoding.strip().lower():
        case "" | "identity":
            decoded = body
        case "gzip" | "x-gzip" | "deflate":
            decoded = _unzip(body, limit)
        case _:
            raise BadEncoding("the body has an unknown Content-Encoding")
    if len(decoded) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    return decoded


def _unzip(body: bytes, limit: int) -> bytes:
    decoded = bytearray()
    for _ in range(_MOST_MEMBERS):  # a gzip body may have several (RFC 1952 §2.2)
        if not body or len(decoded) > limit:
            return bytes(decoded)
        unzip = zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            decoded += unzip.decompress(body, limit + 1 - len(decoded))
        except zlib.error as error:
            raise BadEncoding("the body is not the gzip that it says it is") from error
        if not unzip.eof and len(decoded) <= limit:
            raise BadEncoding("the gzip body is cut off")
        body = unzip.unused_data
    raise BadEncoding(f"the gzip body has more than {_MOST_MEMBERS - 1} members")
