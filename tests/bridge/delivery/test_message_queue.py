"""What workers claim and in which order, and what becomes unknown after a crash or restore."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from smsbridge import Message
from smsbridge.bridge.delivery.message_queue import CRASHED, LEASE_SECONDS, RESTORED, MessageQueue
from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import AT_ONCE, End, State

from support.bridges import NUMBER, Clock, claim, open_store, put
from support.stores import Place

OTHER = "+12025550124"
THIRD = "+12025550125"


def test_a_claim_is_written_before_anything_leaves(place: Place) -> None:
    with open_store(place) as store:
        stored = put(store)
        claimed = claim(store)
        assert claimed is not None
        assert store.find(stored.id) == claimed
        assert (claimed.state, claimed.tries) == (State.HANDED_OVER, 1)
        assert claimed.attempt is not None
        assert (claimed.attempt.reference, claimed.attempt.backend) == (stored.id, "console")
        assert claimed.attempt.fingerprint
        assert claim(store) is None


def test_messages_to_one_recipient_are_claimed_in_their_order_one_at_a_time(place: Place) -> None:
    with open_store(place) as store:
        one, two, other = put(store, "1"), put(store, "2"), put(store, "3", recipient=OTHER)
        first, second = claim(store), claim(store)
        assert first is not None
        assert second is not None
        assert (first.id, second.id) == (one.id, other.id)
        assert claim(store) is None
        store.move(first, End(state=State.ACCEPTED), "worker 1")
        third = claim(store)
        assert third is not None
        assert third.id == two.id


def test_a_message_waiting_for_a_retry_blocks_later_ones(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        one, _ = put(store, "1"), put(store, "2")
        first = claim(store)
        assert first is not None
        store.move(first, End(state=State.STORED, due=clock() + 5), "worker 1")
        assert claim(store) is None
        clock.seconds += 5
        again = claim(store)
        assert again is not None
        assert (again.id, again.tries) == (one.id, 2)


def test_unknown_and_scheduled_messages_block_nothing(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        put(store, "1")
        first = claim(store)
        assert first is not None
        store.move(first, End(state=State.UNKNOWN), "worker 1")
        later = datetime.fromtimestamp(clock() + 60, UTC)
        scheduled = put(store, message=Message(recipient=NUMBER, text="Later", send_at=later))
        now = put(store, "Now")
        claimed = claim(store)
        assert claimed is not None
        assert claimed.id == now.id
        store.move(claimed, End(state=State.ACCEPTED), "worker 1")
        assert claim(store) is None
        clock.seconds += 60
        claimed = claim(store)
        assert claimed is not None
        assert claimed.id == scheduled.id


def test_after_setting_the_clock_back_no_retry_and_no_lookup_waits_longer_than_an_hour(
    place: Place,
) -> None:
    with open_store(place, clock := Clock()) as store:
        queue = MessageQueue(store)
        for state in (State.STORED, State.UNKNOWN):
            put(store, str(state))
            claimed = claim(store)
            assert claimed is not None
            store.move(claimed, End(state=state, due=clock() + 3600), "worker 1")
            assert queue.hasten() == 0
            clock.seconds -= 10
            assert queue.hasten() == 1
            assert queue.hasten() == 0
            found = store.find(claimed.id)
            assert found is not None
            assert (found.state, found.due, found.tries) == (state, AT_ONCE, 1)
            store.move(found, End(state=State.CANCELLED), "person Ann")


def test_setting_the_clock_back_hastens_no_scheduled_message(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        queue = MessageQueue(store)
        at = datetime.fromtimestamp(clock() + 60, UTC)
        put(store, message=Message(recipient=OTHER, text="Later", send_at=at))
        put(store, message=Message(recipient=NUMBER, text="Tried", send_at=at))
        clock.seconds += 60
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.STORED, due=clock() + 5), "worker 1")
        clock.seconds -= 86_400
        assert queue.hasten() == 0
        assert claim(store) is None


def test_setting_the_clock_back_delays_no_immediate_message(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        one, two = put(store, "1"), put(store, "2", recipient=OTHER)
        clock.seconds -= 3600
        three = put(store, "3", recipient=THIRD)
        claimed = [claim(store) for _ in range(3)]
        assert [found.id for found in claimed if found] == [one.id, two.id, three.id]
        clock.seconds -= 3600
        queue = MessageQueue(store)
        assert queue.recover("recovery") == 3
        assert len(queue.due_unknown()) == 3


def test_messages_whose_time_has_come_go_before_immediate_ones(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        put(store, "1")
        first = claim(store)
        assert first is not None
        store.move(first, End(state=State.STORED, due=clock() + 5), "worker 1")
        at = datetime.fromtimestamp(clock() + 4, UTC)
        timed = put(store, message=Message(recipient=OTHER, text="2", send_at=at))
        last = put(store, "3", recipient=THIRD)
        clock.seconds += 5
        claimed = [claim(store) for _ in range(3)]
        assert [found.id for found in claimed if found] == [timed.id, first.id, last.id]


def test_what_was_being_sent_in_a_crash_is_unknown_and_never_queued_again(place: Place) -> None:
    with open_store(place) as store:
        put(store, "1")
        put(store, "2", recipient=OTHER)
        claimed = claim(store)
        assert claimed is not None
        queue = MessageQueue(store)
        assert queue.recover("recovery") == 1
        found = store.find(claimed.id)
        assert found is not None
        assert (found.state, found.why, found.due) == (State.UNKNOWN, CRASHED, AT_ONCE)
        assert queue.due_unknown() == [found]
        assert queue.recover("recovery") == 0
        left = claim(store)
        assert left is not None
        assert left.id != claimed.id


def test_after_a_restore_all_waiting_messages_are_unknown(place: Place) -> None:
    with open_store(place) as store:
        put(store, "1")
        put(store, "2", recipient=OTHER)
        claim(store)
        assert MessageQueue(store).doubt_all("restore") == 2
        assert {one.why for one in store.list_messages()} == {RESTORED}
        assert claim(store) is None


def test_an_unknown_message_is_looked_up_only_when_due(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        put(store)
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.UNKNOWN, due=clock() + 5), "worker 1")
        queue = MessageQueue(store)
        assert queue.due_unknown() == []
        clock.seconds += 5
        assert len(queue.due_unknown()) == 1


def test_identical_messages_that_may_be_in_a_log_are_found(place: Place) -> None:
    with open_store(place) as store:
        put(store)
        one = claim(store)
        assert one is not None
        store.move(one, End(state=State.ACCEPTED, provider_id="p-1"), "worker 1")
        put(store)
        two = claim(store)
        put(store)
        put(store, "Other", recipient=OTHER)
        claim(store)
        assert two is not None
        assert [other.provider_id for other in MessageQueue(store).others_like(two)] == ["p-1"]


def test_a_claim_whose_commit_answer_was_lost_is_found(place: Place) -> None:
    with open_store(place) as store:
        wanted = put(store)
    lost: list[str] = []

    def lose(point: str) -> None:
        if point == "claim: committed" and not lost:
            lost.append(point)
            raise StoreError("the connection is gone")

    database = place.database(lose)
    queue = MessageQueue(MessageStore(database, Clock()), "here")
    found = claim(queue.store, queue)
    database.close()
    assert found is not None
    assert (found.id, found.state, found.tries) == (wanted.id, State.HANDED_OVER, 1)
    assert lost


def test_a_released_claim_expires(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        put(store)
        queue = MessageQueue(store, "here")
        claimed = claim(store, queue)
        assert claimed is not None
        queue.release(claimed)
        queue.renew()
        clock.seconds += LEASE_SECONDS
        assert queue.recover("recovery") == 1


def test_many_workers_claim_each_message_once(place: Place) -> None:
    with open_store(place) as store, ThreadPoolExecutor(8) as pool:
        wanted = {put(store, recipient=f"+120255501{number:02}").id for number in range(40)}
        claimed = list(pool.map(lambda _: claim(store), range(60)))
        found = [one.id for one in claimed if one is not None]
    assert sorted(found) == sorted(wanted)
