"""``smsbridge outbox webhooks`` and ``enable``: what waits, and how it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.events.event_queue import EventQueue

from support.bridges import Clock, config_text, open_store
from support.commands import run
from support.events import events_of
from support.webhook_receivers import hooked_text, received

SHOP = ("shop", "shop")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = hooked_text("https://shop.example/sms?key=hidden")
    (tmp_path / "smsbridge.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_webhook_is_listed_with_what_waits_for_it(folder: Path) -> None:
    clock = Clock()
    with open_store(folder, clock) as store:
        received(store)
    done = run("outbox", "webhooks", "--json")
    assert done.document == {
        "door": "shop",
        "caller": "shop",
        "waiting": 1,
        "given_up": 0,
        "oldest": "2027-01-15T08:00:00+00:00",
        "failing_since": None,
        "disabled_at": None,
    }
    plain = run("outbox", "webhooks").out
    assert "waiting" in plain
    assert "hidden" not in plain


def test_one_that_is_disabled_says_so_and_is_enabled_by_a_command(folder: Path) -> None:
    with open_store(folder) as store:
        received(store)
        claimed = EventQueue(store).claim(SHOP)
        assert claimed is not None
        EventQueue(store).fail(claimed.event, gone=True)
    assert run("outbox", "webhooks", "--json").document["disabled_at"]
    assert run("outbox", "enable", "shop", "shop").out == "shop shop: 1 waiting\n"
    assert not run("outbox", "webhooks", "--json").document["disabled_at"]
    with open_store(folder) as store:
        assert [one.tries for one in events_of(store)] == [0]
    again = run("outbox", "enable", "shop", "shop", "--json")
    assert again.document == {"door": "shop", "caller": "shop", "waiting": 1}


def test_a_caller_without_a_webhook_can_t_be_enabled(folder: Path) -> None:
    with open_store(folder):
        pass
    done = run("outbox", "enable", "shop", "till")
    assert done.code != 0
    assert "till of the door shop has no webhook: smsbridge outbox webhooks lists them" in done.err


def test_a_bridge_without_webhooks_says_so(folder: Path) -> None:
    (folder / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    with open_store(folder):
        pass
    assert run("outbox", "webhooks").err == "no webhooks\n"
