"""Decodes bytes from outside: by a byte order mark, as UTF-8, or by a label."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

ENCODINGS: Mapping[str, str] = {
    **{name: name for name in ("utf-8", "utf-16", "utf-16le", "utf-16be")},
    **{name: name for name in ("utf-32", "utf-32le", "utf-32be")},
    **dict.fromkeys(("us-ascii", "ascii"), "ascii"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1"), "latin-1"),
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (*range(2, 12), *range(13, 17))},
    **{f"windows-125{page}": f"cp125{page}" for page in range(9)},
    **{f"cp125{page}": f"cp125{page}" for page in range(9)},
    **{name: name for name in ("koi8-r", "koi8-u", "big5", "euc-jp", "euc-kr", "shift_jis")},
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    "utf8": "utf-8",
    "utf16": "utf-16",
}
"""The labels that are taken, in lower case, each with Python's name for it.

In all of them except UTF-16 and UTF-32, ASCII bytes mean ASCII characters, and no byte changes the
meaning of those after it: UTF-7, ISO-2022 and EBCDIC are left out.
"""

WIDE = ("utf-16", "utf16", "utf-32")
"""How the labels begin of those in which an ASCII character isn't a single byte."""

SHOWN = "utf-8, utf-16, us-ascii, iso-8859-*, windows-125*, koi8-*, gbk, big5, euc-*, shift_jis"

_MARKS: Mapping[bytes, str] = {  # that of UTF-32 begins as that of UTF-16 does
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32le",
    codecs.BOM_UTF32_BE: "utf-32be",
    codecs.BOM_UTF16_LE: "utf-16le",
    codecs.BOM_UTF16_BE: "utf-16be",
}
_ALL_MARKS = tuple(_MARKS)
_ORDERS: Mapping[re.Pattern[bytes], str] = {  # where the first character is one of ASCII
    re.compile(rb"[^\0]\0\0\0"): "utf-32le",
    re.compile(rb"\0\0\0[^\0]"): "utf-32be",
    re.compile(rb"[^\0]\0"): "utf-16le",
    re.compile(rb"\0[^\0]"): "utf-16be",
}
_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_CONTROLS = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
"""Browsers read a byte that Windows-125x leaves free as a control character; Python has none."""
_TWO_BYTES = ("gb18030", "big5", "euc-jp", "euc-kr", "shift_jis")
_THREE_BYTES = re.compile(rb"[\xe0-\xf4]")  # how such a character begins in UTF-8


class Undecodable(ValueError):
    """Bytes that are not valid in any encoding that is allowed for them."""


def charset_of(content_type: str) -> str:
    """Return the charset that a Content-Type names, in lower case; empty if it names none."""
    said = _CHARSET.search(content_type)
    return said[1].lower() if said else ""


def decode(body: bytes, labels: Sequence[str], *, controls: bool = False) -> tuple[str, str]:
    """Return the text of a body without its byte order mark, and the encoding that it is in.

    The mark decides. Without one, valid UTF-8 is read as UTF-8, whatever its label: other text is
    hardly ever valid UTF-8 by chance. (A short text with two bytes per character can be: if a label
    names such an encoding, UTF-8 needs a character of three bytes.) Then come the ``labels``, each
    a key of `ENCODINGS`: the first that the bytes fit. Raises `Undecodable`.

    ``controls``: whether bytes that Windows-125x leaves free may be control characters.
    """
    mark, marked = _mark(body)
    content = body[len(mark) :]
    for name in [marked] if marked else _guesses(content, labels):
        with suppress(UnicodeDecodeError):
            return content.decode(name), name
    for name in [] if marked else _guesses(content, labels):
        if controls and name.startswith("cp125"):
            return content.decode(name, "surrogateescape").translate(_CONTROLS), name
    raise Undecodable("the bytes are not in the encoding that their label names")


def first_characters(body: bytes, size: int) -> str:
    """Return the first characters of a body; ASCII characters are right whatever the encoding."""
    mark, marked = _mark(body)
    head = body[len(mark) : len(mark) + 4 * size]
    return head.decode(marked or _by_zeros(head) or "latin-1", "replace")[:size]


def _guesses(body: bytes, labels: Sequence[str]) -> list[str]:
    named = [ENCODINGS[label] for label in labels]
    if zeros := _by_zeros(body):
        return [zeros for name in named if zeros.startswith(name)]
    narrow = [name for name in named if not name.startswith(("utf-16", "utf-32"))]
    if narrow and narrow[0] in _TWO_BYTES and not _THREE_BYTES.search(body):
        return [*narrow, "utf-8"]
    return ["utf-8", *narrow]


def _mark(body: bytes) -> tuple[bytes, str]:
    """Return the byte order mark of a body and the encoding that it names, if it has one."""
    if not body.startswith(_ALL_MARKS):
        return b"", ""
    return next((mark, name) for mark, name in _MARKS.items() if body.startswith(mark))


def _by_zeros(body: bytes) -> str:
    """Return the UTF-16 or UTF-32 that the zeros among the first bytes indicate; empty if none."""
    if b"\0" not in body[:2]:
        return ""
    return next((name for zeros, name in _ORDERS.items() if zeros.match(body)), "")
