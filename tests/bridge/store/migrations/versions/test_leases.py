"""The second migration: an older store keeps its waiting messages."""

from __future__ import annotations

from pathlib import Path

from smsbridge.bridge.store.stored_message import State

from support.bridges import claim, open_store
from support.old_stores import first_store


def test_a_message_that_waits_in_an_older_store_is_sent(tmp_path: Path) -> None:
    first_store(tmp_path / "bridge.db", text="It waits")
    with open_store(tmp_path) as store:
        (waits,) = store.list_messages()
        assert (waits.text, waits.state) == ("It waits", State.STORED)
        claimed = claim(store)
        assert claimed is not None
        assert claimed.id == waits.id
