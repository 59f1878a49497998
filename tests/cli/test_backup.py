"""``smsbridge backup``: a copy of the store, and its restore."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.bridges import config_text, open_store, put
from support.commands import run


def test_a_copy_is_made_and_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with open_store(tmp_path) as store:
        message = put(store)
        done = run("backup", "monday.db")
        assert (done.code, done.err) == (0, "wrote monday.db\n")
        taken = run("backup", "monday.db", "--restore")
        assert (taken.code, "already has messages" in taken.err) == (2, True)
    for one in tmp_path.glob("bridge.db*"):
        one.unlink()
    back = run("backup", "monday.db", "--restore")
    assert back.code == 0
    said = "filled the store from monday.db: 1 message, of which 1 became unknown\n"
    assert back.err == said
    assert run("outbox", "list", "--state", "unknown", "--json").document["id"] == message.id
