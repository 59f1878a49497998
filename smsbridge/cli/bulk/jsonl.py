"""A file of JSON lines that is only appended to; an incomplete last line is removed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from smsbridge.errors import CallerError
from smsbridge.text.file_lock import try_lock
from smsbridge.text.json_document import read_json

_PRIVATE = 0o600
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends


class Lines:
    """An open file of JSON lines. ``create`` makes it if it is absent, readable only by its owner.

    Raises `CallerError` if it can't be opened or has a foreign line, and `OSError` with the name of
    the file if it can't be written; the file is then unchanged.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the file; see the class for the arguments."""
        self.path = path
        refuse_special(path)
        flags = os.O_RDWR | os.O_APPEND | _BINARY | (os.O_CREAT if create else 0)
        try:
            self._file = os.open(path, flags, _PRIVATE)
        except OSError as error:
            verb = "write" if create else "read"
            raise CallerError(f"can't {verb} {path}: {error.strerror}") from None
        self._end = os.fstat(self._file).st_size
        if create:
            sync_folder(path)

    def lock(self) -> Self:
        """Lock the file until it is closed. Raises `CallerError` if another process has."""
        if not try_lock(self._file):
            self.close()
            raise CallerError(f"{self.path} is in use by another run: wait until it ends")
        self._end = os.fstat(self._file).st_size  # the other may have written since it was opened
        return self

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the object of each line, and remove what follows the last complete line."""
        place = 0
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if not raw.endswith(b"\n"):
                    os.ftruncate(self._file, place)
                    self._end = place
                    return
                place += len(raw)
                yield _line(self.path, number, raw)

    def append(self, lines: Iterable[Mapping[str, Any]], *, sync: bool = False) -> None:
        """Write lines; with ``sync``, return when they are on the disk."""
        data = memoryview(b"".join(map(encode, lines)))
        end = self._end + len(data)
        try:
            while data:
                data = data[os.write(self._file, data) :]
            if sync:
                os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            error.filename = str(self.path)
            raise
        self._end = end

    def sync(self) -> None:
        """Wait until everything that was written is on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file, if it is open, and so unlock it."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def read_whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what each whole line of a file holds, which another process may be writing."""
    refuse_special(path)
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if raw.endswith(b"\n"):
                    yield _line(path, number, raw)
    except OSError as error:
        raise CallerError(f"can't read {path}: {error.strerror}") from None


def _line(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        line = read_json(raw)
        if isinstance(line, dict):
            return line
    raise CallerError(f"{path}, line {number}: not a line that send-many wrote: give its --out")


def refuse_special(path: Path) -> None:
    """Raise `CallerError` for a pipe or a device: nothing can be read back from it."""
    with suppress(OSError):  # if it can't be examined, opening it raises the error, as for a folder
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise CallerError(f"{path} is not a regular file: give the path of one")


def encode(line: Mapping[str, Any]) -> bytes:
    """Return one line."""
    return json.dumps(line).encode() + b"\n"


def rewrite(
    path: Path,
    keep: Callable[[Mapping[str, Any]], bool],
    more: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Remove lines of a closed file and add ``more``, in one step or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        new = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, _PRIVATE)
        with path.open("rb") as old, os.fdopen(new, "wb") as file:
            file.writelines(raw for raw in old if keep(read_json(raw)))
            file.writelines(map(encode, more))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = str(beside)
        raise
    beside.replace(path)
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Wait until the name of a file is on the disk, if the system supports that."""
    with suppress(OSError):  # Windows can't open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
