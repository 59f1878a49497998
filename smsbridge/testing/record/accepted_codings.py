"""The encodings in which a provider may answer through the proxy: those that it can read."""

from __future__ import annotations

_READ = frozenset((b"gzip", b"x-gzip", b"deflate", b"identity"))
_NAME = b"accept-encoding"


def read_codings(line: bytes) -> bytes:
    """Return a line of a head; an Accept-Encoding without the codings that can't be read here.

    >>> from smsbridge.testing.record.accepted_codings import read_codings
    >>> read_codings(b"Accept-Encoding: gzip, br;q=0.9")
    b'Accept-Encoding: gzip'
    """
    name, colon, value = line.partition(b":")
    if name.strip().lower() != _NAME:
        return line
    given = [one.strip() for one in value.split(b",") if one.strip()]
    kept = [one for one in given if one.partition(b";")[0].strip().lower() in _READ]
    if kept == given:
        return line
    return name + colon + b" " + (b", ".join(kept) or b"identity")
