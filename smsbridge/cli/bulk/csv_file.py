"""A CSV of messages: checked completely before the first is sent, then read again one by one."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import sqlite3
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from smsbridge.cli.bulk.csv_header import (
    BadHeader,
    Header,
    delimiter_hint,
    header_hint,
    read_header,
)
from smsbridge.cli.bulk.csv_lines import CutShort, read_lines
from smsbridge.cli.bulk.layout import Layout
from smsbridge.errors import CallerError, InvalidMessage
from smsbridge.message import Channel, Message, show_value

MOST_SHOWN = 20
_PLAIN = Layout()
_QUOTING = {
    "unexpected end of data": "a field begins with a quote that is never closed",
    "field larger than": "a field is too long: is a closing quote missing before it?",
    "expected after": "a closing quote has no delimiter after it: write a quote in a text twice",
    "new-line character": "a carriage return has no line feed after it",
}
_SHORT = 4  # such a number may be a service's own, and no region makes it E.164
_DIALLED = re.compile(r"[0-9][0-9 ().\u2010-\u2015/-]*")
_CUT_BY_EXCEL = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+")
_REGION = (
    "a number without + can be read only if the backend has a default_region, such as "
    'default_region = "GB"'
)
_EXCEL = "a spreadsheet has shortened a number, such as 4.47701E+11: make its column text there"


class BadSheet(CallerError, ValueError):
    """A CSV that can't be sent. Names each line that is wrong; shows no number and no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A CSV that was checked. ``sha256`` is that of its bytes; ``rows`` are its messages.

    ``number`` turns what is in the recipient's column into E.164. ``state`` is the file's, by which
    a change of it shows. ``fields`` are those that have a column; ``left_out`` are the columns that
    hold none.
    """

    path: Path
    sha256: str
    rows: int
    channels: frozenset[Channel]
    number: Callable[[str], str]
    state: tuple[int, ...]
    layout: Layout
    fields: frozenset[str]
    left_out: tuple[str, ...]

    @classmethod
    def read(
        cls,
        path: Path,
        channels: frozenset[Channel],
        number: Callable[[str], str] = str,
        layout: Layout = _PLAIN,
    ) -> Sheet:
        """Read a CSV to its end, using little memory. Raises `BadSheet` with all that is wrong."""
        digest = hashlib.sha256()
        wrong = Wrong(path)
        reader = _Reader(layout)
        rows = 0
        with _open(path) as file, closing(sqlite3.connect("")) as given:
            state = _state(file)
            given.execute("CREATE TABLE given (reference PRIMARY KEY, line) WITHOUT ROWID")
            try:
                for line, fields in reader.records(file, digest.update):
                    rows += 1
                    if why := _why(fields, channels, number) or _twice(given, line, fields):
                        wrong.add(f"line {line}: {why}", _hint(fields, number))
            except CutShort as broken:
                wrong.add(str(broken))
        wrong.raise_all()
        if not rows:
            raise BadSheet(f"{path} has no messages: there is nothing below the header")
        return cls(
            path=path,
            sha256=digest.hexdigest(),
            rows=rows,
            channels=channels,
            number=number,
            state=state,
            layout=layout,
            fields=frozenset(reader.header.places if reader.header else ()),
            left_out=reader.header.left_out if reader.header else (),
        )

    def messages(self) -> Iterator[tuple[int, Message]]:
        """Yield each message with its index, from 0. Raises `BadSheet` if the file has changed."""
        return ((index, message) for index, (_, message) in enumerate(self.lines()))

    def lines(self) -> Generator[tuple[int, Message], None, None]:
        """Yield each message with the line where it begins; raises as `messages` does."""
        changed = BadSheet(f"{self.path} has changed since it was checked, or can't be read")
        with _open(self.path) as file:
            try:
                records = _Reader(self.layout).records(file, lambda _: None)
                for index, (line, fields) in enumerate(records):
                    if _state(file) != self.state:
                        raise changed
                    reference = fields.get("reference") or self._reference(index)
                    yield line, _message(fields, self.channels, self.number, reference)
                if _state(file) != self.state:
                    raise changed
            except (CutShort, InvalidMessage):
                raise changed from None

    def _reference(self, index: int) -> str:
        """Return the reference of a row that has none: the same in every run over this file."""
        return hashlib.sha256(f"{self.sha256}/{index}".encode()).hexdigest()[:32]


class Wrong:
    """What is wrong with a CSV, line by line; only the first faults are kept."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing."""
        self._path = path
        self._count = 0
        self._shown: list[str] = []
        self._hints: dict[str, None] = {}

    def add(self, why: str, hint: str = "") -> None:
        """Keep one line; a ``hint`` is told once, after all of them."""
        self._count += 1
        if len(self._shown) < MOST_SHOWN:
            self._shown.append(why)
        if hint:
            self._hints[hint] = None

    def raise_all(self) -> None:
        """Raise `BadSheet`, if anything is wrong."""
        if not self._count:
            return
        more = self._count - len(self._shown)
        lines = [*self._shown, *([f"and {more} more"] if more else []), *self._hints]
        raise BadSheet(f"{self._path}: nothing was sent\n  " + "\n  ".join(lines))


def _open(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # opening a pipe may block forever
            raise BadSheet(f"{path} is not a regular file, and it has to be read twice")
        return path.open("rb")
    except OSError as error:
        raise BadSheet(f"can't read {path}: {error.strerror}") from None


def _state(file: BinaryIO) -> tuple[int, ...]:
    now = os.fstat(file.fileno())
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns


class _Reader:
    """Reads a CSV of a layout; ``header`` is there when the first record has been read."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.header: Header | None = None

    def records(
        self, file: BinaryIO, read: Callable[[bytes], None]
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the fields of each record with the line where it begins; ``read`` gets all bytes.

        A record with nothing filled in is skipped. Raises `CutShort`.
        """
        lines = read_lines(file, self._layout.encoding, read)
        first = next(lines, "")
        layout = self._layout
        reader = csv.reader(
            chain([first] if first else [], lines), delimiter=layout.delimiter, strict=True
        )
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                known = (why for words, why in _QUOTING.items() if words in str(error))
                hint = "" if self.header else delimiter_hint([first], layout)
                raise CutShort(line, hint or next(known, "it is not a CSV")) from None
            if self.header is None:
                self.header = self._read_header(fields, line)
            elif len(fields) == self.header.width:
                if any(field.strip() for field in fields):
                    yield line, {name: fields[at] for name, at in self.header.places.items()}
            elif fields:
                width = self.header.width
                yield line, {"": f"it has {len(fields)} fields, but the header has {width}"}
        if self.header is None:
            raise CutShort(1, header_hint("the file is empty"))

    def _read_header(self, fields: list[str], line: int) -> Header:
        try:
            return read_header(fields, self._layout)
        except BadHeader as error:
            raise CutShort(line, str(error)) from None


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


def _hint(fields: dict[str, str], number: Callable[[str], str]) -> str:
    """Return what helps if a number is wrong: it may be as dialled in an unknown region."""
    given = fields.get("recipient", "").strip()
    if _CUT_BY_EXCEL.fullmatch(given):
        return _EXCEL
    dialled = _DIALLED.fullmatch(given) and len(given) > _SHORT
    return _REGION if dialled and _is_unread(number, given) else ""


def _is_unread(number: Callable[[str], str], given: str) -> bool:
    """Return whether a number stays as it is, since the backend has no region."""
    try:
        return number(given) == given
    except InvalidMessage:
        return False


def _twice(given: sqlite3.Connection, line: int, fields: dict[str, str]) -> str | None:
    """Return what is wrong with a record given those before it: a reference must be unique."""
    if not (reference := fields.get("reference")):
        return None
    try:
        given.execute("INSERT INTO given VALUES (?, ?)", (reference, line))
    except sqlite3.IntegrityError:
        found = given.execute("SELECT line FROM given WHERE reference = ?", (reference,))
        return f"reference {show_value(reference)} is already used in line {found.fetchone()[0]}"
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
        sender=fields.get("sender", "").strip() or None,
        reference=reference,
    )
