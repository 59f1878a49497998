"""A store in PostgreSQL, which any number of processes can serve."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, bindparam, create_engine, event, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DisconnectionError
from urllib3.util.wait import wait_for_read

from smsbridge.bridge.store.database import At, Database, StoreError, nowhere, store_errors
from smsbridge.bridge.store.store_tables import ATTEMPTS, EVENTS, MESSAGES
from smsbridge.errors import ConfigError, MissingExtra

try:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    from smsbridge.bridge.store.job_queue import JobQueue, closed_attempt
except ImportError as missing:
    raise MissingExtra("postgres", "a store in PostgreSQL") from missing

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Dialect

T = TypeVar("T")
_POOL = 16
_ROWS = 1000
_CONNECTION: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
    "application_name": "smsbridge",
}
"""Detect a server that vanished without closing the connection; seconds and milliseconds."""

_TURNS = select(func.pg_advisory_xact_lock(func.unnest(bindparam("keys", type_=ARRAY(BigInteger)))))
_SESSION = select(func.pg_backend_pid())
_NOW = select(func.extract("epoch", func.clock_timestamp()))


class PostgresDatabase(Database):
    """A PostgreSQL database; the tables are in the first schema of its ``search_path``.

    All processes use the server's clock.
    """

    jobs: JobQueue

    def __init__(self, url: URL, *, at: At = nowhere) -> None:
        """``at`` is for tests that kill the process at a point."""
        self.name = f"{url.database or ''} on {url.host or 'this machine'}"
        self.at = at
        self._ahead, self._schema = 0.0, ""
        self._engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=_POOL,
            max_overflow=_POOL,
            pool_timeout=10,
            connect_args=_CONNECTION,
            hide_parameters=True,
        )
        event.listen(self._engine, "do_connect", _connect)
        event.listen(self._engine, "connect", self._set_up)
        event.listen(self._engine, "checkout", _check_open)
        _, given = self._engine.dialect.create_connect_args(self._engine.url)
        given = {name: value for name, value in given.items() if name != "context"}  # psycopg's own
        try:
            self.jobs = JobQueue(make_conninfo(**{**given, **_CONNECTION}))
        except ProgrammingError as error:  # it names an option, but no value
            raise ConfigError(f"the store {self.name} can't be used: {error}") from None

    @contextmanager
    def write(self, what: str) -> Iterator[Connection]:
        """Yield a connection in a transaction, durably committed at the end of the block."""
        with store_errors(), self._engine.connect() as connection:
            with connection.begin():
                self.at(f"{what}: begun")
                yield connection
                self.at(f"{what}: written")
            self.at(f"{what}: committed")

    def commit(self, what: str, do: Callable[[Connection], T]) -> T:
        """Return what ``do`` returns, once its writes are on the server's disk.

        Any exception from ``do`` rolls back its transaction.
        """
        with self.write(what) as connection:
            return do(connection)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Serve the store, alongside other processes.

        Raises `ConfigError` behind a pooler that doesn't keep a session for each connection.
        """
        try:
            keeps = self._keeps_session()
        except StoreError as error:
            raise self.trouble(error) from None
        if not keeps:
            raise ConfigError(
                f"the store {self.name} is behind a pooler that gives a connection's session to"
                " others between its transactions: connect to PostgreSQL itself, or to PgBouncer"
                " in session mode"
            )
        yield

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that reads one snapshot of the store."""
        with store_errors(), self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level="REPEATABLE READ", yield_per=_ROWS)
            with connection.begin():
                yield connection

    def count_on(self, connection: Connection) -> None:
        """Advance each table's sequence past the rows that were copied into it."""
        for table in (MESSAGES, ATTEMPTS, EVENTS):
            sequence = func.pg_get_serial_sequence(table.name, "seq")
            last = select(func.max(table.c.seq)).scalar_subquery()
            connection.execute(select(func.setval(sequence, func.coalesce(last, 1))))

    def prepare(self) -> None:
        """Measure the offset of the server's clock."""
        with store_errors(), self._engine.connect() as connection:
            self._ahead = float(connection.execute(_NOW).scalar_one()) - time.time()

    def is_there(self) -> bool:
        """Return whether the tables exist."""
        self.prepare()
        with self.read() as connection:
            return connection.dialect.has_table(connection, "messages")

    def now(self) -> float:
        """Return the seconds since 1970 on the server's clock, by the last measured offset."""
        return time.time() + self._ahead

    def take_turns(self, connection: Connection, names: Sequence[str]) -> None:
        """Take advisory locks of these names until the transaction ends."""
        keys = sorted({self._key(name) for name in names})
        connection.execute(_TURNS, {"keys": keys})

    @contextmanager
    def alone(self, name: str, seconds: int) -> Iterator[bool]:
        """Yield whether it got the advisory lock of this name, held until the end.

        A process that holds it idle for longer than ``seconds`` loses it.
        """
        with store_errors(), self._engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(_TURN % seconds)
            yield bool(connection.execute(_TRY, {"key": self._key(name)}).scalar_one())

    def issue(self, connection: Connection, ids: Sequence[str], due: float) -> int | None:
        """Enqueue a job for messages due at that time; return its number."""
        later = due if due > self.now() else None
        return self.jobs.issue(connection.connection.driver_connection, ids, later)

    def _keeps_session(self) -> bool:
        """Return whether each of two connections keeps a session of its own, as settings must.

        A pooler by transaction gives the session that one leaves to the other, or gives back
        another. Nothing else does, however slow the server is.
        """
        with store_errors(), self._engine.connect() as one, self._engine.connect() as other:
            seen = {one: set[int](), other: set[int]()}
            for idle, busy in ((one, other), (other, one)):  # sessions may be given out in turn
                for connection in (idle, busy, idle):
                    seen[connection].add(connection.execute(_SESSION).scalar_one())
                    if len(seen[connection]) > 1 or seen[one] & seen[other]:
                        return False
                    if connection is idle:
                        idle.commit()
                busy.commit()
        return True

    def _set_up(self, connection: Any, _record: object) -> None:
        connection.execute(_SETTINGS)
        (self._schema,) = connection.execute("SELECT current_schema()").fetchone()
        connection.commit()

    def _key(self, name: str) -> int:
        """Return the key of an advisory lock, distinct for each schema."""
        whole = f"smsbridge {self._schema} {name}"
        digest = hashlib.sha256(whole.encode(errors="surrogatepass")).digest()
        return int.from_bytes(digest[:8], signed=True)


def _connect(dialect: Dialect, _record: object, args: list[Any], options: dict[str, Any]) -> Any:
    with closed_attempt():
        return dialect.connect(*args, **options)


def _check_open(connection: Any, _record: object, _proxy: object) -> None:
    """Have a session that the server ended replaced: its socket is readable, for it sent an end.

    Asking the server instead would take a round trip before each transaction.
    """
    if connection.closed or wait_for_read(connection, 0):
        raise DisconnectionError


_TRY = select(func.pg_try_advisory_xact_lock(bindparam("key", type_=BigInteger)))
_SETTINGS = "SET synchronous_commit TO on; SET idle_in_transaction_session_timeout TO '15s'"
"""A commit returns once it is on disk, whatever the server's default. The idle-in-transaction
timeout ends the transaction of a hung process, which would block others with its row locks."""

_TURN = "SET LOCAL idle_in_transaction_session_timeout TO '%ds'"
