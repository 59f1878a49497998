"""What a report changes, whenever it comes: only an unknown outcome, else just the status."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Status
from smsbridge.bridge.events.reports import PROVED, Became
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import AT_ONCE, End, State, StoredMessage

from support.bridges import Clock, claim, open_store, put, with_webhooks
from support.each import each
from support.events import a_received, a_report, accepted, events_of, reports_of
from support.plans import plans_of
from support.stores import Place


def status(store: MessageStore, message: StoredMessage) -> Any:
    found = store.find(message.id)
    assert found is not None
    return found.state, found.status


def claimed(store: MessageStore, **more: Any) -> StoredMessage:
    put(store, **more)
    found = claim(store)
    assert found is not None
    return found


def test_a_report_moves_the_status_up_and_never_down(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        message = accepted(store)
        reports = reports_of(store, told=True)
        for key, told in (("1", Status.SENT), ("2", Status.DELIVERED), ("3", Status.SENT)):
            assert reports.record(a_report(key, told)).became is Became.KEPT
        assert status(store, message) == (State.ACCEPTED, Status.DELIVERED)
        events = events_of(store)
        assert [one.due for one in events] == [AT_ONCE, AT_ONCE, None]
        assert {(one.message, one.door, one.caller) for one in events} == {
            (message.seq, "shop", "shop")
        }
        assert len(store.history(message)) == 3


def test_a_status_known_from_a_lookup_is_posted_once_when_reported(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        accepted(store, status=Status.DELIVERED)
        reports = reports_of(store, told=True)
        for key, told in (("1", Status.SENT), ("2", Status.DELIVERED), ("3", Status.DELIVERED)):
            reports.record(a_report(key, told))
        assert [one.due for one in events_of(store)] == [None, AT_ONCE, None]


def test_a_status_already_in_the_answer_is_not_posted(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        accepted(store, status=Status.QUEUED)
        reports_of(store, told=True).record(a_report("1", Status.QUEUED))
        assert [one.due for one in events_of(store)] == [None]


def test_an_id_of_any_length_is_kept(place: Place) -> None:
    long = os.urandom(5000).hex()
    with open_store(place) as store:
        put(store)
        message = accepted(store, long)
        reports_of(store).record(a_report(provider_id=long))
        assert status(store, message) == (State.ACCEPTED, Status.DELIVERED)


@each(
    ("provider_id", "said", "status_is"),
    [
        ("p-1", Status.UNDELIVERED, Status.QUEUED),
        ("p-1", Status.DELIVERED, Status.DELIVERED),
        ("p-2", Status.UNDELIVERED, Status.UNDELIVERED),
        (None, Status.UNDELIVERED, Status.UNDELIVERED),
    ],
)
@pytest.mark.parametrize("first", [State.UNKNOWN, State.NOT_SENT, State.STORED])
def test_of_a_message_that_was_sent_again_the_first_try_can_t_fail_any_more(
    tmp_path: Path, first: State, provider_id: str | None, said: Status, status_is: Status
) -> None:
    with open_store(tmp_path) as store:
        failed = store.move(claimed(store), End(state=first, due=AT_ONCE), "worker 1")
        if first is not State.STORED:
            store.move(failed, End(state=State.STORED, due=AT_ONCE), "person")
        message = accepted(store, "p-2")
        reports = reports_of(store, told=True)
        reports.record(a_report(status=said, provider_id=provider_id), message.id)
        assert status(store, message) == (State.ACCEPTED, status_is)
        (event,) = events_of(store)
        assert event.message == message.seq
        assert (event.due is not None) is (status_is is said)


def test_of_a_message_that_was_sent_once_a_failure_counts_under_any_id(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        message = accepted(store, "p-2")
        reports_of(store).record(a_report(status=Status.UNDELIVERED), message.id)
        assert status(store, message) == (State.ACCEPTED, Status.UNDELIVERED)


def test_a_report_that_comes_again_is_kept_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        accepted(store)
        assert reports_of(store).record(a_report()).became is Became.KEPT
        assert reports_of(store).record(a_report()).became is Became.REPEATED
        assert len(events_of(store)) == 1


@each(
    ("given", "fits"),
    [
        ({}, True),
        ({"provider_id": "p-2"}, False),
        ({"backend": "other"}, False),
        ({"provider_id": None}, False),
    ],
)
def test_a_message_is_known_by_the_id_of_its_own_provider(
    tmp_path: Path, given: dict[str, Any], *, fits: bool
) -> None:
    with open_store(tmp_path) as store:
        put(store)
        message = accepted(store)
        recorded = reports_of(store).record(a_report(**given))
        assert recorded.became is (Became.KEPT if fits else Became.WAITS)
        assert status(store, message)[1] is (Status.DELIVERED if fits else Status.QUEUED)


@each("early", [True, False])
def test_of_two_messages_with_one_id_the_newer_is_matched(tmp_path: Path, *, early: bool) -> None:
    with open_store(tmp_path) as store:
        reports = reports_of(store)
        if early:
            reports.record(a_report())
        put(store, "Old")
        old = accepted(store)
        put(store, "New")
        new = accepted(store)
        if early:
            reports.match(0.0)
        else:
            reports.record(a_report())
        assert events_of(store)[0].message == new.seq
        assert status(store, old)[1] is Status.QUEUED
        assert status(store, new)[1] is Status.DELIVERED


def test_a_report_proves_that_an_unknown_message_was_taken_by_our_reference_alone(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path) as store:
        message = store.move(claimed(store), End(state=State.UNKNOWN, due=1.0), "worker 1")
        reports = reports_of(store)
        assert reports.record(a_report("1")).became is Became.WAITS
        recorded = reports.record(a_report("2", Status.SENT), message.id)
        assert recorded.proved is not None
        assert status(store, message) == (State.ACCEPTED, Status.SENT)
        found = store.find(message.id)
        assert found is not None
        assert (found.provider_id, found.due) == ("p-1", None)
        last = store.history(message)[-1]
        assert (last["actor"], last["why"]) == ("report new", PROVED)


def test_a_report_of_an_unknown_word_proves_as_much(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        message = store.move(claimed(store), End(state=State.UNKNOWN), "worker 1")
        reports_of(store).record(a_report(status=Status.UNKNOWN), message.id)
        assert status(store, message) == (State.ACCEPTED, Status.ACCEPTED)


def in_state(store: MessageStore, before: str, **more: Any) -> StoredMessage:
    """Return a message in a state; *again*: one that was tried, and waits for another try."""
    if before == "stored":
        return put(store, **more)
    message = claimed(store, **more)
    if before == "accepted":
        end = End(state=State.ACCEPTED, provider_id="p-1", status=Status.ACCEPTED)
        return store.move(message, end, "worker 1")
    if before == "handed_over":
        return message
    if before == "cancelled":
        message = store.move(message, End(state=State.UNKNOWN), "worker 1")
    state = State.STORED if before == "again" else State(before)
    return store.move(message, End(state=state, due=store.now() + 60), "worker 1")


SENT = (Status.SENT, Status.DELIVERED, Status.READ)
FAILED = (Status.REJECTED, Status.EXPIRED, Status.UNDELIVERED)
VAGUE = (Status.QUEUED, Status.ACCEPTED, Status.UNKNOWN)
WAITS, KEPT, TOLD, PROVES = "waits", "kept", "told", "proves it accepted, and is told"


@each(
    ("before", "of_sent", "of_failed", "of_vague"),
    [
        ("stored", WAITS, WAITS, WAITS),
        ("again", PROVES, WAITS, WAITS),
        ("handed_over", WAITS, WAITS, WAITS),
        ("accepted", TOLD, TOLD, KEPT),
        ("unknown", PROVES, PROVES, PROVES),
        ("not_sent", PROVES, TOLD, KEPT),
        ("rejected", PROVES, TOLD, KEPT),
        ("cancelled", PROVES, TOLD, KEPT),
    ],
)
def test_what_a_report_with_our_reference_does_to_a_message_in_each_state(
    tmp_path: Path, before: str, of_sent: str, of_failed: str, of_vague: str
) -> None:
    rows = ((SENT, of_sent), (FAILED, of_failed), (VAGUE, of_vague))
    with open_store(tmp_path) as store:
        told = [(said, effect) for statuses, effect in rows for said in statuses]
        for number, (said, effect) in enumerate(told):
            message = in_state(store, before, recipient=f"+1202555010{number}")
            given = a_report(said, said)
            recorded = reports_of(store, told=True).record(given, message.id)
            event = events_of(store)[-1]
            assert event.message == message.seq
            assert (recorded.became is Became.WAITS) is (effect == WAITS), said
            assert (recorded.proved is not None) is (effect == PROVES), said
            assert (event.due is not None) is (effect in (TOLD, PROVES)), said
            now = message.state, message.status
            if effect == PROVES or before == "accepted":
                now = State.ACCEPTED, max(said, Status.ACCEPTED, key=lambda one: one.rank)
            assert status(store, message) == now, said


def test_a_failure_that_is_reported_twice_is_told_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        message = in_state(store, "rejected")
        reports = reports_of(store, told=True)
        for key in ("one", "two"):
            reports.record(a_report(key, Status.UNDELIVERED), message.id)
        assert [one.due for one in events_of(store)] == [AT_ONCE, None]


@each("ended", [State.REJECTED, State.NOT_SENT, State.CANCELLED])
def test_a_failure_that_its_caller_was_told_is_told_no_more_when_it_is_reported(
    tmp_path: Path, ended: State
) -> None:
    with open_store(tmp_path) as bare:
        store = with_webhooks(bare)
        message = in_state(store, str(ended))
        reports = reports_of(store)
        for said in FAILED:
            reports.record(a_report(said, said), message.id)
        reports.record(a_report("in the end", Status.DELIVERED), message.id)
        assert [one.due for one in events_of(store)] == [AT_ONCE, None, None, None, AT_ONCE]


def test_a_failure_that_waited_for_the_outcome_is_told_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as bare:
        store = with_webhooks(bare)
        message = claimed(store)
        reports = reports_of(store)
        reports.record(a_report(status=Status.UNDELIVERED), message.id)
        store.move(message, End(state=State.REJECTED), "worker 1")
        reports.match(0.0)
        early, end = events_of(store)
        assert (early.message, early.due) == (message.seq, None)
        assert (end.message, end.due) == (message.seq, AT_ONCE)


def test_what_a_lookup_proved_and_told_is_told_no_more_when_it_is_reported(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path) as bare:
        store = with_webhooks(bare)
        unknown = in_state(store, "unknown")
        end = End(state=State.ACCEPTED, provider_id="p-1", status=Status.DELIVERED)
        store.move(unknown, end, "lookup")
        reports_of(store).record(a_report())
        assert [one.due for one in events_of(store)] == [AT_ONCE, None]


def test_a_delivery_reported_during_a_try_keeps_a_message_from_another(place: Place) -> None:
    with open_store(place) as store:
        message = claimed(store)
        reports = reports_of(store, told=True)
        reports.record(a_report("1", Status.UNDELIVERED), message.id)
        reports.record(a_report("2"), message.id)
        store.move(message, End(state=State.STORED, due=AT_ONCE), "worker 1")
        assert [one.id for one in reports.match(0.0)] == [message.id]
        assert status(store, message) == (State.ACCEPTED, Status.DELIVERED)
        assert claim(store) is None


def test_a_report_that_proves_what_a_failover_sent_says_which_member_did(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        message = claimed(store, backend="both")
        assert message.attempt is not None
        attempt = replace(message.attempt, via="other")
        store.move(message, End(state=State.UNKNOWN, attempt=attempt), "worker 1")
        reports = reports_of(store)
        reports.record(a_report("1", Status.SENT), message.id)
        reports.record(a_report("2"))
        assert status(store, message) == (State.ACCEPTED, Status.DELIVERED)


@each("named", [True, False])
def test_a_report_before_the_outcome_waits_for_it(tmp_path: Path, *, named: bool) -> None:
    with open_store(tmp_path) as store:
        message = claimed(store)
        reports = reports_of(store, told=True)
        recorded = reports.record(a_report(), message.id if named else None)
        assert recorded.became is Became.WAITS
        assert reports.match(0.0) == []
        assert status(store, message) == (State.HANDED_OVER, None)
        end = End(state=State.ACCEPTED, provider_id="p-1", status=Status.QUEUED)
        store.move(message, end, "worker 1")
        assert reports.match(0.0) == []
        assert status(store, message) == (State.ACCEPTED, Status.DELIVERED)
        (event,) = events_of(store)
        assert (event.message, event.caller, event.due) == (message.seq, "shop", AT_ONCE)


def test_a_report_that_waits_is_not_held_up_by_those_of_messages_of_others(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store, backend="elsewhere")
        accepted(store)
        reports = reports_of(store)
        for number in range(501):
            reports.record(a_report(f"theirs {number}"))
        reports.record(a_report("ours", provider_id="p-2"))
        put(store)
        message = accepted(store, "p-2")
        reports.match(0.0)
        assert status(store, message)[1] is Status.DELIVERED


def test_a_report_that_waited_proves_what_became_unknown(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        message = claimed(store)
        reports = reports_of(store)
        reports.record(a_report(), message.id)
        store.move(message, End(state=State.UNKNOWN, due=1.0), "worker 1")
        assert [one.seq for one in reports.match(0.0)] == [message.seq]
        assert status(store, message) == (State.ACCEPTED, Status.DELIVERED)
        assert reports.match(0.0) == []


def test_a_report_by_an_id_is_matched_within_its_time_alone(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store)
        reports = reports_of(store)
        reports.record(a_report())
        message = accepted(store)
        reports.match(clock() + 1)
        assert status(store, message)[1] is Status.QUEUED
        reports.match(clock())
        assert status(store, message)[1] is Status.DELIVERED


def test_what_waits_is_found_by_an_index_however_much_came_in(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, plans_of("events") as plans:
        reports_of(store).match(0.0)
    found = [plan for plan in plans if "ORDER BY" not in plan]
    assert found == ["SEARCH events USING INDEX events_of (door=? AND caller=? AND kind=?)"] * 2


def test_a_report_that_never_matches_is_dropped(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        reports = reports_of(store)
        put(store)
        accepted(store)
        reports.record(a_report("ours"))
        EventStore(store).add(a_received("received"))
        reports.record(a_report("theirs", provider_id="of somebody else"))
        assert reports.forget(clock()) == 0
        assert reports.forget(clock() + 1) == 1
        assert len(events_of(store)) == 2
