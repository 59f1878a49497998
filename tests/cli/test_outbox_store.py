"""How the commands beside serve open a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.cli.outbox_store import find_message, message_words, open_store
from smsbridge.errors import ConfigError, InvalidMessage

from support import bridges


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "smsbridge.toml"
    file.write_text(bridges.config_text(), encoding="utf-8")
    with pytest.raises(ConfigError, match="smsbridge serve creates it"), open_store(str(file)):
        pass
    assert not (tmp_path / "bridge.db").exists()


def test_a_message_as_json_has_times_that_can_be_read_and_no_attempt(tmp_path: Path) -> None:
    with bridges.open_store(tmp_path) as store:
        message = bridges.put(store)
        words = message_words(find_message(store, message.id))
        with pytest.raises(InvalidMessage):
            find_message(store, "x")
    assert words["stored_at"] == "2027-01-15T08:00:00+00:00"
    assert words["send_at"] is None
    assert "attempt" not in words
