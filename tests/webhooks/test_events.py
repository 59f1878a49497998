"""Events are values that can be logged: what a person wrote, and the number, are not shown."""

from __future__ import annotations

import dataclasses

import pytest

from smsbridge.webhooks.events import Event, MessageReceived, MessageReported

from support.each import each
from support.webhooking import (
    NUMBER,
    TEXT,
    happened,
    read_one,
    signed,
    unsigned,
)

EVENTS = {
    "received": signed(),
    "received, first version": unsigned(),
    "reported": signed(happened("sms.failed", error=f"{NUMBER} {TEXT}")),
    "call": signed(happened("call.missed")),
    "unknown": signed(dataclasses.replace(happened(), type="sms.painted")),
}


@each("name", EVENTS)
def test_no_event_shows_a_number_or_a_text(name: str) -> None:
    event = read_one(EVENTS[name].body)
    assert (NUMBER in str(event.data), TEXT in str(event.data)) != (False, False)
    assert NUMBER not in f"{event!r} {event}"
    assert TEXT not in f"{event!r} {event}"


def test_an_event_can_t_be_changed() -> None:
    event = read_one(signed().body)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.id = "another"  # type: ignore[misc]  # that is the point


def test_each_kind_of_event_is_an_event() -> None:
    assert issubclass(MessageReceived, Event)
    assert issubclass(MessageReported, Event)
    assert not issubclass(MessageReported, MessageReceived)
