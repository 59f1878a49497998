"""What a bridge counts, and what no label has."""

from __future__ import annotations

from pathlib import Path

from smsbridge.bridge.metrics import exposition

from support.bridges import NUMBER, running
from support.events import PERSON, outbox, reporting


def test_the_metrics_say_what_was_done_without_a_number_or_an_id(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.send("A secret text")
        run.send(key="no-key")
        (stored,) = run.settled()
        run.until(lambda: bool(run.bridge.delivery.ended))
        text = exposition(run.bridge).decode()
    for line in (
        'smsbridge_bridge_stored_total{caller="shop",door="shop"} 1.0',
        'smsbridge_bridge_refused_total{door="shop",why="wrong credentials"} 1.0',
        'smsbridge_bridge_sends_total{backend="new",outcome="accepted"} 1.0',
        'smsbridge_bridge_messages{state="accepted"} 1.0',
        "smsbridge_bridge_oldest_seconds 0.0",
    ):
        assert line in text
    for private in (stored.id, NUMBER, NUMBER[1:], "secret", "shop-key"):
        assert private not in text


def test_a_store_that_can_t_be_read_leaves_its_metrics_out(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE messages RENAME TO away")
        text = exposition(run.bridge).decode()
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO messages")
    assert "smsbridge_bridge_stored_total" in text
    assert "smsbridge_bridge_messages" not in text


def test_what_came_in_is_counted_by_block_and_kind(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.provider.receive(PERSON, "A secret text")
        (request,) = outbox(run)
        for _ in range(3):
            run.ask(request)
        text = exposition(run.bridge).decode()
    named = 'smsbridge_bridge_events_total{backend="new",became="%s",kind="received"} %s'
    assert named % ("kept", "1.0") in text
    assert named % ("repeated", "2.0") in text
    for private in (PERSON[1:], "secret"):
        assert private not in text
