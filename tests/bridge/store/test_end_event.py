"""What a caller is told of its message without a report: an end, once, and what takes it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smsbridge import Status
from smsbridge.bridge.store.message_store import MessageStore, NoStep
from smsbridge.bridge.store.stored_message import AT_ONCE, End, State, StoredMessage
from smsbridge.errors import Reason

from support.bridges import claim, open_store, put, with_webhooks
from support.each import each
from support.events import events_of
from support.stores import Place


@pytest.fixture
def store(place: Place) -> Iterator[MessageStore]:
    with open_store(place) as found:
        yield with_webhooks(found)


def go(store: MessageStore, message: StoredMessage, *states: State) -> StoredMessage:
    """Take a message through some states, and return it."""
    for state in states:
        if state is State.HANDED_OVER:
            claimed = claim(store)
            assert claimed is not None
            message = claimed
        else:
            due = AT_ONCE if state is State.STORED else None
            message = store.move(message, End(state=state, due=due), "somebody")
    return message


def told(store: MessageStore) -> list[tuple[Status | None, str | None]]:
    return [(one.status, one.error) for one in events_of(store)]


REFUSED = Status.REJECTED, "rejected"
NEVER_LEFT = Status.UNDELIVERED, "not_sent"
CANCELLED = Status.REJECTED, "cancelled"
TAKEN = Status.ACCEPTED, None


@each(
    ("states", "is_told"),
    [
        ("", []),
        ("cancelled", [CANCELLED]),
        ("handed_over", []),
        ("handed_over accepted", []),
        ("handed_over rejected", [REFUSED]),
        ("handed_over not_sent", [NEVER_LEFT]),
        ("handed_over stored", []),
        ("handed_over stored cancelled", [CANCELLED]),
        ("handed_over unknown unknown", []),
        ("handed_over unknown accepted", [TAKEN]),
        ("handed_over unknown cancelled", [CANCELLED]),
        ("handed_over unknown stored handed_over accepted", []),
        ("handed_over rejected cancelled", [REFUSED]),
        ("handed_over not_sent cancelled", [NEVER_LEFT]),
        ("handed_over rejected stored", [REFUSED]),
        ("handed_over rejected stored cancelled", [REFUSED, CANCELLED]),
        ("handed_over rejected stored handed_over rejected", [REFUSED, REFUSED]),
        ("handed_over not_sent stored handed_over unknown", [NEVER_LEFT]),
        ("handed_over not_sent stored handed_over accepted", [NEVER_LEFT, TAKEN]),
    ],
)
def test_each_end_that_nobody_reports_is_told_and_what_proves_it_wrong(
    place: Place, states: str, is_told: list[tuple[Status, str | None]]
) -> None:
    place.empty()
    with open_store(place) as bare:
        store = with_webhooks(bare)
        go(store, put(store), *map(State, states.split()))
        assert told(store) == is_told
        assert len({one.id for one in events_of(store)}) == len(is_told)


def test_it_says_whose_message_ended_and_why_in_a_word(store: MessageStore) -> None:
    claimed = go(store, put(store, caller="till"), State.HANDED_OVER)
    end = End(state=State.REJECTED, reason=Reason.QUOTA, why="no money left for +12025550123")
    moved = store.move(claimed, end, "worker 1")
    (event,) = events_of(store)
    assert (event.door, event.caller, event.message) == ("shop", "till", moved.seq)
    assert (event.due, event.at, event.error) == (AT_ONCE, moved.changed_at, "quota")
    assert (event.sender, event.recipient, event.text) == (None, None, None)


def test_a_failure_from_before_there_was_a_webhook_is_told_when_it_is_cancelled(
    place: Place,
) -> None:
    with open_store(place) as store:
        failed = go(store, put(store), State.HANDED_OVER, State.REJECTED)
        go(with_webhooks(store), failed, State.CANCELLED)
        assert told(store) == [CANCELLED]


def test_a_status_that_a_log_shows_is_told_as_it_is(store: MessageStore) -> None:
    unknown = go(store, put(store), State.HANDED_OVER, State.UNKNOWN)
    end = End(state=State.ACCEPTED, provider_id="p-1", status=Status.DELIVERED)
    store.move(unknown, end, "lookup")
    assert told(store) == [(Status.DELIVERED, None)]


def test_a_change_that_came_too_late_is_told_by_nobody(store: MessageStore) -> None:
    stored = put(store)
    go(store, stored, State.CANCELLED)
    with pytest.raises(NoStep):
        store.move(stored, End(state=State.CANCELLED), "person Ann")
    assert told(store) == [CANCELLED]


def test_a_caller_without_a_webhook_gets_no_event(place: Place) -> None:
    with open_store(place) as store:
        go(store, put(store), State.CANCELLED)
        assert events_of(store) == []
