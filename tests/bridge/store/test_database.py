"""What both kinds of database do: transactions, errors without values, and versions."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text

from smsbridge.bridge.store.database import Refusal, StoreError
from smsbridge.bridge.store.store_tables import TOKENS
from smsbridge.errors import ConfigError

from support.bridges import open_store, put
from support.stores import Place

ROW = {"hash": "h", "door": "d", "caller": "c", "expires": 1.0}


def test_a_block_that_fails_writes_nothing(place: Place) -> None:
    with open_store(place) as store:
        database = store.database

        def fail(error: Exception) -> None:
            with database.write("test") as connection:
                connection.execute(insert(TOKENS), ROW)
                raise error

        for error in (RuntimeError("a bug"), Refusal("no")):
            with pytest.raises(type(error)):
                fail(error)
        with database.read() as connection:
            assert connection.execute(select(TOKENS)).all() == []


def test_a_commit_returns_what_was_done_and_tells_its_points(place: Place) -> None:
    with open_store(place):
        points: list[str] = []
        database = place.database(points.append)
        found = database.commit("put", lambda one: one.execute(select(TOKENS)).all())
        database.close()
        assert found == []
        assert points == ["put: begun", "put: written", "put: committed"]


def test_an_error_of_the_driver_says_its_kind_and_no_value(place: Place) -> None:
    with open_store(place) as store:
        database = store.database
        database.commit("put", lambda one: one.execute(insert(TOKENS), ROW))
        with pytest.raises(StoreError) as twice:
            database.commit("put", lambda one: one.execute(insert(TOKENS), ROW))
        assert str(twice.value) in ("IntegrityError", "UniqueViolation")


def test_a_store_is_migrated_once_and_keeps_what_it_has(place: Place) -> None:
    with open_store(place) as store:
        put(store)
        store.database.migrate()
        store.database.check()
        assert len(store.list_messages()) == 1


def test_a_newer_store_is_refused_and_left_as_it_is(place: Place) -> None:
    with open_store(place) as store:
        with store.database.write("test") as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '999'"))
        for use in (store.database.migrate, store.database.check):
            with pytest.raises(ConfigError, match="from a newer smsbridge"):
                use()


def test_a_store_that_is_missing_or_older_is_told(place: Place) -> None:
    database = place.database()
    with pytest.raises(ConfigError, match=r"there is no store .*: smsbridge serve creates it"):
        database.check()
    database.migrate()
    with database.write("test") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '1'"))
    with pytest.raises(ConfigError, match="from an older smsbridge"):
        database.check()
    database.close()


def test_of_two_processes_one_gets_the_lock(place: Place) -> None:
    with open_store(place) as store, store.database.alone("this", 60) as mine:
        assert mine
        if place.server is None:
            return
        other = place.database()
        other.check()
        with other.alone("this", 60) as too, other.alone("that", 60) as another:
            assert (too, another) == (False, True)
        other.close()
