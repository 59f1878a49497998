"""The database of a store: its transactions and its migrations, whichever kind it is."""

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
"""Is told of each point at which a process might be killed: ``claim: written``, and so on."""


class StoreError(Exception):
    """A store can't be read or written now: its disk may be full, or its server away."""


class OlderStore(ConfigError):
    """A store that is to be brought to the form that the code knows: ``smsbridge serve`` does."""


class Refusal(ValueError):
    """What a write is refused for, before it has written anything: others of its commit go on."""


def nowhere(_: str) -> None:
    """Do nothing at a point."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise a `StoreError` for whatever a driver raises; its text has no value of a row."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(type(error.orig or error).__name__) from error
    except PoolTimeout as error:
        raise StoreError("no connection was free") from error


class Database(ABC):
    """Where a store is kept. Safe to share between threads; other processes may use it too.

    ``jobs``: what hands the work out where several processes may serve it. ``name``: how errors
    call it.
    """

    jobs: JobQueue | None = None
    name: str
    at: At
    _engine: Engine

    @abstractmethod
    def write(self, what: str) -> AbstractContextManager[Connection]:
        """Return a block with a connection in a transaction, which is on the disk at its end."""

    @abstractmethod
    def commit(self, what: str, do: Callable[[Connection], T]) -> T:
        """Return what ``do`` returns, once what it wrote is on the disk.

        ``do`` may raise a `Refusal` before it writes anything.
        """

    @abstractmethod
    def lock(self) -> AbstractContextManager[None]:
        """Return a block that serves the store; raises `ConfigError` where another process does."""

    @abstractmethod
    def prepare(self) -> None:
        """Do what is to be done before a store is made or looked for."""

    @abstractmethod
    def is_there(self) -> bool:
        """Return whether there is a store at all."""

    @abstractmethod
    def take_turns(self, connection: Connection, names: Sequence[str]) -> None:
        """Let nobody else write what has one of these names until the transaction ends."""

    @abstractmethod
    def issue(self, connection: Connection, ids: Sequence[str], due: float) -> int | None:
        """Issue work for messages that are due then; return the number of its job, if any."""

    @abstractmethod
    def alone(self, name: str, seconds: int) -> AbstractContextManager[bool]:
        """Return a block that yields whether nobody else does what has this name until its end.

        A process that takes longer than ``seconds`` may lose its turn to another.
        """

    @abstractmethod
    def now(self) -> float:
        """Return the seconds since 1970, as all who use the store count them."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees the store as it is now, and changes nothing."""
        with store_errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Connection]:
        """Return a block with a connection that sees the store as it is now until its end."""

    @abstractmethod
    def count_on(self, connection: Connection) -> None:
        """Let the next number of each table follow those of the rows that were copied into it."""

    def migrate(self) -> None:
        """Bring the store to the form that the code knows; raises `ConfigError` for a newer one."""
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
        """Raise `ConfigError` unless the store is there, and of the form that the code knows."""
        script = _script()
        try:
            if not self.is_there():
                raise ConfigError(f"there is no store {self.name}: smsbridge serve makes it")
            with self.read() as connection:
                found = self._check_revision(connection, script)
                works = not self.jobs or self.jobs.is_there(connection)
        except StoreError as error:
            raise self.trouble(error) from None
        if found != script.get_current_head() or not works:
            raise OlderStore(
                f"the store {self.name} is of an older smsbridge: smsbridge serve migrates it"
            )

    def trouble(self, error: StoreError) -> ConfigError:
        """Return the error of a store that can't be used at all."""
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
                f"the store {self.name} is of a newer smsbridge: use that one, or a backup"
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
