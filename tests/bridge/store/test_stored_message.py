"""A message of the store: its states, and what of it makes a repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smsbridge import Channel, Message, Status
from smsbridge.bridge.store.stored_message import SETTLED, STEPS, End, State, status_of
from smsbridge.errors import Attempt, NotSent, Outcome, Reason, Rejected

from support.bridges import NUMBER, claim, new_message, open_store, put

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
ATTEMPT = Attempt(backend="new", protocol="rest", reference="r", started=NOON, fingerprint="f")


def test_nothing_leads_from_an_accepted_message_to_another_send() -> None:
    assert STEPS[State.ACCEPTED] == frozenset()
    assert STEPS.keys() == set(State)
    assert not any(
        State.HANDED_OVER in steps for state, steps in STEPS.items() if state != "stored"
    )


def test_each_outcome_is_a_state() -> None:
    assert {State(one) for one in Outcome} <= set(State)
    assert {State.STORED, State.HANDED_OVER, State.UNKNOWN} == set(State) - SETTLED


def test_each_state_has_a_status_that_its_caller_is_told(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        stored = put(store)
        assert status_of(stored) is Status.QUEUED
        claimed = claim(store)
        assert claimed is not None
        assert status_of(claimed) is Status.QUEUED
        unknown = store.move(claimed, End(state=State.UNKNOWN), "worker 1")
        assert status_of(unknown) is Status.UNKNOWN
        sent = store.move(unknown, End(state=State.ACCEPTED, status=Status.UNKNOWN), "person Ann")
        assert status_of(sent) is Status.ACCEPTED
        for state, status in (
            (State.NOT_SENT, Status.UNDELIVERED),
            (State.REJECTED, Status.REJECTED),
            (State.CANCELLED, Status.REJECTED),
        ):
            assert status_of(replace(sent, state=state)) is status


def test_the_content_is_all_that_a_repeat_must_have_in_common() -> None:
    one = Message(recipient=NUMBER, text="Hello", reference="a")
    others = [
        Message(recipient=NUMBER, text="Hullo"),
        Message(recipient="+12025550124", text="Hello"),
        Message(recipient=NUMBER, text="Hello", sender="Shop"),
        Message(recipient=NUMBER, text="Hello", send_at=NOON),
        Message(recipient=NUMBER, text="Hello", channels=frozenset({Channel.WHATSAPP})),
    ]
    content = new_message(message=one).content
    again = Message(recipient=NUMBER, text="Hello", reference="b")
    assert new_message(message=again).content == content
    assert content not in {new_message(message=other).content for other in others}
    assert new_message(message=one, key="order-4711").content != content


def test_a_key_is_kept_as_a_hash() -> None:
    assert new_message().repeat_key is None
    kept = new_message(key="order-4711").repeat_key
    assert kept is not None
    assert "4711" not in kept


def test_what_goes_out_has_the_id_of_the_row_and_goes_at_once(tmp_path: Path) -> None:
    later = Message(
        recipient=NUMBER, text="Hello", sender="Shop", send_at=NOON, reference="order-4711"
    )
    with open_store(tmp_path) as store:
        stored = put(store, message=later, reference="order-4711")
    out = stored.message()
    assert out is not None
    assert (out.recipient, out.text, out.sender) == (NUMBER, "Hello", "Shop")
    assert (out.reference, out.send_at) == (stored.id, None)
    assert NUMBER not in repr(stored)


def test_an_end_says_what_an_error_says() -> None:
    refused = End.of_error(Rejected("no", ATTEMPT, reason=Reason.RECIPIENT))
    assert (refused.state, refused.reason, refused.why) == (State.REJECTED, Reason.RECIPIENT, "no")
    waiting = End.of_error(NotSent("refused", ATTEMPT), due=5.0)
    assert (waiting.state, waiting.due, waiting.attempt) == (State.NOT_SENT, 5.0, ATTEMPT)


def test_a_channel_and_a_time_come_back_as_they_were(tmp_path: Path) -> None:
    both = frozenset({Channel.SMS, Channel.WHATSAPP})
    with open_store(tmp_path) as store:
        stored = put(
            store,
            message=Message(
                recipient=NUMBER, text="Hello", channels=both, send_at=NOON + timedelta(days=1)
            ),
        )
    out = stored.message()
    assert out is not None
    assert out.channels == both
    assert stored.send_at == (NOON + timedelta(days=1)).timestamp()
