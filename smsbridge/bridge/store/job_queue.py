"""The jobs of a PostgreSQL store, by Procrastinate: they carry ids, and are only a hint.

The row of a message is authoritative. A lost job is reissued, and a surplus job does nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.resources import files
from traceback import clear_frames
from typing import TYPE_CHECKING, Any, Self

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

from smsbridge.bridge.store.database import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from smsbridge.bridge.store.database import Database

LOG = logging.getLogger("smsbridge.bridge")
QUEUE = "smsbridge"
DELIVER = "smsbridge.deliver"
BEAT_SECONDS = 5.0
"""The interval of a worker's heartbeat."""

STALLED_SECONDS = 15.0
"""How long a worker may miss its heartbeat before it counts as dead."""

_SQL = files("procrastinate.sql")
_STEPS = Table("job_migrations", MetaData(), Column("name", String(200), primary_key=True))


class JobQueue:
    """Enqueues jobs, and runs them in this process. ``conninfo``: a libpq connection string."""

    def __init__(self, conninfo: str) -> None:
        """No connection is made yet."""
        self._conninfo = conninfo
        self._issuer = self._app()

    def _app(self) -> App:
        connector = PsycopgConnector(
            conninfo=self._conninfo,
            connection_class=_JobConnection,
            min_size=1,
            max_size=4,
            timeout=10,
        )
        return App(connector=connector)

    def issue(self, connection: Any, ids: Sequence[str], due: float | None) -> int:
        """Enqueue a job in the transaction of a psycopg connection; return its number."""
        at = datetime.fromtimestamp(due, UTC) if due is not None else None
        job = self._issuer.configure_task(
            DELIVER, queue=QUEUE, schedule_at=at, connection=connection
        )
        with _store_errors():
            return job.defer(ids=list(ids))

    async def run(
        self, deliver: Callable[[Sequence[str]], None], *, concurrency: int, seconds: float
    ) -> None:
        """Pass jobs to ``deliver``, each in a thread, until cancelled; then wait for them.

        ``seconds``: the longest wait. Raises what the database raises.
        """
        app = self._app()

        @app.task(name=DELIVER, queue=QUEUE)
        async def work(ids: list[str]) -> None:
            await _in_thread(lambda: deliver(ids))

        async with app.open_async():
            dead = asyncio.create_task(_take_over(app))
            try:
                await app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=concurrency,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=seconds,
                    update_heartbeat_interval=BEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    fetch_job_polling_interval=1.0,  # a scheduled job sends no notification
                )
            finally:
                dead.cancel()

    @staticmethod
    def is_there(connection: Connection) -> bool:
        """Return whether the job tables exist: without them nothing can be stored."""
        return inspect(connection).has_table("procrastinate_jobs")

    def migrate(self, database: Database) -> None:
        """Create Procrastinate's tables, or migrate them to the installed version.

        Each step is a transaction, since a step may need an earlier one committed.
        """
        for _ in range(len(_steps()) + 1):
            with database.write("migrate jobs") as connection:
                database.take_turns(connection, ["migrate jobs"])
                with _store_errors():
                    over = not _migrate_once(connection)
            if over:
                return


@contextmanager
def closed_attempt() -> Iterator[None]:
    """Close the socket of an attempt to connect that fails in the block.

    Psycopg leaves one that took too long or was cancelled to the garbage collector, and a server
    that shuts down waits for up to a minute for what such a client will never say.
    """
    try:
        yield
    except BaseException as error:
        clear_frames(error.__traceback__)  # they hold it
        raise


class _JobConnection(psycopg.AsyncConnection[Any]):
    @classmethod
    async def connect(cls, *args: Any, **options: Any) -> Self:
        with closed_attempt():
            return await super().connect(*args, **options)


@contextmanager
def _store_errors() -> Iterator[None]:
    """Turn errors of Procrastinate and the driver into a `StoreError`."""
    try:
        yield
    except (ConnectorException, psycopg.Error) as error:
        raise StoreError(type(error.__cause__ or error).__name__) from error


def _migrate_once(connection: Connection) -> bool:
    """Apply the next step; return False if there is none."""
    raw: Any = connection.connection.driver_connection
    new = not JobQueue.is_there(connection)
    _STEPS.create(connection, checkfirst=True)
    known = set(connection.execute(select(_STEPS.c.name)).scalars())
    ahead = [one for one in _steps() if one not in known]
    taken = ahead if new else ahead[:1]
    if new:
        raw.execute(_SQL.joinpath("schema.sql").read_text("utf-8"))
    for name in taken:
        if not new:
            raw.execute(_SQL.joinpath("migrations", name).read_text("utf-8"))
        connection.execute(insert(_STEPS), {"name": name})
    return bool(taken)


def _steps() -> list[str]:
    """Return the names of Procrastinate's migrations, in order."""
    found = _SQL.joinpath("migrations").iterdir()
    return sorted(one.name for one in found if one.name.endswith(".sql"))


async def _take_over(app: App) -> None:
    """Requeue, while this runs, the jobs that dead workers had fetched."""
    jobs = app.job_manager
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            for job in await jobs.get_stalled_jobs(
                queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS
            ):
                with suppress(ConnectorException):  # another process just did
                    await jobs.retry_job(job)
        except Exception as error:  # noqa: BLE001  (else the jobs of dead workers would be lost)
            LOG.warning("the jobs of dead workers can't be listed: %s", type(error).__name__)


async def _in_thread(do: Callable[[], None]) -> None:
    """Run a function in a daemon thread, which doesn't keep the process alive."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001  (reraised by the waiter)
            _tell(loop, over, error)
        else:
            _tell(loop, over, None)

    threading.Thread(target=run, daemon=True).start()
    await over


def _tell(
    loop: asyncio.AbstractEventLoop, over: asyncio.Future[None], error: Exception | None
) -> None:
    def end() -> None:
        if over.done():  # no longer awaited
            return
        if error is not None:
            over.set_exception(error)
        else:
            over.set_result(None)

    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(end)
