"""The workers of several processes: each message is sent once, whatever jobs are lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from smsbridge import Message
from smsbridge.bridge.delivery.job_workers import JobWorkers, issue_again
from smsbridge.bridge.delivery.message_queue import LEASE_SECONDS
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.postgres_database import PostgresDatabase
from smsbridge.bridge.store.stored_message import End, State

from support.bridges import NUMBER, SECONDS, Clock, new_message, put
from support.deliveries import Deliveries, Slow
from support.postgres import Server


def at_work(deliveries: Deliveries, database: PostgresDatabase, number: int = 2) -> JobWorkers:
    workers = JobWorkers(database.jobs, deliveries.queue, deliveries.delivery(), number)
    workers.start()
    return workers


def numbers(count: int) -> list[str]:
    return [f"+120255501{number % 100:02}" for number in range(count)]


def test_what_is_stored_is_sent_once_by_two_processes(database: PostgresDatabase) -> None:
    store = MessageStore(database)
    both = [Deliveries(store, "one"), Deliveries(store, "two")]
    before = [put(store, recipient=one).id for one in numbers(20)]
    workers = [at_work(one, database) for one in both]
    after = [put(store, recipient=one).id for one in numbers(20)]
    both[0].until(lambda: sum(len(one.ends) for one in both) == 40)
    assert all(one.stop(SECONDS) for one in workers)
    sent = [message.reference for one in both for message in one.memory.messages]
    assert sorted(sent) == sorted(before + after)
    assert store.counts()[State.ACCEPTED] == 40


def test_messages_to_one_recipient_are_sent_in_their_order(database: PostgresDatabase) -> None:
    deliveries = Deliveries(MessageStore(database), "one")
    wanted = [put(deliveries.store, str(number)).id for number in range(12)]
    workers = at_work(deliveries, database, 4)
    deliveries.until(lambda: len(deliveries.ends) == 12)
    assert workers.stop(SECONDS)
    assert [one.reference for one in deliveries.memory.messages] == wanted


def test_a_stop_ends_claiming_and_waits_for_sends_in_flight(
    database: PostgresDatabase,
) -> None:
    deliveries = Deliveries(MessageStore(database), "one")
    deliveries.clients["new"] = slow = Slow(deliveries.memory)
    put(deliveries.store, "First")
    workers = at_work(deliveries, database, 1)
    assert slow.begun.wait(SECONDS)
    put(deliveries.store, "Second")
    threading.Timer(0.2, slow.go_on.set).start()
    assert workers.stop(SECONDS)
    assert [one.state for one in deliveries.store.list_messages()] == ["stored", "accepted"]
    other = Deliveries(deliveries.store, "two")
    workers = at_work(other, database)
    other.until(lambda: len(other.ends) == 1)
    assert workers.stop(SECONDS)


def test_a_stop_returns_even_if_a_send_hangs(database: PostgresDatabase) -> None:
    deliveries = Deliveries(MessageStore(database), "one")
    deliveries.clients["new"] = slow = Slow(deliveries.memory)
    put(deliveries.store)
    workers = at_work(deliveries, database, 1)
    assert slow.begun.wait(SECONDS)
    assert not workers.stop(0.2)
    assert deliveries.store.counts()[State.HANDED_OVER] == 1
    slow.go_on.set()
    assert workers.stop(SECONDS)


def test_a_renewed_lease_holds_and_an_expired_one_is_unknown(
    database: PostgresDatabase,
) -> None:
    store = MessageStore(database, clock := Clock())
    one, other = Deliveries(store, "one"), Deliveries(store, "two")
    put(store)
    one.claim()
    clock.seconds += LEASE_SECONDS - 1
    one.queue.renew()
    other.queue.renew()
    clock.seconds += LEASE_SECONDS - 1
    assert other.queue.recover("recovery") == 0
    clock.seconds += 1
    assert other.queue.recover("recovery") == 1
    assert [one.state for one in store.list_messages()] == [State.UNKNOWN]


def test_only_due_messages_without_a_job_get_a_new_one(
    database: PostgresDatabase,
) -> None:
    store = MessageStore(database, clock := Clock())
    deliveries = Deliveries(store, "one")
    lost, has_job = put(store, recipient=numbers(3)[0]), put(store, recipient=numbers(3)[1])
    put(store, "Behind it", recipient=lost.recipient)
    claimed, later = deliveries.claim, put(store, recipient=numbers(3)[2])
    asked = "DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)"
    database.commit("lose", lambda one: one.execute(text(asked)))
    assert issue_again(deliveries.queue) == 0  # nobody had the time to do it
    clock.seconds += 10
    assert issue_again(deliveries.queue) == 1
    assert issue_again(deliveries.queue) == 0
    assert claimed().id == lost.id
    assert {has_job.id, later.id} < {one.id for one in store.list_messages(states=[State.STORED])}


def test_of_one_recipient_the_first_and_the_scheduled_messages_get_jobs(
    database: PostgresDatabase,
) -> None:
    store = MessageStore(database)
    at = datetime.now(UTC) + timedelta(seconds=60)
    scheduled = store.put(
        new_message(message=Message(recipient=NUMBER, text="Scheduled", send_at=at))
    ).message
    first, behind = put(store, "First"), put(store, "Second")
    database.commit("lose", lambda one: one.execute(text("DELETE FROM procrastinate_jobs")))
    late = text("UPDATE messages SET due = due - 90, changed_at = changed_at - 90")
    database.commit("due", lambda one: one.execute(late))
    queue = Deliveries(store, "one").queue
    assert issue_again(queue) == 2
    with database.read() as connection:
        found = connection.execute(text("SELECT args FROM procrastinate_jobs")).scalars().all()
    assert {known for args in found for known in args["ids"]} == {first.id, scheduled.id}
    assert behind.id not in str(found)


def test_a_job_scheduled_for_later_does_not_count_for_a_due_message(
    database: PostgresDatabase,
) -> None:
    store = MessageStore(database)
    put(store)
    asked = "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '30 days'"
    database.commit("make anew", lambda one: one.execute(text(asked)))
    database.commit(
        "due", lambda one: one.execute(text("UPDATE messages SET changed_at = changed_at - 60"))
    )
    assert issue_again(Deliveries(store, "one").queue) == 1


def test_a_job_that_died_unrecorded_does_not_keep_its_message_waiting(
    database: PostgresDatabase,
) -> None:
    store = MessageStore(database)
    put(store)
    asked = "UPDATE procrastinate_jobs SET status = 'doing'"
    database.commit("take", lambda one: one.execute(text(asked)))
    late = text("UPDATE messages SET changed_at = changed_at - 25")
    queue = Deliveries(store, "one").queue
    for count in (0, 0, 1, 0):
        database.commit("due", lambda one: one.execute(late))
        assert issue_again(queue) == count


def test_losing_all_jobs_loses_no_message(database: PostgresDatabase) -> None:
    store = MessageStore(database)
    for one in numbers(30):
        put(store, recipient=one)
    database.commit("lose", lambda one: one.execute(text("DELETE FROM procrastinate_jobs")))
    deliveries = Deliveries(store, "one")
    earlier = text("UPDATE messages SET changed_at = changed_at - 60")
    database.commit("earlier", lambda one: one.execute(earlier))
    assert issue_again(deliveries.queue) == 30
    workers = at_work(deliveries, database)
    deliveries.until(lambda: len(deliveries.ends) == 30)
    assert workers.stop(SECONDS)


def test_a_retry_has_a_job_for_its_time(database: PostgresDatabase) -> None:
    deliveries = Deliveries(MessageStore(database), "one")
    put(deliveries.store)
    claimed = deliveries.claim()
    end = End(state=State.STORED, due=deliveries.store.now() + 0.5)
    deliveries.store.move(claimed, end, "worker one")
    workers = at_work(deliveries, database)
    deliveries.until(lambda: len(deliveries.ends) == 1)
    assert workers.stop(SECONDS)
    assert deliveries.store.list_messages()[0].tries == 2


@pytest.mark.full
def test_workers_continue_after_a_server_outage(
    database: PostgresDatabase, postgres: Server
) -> None:
    deliveries = Deliveries(MessageStore(database), "one")
    workers = at_work(deliveries, database)
    put(deliveries.store)
    deliveries.until(lambda: len(deliveries.ends) == 1)
    postgres.stop()
    postgres.start()
    put(deliveries.store)
    deliveries.until(lambda: len(deliveries.ends) == 2)
    assert workers.stop(SECONDS)
