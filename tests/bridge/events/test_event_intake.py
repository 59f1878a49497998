"""How events become rows: by which key they are known, whose they are, and what is counted."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsbridge import ReceivedMessage, SentMessage, Status
from smsbridge.bridge.events.event_intake import event_key
from smsbridge.bridge.store.stored_event import EventKind
from smsbridge.bridge.store.stored_message import End, State
from smsbridge.message import Channel, Message
from smsbridge.webhooks import Event, MessageReceived, MessageReported

from support.bridges import Clock, claim, open_store, put
from support.each import each
from support.events import OWN, PERSON, accepted, events_of, intake_of

NOON = datetime(2027, 1, 10, 12, tzinfo=UTC)


def received(event: str | None = None, text: str = "Yes", **more: Any) -> MessageReceived:
    message = ReceivedMessage(sender=PERSON, recipient=OWN, text=text, **more)
    return MessageReceived(id=event, type="in", channel=Channel.SMS, message=message)


def reported(event: str | None = None, status: str = "delivered", **more: Any) -> MessageReported:
    message = SentMessage(
        **{"id": "p-1", "status": Status(status), "provider_status": status, **more}
    )
    return MessageReported(id=event, type="report", channel=Channel.SMS, message=message)


@each(
    ("one", "other", "same"),
    [
        (received("e-1", id="m-1"), received("e-2", id="m-1"), True),
        (received("e-1", id="m-1"), received("e-1", id="m-2"), False),
        (received("e-1"), received("e-1"), True),
        (received("e-1"), received("e-2"), False),
        (received(), received(), False),
        (reported("e-1"), reported("e-1"), True),
        (reported("e-1"), reported("e-2"), False),
        (reported(), reported(), True),
        (reported(), reported(status="sent"), False),
        (reported(), reported(id="p-2"), False),
    ],
)
def test_an_event_is_known_by_the_best_that_it_has(one: Any, other: Any, *, same: bool) -> None:
    keys = [
        event_key("new", EventKind.RECEIVED if "in" in event.type else EventKind.REPORT, event)
        for event in (one, other)
    ]
    assert (keys[0] == keys[1]) is same
    assert all(len(key) == 64 for key in keys)


def test_two_blocks_may_have_the_same_ids() -> None:
    event = received("e-1")
    kind = EventKind.RECEIVED
    assert event_key("new", kind, event) != event_key("other", kind, event)


def test_a_message_that_came_in_is_of_its_owner(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        intake_of(store).take(received(id="m-1", at=NOON))
        (event,) = events_of(store)
    assert (event.door, event.caller, event.provider_id) == ("shop", "shop", "m-1")
    assert (event.sender, event.recipient, event.text) == (PERSON, OWN, "Yes")
    assert (event.at, event.channel) == (NOON.timestamp(), "sms")


@each("said", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2027-02-01T00:00:00Z"])
def test_a_message_of_a_wrong_clock_came_in_now(tmp_path: Path, said: str) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        intake_of(store).take(received(id="m-1", at=datetime.fromisoformat(said)))
        (event,) = events_of(store)
        assert event.at == clock()


def test_a_text_that_no_store_could_keep_is_kept_without_its_worst(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        intake_of(store).take(received(id="m-1", text="a\0b\ud800c"))
        assert events_of(store)[0].text == "a�b�c"


def test_what_is_neither_is_not_kept(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        intake_of(store).take(Event(id="e-1", type="call.missed"))
        assert events_of(store) == []


def test_what_a_question_says_is_kept_where_it_is_news(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        message = accepted(store, status=Status.SENT)
        intake = intake_of(store)
        for said in (Status.QUEUED, Status.SENT, Status.UNKNOWN):
            intake.take_status(message, SentMessage(status=said, provider_status=said))
        assert events_of(store) == []
        intake.take_status(message, SentMessage(status=Status.DELIVERED, provider_status="ok"))
        (event,) = events_of(store)
        assert (event.provider_id, event.message) == ("p-1", message.seq)


@each(("channels", "channel"), [("sms", "sms"), ("whatsapp", "whatsapp"), ("whatsapp+sms", "sms")])
def test_what_a_question_says_is_of_the_channel_of_its_message(
    tmp_path: Path, channels: str, channel: str
) -> None:
    with open_store(tmp_path) as store:
        by = frozenset(map(Channel, channels.split("+")))
        put(store, message=Message(recipient=PERSON, text="Hi", channels=by))
        told = SentMessage(status=Status.DELIVERED, provider_status="ok")
        intake_of(store).take_status(accepted(store), told)
        assert [one.channel for one in events_of(store)] == [channel]


def test_what_a_log_shows_again_and_again_is_neither_counted_nor_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store(tmp_path) as store, caplog.at_level(logging.INFO, "smsbridge.bridge"):
        intake = intake_of(store)
        for _ in range(3):
            intake.take_row(ReceivedMessage(id="m-1", sender=PERSON, text="Yes"))
    assert intake.counts.came == {("new", "received", "kept"): 1}
    assert caplog.messages == ["received: kept"]


def test_what_a_log_shows_again_is_kept_once_also_without_an_id(tmp_path: Path) -> None:
    rows = [
        ReceivedMessage(id="m-1", sender=PERSON, text="Yes"),
        ReceivedMessage(sender=PERSON, text="Yes"),
        ReceivedMessage(sender=PERSON, text="Yes", at=NOON),
    ]
    with open_store(tmp_path) as store:
        intake = intake_of(store)
        for row in rows * 2:
            intake.take_row(row)
        intake.take(received("e-1", id="m-1"))
        assert len(events_of(store)) == 3


def test_each_is_counted_and_logged_without_numbers_and_texts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store(tmp_path) as store, caplog.at_level(logging.INFO, "smsbridge.bridge"):
        put(store, "A secret text")
        message = accepted(store)
        intake = intake_of(store)
        for event in (reported(), reported(), reported(id="p-2"), received("e", "A secret text")):
            intake.take(event)
    assert intake.counts.came == {
        ("new", "report", "kept"): 1,
        ("new", "report", "repeated"): 1,
        ("new", "report", "waits"): 1,
        ("new", "received", "kept"): 1,
    }
    assert caplog.messages == [
        "report: kept",
        "report: repeated",
        "report: waits",
        "received: kept",
    ]
    assert vars(caplog.records[0])["id"] == message.id
    said = " ".join(str(vars(one)) for one in caplog.records)
    for private in ("secret text", "447700900123", "2025550123"):
        assert private not in said


def test_who_waits_for_an_outcome_hears_of_a_proof(tmp_path: Path) -> None:
    heard: list[Any] = []
    with open_store(tmp_path) as store:
        put(store)
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.UNKNOWN), "worker 1")
        intake = replace(intake_of(store), proved=heard.append)
        intake.take(reported("e-1", reference=claimed.id))
        intake.take(reported("e-2", "read", reference=claimed.id))
    assert [one.state for one in heard] == [State.ACCEPTED]
