"""A CSV of messages: checked whole before the first is sent, then read again one by one."""

from __future__ import annotations

import csv
import hashlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from smsbridge.errors import CallerError, InvalidMessage
from smsbridge.message import Channel, Message, shown
from smsbridge.text.phone import masked
from smsbridge.text.suggest import nearest

NEEDED = ("recipient", "text")
COLUMNS = (*NEEDED, "reference")
MOST_SHOWN = 20
_MOST_BYTES = 1024 * 1024
_MOST_NAME = 40
_BOM = b"\xef\xbb\xbf"
_QUOTING = {
    "unexpected end of data": "a field begins with a quote that is never closed",
    "field larger than": "a field is too long: is a closing quote missing before it?",
    "expected after": "after a closing quote must come a comma: write a quote in a text twice",
    "new-line character": "a carriage return stands alone",
}


class BadSheet(CallerError, ValueError):
    """A CSV that can't be sent. Names each line that is wrong; shows no number and no text."""


class _Broken(Exception):
    """From here on nothing can be read."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A CSV that was checked. ``sha256`` is that of its bytes; ``rows`` are its messages.

    ``number`` makes E.164 of what stands in the column recipient. ``state`` is the file's, by which
    a change of it shows.
    """

    path: Path
    sha256: str
    rows: int
    channels: frozenset[Channel]
    number: Callable[[str], str]
    state: tuple[int, ...]

    @classmethod
    def checked(
        cls, path: Path, channels: frozenset[Channel], number: Callable[[str], str] = str
    ) -> Sheet:
        """Read a CSV to its end, in little memory. Raises `BadSheet` with all that is wrong."""
        digest = hashlib.sha256()
        wrong = _Wrong(path)
        rows = 0
        with _opened(path) as file, closing(sqlite3.connect("")) as given:
            state = _state(file)
            given.execute("CREATE TABLE given (reference PRIMARY KEY, line) WITHOUT ROWID")
            try:
                for line, fields in _records(file, digest.update):
                    rows += 1
                    if why := _why(fields, channels, number) or _twice(given, line, fields):
                        wrong.add(f"line {line}: {why}")
            except _Broken as broken:
                wrong.add(str(broken))
        wrong.done()
        if not rows:
            raise BadSheet(f"{path} holds no message: below the header there is nothing")
        return cls(
            path=path,
            sha256=digest.hexdigest(),
            rows=rows,
            channels=channels,
            number=number,
            state=state,
        )

    def messages(self) -> Iterator[tuple[int, Message]]:
        """Yield each message with its index, from 0. Raises `BadSheet` if the file has changed."""
        changed = BadSheet(f"{self.path} has changed since it was checked, or can't be read")
        with _opened(self.path) as file:
            try:
                for index, (_, fields) in enumerate(_records(file, lambda _: None)):
                    if _state(file) != self.state:
                        raise changed
                    reference = fields.get("reference") or self._reference(index)
                    yield index, _message(fields, self.channels, self.number, reference)
                if _state(file) != self.state:
                    raise changed
            except (_Broken, InvalidMessage):
                raise changed from None

    def _reference(self, index: int) -> str:
        """Return the reference of a row that has none: the same in every run over this file."""
        return hashlib.sha256(f"{self.sha256}/{index}".encode()).hexdigest()[:32]


class _Wrong:
    """What is wrong, line by line; of much only the first is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        self._shown: list[str] = []

    def add(self, why: str) -> None:
        self._count += 1
        if len(self._shown) < MOST_SHOWN:
            self._shown.append(why)

    def done(self) -> None:
        if not self._count:
            return
        more = self._count - len(self._shown)
        lines = [*self._shown, *([f"and {more} more"] if more else [])]
        raise BadSheet(f"{self._path}: nothing was sent\n  " + "\n  ".join(lines))


def _opened(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # to open a pipe may wait for ever
            raise BadSheet(f"{path} is not a regular file: it is read twice")
        return path.open("rb")
    except OSError as error:
        raise BadSheet(f"{path}: {error.strerror}") from None


def _state(file: BinaryIO) -> tuple[int, ...]:
    now = os.fstat(file.fileno())
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns


def _line(file: BinaryIO, number: int) -> bytes:
    try:
        return file.readline(_MOST_BYTES)
    except OSError as error:
        raise _Broken(number, f"it can't be read: {error.strerror}") from None


def _lines(file: BinaryIO, read: Callable[[bytes], None]) -> Iterator[str]:
    number = 0
    while raw := _line(file, number + 1):
        number += 1
        read(raw)
        if number == 1:
            raw = raw.removeprefix(_BOM)
        if len(raw) == _MOST_BYTES:
            raise _Broken(number, "it is longer than 1 MiB")
        if b"\0" in raw:
            raise _Broken(number, "it has a NUL: is this a CSV, in UTF-8?")
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise _Broken(number, f"its byte {error.start + 1} is no UTF-8") from None
        yield text


def _records(file: BinaryIO, read: Callable[[bytes], None]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the fields of each record with the line where it begins; ``read`` gets all bytes."""
    reader = csv.reader(_lines(file, read), strict=True)
    columns: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            known = (why for words, why in _QUOTING.items() if words in str(error))
            raise _Broken(line, next(known, "it is no CSV")) from None
        if columns is None:
            columns = _header(fields, line)
        elif len(fields) == len(columns):
            yield line, dict(zip(columns, fields, strict=True))
        elif fields:
            yield line, {"": f"it has {len(fields)} fields, and the header {len(columns)}"}
    if columns is None:
        raise _Broken(1, _naming("the file is empty"))


def _header(names: list[str], line: int) -> list[str]:
    unknown = [name for name in names if name not in COLUMNS]
    near = [name for name in unknown if "did you mean" in nearest(name, COLUMNS)]
    if near or (unknown and len(unknown) < len(names)):
        name = (near or unknown)[0]
        told = masked(name) if any(map(str.isdigit, name)) else name[:_MOST_NAME]
        raise _Broken(line, f"unknown column {told!r}: {nearest(name, COLUMNS)}")
    if unknown or not names:
        raise _Broken(line, _naming("it names no column"))
    if len(set(names)) < len(names):
        raise _Broken(line, "a column is named twice")
    if lacking := [name for name in NEEDED if name not in names]:
        raise _Broken(line, f"the column {lacking[0]} is missing")
    return names


def _naming(why: str) -> str:
    return f"{why}; the first line must be recipient,text or recipient,text,reference"


def _why(
    fields: dict[str, str], channels: frozenset[Channel], number: Callable[[str], str]
) -> str | None:
    """Return what is wrong with a record by itself."""
    if "" in fields:
        return fields[""]
    try:
        _message(fields, channels, number, fields.get("reference") or "made")
    except InvalidMessage as error:
        return str(error)
    return None


def _twice(given: sqlite3.Connection, line: int, fields: dict[str, str]) -> str | None:
    """Return what is wrong with a record beside those before it: a reference names one message."""
    if not (reference := fields.get("reference")):
        return None
    try:
        given.execute("INSERT INTO given VALUES (?, ?)", (reference, line))
    except sqlite3.IntegrityError:
        found = given.execute("SELECT line FROM given WHERE reference = ?", (reference,))
        return f"reference {shown(reference)} stands in line {found.fetchone()[0]} already"
    return None


def _message(
    fields: dict[str, str],
    channels: frozenset[Channel],
    number: Callable[[str], str],
    reference: str,
) -> Message:
    return Message(
        recipient=number(fields["recipient"]),
        text=fields["text"],
        channels=channels,
        reference=reference,
    )
