"""The jobs of a store in PostgreSQL, by Procrastinate: they carry ids, and are only a hint.

A message is where its row says. A job that is lost is issued again, and one too many does nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

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
"""How often a worker says that it lives."""

STALLED_SECONDS = 15.0
"""After how long without a word a worker counts as dead."""

_SQL = files("procrastinate.sql")
_STEPS = Table("job_migrations", MetaData(), Column("name", String(200), primary_key=True))


class JobQueue:
    """Issues jobs, and hands them to this process. ``conninfo``: that of libpq."""

    def __init__(self, conninfo: str) -> None:
        """Nothing is asked yet."""
        self._conninfo = conninfo
        self._issuer = self._app()

    def _app(self) -> App:
        connector = PsycopgConnector(conninfo=self._conninfo, min_size=1, max_size=4, timeout=10)
        return App(connector=connector)

    def issue(self, connection: Any, ids: Sequence[str], due: float | None) -> int:
        """Issue a job on a connection of psycopg, in its transaction; return its number."""
        at = datetime.fromtimestamp(due, UTC) if due is not None else None
        job = self._issuer.configure_task(
            DELIVER, queue=QUEUE, schedule_at=at, connection=connection
        )
        with _store_errors():
            return job.defer(ids=list(ids))

    async def run(
        self, deliver: Callable[[Sequence[str]], None], *, concurrency: int, seconds: float
    ) -> None:
        """Hand jobs to ``deliver``, each in a thread, until this is cancelled; then wait for them.

        ``seconds``: how long at most. Raises what the database raises.
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
                    fetch_job_polling_interval=1.0,  # what is due later wakes nobody
                )
            finally:
                dead.cancel()

    @staticmethod
    def is_there(connection: Connection) -> bool:
        """Return whether there are tables for jobs: without them nothing can be stored."""
        return inspect(connection).has_table("procrastinate_jobs")

    def migrate(self, database: Database) -> None:
        """Make Procrastinate's tables, or bring them to the form of the installed version.

        Each step is a transaction: a later one may need that an earlier one was committed.
        """
        for _ in range(len(_steps()) + 1):
            with database.write("migrate jobs") as connection:
                database.take_turns(connection, ["migrate jobs"])
                with _store_errors():
                    over = not _migrate_once(connection)
            if over:
                return


@contextmanager
def _store_errors() -> Iterator[None]:
    """Raise a `StoreError` for what Procrastinate and the driver raise by themselves."""
    try:
        yield
    except (ConnectorException, psycopg.Error) as error:
        raise StoreError(type(error.__cause__ or error).__name__) from error


def _migrate_once(connection: Connection) -> bool:
    """Take the next step; return False if there is none."""
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
    """Return the names of Procrastinate's migrations, in their order."""
    found = _SQL.joinpath("migrations").iterdir()
    return sorted(one.name for one in found if one.name.endswith(".sql"))


async def _take_over(app: App) -> None:
    """Issue again, for as long as this runs, what dead workers had taken."""
    jobs = app.job_manager
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            for job in await jobs.get_stalled_jobs(
                queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS
            ):
                with suppress(ConnectorException):  # another process has just done so
                    await jobs.retry_job(job)
        except Exception as error:  # noqa: BLE001  (without it no job of a dead worker is done)
            LOG.warning("the jobs of dead workers can't be seen: %s", type(error).__name__)


async def _in_thread(do: Callable[[], None]) -> None:
    """Do something in a thread of its own, which keeps no process from ending."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001  (whoever waits raises it)
            _tell(loop, over, error)
        else:
            _tell(loop, over, None)

    threading.Thread(target=run, daemon=True).start()
    await over


def _tell(
    loop: asyncio.AbstractEventLoop, over: asyncio.Future[None], error: Exception | None
) -> None:
    def end() -> None:
        if over.done():  # nobody waits any more
            return
        if error is not None:
            over.set_exception(error)
        else:
            over.set_result(None)

    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(end)
