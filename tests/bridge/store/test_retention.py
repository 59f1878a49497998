"""What the store forgets, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from smsbridge import Message
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import OtherContent
from smsbridge.bridge.store.retention import clear
from smsbridge.bridge.store.store_tables import MESSAGES
from smsbridge.bridge.store.stored_message import End, State, fingerprint_of

from support.bridges import NUMBER, Clock, claim, new_message, open_store, put, with_webhooks
from support.events import a_received, a_report, accepted, events_of, reports_of
from support.stores import Place


def test_numbers_and_texts_are_cleared_of_what_is_old_and_settled(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        waits = put(store, "Waits", recipient="+12025550124")
        secret = Message(recipient=NUMBER, text="A secret text", sender="Shop")
        old = put(store, message=secret, reference="order-1")
        store.move(waits, End(state=State.CANCELLED), "person Ann")
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.ACCEPTED, provider_id="p-1"), "worker 1")
        later = Message(recipient=NUMBER, text="L", send_at=datetime(2035, 1, 1, tzinfo=UTC))
        put(store, message=later)
        clock.seconds += 100
        assert clear(store.database, clock() - 100) == 0
        assert clear(store.database, clock()) == 2
        found = store.find(old.id)
        assert found is not None
        assert (found.recipient, found.text, found.sender, found.reference) == (None,) * 4
        assert found.message() is None
        assert (found.state, found.provider_id) == (State.ACCEPTED, "p-1")
        assert store.counts()[State.STORED] == 1


def test_a_repeat_is_known_when_its_message_was_cleared(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        first = put(store, "A secret text", key="order-4711")
        store.move(first, End(state=State.CANCELLED), "person Ann")
        clock.seconds += 100
        assert clear(store.database, clock()) == 1
        again = store.put(new_message("A secret text", key="order-4711"))
        assert (again.again, again.message.id) == (True, first.id)
        with pytest.raises(OtherContent):
            store.put(new_message("Another text", key="order-4711"))


def test_no_hash_tells_the_number_to_who_knows_the_text(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        for key in ("", "order-4711"):
            message = put(store, "A secret text", key=key)
            store.move(message, End(state=State.CANCELLED), "person Ann")
        clock.seconds += 100
        assert clear(store.database, clock()) == 2
        guess = new_message("A secret text")
        hashes = {guess.content, fingerprint_of(guess.message)}
        with store.database.read() as connection:
            for row in connection.execute(select(MESSAGES)):
                assert hashes.isdisjoint(row)


def test_what_came_in_is_cleared_once_its_webhook_is_over(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        EventStore(store).add(a_received("one", "A secret text"))
        EventStore(with_webhooks(store)).add(a_received("two", "A text that waits"))
        clear(store.database, clock())
        assert len(EventStore(store).list_received(door="shop", caller="shop")) == 2
        clear(store.database, clock() + 1)
        one, two = events_of(store)
        assert (one.sender, one.recipient, one.text) == (None, None, None)
        assert two.text == "A text that waits"
        clear(store.database, clock() + 5 * 86_400)
        assert events_of(store)[1].text is None  # its webhook is disabled, or in no config any more


def test_a_message_is_not_cleared_while_a_report_of_it_waits_for_its_webhook(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        put(store)
        accepted(store)
        clock.seconds += 100
        reports_of(store, told=True).record(a_report())
        assert clear(store.database, clock()) == 0
        assert clear(store.database, clock() + 5 * 86_400) == 1
