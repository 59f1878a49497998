"""Where a store is: a file, or a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.store.store_config import read_store
from smsbridge.config.load import read_document

from support.bridges import config_text, read, refusal
from support.each import each


def test_commands_that_open_no_door_read_the_store_alone(tmp_path: Path) -> None:
    text = config_text().replace('"shop-key"', '{ env = "UNSET_KEY_OF_A_SHOP" }')
    (tmp_path / "smsbridge.toml").write_text(text, encoding="utf-8")
    document = read_document(tmp_path / "smsbridge.toml")
    assert read_store(document) == tmp_path / "bridge.db"


def test_a_store_may_be_in_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_STORE", "postgresql://bridge:secret@db.example/bridge")
    config = read(tmp_path, config_text(bridge='store = { env = "BRIDGE_STORE" }'))
    assert config.store == "postgresql://bridge:secret@db.example/bridge"
    assert "secret@" not in repr(config)


@each(
    ("given", "instead", "why"),
    [
        (
            "[bridge]",
            '[bridge]\nstore = "mysql://db/bridge"',
            "line 3: bridge.store: give sqlite:///",
        ),
        (
            "[bridge]",
            '[bridge]\nstore = "postgresql://db"',
            "line 3: bridge.store: give a URL with a database",
        ),
        (
            "[bridge]",
            '[bridge]\nstore = "postgresql://u:p@ss/w#rd@db.example/bridge"',
            "postgresql://bridge@db.example/bridge; in a password, @ is %40",
        ),
        (
            "[bridge]",
            '[bridge]\nstore = { env = "NO_SUCH_STORE" }',
            "bridge.store: the environment variable NO_SUCH_STORE is not set",
        ),
        ('to = "new"', 'to = "new"\nanswer = "later"', "doors.shop.answer: give stored or outcome"),
    ],
)
def test_a_store_that_is_none_is_refused_with_its_line(
    tmp_path: Path, given: str, instead: str, why: str
) -> None:
    assert why in refusal(tmp_path, config_text().replace(given, instead, 1))
