"""What a store keeps of a caller's message, what is a repeat, and who may see it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smsbridge import Message, Status
from smsbridge.bridge.store.message_store import NoStep, OtherContent
from smsbridge.bridge.store.stored_message import AT_ONCE, End, State

from support.bridges import NUMBER, Clock, claim, new_message, open_store, put
from support.each import each
from support.stores import Place


def test_a_message_is_stored_once_with_who_handed_it_in(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        found = store.put(new_message(reference="order-1", key="order-1"))
        assert not found.again
        assert store.find(found.message.id) == found.message
        assert store.list_messages() == [found.message]
        (step,) = store.history(found.message)
    stored = found.message
    assert (stored.state, stored.due, stored.reference) == (State.STORED, AT_ONCE, "order-1")
    assert (step["actor"], step["state"], step["at"]) == ("caller shop", "stored", clock())


def test_what_no_database_can_keep_is_replaced(place: Place) -> None:
    with open_store(place) as store:
        stored = put(store, reference="order\0")
        assert store.find("order\0") is None
        claimed = claim(store)
        assert claimed is not None
        end = End(state=State.UNKNOWN, due=1.0, why="it said \0")
        unknown = store.move(claimed, end, "worker 1")
        accepted = store.move(unknown, End(state=State.ACCEPTED, provider_id="\0\ud800"), "lookup")
        assert store.find(stored.id) == accepted
        assert (stored.reference, unknown.why, accepted.provider_id) == (
            "order\ufffd",
            "it said \ufffd",
            "\ufffd\ufffd",
        )


def test_a_repeat_by_key_is_the_first_message(place: Place) -> None:
    with open_store(place) as store:
        first = store.put(new_message(key="order-1")).message
        again = store.put(new_message(key="order-1"))
        assert (again.again, again.message) == (True, first)
        assert not store.put(new_message(key="order-1", caller="till")).again
        assert not store.put(new_message(key="order-2")).again
        with pytest.raises(OtherContent):
            store.put(new_message("Other", key="order-1"))


def test_equal_messages_without_a_key_are_two_unless_a_window_is_set(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        first = store.put(new_message()).message
        assert not store.put(new_message()).again
        clock.seconds += 9
        windowed = store.put(new_message(same_within=10.0))
        assert windowed.again
        assert windowed.message.seq >= first.seq
        assert not store.put(new_message("Other", same_within=10.0)).again
        assert not store.put(new_message(caller="till", same_within=10.0)).again
        clock.seconds += 11
        assert not store.put(new_message(same_within=10.0)).again


def test_a_caller_finds_only_its_own_by_id_or_number(place: Place) -> None:
    with open_store(place) as store:
        stored = put(store)
        for known in (stored.id, str(stored.seq), stored.number):
            assert store.find(known, door="shop", caller="shop") == stored
            assert store.find(known, door="shop", caller="till") is None
            assert store.find(known, door="other", caller="shop") is None
        assert store.find("9" * 40) is None
        assert store.find("") is None


def test_a_list_is_newest_first_by_its_filters(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        one = put(store, "One")
        clock.seconds += 10
        two, till = put(store, "Two"), put(store, "Till", caller="till")
        assert store.list_messages() == [till, two, one]
        assert store.list_messages(door="shop", caller="shop") == [two, one]
        assert store.list_messages(limit=1) == [till]
        assert store.list_messages(before=clock()) == [one]
        assert store.list_messages(after=clock()) == [till, two]
        assert store.list_messages(below=two.seq) == [one]
        assert store.list_messages(states=[State.UNKNOWN]) == []


def test_what_a_caller_deleted_is_sent_all_the_same(place: Place) -> None:
    with open_store(place) as store:
        stored = put(store)
        store.hide([stored])
        assert store.find(stored.id, door="shop", caller="shop") is None
        assert store.list_messages(door="shop", caller="shop") == []
        assert store.find(stored.id) == stored
        assert claim(store) is not None


def test_a_move_is_written_with_its_actor(place: Place) -> None:
    with open_store(place) as store:
        put(store)
        claimed = claim(store)
        assert claimed is not None
        end = End(state=State.ACCEPTED, provider_id="p-1", status=Status.QUEUED)
        moved = store.move(claimed, end, "worker 1")
        assert (moved.state, moved.provider_id, moved.status) == ("accepted", "p-1", "queued")
        steps = [(one["state"], one["actor"]) for one in store.history(moved)]
    assert steps == [
        ("stored", "caller shop"),
        ("handed_over", "worker 1"),
        ("accepted", "worker 1"),
    ]


@each(
    ("state", "why"),
    [
        (State.STORED, "be sent again"),
        (State.CANCELLED, "be cancelled"),
        (State.UNKNOWN, "become unknown"),
    ],
)
def test_a_transition_that_is_not_allowed_is_refused(place: Place, state: State, why: str) -> None:
    with open_store(place) as store:
        put(store)
        claimed = claim(store)
        assert claimed is not None
        accepted = store.move(claimed, End(state=State.ACCEPTED), "worker 1")
        with pytest.raises(NoStep, match=f"it is accepted, so it can't {why}$"):
            store.move(accepted, End(state=state), "person Ann")


def test_of_two_concurrent_moves_one_fails(place: Place) -> None:
    with open_store(place) as store:
        stored = put(store)
        store.move(stored, End(state=State.CANCELLED), "person Ann")
        with pytest.raises(NoStep, match="it is no longer stored"):
            store.move(stored, End(state=State.CANCELLED), "person Bob")
        assert len(store.history(stored)) == 2
        assert claim(store) is None


def test_counts_and_the_oldest_are_told(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        assert store.oldest_due() is None
        put(store)
        clock.seconds += 5
        put(store)
        claim(store)
        assert store.counts()[State.STORED] == 1
        assert store.counts()[State.HANDED_OVER] == 1
        assert store.oldest_due() == clock()


def test_the_oldest_is_the_longest_due_immediate_or_scheduled(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        in_a_minute = datetime.fromtimestamp(clock() + 60, UTC)
        put(store, message=Message(recipient=NUMBER, text="Later", send_at=in_a_minute))
        assert store.oldest_due() == clock() + 60
        clock.seconds += 90
        put(store)
        assert store.oldest_due() == clock() - 30
        claim(store)
        assert store.oldest_due() == clock()
