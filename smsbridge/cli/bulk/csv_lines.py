"""The lines of a text file, decoded as they are read, in little memory."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import BinaryIO

_MARKS = {  # the longest first: UTF-32's begins as UTF-16's does
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CHUNK_BYTES = 16 * 1024
_MOST_LINE = 1024 * 1024
_GIVE = "give the file's own with --encoding, such as windows-1252 (Excel's CSV) or utf-16-le"


class CutShort(Exception):
    """From here on nothing can be read."""

    def __init__(self, line: int, why: str) -> None:
        """``line`` is counted from 1."""
        super().__init__(f"line {line}: {why}")


def read_lines(
    file: BinaryIO, encoding: str | None, read: Callable[[bytes], None]
) -> Iterator[str]:
    """Yield each line with its end; ``read`` gets all bytes. Raises `CutShort`.

    ``encoding`` None is UTF-8. A mark at the start decides, and one of another encoding than the
    given one is refused.
    """
    decoder = _Decoder(encoding)
    number, rest, more = 1, "", True
    while more:
        raw = _chunk(file, number)
        read(raw)
        more = bool(raw)
        try:
            text, wrong = decoder.decode(raw)
        except UnicodeError:  # of a codec that names no place
            raise CutShort(number, f"it is not {_capitals(decoder.name)}: {_GIVE}") from None
        except ValueError as error:
            raise CutShort(number, str(error)) from None
        text, at = rest + text, 0
        while end := text.find("\n", at) + 1:
            yield _refuse_nul(text[at:end], number, decoder.name)
            number, at = number + 1, end
        rest = text[at:]
        if wrong:
            why = f"its character {len(rest) + 1} is not {_capitals(decoder.name)}: {_GIVE}"
            raise CutShort(number, why)
        if len(rest) >= _MOST_LINE:
            raise CutShort(number, "it is longer than 1 MiB")
    if rest:
        yield _refuse_nul(rest, number, decoder.name)
    if decoder.is_doubtful():
        raise CutShort(1, f"the file is UTF-8, but was given as {encoding}: leave --encoding out")


class _Decoder:
    """Decodes a file chunk by chunk; the first begins with the mark of its encoding, if any."""

    def __init__(self, encoding: str | None) -> None:
        self._given = encoding
        self.name = ""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._utf8: codecs.IncrementalDecoder | None = None
        self._ascii = True

    def decode(self, raw: bytes) -> tuple[str, bool]:
        """Return the text of a chunk, and whether it ends at what can't be decoded."""
        if self._decoder is None:
            raw = self._begin(raw)
        assert self._decoder  # noqa: S101  (for mypy)
        self._doubt(raw)
        try:
            return self._decoder.decode(raw, final=not raw), False
        except UnicodeDecodeError as error:
            return error.object[: error.start].decode(self.name, "replace"), True

    def is_doubtful(self) -> bool:
        """Return whether all was UTF-8, though another encoding was given: it would be misread."""
        return self._utf8 is not None and not self._ascii

    def _begin(self, raw: bytes) -> bytes:
        mark = next((mark for mark in _MARKS if raw.startswith(mark)), b"")
        self.name = _encoding(mark, self._given)
        self._decoder = codecs.getincrementaldecoder(self.name)("strict")
        if not codecs.lookup(self.name).name.startswith("utf"):
            self._utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        return raw.removeprefix(mark)

    def _doubt(self, raw: bytes) -> None:
        self._ascii = self._ascii and raw.isascii()
        try:
            if self._utf8:
                self._utf8.decode(raw, final=not raw)
        except UnicodeDecodeError:
            self._utf8 = None


def _chunk(file: BinaryIO, line: int) -> bytes:
    try:
        return file.read(_CHUNK_BYTES)
    except OSError as error:
        raise CutShort(line, f"it can't be read: {error.strerror}") from None


def _encoding(mark: bytes, given: str | None) -> str:
    """Return what a file is decoded by: its mark, or what was given; both must agree."""
    if not mark:
        return given or "utf-8"
    marked = _MARKS[mark]
    names = {marked, marked[:6], f"{marked}-sig"}
    if given and codecs.lookup(given).name not in names:
        why = f"the mark at its start says {_capitals(marked)}, not {given}: leave --encoding out"
        raise ValueError(why)
    return marked


def _refuse_nul(line: str, number: int, name: str) -> str:
    """Return a line as it is, unless it shows that the file isn't in that encoding."""
    if "\0" in line:
        raise CutShort(
            number, f"it has a NUL: is this a CSV, in {_capitals(name)}? If not, {_GIVE}"
        )
    return line


def _capitals(name: str) -> str:
    return name.upper() if name.lower().startswith("utf") else name
