"""The database of a store, of either kind: transactions and migrations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.errors import ConfigError, MissingExtra

try:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout
except ImportError as missing:
    raise MissingExtra("bridge", "the bridge") from missing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from smsbridge.bridge.store.job_queue import JobQueue

T = TypeVar("T")
At = Callable[[str], None]
"""Called at each point where a test may kill the process: ``claim: written``, and so on."""


class StoreError(Exception):
    """A store can't be read or written now: its disk may be full, or its server down."""


class OlderStore(ConfigError):
    """A store whose schema must be migrated; ``smsbridge serve`` does that."""


class Refusal(ValueError):
    """A write refused before it wrote anything; others in the same commit continue."""


def nowhere(_: str) -> None:
    """Do nothing."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn driver errors into a `StoreError`, whose text contains no row values."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(type(error.orig or error).__name__) from error
    except PoolTimeout as error:
        raise StoreError("no connection was free") from error


class Database(ABC):
    """The database of a store. Thread-safe; other processes may use it too.

    ``jobs``: the job queue, if several processes may serve the store. ``name``: its name in errors.
    """

    jobs: JobQueue | None = None
    name: str
    at: At
    _engine: Engine

    @abstractmethod
    def write(self, what: str) -> AbstractContextManager[Connection]:
        """Return a context with a connection in a transaction, durably committed at its end."""

    @abstractmethod
    def commit(self, what: str, do: Callable[[Connection], T]) -> T:
        """Return what ``do`` returns, once its writes are durably committed.

        ``do`` may raise a `Refusal` before it writes anything.
        """

    @abstractmethod
    def lock(self) -> AbstractContextManager[None]:
        """Return a context that serves the store; raises `ConfigError` if it is already served."""

    @abstractmethod
    def prepare(self) -> None:
        """Prepare for creating or finding the store."""

    @abstractmethod
    def is_there(self) -> bool:
        """Return whether the store exists."""

    @abstractmethod
    def take_turns(self, connection: Connection, names: Sequence[str]) -> None:
        """Take exclusive locks of these names until the transaction ends."""

    @abstractmethod
    def issue(self, connection: Connection, ids: Sequence[str], due: float) -> int | None:
        """Enqueue a job for messages due at that time; return its number, if there are jobs."""

    @abstractmethod
    def alone(self, name: str, seconds: int) -> AbstractContextManager[bool]:
        """Return a context that yields whether it holds the lock of this name until its end.

        A process that takes longer than ``seconds`` may lose the lock to another.
        """

    @abstractmethod
    def now(self) -> float:
        """Return the seconds since 1970, by the clock that all processes of the store share."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for reading the store."""
        with store_errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Connection]:
        """Return a context with a connection that reads one snapshot of the store."""

    @abstractmethod
    def count_on(self, connection: Connection) -> None:
        """Advance each table's sequence past the rows that were copied into it."""

    def migrate(self) -> None:
        """Migrate the store to the current schema; raises `ConfigError` for a newer one."""
        script = _script()
        try:
            self.prepare()
            with self.write("migrate") as connection:
                self.take_turns(connection, ["migrate"])
                self._check_revision(connection, script)
                _upgrade(connection, script)
            if self.jobs:
                self.jobs.migrate(self)
        except StoreError as error:
            raise self.trouble(error) from None

    def check(self) -> None:
        """Raise `ConfigError` unless the store exists and has the current schema."""
        script = _script()
        try:
            if not self.is_there():
                raise ConfigError(f"there is no store {self.name}: smsbridge serve creates it")
            with self.read() as connection:
                found = self._check_revision(connection, script)
                works = not self.jobs or self.jobs.is_there(connection)
        except StoreError as error:
            raise self.trouble(error) from None
        if found != script.get_current_head() or not works:
            raise OlderStore(
                f"the store {self.name} is from an older smsbridge: smsbridge serve migrates it"
            )

    def trouble(self, error: StoreError) -> ConfigError:
        """Return the error for a store that can't be used at all."""
        cause = getattr(error.__cause__, "orig", None) or error
        why = str(cause).strip().partition("\n")[0]
        return ConfigError(f"the store {self.name} can't be used: {why}")

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def _check_revision(self, connection: Connection, script: ScriptDirectory) -> str | None:
        found = MigrationContext.configure(connection).get_current_revision()
        known = {one.revision for one in script.walk_revisions()}
        if found is not None and found not in known:
            raise ConfigError(
                f"the store {self.name} is from a newer smsbridge: use that version, or a backup"
            )
        return found


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "smsbridge.bridge.store:migrations")
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _upgrade(connection: Connection, script: ScriptDirectory) -> None:
    def steps(revision: Any, _context: object) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001  (as Alembic's own command does)

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
