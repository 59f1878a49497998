"""The search over a whole file before it is written: no secret, in any encoding, anywhere."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import unquote, unquote_plus

from smsbridge.testing.record.numbers import plain_digits
from smsbridge.text.masking import base64_forms, encoded_forms, public_name

_LEAST = 4
_DEPTH = 3
_MOST_SEARCHED = 32 * 1024 * 1024
"""Characters of one text with all that it may mean; in what would be more, nothing is ruled out."""

_MOST_UNZIPPED = 4 * 1024 * 1024
_ZIPPED = re.compile(rb"\x1f\x8b\x08|x[\x01\x5e\x9c\xda]")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_RUN_OF_32 = re.compile(r"[A-Za-z2-7]{7,}")
_HEX = re.compile(
    r"(?:[0-9A-Fa-f]{2}){4,}|[0-9A-Fa-f]{2}(?:([ :-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){2,}"
)
_BREAK = re.compile(r"=?\r?\n[ \t]*")
_ESCAPE = re.compile(
    r"[\\%][uU]([0-9A-Fa-f]{4})|\\[xX]([0-9A-Fa-f]{2})|\\(.)",
    re.DOTALL,
)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where something private stands: the place, and what it is called, never its value."""

    place: str
    name: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.place}: it holds {self.name}"


def find_leaks(text: str, document: Mapping[str, Any], private: Mapping[str, str]) -> list[Leak]:
    """Return where a file holds something private, as it is or encoded.

    ``text``: the whole file; ``document``: what it says. ``private``: the values by their names.
    It looks for each in URLs, forms, JSON, XML, quoted-printable, hex, base32, and base64 at each
    of its three offsets, compressed or not, in any case, across line breaks, and for what was
    encoded up to three times over. Values of less than four characters are not looked for.

    >>> from smsbridge.testing.record.search import find_leaks
    >>> [str(leak) for leak in find_leaks("id: c2VjcmV0", {"id": "c2VjcmV0"}, {"key": "secret"})]
    ['id: it holds key', 'line 1: it holds key']
    """
    forms = [
        (name, form)
        for name, value in private.items()
        for form in {one.casefold() for one in (*encoded_forms(value), *base64_forms(value))}
        if len(form) >= _LEAST
    ]
    found: dict[tuple[str, str], Leak] = {}
    for place, said in [*_places(document, ""), *_lines(text)]:
        variants = _variants(said)
        names = [name for name, form in forms if any(form in one for one in variants or ())]
        if variants is None:
            names = ["more than can be searched"]
        found |= {(place, name): Leak(place=place, name=name) for name in names}
    return list(found.values())


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        yield f"line {number}", line


def _places(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield each text of a document with where it stands; a key is a text too."""
    if isinstance(value, Mapping):
        for number, (key, part) in enumerate(value.items(), 1):
            yield f"{path or 'the top'}, key {number}", str(key)
            yield from _places(part, f"{path}.{public_name(str(key))}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _places(part, f"{path}[{number}]")
    elif value is not None:
        yield path, str(value)


def _variants(text: str) -> set[str] | None:
    """Return a text, and what it says once each encoding is undone, up to three times.

    It is None where that is more than can be searched.
    """
    found, fresh = {text}, {text}
    for _ in range(_DEPTH):
        if sum(map(len, found)) > _MOST_SEARCHED:
            return None
        fresh = {made for one in fresh for made in _undo(one) if len(made) >= _LEAST} - found
        found |= fresh
    return {one.casefold() for one in found}


def _undo(text: str) -> Iterator[str]:
    """Yield what a text says once one encoding is undone, wherever it stands in the text."""
    yield unquote(text, errors="replace")
    yield unquote_plus(text, errors="replace")
    yield html.unescape(text)
    yield _BREAK.sub("", text)
    yield plain_digits(text)
    if "\\" in text or "%u" in text or "%U" in text:
        yield _ESCAPE.sub(_unescape, text)
    if "=" in text:
        yield quopri.decodestring(text.encode(errors="replace")).decode(errors="replace")
    runs = _RUN.findall(text)
    for start in range(4):
        yield from _texts(made for run in runs for made in _of_base64(run, start))
    runs_of_32 = _RUN_OF_32.findall(text)
    for start in range(8):
        yield from _texts(made for run in runs_of_32 for made in _of_base32(run, start))
    digits = (re.sub("[ :-]", "", one[0]) for one in _HEX.finditer(text))
    yield from _texts(bytes.fromhex(one) for one in digits)


def _texts(found: Iterable[bytes]) -> Iterator[str]:
    """Yield what decoded parts say, as UTF-8 and as UTF-16; of compressed ones what is in them."""
    parts = [inner for one in found for inner in (one, *_unzip(one))]
    if parts:
        yield "\n".join(one.decode(errors="replace") for one in parts)
    wide = [one for one in parts if b"\0" in one]
    if wide:
        yield "\n".join(one.decode("latin-1").replace("\0", "") for one in wide)
        for order, start in product(("utf-16-le", "utf-16-be"), range(2)):
            yield "\n".join(one[start:].decode(order, errors="replace") for one in wide)


def _unzip(part: bytes) -> Iterator[bytes]:
    for begins in _ZIPPED.finditer(part):
        with suppress(zlib.error):
            unzip = zlib.decompressobj(zlib.MAX_WBITS | 32)
            yield unzip.decompress(part[begins.start() :], _MOST_UNZIPPED)


def _of_base64(run: str, start: int) -> Iterator[bytes]:
    part = run.rstrip("=").replace("-", "+").replace("_", "/")[start:]
    part = part[: len(part) - 1] if len(part) % 4 == 1 else part
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(part + "=" * (-len(part) % 4))


def _of_base32(run: str, start: int) -> Iterator[bytes]:
    part = run[start:]
    part = part[: len(part) - (len(part) % 8 in (1, 3, 6))]
    with suppress(binascii.Error, ValueError):
        yield base64.b32decode(part + "=" * (-len(part) % 8), casefold=True)


def _unescape(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        return chr(int(code, 16))
    return _SIMPLE.get(found[3], found[3])
