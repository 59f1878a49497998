"""Backs up a store while it is in use, and fills a store from a backup.

A backup is always a SQLite file, so it can also move a store from one kind to the other.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, insert, select

from smsbridge.bridge.delivery.message_queue import MessageQueue
from smsbridge.bridge.store.database import Database, OlderStore, StoreError
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.open_database import open_database
from smsbridge.bridge.store.sqlite_database import SQLiteDatabase
from smsbridge.bridge.store.store_tables import MESSAGES, METADATA
from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

D = TypeVar("D", bound=Database)
_ROWS = 1000
_OF_A_PROCESS = {"job", "holder", "leased_until"}


@dataclass(frozen=True, slots=True)
class Filled:
    """How many messages a store was filled with, and how many of them became *unknown*."""

    messages: int
    unknown: int


def back_up(store: Path | str, file: Path) -> None:
    """Write a backup of a store to a new file; raises `ConfigError`."""
    if file.exists():
        raise ConfigError(f"{file} already exists: give a new file")
    with _use(open_database(store)) as database:
        database.check()
        with _trouble(f"can't write {file}"), _folder_beside(file) as folder:
            with _use(SQLiteDatabase(folder / "copy.db")) as copy:
                copy.migrate()
                _copy(database, copy)
            (folder / "copy.db").chmod(0o600)
            (folder / "copy.db").rename(file)


def restore(file: Path, store: Path | str) -> Filled:
    """Fill an empty store from a backup.

    What was waiting at backup time may have been sent since, so none of it is sent automatically.
    Raises `ConfigError`, also if the store has messages.
    """
    _check_file(file)
    with TemporaryDirectory() as folder, _trouble(f"can't read {file}"):
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        if (beside := file.with_name(f"{file.name}-wal")).exists():  # of a bridge that was killed
            shutil.copyfile(beside, copy.with_name(f"{copy.name}-wal"))
        return _fill(store, copy, lambda queue: queue.doubt_all("restore"))


def move(file: Path, store: Path | str) -> Filled:
    """Fill an empty store from the file of a stopped bridge, and rename that file.

    Waiting messages are sent from the new store; those in flight during a crash become *unknown*.
    Raises `ConfigError`, also if a process serves the file.
    """
    _check_file(file)
    away = file.with_name(f"{file.name}.moved")
    with _use(SQLiteDatabase(file)) as old, old.lock():
        with suppress(OlderStore):  # it is migrated below
            old.check()
        _check_empty(store)
        old.fold()
        with _trouble(f"can't rename {file}"):
            if away.exists():
                raise ConfigError(f"{away.name} already exists: move it away first")
            file.rename(away)  # before copying: two bridges must never send its messages
        return _fill(store, away, lambda queue: queue.recover("move"))


def _fill(store: Path | str, file: Path, doubt: Callable[[MessageQueue], int]) -> Filled:
    with _use(SQLiteDatabase(file)) as source:
        source.migrate()
        messages = MessageStore(source)
        unknown = doubt(MessageQueue(messages))
        with _use(open_database(store)) as target, target.lock():
            target.migrate()
            with _trouble(f"can't write {target.name}"):
                _copy(source, target)
        return Filled(sum(messages.counts().values()), unknown)


def _check_empty(store: Path | str) -> None:
    with _use(open_database(store)) as target, target.lock():
        target.migrate()
        with target.read() as connection:
            _check_no_message(target, connection)


def _check_no_message(target: Database, connection: Connection) -> None:
    if connection.execute(select(func.count()).select_from(MESSAGES)).scalar():
        raise ConfigError(f"the store {target.name} already has messages: give an empty one")


def _copy(source: Database, target: Database) -> None:
    """Copy all rows into an empty store, in one transaction."""
    with source.snapshot() as old, target.write("copy") as new:
        _check_no_message(target, new)
        for table in METADATA.sorted_tables:
            found = old.execute(select(table).order_by(*table.primary_key)).mappings()
            for some in found.partitions(_ROWS):
                rows = [{**row, **dict.fromkeys(_OF_A_PROCESS & row.keys())} for row in some]
                new.execute(insert(table), rows)
        target.count_on(new)


def _check_file(file: Path) -> None:
    with _trouble(f"can't read {file}"), file.open("rb") as opened:
        if not opened.read(1):
            raise ConfigError(f"can't read {file}: it is empty")


@contextmanager
def _use(database: D) -> Iterator[D]:
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _folder_beside(file: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
        yield Path(folder)


@contextmanager
def _trouble(what: str) -> Iterator[None]:
    """Turn the errors of a file or store into a `ConfigError`."""
    try:
        yield
    except (OSError, StoreError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{what}: {why}") from None
