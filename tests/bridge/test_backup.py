"""A backup of a store in use, and a restore that sends nothing twice."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from smsbridge.bridge.backup import back_up, restore
from smsbridge.bridge.stored_message import State
from smsbridge.errors import ConfigError

from support.bridges import claim, config_text, open_store, put, read, running


def test_what_waited_is_unknown_after_a_restore_and_is_not_sent(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store, "One")
        put(store, "Two", recipient="+12025550124")
        claim(store)
        back_up(tmp_path / "bridge.db", tmp_path / "monday.db")
    other = tmp_path / "other"
    other.mkdir()
    assert restore(tmp_path / "monday.db", other / "bridge.db", time.time) == 2
    assert [one.name for one in sorted(other.iterdir())] == ["bridge.db", "bridge.db.lock"]
    for file in (tmp_path / "monday.db", other / "bridge.db"):
        assert file.stat().st_mode & 0o777 == 0o600
    read(other, config_text())
    with running(other) as run:
        run.until(lambda: all(one.looked_up for one in run.messages()))
        assert [one.state for one in run.messages()] == [State.UNKNOWN, State.UNKNOWN]
        assert run.arrived() == []


def test_a_backup_overwrites_nothing_and_needs_a_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no store"):
        back_up(tmp_path / "bridge.db", tmp_path / "b.db")
    with open_store(tmp_path):
        (tmp_path / "b.db").touch()
        with pytest.raises(ConfigError, match=r"b\.db is there already"):
            back_up(tmp_path / "bridge.db", tmp_path / "b.db")
        with pytest.raises(ConfigError, match=r"can't write b\.db"):
            back_up(tmp_path / "bridge.db", tmp_path / "away" / "b.db")


def test_half_a_copy_is_left_out(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))  # as a disk that is full
        try:
            with pytest.raises(ConfigError, match=r"can't write b\.db"):
                back_up(tmp_path / "bridge.db", tmp_path / "b.db")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert not (tmp_path / "b.db").exists()


def test_a_restore_overwrites_nothing_and_needs_a_backup(tmp_path: Path) -> None:
    store = tmp_path / "bridge.db"
    with pytest.raises(ConfigError, match=r"there is no file b\.db"):
        restore(tmp_path / "b.db", store, time.time)
    (tmp_path / "b.db").write_bytes(b"no store")
    with pytest.raises(ConfigError, match="can't be used"):
        restore(tmp_path / "b.db", store, time.time)
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["b.db", "bridge.db.lock"]
    (tmp_path / "bridge.db-wal").touch()
    with pytest.raises(ConfigError, match=r"bridge\.db-wal is there already"):
        restore(tmp_path / "b.db", store, time.time)
