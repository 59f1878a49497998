"""The first step of a store: attempts are only added, whoever writes."""

from __future__ import annotations

import pytest

from smsbridge.bridge.store.database import StoreError

from support.bridges import open_store, put
from support.each import each
from support.stores import Place


@each("change", ["UPDATE attempts SET actor = 'nobody'", "DELETE FROM attempts"])
def test_an_attempt_is_never_changed_nor_deleted(place: Place, change: str) -> None:
    with open_store(place) as store:
        stored = put(store)
        with (
            pytest.raises(StoreError) as refused,
            store.database.write("test") as connection,
        ):
            connection.exec_driver_sql(change)
        assert "attempts are only added" in str(refused.value.__cause__)
        assert [one["actor"] for one in store.history(stored)] == ["caller shop"]
