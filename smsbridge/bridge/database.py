"""The file of a store: its transactions, its migrations, and the lock of the one that serves it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.errors import ConfigError, MissingExtra
from smsbridge.text.file_lock import try_lock

try:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DatabaseError
except ImportError as missing:
    raise MissingExtra("bridge", "the bridge") from missing

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")
_BUSY_SECONDS = 10
_MOST_AT_ONCE = 64
_WRITING = "smsbridge_writing"
At = Callable[[str], None]
"""Is told of each point at which a process might be killed: ``claim: written``, and so on."""


class Refusal(ValueError):
    """What a write is refused for, before it has written anything: others of its commit go on."""


def _nowhere(_: str) -> None:
    """Do nothing."""


@dataclass(slots=True, eq=False)
class _Write:
    """A write that waits for a commit, and what came of it."""

    what: str
    do: Callable[[Connection], Any]
    over: bool = False
    result: Any = None
    error: BaseException | None = None


class Database:
    """One SQLite file. Safe to share between threads; other processes may read and write it too."""

    def __init__(self, file: Path, *, at: At = _nowhere) -> None:
        """``at`` is for tests that end the process at a point."""
        self.file = file
        self.at = at
        self._engine = create_engine(
            f"sqlite:///{file}", connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
        )
        self._turn = threading.Lock()
        self._waiting: deque[_Write] = deque()
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def write(self, what: str) -> Iterator[Connection]:
        """Yield a connection in a transaction that is on the disk at the end of the block."""
        with self._turn, self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITING: True})
            with connection.begin():
                self.at(f"{what}: begun")
                yield connection
                self.at(f"{what}: written")
            self.at(f"{what}: committed")

    def commit(self, what: str, do: Callable[[Connection], T]) -> T:
        """Return what ``do`` returns, once what it wrote is on the disk.

        Those who come while the disk is busy share one commit. ``do`` may raise a `Refusal` before
        it writes; whatever else it raises ends all that share its commit, with nothing written.
        """
        own = _Write(what, do)
        self._waiting.append(own)
        with self._turn:
            if not own.over:  # else somebody else has taken it along
                self._commit_all()
        if own.error is not None:
            raise own.error
        result: T = own.result
        return result

    def _commit_all(self) -> None:
        writes = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
        try:
            with self._engine.connect() as plain:
                connection = plain.execution_options(**{_WRITING: True})
                with connection.begin():
                    for one in writes:
                        self._do(one, connection)
        except BaseException as error:  # noqa: BLE001  (each of them raises it)
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

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees the store as it is now, and changes nothing."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the store to the form that the code knows; raises `ConfigError` for a newer one."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(0o600)  # it has numbers and texts
        script = _script()
        try:
            with self.write("migrate") as connection:
                self._check_revision(connection, script)
                _upgrade(connection, script)
        except DatabaseError as error:
            raise ConfigError(f"the store {self.file.name} can't be used: {error.orig}") from None

    def check(self) -> None:
        """Raise `ConfigError` unless the store is there, and of the form that the code knows."""
        if not self.file.is_file():
            raise ConfigError(f"there is no store {self.file.name}: smsbridge serve makes it")
        script = _script()
        try:
            with self.read() as connection:
                found = self._check_revision(connection, script)
        except DatabaseError as error:
            raise ConfigError(f"the store {self.file.name} can't be used: {error.orig}") from None
        if found != script.get_current_head():
            raise ConfigError(
                f"the store {self.file.name} is of an older smsbridge: smsbridge serve migrates it"
            )

    def _check_revision(self, connection: Connection, script: ScriptDirectory) -> str | None:
        found = MigrationContext.configure(connection).get_current_revision()
        known = {one.revision for one in script.walk_revisions()}
        if found is not None and found not in known:
            raise ConfigError(
                f"the store {self.file.name} is of a newer smsbridge: use that one, or a backup"
            )
        return found

    def copy_to(self, file: Path) -> None:
        """Write a copy of the store as it is now, while it may be in use."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # VACUUM takes no transaction
            connection.exec_driver_sql("VACUUM INTO ?", (str(file),))
            connection.exec_driver_sql("BEGIN")

    def fold(self) -> None:
        """Write what stands in the file beside it into the store itself, and end that file."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # the journal is no part of a transaction
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
            connection.exec_driver_sql("BEGIN")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store for one process that serves it; raises `ConfigError` for a second."""
        beside = self.file.with_name(f"{self.file.name}.lock")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            held = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"can't write {beside}: {error.strerror}") from None
        try:
            if not try_lock(held):
                raise ConfigError(f"another process serves the store {self.file.name}")
            yield
        finally:
            os.close(held)

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()


def _prepare(connection: Any, _record: object) -> None:
    """Set a new connection up: a commit returns once it is on the disk."""
    connection.isolation_level = None  # the driver begins no transaction by itself
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "smsbridge.bridge:migrations")
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _upgrade(connection: Connection, script: ScriptDirectory) -> None:
    def steps(revision: Any, _context: object) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001  (as Alembic's own command does)

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
