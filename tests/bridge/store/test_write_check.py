"""The check whether a message can be stored, by writing as much."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.store_tables import TOKENS
from smsbridge.bridge.store.write_check import check_writable

from support.bridges import open_store, put
from support.stores import Place


def test_a_store_with_room_for_a_row_and_not_for_a_message_can_t_be_written(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:

        def limit(more: int) -> None:
            with store.database.write("limit") as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + more
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        limit(0)
        with store.database.write("token") as connection:
            connection.exec_driver_sql("INSERT INTO tokens VALUES ('h', 'd', 'c', 1)")
        with pytest.raises(StoreError):
            put(store, "A long text " * 1000)
        with pytest.raises(StoreError):
            check_writable(store.database)
        limit(100)
        check_writable(store.database)
        put(store, "A long text " * 1000)


def test_a_check_whether_it_can_be_written_leaves_nothing(place: Place) -> None:
    with open_store(place) as store:
        check_writable(store.database)
        check_writable(store.database)
        with store.database.read() as connection:
            assert connection.execute(select(TOKENS)).all() == []
