"""A store in a SQLite file, served by one process."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine, event

from smsbridge.bridge.store.database import At, Database, Refusal, StoreError, nowhere, store_errors
from smsbridge.errors import ConfigError
from smsbridge.text.file_lock import try_lock

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")
_BUSY_SECONDS = 10
_FOLD_SECONDS = 2
_MOST_AT_ONCE = 64
_WRITING = "smsbridge_writing"
_FILES = "smsbridge_files"


@dataclass(slots=True, eq=False)
class _Write:
    """A write waiting for a commit, and its result."""

    what: str
    do: Callable[[Connection], Any]
    over: bool = False
    result: Any = None
    error: BaseException | None = None


class SQLiteDatabase(Database):
    """One SQLite file. Processes other than the one that serves it may also read and write it."""

    def __init__(self, file: Path, *, at: At = nowhere) -> None:
        """``at`` is for tests that kill the process at a point."""
        self.file = file
        self.name = file.name
        self.at = at
        self._engine = create_engine(
            f"sqlite:///{file}", connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
        )
        self._own_file: int | None = None
        self._turn = threading.Lock()
        self._waiting: deque[_Write] = deque()
        event.listen(self._engine, "connect", self._set_up)
        event.listen(self._engine, "begin", self._begin)

    @contextmanager
    def write(self, what: str) -> Iterator[Connection]:
        """Yield a connection in a transaction, durably committed at the end of the block."""
        with self._turn, store_errors(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITING: True})
            with connection.begin():
                self.at(f"{what}: begun")
                yield connection
                self.at(f"{what}: written")
            self.at(f"{what}: committed")

    def commit(self, what: str, do: Callable[[Connection], T]) -> T:
        """Return what ``do`` returns, once its writes are durably committed.

        Writes that arrive while the disk is busy share one commit. ``do`` may raise a `Refusal`
        before it writes; any other exception rolls back every write in the shared commit.
        """
        own = _Write(what, do)
        self._waiting.append(own)
        with self._turn:
            if not own.over:  # else another thread has committed it
                self._commit_all()
        if own.error is not None:
            raise own.error
        result: T = own.result
        return result

    def _commit_all(self) -> None:
        writes = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
        try:
            with store_errors(), self._engine.connect() as plain:
                connection = plain.execution_options(**{_WRITING: True})
                with connection.begin():
                    for one in writes:
                        self._do(one, connection)
        except BaseException as error:  # noqa: BLE001  (each waiter reraises it)
            for one in writes:
                one.error = error
        else:
            for one in writes:
                self.at(f"{one.what}: committed")
        finally:
            for one in writes:
                one.over = True

    def _do(self, write: _Write, connection: Connection) -> None:
        self.at(f"{write.what}: begun")
        try:
            write.result = write.do(connection)
        except Refusal as refused:
            write.error = refused
        self.at(f"{write.what}: written")

    def prepare(self) -> None:
        """Create the file, readable only by its owner: it has numbers and texts."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.touch(0o600)
        except OSError as error:
            raise ConfigError(f"can't write {self.file}: {error.strerror}") from None

    def is_there(self) -> bool:
        """Return whether the file exists."""
        return self.file.is_file()

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def snapshot(self) -> AbstractContextManager[Connection]:
        """Return a context with a connection that reads one snapshot of the store."""
        return self.read()  # a SQLite read transaction is a snapshot

    def take_turns(self, connection: Connection, names: Sequence[str]) -> None:
        """Do nothing: SQLite has one writer at a time."""

    @contextmanager
    def alone(self, name: str, seconds: int) -> Iterator[bool]:  # noqa: ARG002  (there is one process)
        """Yield True: only one process serves it."""
        yield True

    def issue(self, connection: Connection, ids: Sequence[str], due: float) -> int | None:
        """Do nothing: workers poll for what is due."""

    def fold(self) -> None:
        """Close it, and merge SQLite's write-ahead log into the file.

        Raises `ConfigError` if another program has the file open.
        """
        self.close()
        connection = sqlite3.connect(self.file, timeout=_FOLD_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            why = f"another program may have it open ({error})"
            raise ConfigError(f"can't close the store {self.name}: {why}") from None
        finally:
            connection.close()

    def count_on(self, connection: Connection) -> None:
        """Do nothing: SQLite continues its sequences."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the store for the process that serves it; raises `ConfigError` for a second one."""
        self.prepare()
        held = os.open(self.file.with_name(f"{self.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not try_lock(held):
                raise ConfigError(f"another process serves the store {self.name}")
            yield
        finally:
            os.close(held)

    def _set_up(self, connection: Any, record: Any) -> None:
        """Set up a new connection: a commit returns once it is on disk."""
        connection.isolation_level = None  # no implicit transactions
        for command in _SETTINGS:
            connection.execute(command).fetchall()
        file, log = self._files()
        self._own_file = self._own_file or file  # that of the first connection
        record.info[_FILES] = self._own_file, log

    def _begin(self, connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING)
        if writing and self._files() != connection.info[_FILES]:
            raise StoreError("its file was moved or replaced, so what is written now would be lost")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    def _files(self) -> tuple[int | None, int | None]:
        """Return the inodes of the store's file and of its write-ahead log, as they are now."""
        return _inode(self.file), _inode(self.file.with_name(f"{self.name}-wal"))


def _inode(file: Path) -> int | None:
    """Return the inode of a file, or None if there is no file."""
    try:
        return file.stat().st_ino
    except OSError:
        return None


_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "SELECT 1 FROM sqlite_master",  # creates the write-ahead log
)
