"""The first step of a store: attempts are only added, whoever writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.store import StoreError

from support.bridges import open_store, put
from support.each import each


@each("change", ["UPDATE attempts SET actor = 'nobody'", "DELETE FROM attempts"])
def test_an_attempt_is_never_changed_nor_deleted(tmp_path: Path, change: str) -> None:
    with open_store(tmp_path) as store:
        stored = put(store)
        with (
            pytest.raises(StoreError, match="attempts are only added"),
            store.database.write("test") as connection,
        ):
            connection.exec_driver_sql(change)
        assert [one["actor"] for one in store.history(stored)] == ["caller shop"]
