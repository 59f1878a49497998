"""Content-Encoding undone, within a limit."""

from __future__ import annotations

import zlib

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS
_MOST_MEMBERS = 16
_MOST_CODINGS = 4
_PADDING = b"\0\r\n\t "
_GZIP = b"\x1f\x8b"

_NO_CODINGS = frozenset(
    ("", "identity", "none", "7bit", "8bit", "binary", "ascii", "us-ascii", "utf-8", "utf8")
) | {"iso-8859-1", "iso-8859-15", "latin1", "windows-1252"}
"""What some servers write although nothing is encoded: mostly charsets."""


class BadEncoding(ValueError):
    """A body that is not what its Content-Encoding says, or too large once decoded."""


class UnknownEncoding(BadEncoding):
    """A Content-Encoding that can't be undone here, such as br."""


class TooLarge(BadEncoding):
    """A body that is too large once decoded."""


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the decoded body of at most ``limit`` bytes; raises `BadEncoding`."""
    said = (coding.strip().lower() for coding in encoding.split(","))
    codings = [coding for coding in said if coding not in _NO_CODINGS]
    if len(codings) > _MOST_CODINGS:
        raise BadEncoding(f"the body has more than {_MOST_CODINGS} content encodings")
    decoded = body
    undone = ""
    for coding in reversed(codings):
        if not decoded:
            break
        if coding == undone and not decoded.startswith(_GZIP):
            continue  # named by both the server and a proxy, but applied only once
        decoded, undone = _undo(coding, decoded, limit), coding
    if len(decoded) > limit:
        raise _too_large(limit)
    return decoded


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes")


def _undo(coding: str, body: bytes, limit: int) -> bytes:
    match coding:
        case "gzip" | "x-gzip":
            return _unzip(body, limit)
        case "deflate":
            zlib_header = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0
            return _unzip(body, limit, _GZIP_OR_ZLIB if zlib_header else _RAW)
        case _:
            raise UnknownEncoding("the body has an unknown Content-Encoding")


def _unzip(body: bytes, limit: int, form: int = _GZIP_OR_ZLIB) -> bytes:
    """Undo zlib, gzip (by default either), or deflate without a header (RFC 9110 §8.4.1.2)."""
    decoded = bytearray()
    for _ in range(_MOST_MEMBERS):  # a gzip body may have several (RFC 1952 §2.2)
        unzip = zlib.decompressobj(form)
        try:
            decoded += unzip.decompress(body, limit + 1 - len(decoded))
        except zlib.error as error:
            raise BadEncoding("the body is not the gzip that it says it is") from error
        if len(decoded) > limit:
            raise _too_large(limit)
        if not unzip.eof:
            raise BadEncoding("the gzip body is cut off")
        body = unzip.unused_data.lstrip(_PADDING)
        if not body:
            return bytes(decoded)
    raise BadEncoding(f"the gzip body has more than {_MOST_MEMBERS} members")
