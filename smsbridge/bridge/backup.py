"""A copy of a store while it is in use, and a store made of such a copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.bridge.database import Database
from smsbridge.bridge.message_queue import MessageQueue
from smsbridge.bridge.store import Store, StoreError
from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable


def back_up(store: Path, file: Path) -> None:
    """Write a copy of a store into a new file; raises `ConfigError`."""
    if file.exists():
        raise ConfigError(f"{file.name} is there already: give a new file")
    database = Database(store)
    try:
        database.check()
        file.touch(0o600, exist_ok=False)  # it has numbers and texts
        try:
            database.copy_to(file)
        except StoreError:
            file.unlink()  # half a copy is none
            raise
    except (OSError, StoreError) as error:
        why = getattr(error, "strerror", None) or getattr(error, "orig", error)
        raise ConfigError(f"can't write {file.name}: {why}") from None
    finally:
        database.close()


def restore(file: Path, store: Path, now: Callable[[], float]) -> int:
    """Make a store of a copy, and return how many messages became *unknown*.

    What waited at the time of the copy may have been sent since, so none of it is sent again by
    itself. Raises `ConfigError`, also where the store is there.
    """
    if not file.is_file():
        raise ConfigError(f"there is no file {file.name}")
    database = Database(store)
    try:
        with database.lock():
            for one in (store, *(store.with_name(store.name + end) for end in ("-wal", "-shm"))):
                if one.exists():
                    raise ConfigError(f"{one.name} is there already: move it away first")
            fresh = store.with_name(f"{store.name}.restored")
            try:
                fresh.touch(0o600)
                shutil.copyfile(file, fresh)
                count = _doubt(fresh, now)
                fresh.replace(store)
            finally:
                fresh.unlink(missing_ok=True)
            return count
    except OSError as error:
        raise ConfigError(f"can't write {store.name}: {error.strerror}") from None
    finally:
        database.close()


def _doubt(fresh: Path, now: Callable[[], float]) -> int:
    """Make *unknown* all that is not settled, and leave one file that has it all."""
    database = Database(fresh)
    try:
        database.migrate()
        count = MessageQueue(Store(database, now)).doubt_all("restore")
        database.fold()
        return count
    finally:
        database.close()
