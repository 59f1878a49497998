"""Two deliveries of one event share a key; the memory hands each event out once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from smsbridge.webhooks.deduplication import Claim, Memory, keys_of
from smsbridge.webhooks.events import Event

from support.each import each
from support.webhooking import (
    GUID,
    NUMBER,
    TEXT,
    happened,
    read_one,
    signed,
    unsigned,
)


def keys(request: Any) -> frozenset[str]:
    return keys_of(read_one(request.body))


BARE = happened(event_id=None, id=" ")
SAME = {
    "the same request": (signed(), signed()),
    "the same event, later": (signed(), signed(late=90)),
    "the same message as another event": (signed(), signed(happened(event_id="event-2"))),
    "both versions": (signed(), unsigned()),
    "the first version twice": (unsigned(), unsigned()),
    "the same id with other data": (signed(), signed(happened(text="another", id="ab"))),
    "the first version twice, without a guid": (unsigned(BARE), unsigned(BARE)),
}
OTHER = {
    "another message": (signed(), signed(happened(event_id="event-2", id="ab"))),
    "the next status of a message": (
        signed(happened("sms.api.submitted")),
        signed(happened("sms.sent", event_id="event-2")),
    ),
    "a report of a message that came in": (
        signed(),
        signed(happened("sms.sent", event_id="event-2")),
    ),
    "another call": (
        signed(happened("call.missed")),
        signed(happened("call.missed", event_id="event-2", id="ab")),
    ),
    "a call that says the same": (
        signed(happened("call.missed")),
        signed(happened("call.missed", event_id="event-2")),
    ),
    "a report that says the same": (
        signed(happened("sms.sent")),
        signed(happened("sms.sent", event_id="event-2")),
    ),
    "a message without a guid that says the same": (
        signed(happened(id=" ")),
        signed(happened(event_id="event-2", id=" ")),
    ),
    "a message with an empty guid that says the same": (
        signed(happened(id="")),
        signed(happened(event_id="event-2", id="")),
    ),
    "the first version without a guid, with another text": (
        unsigned(BARE),
        unsigned(happened(event_id=None, id=" ", text="another")),
    ),
    "the same words without a time": (
        signed(replace(happened("call.missed"), occurred_at=None)),
        signed(replace(happened("call.missed", event_id="event-2"), occurred_at=None)),
    ),
}


@each("name", SAME)
def test_the_same_event_shares_a_key(name: str) -> None:
    first, second = map(keys, SAME[name])
    assert first & second


@each("name", OTHER)
def test_another_event_shares_none(name: str) -> None:
    first, second = map(keys, OTHER[name])
    assert not first & second


def test_a_key_hides_what_it_is_of() -> None:
    for key in keys(signed()) | keys(unsigned()) | keys(signed(happened("sms.sent"))):
        assert len(key) == 64
        assert not any(word in key for word in (GUID, NUMBER, TEXT))


def test_lone_surrogates_have_a_key() -> None:
    assert len(keys_of(Event(id="\ud800", type="x", data={"\ud800": "\ud800"}))) == 1


def test_an_event_is_handed_out_once() -> None:
    memory = Memory()
    assert memory.claim({"a", "b"}) is Claim.NEW
    assert memory.claim({"b", "c"}) is Claim.BUSY
    memory.keep({"a", "b"})
    assert memory.claim({"b", "c"}) is Claim.DONE
    assert memory.claim({"c"}) is Claim.NEW


def test_what_was_released_is_handed_out_again() -> None:
    memory = Memory()
    memory.claim({"a"})
    memory.release({"a"})
    assert memory.claim({"a"}) is Claim.NEW


def test_an_event_without_keys_is_always_new() -> None:
    memory = Memory()
    for _ in range(3):
        assert memory.claim(()) is Claim.NEW
        memory.keep(())


def test_the_last_10_000_events_are_remembered() -> None:
    memory = Memory()
    for number in range(10_001):
        memory.claim({str(number), f"-{number}"})
        memory.keep({str(number), f"-{number}"})
    assert memory.claim({"0"}) is Claim.NEW
    assert memory.claim({"-1"}) is Claim.DONE
    assert memory.claim({"10000"}) is Claim.DONE


def test_of_many_threads_one_gets_the_event() -> None:
    memory, together = Memory(), threading.Barrier(16)
    got: list[Claim] = []

    def claim() -> None:
        together.wait(30)
        got.append(memory.claim({"a"}))

    threads = [threading.Thread(target=claim) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(got) == [Claim.BUSY] * 15 + [Claim.NEW]
