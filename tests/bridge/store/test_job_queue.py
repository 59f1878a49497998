"""Jobs: they commit with their rows, carry only ids, and go to one process at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from importlib.resources import files

import pytest
from sqlalchemy import make_url, text

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.job_queue import JobQueue
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.postgres_database import PostgresDatabase
from smsbridge.errors import ConfigError

from support.bridges import SECONDS, new_message, put
from support.postgres import Server
from support.sockets import closed_without_answer

_DROP_ALL = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'procrastinate%' LOOP
    EXECUTE 'DROP TABLE ' || one.name || ' CASCADE'; END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%' LOOP
    EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE'; END LOOP;
  FOR one IN SELECT typname AS name FROM pg_type
      WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c') LOOP
    EXECUTE 'DROP TYPE IF EXISTS ' || one.name || ' CASCADE'; END LOOP;
END $$
"""


def jobs(database: PostgresDatabase) -> list[tuple[object, ...]]:
    asked = "SELECT args, status, scheduled_at IS NULL FROM procrastinate_jobs ORDER BY id"
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(asked))]


def take(
    database: PostgresDatabase,
    deliver: Callable[[Sequence[str]], None],
    concurrency: int,
    holds: Callable[[], bool],
) -> None:
    """Take jobs until something holds."""

    async def run() -> None:
        jobs = database.jobs.run(deliver, concurrency=concurrency, seconds=5.0)
        running = asyncio.create_task(jobs)
        for _ in range(3000):
            if holds():
                break
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())


def test_a_job_commits_with_its_row_or_not_at_all(database: PostgresDatabase) -> None:
    store = MessageStore(database)
    one = put(store)

    def fail() -> None:
        with database.write("test") as connection:
            database.issue(connection, ["x"], 0.0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert jobs(database) == [({"ids": [one.id]}, "todo", True)]


def test_many_messages_share_a_job(database: PostgresDatabase) -> None:
    several = [new_message(recipient=f"+120255501{number:02}") for number in range(25)]
    puts = MessageStore(database).put_all(several)
    found = [args["ids"] for args, *_ in jobs(database) if isinstance(args, dict)]
    assert [len(one) for one in found] == [10, 10, 5]
    assert [known for one in found for known in one] == [put.message.id for put in puts]


def test_a_job_runs_once_when_due_and_is_then_gone(database: PostgresDatabase) -> None:
    came: list[Sequence[str]] = []
    with database.write("test") as connection:
        database.issue(connection, ["now"], 0.0)
        database.issue(connection, ["soon"], database.now() + 1.0)
        database.issue(connection, ["later"], database.now() + 3600)

    take(database, came.append, 2, lambda: len(came) == 2)
    assert came == [["now"], ["soon"]]
    assert [args for args, *_ in jobs(database)] == [{"ids": ["later"]}]


def test_over_tls_no_connection_is_in_the_clear(postgres: Server) -> None:
    came: list[tuple[bool]] = []
    asked = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '{}'"
    with postgres.tls() as authority, postgres.database() as url:
        verify = {"sslmode": "verify-full", "sslrootcert": str(authority)}
        whole = make_url(url).set(host="localhost").update_query_dict(verify)
        database = PostgresDatabase(whole)

        def deliver(_: Sequence[str]) -> None:
            came.extend(postgres.ask(asked.format(whole.database)))

        with closing(database), database.lock():
            database.migrate()
            put(MessageStore(database))
            take(database, deliver, 1, lambda: bool(came))
    assert len(came) >= 4  # two of the store, and of the jobs one that fetches and one that listens
    assert set(came) == {(True,)}


def test_a_job_that_raises_is_gone_too(database: PostgresDatabase) -> None:
    came: list[Sequence[str]] = []

    def fail(ids: Sequence[str]) -> None:
        came.append(ids)
        raise RuntimeError("a bug")

    with database.write("test") as connection:
        for number in range(3):
            database.issue(connection, [str(number)], 0.0)

    take(database, fail, 1, lambda: len(came) == 3 and not jobs(database))
    assert came == [["0"], ["1"], ["2"]]
    assert jobs(database) == []


def test_a_job_that_can_not_be_issued_is_an_error_of_the_store(database: PostgresDatabase) -> None:
    database.migrate()
    with database.write("test") as connection:
        connection.execute(text("DROP TABLE procrastinate_jobs CASCADE"))
    with pytest.raises(StoreError):
        put(MessageStore(database))
    assert MessageStore(database).list_messages() == []
    with pytest.raises(ConfigError, match="can't be used"):  # half of the tables is there
        database.migrate()


def test_lost_job_tables_are_recreated(database: PostgresDatabase) -> None:
    database.migrate()
    with database.write("test") as connection:
        connection.execute(text(_DROP_ALL))
    with pytest.raises(ConfigError, match="smsbridge serve migrates it"):
        database.check()
    database.migrate()
    database.check()
    put(MessageStore(database))
    assert len(jobs(database)) == 1


def test_the_tables_of_an_older_procrastinate_are_brought_up_to_date(postgres: Server) -> None:
    folder = files("procrastinate.sql").joinpath("migrations")
    steps = sorted(one.name for one in folder.iterdir() if one.name.endswith(".sql"))
    with postgres.database() as url:
        name = make_url(url).database or ""
        postgres.ask("CREATE TABLE job_migrations (name varchar(200) PRIMARY KEY)", name)
        for step in (one for one in steps if one < "03.02"):
            postgres.ask(folder.joinpath(step).read_text("utf-8"), name)
            postgres.ask(f"INSERT INTO job_migrations VALUES ('{step}')", name)
        database = PostgresDatabase(make_url(url))
        database.migrate()
        put(MessageStore(database))
        assert len(jobs(database)) == 1
        database.close()
        found = postgres.ask("SELECT name FROM job_migrations ORDER BY name", name)
    assert [one for (one,) in found] == steps


def test_the_password_is_in_no_text() -> None:
    queue = JobQueue("host=127.0.0.1 dbname=bridge password=secret-word")
    assert "secret-word" not in json.dumps([repr(queue), str(queue)])


def test_a_connection_of_workers_that_gets_no_answer_is_closed() -> None:
    async def run(port: int, is_closed: Callable[[], bool]) -> None:
        jobs = JobQueue(f"host=127.0.0.1 port={port} connect_timeout=1")
        running = asyncio.create_task(jobs.run(print, concurrency=1, seconds=5.0))
        try:
            assert await asyncio.to_thread(is_closed)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    with closed_without_answer(SECONDS) as (port, is_closed):
        asyncio.run(run(port, is_closed))
