"""A store in PostgreSQL: durable commits, the server's clock, and advisory locks."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import trustme
from sqlalchemy import make_url

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.job_queue import JobQueue
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.postgres_database import PostgresDatabase
from smsbridge.errors import ConfigError

from support.bridges import NUMBER, SECONDS, new_message, put
from support.each import each
from support.postgres import Server, running_pooler
from support.sockets import closed_without_answer
from support.stores import Place


def test_a_commit_waits_for_the_disk_whatever_the_server_has(postgres: Server) -> None:
    with postgres.database() as url:
        name = make_url(url).database
        postgres.ask(f"ALTER DATABASE {name} SET synchronous_commit TO off")
        database = PostgresDatabase(make_url(url))
        with database.read() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        database.close()


def test_the_time_is_that_of_the_server(database: PostgresDatabase) -> None:
    database.prepare()
    assert abs(database.now() - time.time()) < 5


def test_holders_of_one_lock_take_turns(database: PostgresDatabase) -> None:
    order: list[str] = []
    first_has_it, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with database.write("first") as connection:
            database.take_turns(connection, ["a", "b"])
            first_has_it.set()
            go_on.wait(20)
            order.append("first")

    def second() -> None:
        first_has_it.wait(20)
        with database.write("second") as connection:
            database.take_turns(connection, ["b", "c"])
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(first), pool.submit(second)]
        first_has_it.wait(20)
        with database.write("third") as connection:  # nobody has this one
            database.take_turns(connection, ["d"])
            order.append("third")
        go_on.set()
        for one in both:
            one.result(20)
    assert order == ["third", "first", "second"]


@pytest.mark.full
def test_a_hung_process_loses_its_lock_after_its_seconds(
    database: PostgresDatabase,
) -> None:
    def other_has_it() -> bool:
        with database.alone("upkeep", 1) as mine:
            return mine

    def stand_still() -> None:
        with database.alone("upkeep", 1):
            until = time.monotonic() + 20
            while not other_has_it():
                assert time.monotonic() < until
                time.sleep(0.2)

    with pytest.raises(StoreError):
        stand_still()


def test_a_repeat_that_comes_at_the_same_time_is_one_message(database: PostgresDatabase) -> None:
    store = MessageStore(database)
    with ThreadPoolExecutor(8) as pool:
        named = list(pool.map(lambda _: store.put(new_message(key="k")).message.id, range(16)))
        alike = [new_message("Alike", same_within=60.0) for _ in range(16)]
        window = list(pool.map(lambda new: store.put(new).message.id, alike))
    assert len({*named}) == 1
    assert len({*window}) == 1


def test_messages_to_one_recipient_are_numbered_as_they_are_committed(
    database: PostgresDatabase,
) -> None:
    store = MessageStore(database)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(store, str(number), recipient=NUMBER), range(40)))
    found = store.list_messages(limit=100)[::-1]
    assert [one.stored_at for one in found] == sorted(one.stored_at for one in found)


def test_an_unreachable_server_is_a_store_error(tmp_path: Path) -> None:
    place = Place(tmp_path, "postgresql://nobody:secret@127.0.0.1:1/away")
    database = place.database()
    with pytest.raises(StoreError), database.read():
        pass
    for use in (database.migrate, database.check):
        with pytest.raises(
            ConfigError, match=r"the store away on 127\.0\.0\.1 can't be used"
        ) as no:
            use()
        assert "secret" not in str(no.value)
    database.close()


def test_a_connection_that_gets_no_answer_is_closed() -> None:
    with closed_without_answer(SECONDS) as (port, is_closed):
        url = make_url(f"postgresql://postgres@127.0.0.1:{port}/test")
        with closing(PostgresDatabase(url)) as database:
            with pytest.raises(StoreError, match="ConnectionTimeout"):
                database.prepare()
            assert is_closed()


def test_a_server_with_the_certificate_of_another_authority_is_not_trusted(
    postgres: Server, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    query = f"sslmode=verify-full&sslrootcert={other}"
    url = f"postgresql://postgres:secret-word@localhost:{postgres.port}/postgres?{query}"
    database = PostgresDatabase(make_url(url))
    refused = pytest.raises(ConfigError, match="certificate verify failed")
    with postgres.tls(), closing(database), refused as no, database.lock():
        pass
    assert "secret-word" not in str(no.value)


def test_sessions_ended_by_the_server_are_replaced(
    database: PostgresDatabase, postgres: Server
) -> None:
    store = MessageStore(database)
    put(store)
    postgres.stop()
    with pytest.raises(StoreError):
        put(store)
    postgres.start()
    put(store)
    assert len(store.list_messages()) == 2


def test_an_idle_session_that_the_server_ended_is_replaced_without_an_error(
    database: PostgresDatabase, postgres: Server
) -> None:
    with database.read() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    assert postgres.ask(f"SELECT pg_terminate_backend({pid}, 20000)") == [(True,)]
    put(MessageStore(database))


def test_bridges_in_two_schemas_share_no_lock(postgres: Server) -> None:
    with postgres.database() as url, ExitStack() as stack:
        name = make_url(url).database or ""
        both = []
        for schema in ("first", "second"):
            postgres.ask(f"CREATE SCHEMA {schema}", name)
            one = PostgresDatabase(make_url(f"{url}?options=-csearch_path%3D{schema}"))
            stack.callback(one.close)
            one.migrate()
            both.append(one)
        first, second = both
        with first.alone("upkeep", 60) as mine, second.alone("upkeep", 60) as theirs:
            assert (mine, theirs) == (True, True)
            with first.alone("upkeep", 60) as again:
                assert not again
        put(MessageStore(first))
        assert MessageStore(second).list_messages() == []
        with second.read() as connection:
            asked = "SELECT count(*) FROM procrastinate_jobs"
            assert connection.exec_driver_sql(asked).scalar() == 0


@pytest.mark.full
@pytest.mark.timeout(60)
def test_a_hung_process_does_not_block_others_for_good(database: PostgresDatabase) -> None:
    store = MessageStore(database)
    begun = time.monotonic()

    def stand_still() -> None:
        with database.write("still") as connection:
            database.take_turns(connection, [f"to {NUMBER}"])
            put(store)  # waits until the server has ended the other transaction

    with pytest.raises(StoreError):
        stand_still()
    assert 10 < time.monotonic() - begun < 30
    assert len(store.list_messages()) == 1


def test_a_pooler_by_session_is_as_good_as_the_server(postgres: Server) -> None:
    with postgres.database() as url, running_pooler(postgres, "session") as port:
        database = PostgresDatabase(make_url(url).set(port=port))
        with closing(database), database.lock():
            database.migrate()
            put(MessageStore(database))
            assert len(MessageStore(database).list_messages()) == 1


@each("in_turn", [False, True])
@each("busy", [0, 1, 4])
def test_a_pooler_by_transaction_is_refused_at_the_start(
    postgres: Server, busy: int, in_turn: object
) -> None:
    with (
        postgres.database() as url,
        running_pooler(postgres, "transaction", in_turn=bool(in_turn)) as port,
        ExitStack() as others,
    ):
        behind = make_url(url).set(port=port)
        for _ in range(busy):
            other = PostgresDatabase(behind)
            others.enter_context(closing(other))
            others.enter_context(other.read())
        database = PostgresDatabase(behind.set(password="secret-word"))
        with closing(database), pytest.raises(ConfigError) as no, database.lock():
            pass
    assert str(no.value).endswith("connect to PostgreSQL itself, or to PgBouncer in session mode")
    assert "secret-word" not in str(no.value)


def test_jobs_come_from_the_same_place_as_rows(postgres: Server) -> None:
    url = make_url(postgres.url("bridge")).set(password="p@w +%/'", host="::1")
    url = url.update_query_dict({"sslmode": "require", "options": "-csearch_path=a"})
    made: list[str] = []

    class Listening(JobQueue):
        def __init__(self, conninfo: str) -> None:
            made.append(conninfo)
            super().__init__(conninfo)

    from psycopg.conninfo import conninfo_to_dict

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smsbridge.bridge.store.postgres_database.JobQueue", Listening)
        PostgresDatabase(url).close()
    found = conninfo_to_dict(made[0])
    assert (
        found.items()
        >= {
            "host": "::1",
            "port": str(postgres.port),
            "dbname": "bridge",
            "user": "postgres",
            "password": "p@w +%/'",
            "sslmode": "require",
            "options": "-csearch_path=a",
            "connect_timeout": "5",
        }.items()
    )


def test_an_option_that_postgresql_has_not_is_named(tmp_path: Path) -> None:
    place = Place(tmp_path, "postgresql://bridge:secret@db.example/bridge?sslmod=require")
    with pytest.raises(ConfigError, match="sslmod") as no:
        place.database()
    assert "secret" not in str(no.value)
