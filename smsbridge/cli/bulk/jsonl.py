"""A file of JSON lines that only grows at its end; one that was torn there is cut."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from smsbridge.cli.bulk.file_lock import alone
from smsbridge.errors import CallerError
from smsbridge.text.json_document import read_json

_PRIVATE = 0o600
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends


class Lines:
    """An open file of JSON lines. ``create`` makes it, for nobody but its owner, if it is absent.

    Raises `CallerError` where it can't be opened, and for a line that is none of ours; `OSError`
    with the name of the file where it can't be written: then all is as it was before.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the file; see the class for the arguments."""
        self.path = path
        refuse_special(path)
        flags = os.O_RDWR | os.O_APPEND | _BINARY | (os.O_CREAT if create else 0)
        try:
            self._file = os.open(path, flags, _PRIVATE)
        except OSError as error:
            raise CallerError(f"{path}: {error.strerror}") from None
        if create:
            sync_folder(path)

    def alone(self) -> Self:
        """Hold the file until it is closed. Raises `CallerError` if another process does."""
        if not alone(self._file):
            self.close()
            raise CallerError(f"{self.path} is in use: another run writes it; wait for its end")
        return self

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield what each line holds, and cut what comes after the last whole one."""
        place = 0
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if not raw.endswith(b"\n"):
                    os.ftruncate(self._file, place)
                    return
                place += len(raw)
                yield self._line(number, raw)

    def _line(self, number: int, raw: bytes) -> dict[str, Any]:
        with suppress(ValueError):
            line = read_json(raw)
            if isinstance(line, dict):
                return line
        raise CallerError(f"{self.path}, line {number}: no line that smsbridge wrote")

    def append(self, lines: Iterable[Mapping[str, Any]], *, sync: bool = False) -> None:
        """Write lines; with ``sync``, return when they are on the disk."""
        before = os.fstat(self._file).st_size
        data = memoryview(b"".join(map(encoded, lines)))
        try:
            while data:
                data = data[os.write(self._file, data) :]
            if sync:
                os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, before)
            error.filename = str(self.path)
            raise

    def sync(self) -> None:
        """Return when all that was written is on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file, if it is open, and give it free."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def refuse_special(path: Path) -> None:
    """Raise `CallerError` for a pipe, a device or a folder: nothing can be read back from it."""
    with suppress(OSError):  # that it can't be looked at is said by whoever opens it
        if not stat.S_ISREG(path.stat().st_mode):
            raise CallerError(f"{path} is not a regular file: give the path of one")


def encoded(line: Mapping[str, Any]) -> bytes:
    """Return one line."""
    return json.dumps(line).encode() + b"\n"


def thinned(
    path: Path,
    keep: Callable[[Mapping[str, Any]], bool],
    more: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Leave out lines of a closed file, and add ``more``, all at once or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        new = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, _PRIVATE)
        with path.open("rb") as old, os.fdopen(new, "wb") as file:
            file.writelines(raw for raw in old if keep(read_json(raw)))
            file.writelines(map(encoded, more))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = str(beside)
        raise
    beside.replace(path)
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Return when the name of a file is on the disk, where a system can do that."""
    with suppress(OSError):  # Windows opens no folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
