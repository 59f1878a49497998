"""What brings about the outcome that a test asks for."""

from __future__ import annotations

import pytest

from smsbridge import Client, ConfigError, Message, Outcome, Rejected
from smsbridge.testing import SmsbridgeMock
from smsbridge.testing.mock.upcoming import answer_of

from support.each import each

NUMBER = "+12025550123"
MESSAGE = Message(recipient=NUMBER, text="Hello")


@each(
    ("outcome", "reason", "says"),
    [
        ("refused-connection", None, "there is no outcome"),
        ("rejected", "money", "there is no reason"),
        ("no-such-host", None, "no-such-host is not an answer to a send: set it as .fault of"),
        ("server-error:499", None, "there is no fault 'server-error:499'"),
    ],
)
def test_what_is_no_answer_to_a_send_is_refused(
    outcome: str, reason: str | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        answer_of(outcome, reason)


@pytest.mark.parametrize("outcome", [*Outcome, "server-error:502"])
def test_the_next_send_ends_so_over_every_protocol_and_then_all_is_as_before(
    protocol: str, outcome: str
) -> None:
    with SmsbridgeMock(protocol=protocol) as mock, Client(mock.backend) as client:
        mock.next(outcome)
        [first] = client.send_many([MESSAGE])
        [second] = client.send_many([Message(recipient=NUMBER, text="Another")])
    wanted = outcome if outcome in list(Outcome) else Outcome.UNKNOWN
    assert (first.outcome, second.outcome) == (wanted, Outcome.ACCEPTED)
    taken = wanted in (Outcome.ACCEPTED, Outcome.UNKNOWN)
    assert len(mock.messages) == 1 + taken


@each(
    ("backend", "reason"),
    [
        (None, "account"),
        ("parlayx", "content"),
        (None, "authentication"),
        ("parlayx", "recipient"),
        ("parlayx", "authentication"),
    ],
)
def test_a_reason_is_told_as_the_provider_would_tell_it(backend: str | None, reason: str) -> None:
    with SmsbridgeMock(backend) as mock, Client(mock.backend) as client:
        mock.next("rejected", reason=reason)
        with pytest.raises(Rejected) as caught:
            client.send(NUMBER, "Hello")
    assert caught.value.reason == reason


def test_a_reason_for_which_the_provider_has_no_word_is_told() -> None:
    mock = SmsbridgeMock("parlayx").start()
    mock.next("rejected", reason="sender")
    with Client(mock.backend) as client, pytest.raises(Rejected):
        client.send(NUMBER, "Hello")
    mock.stop()
    assert mock.surprises() == [
        "a message was to be rejected for sender, and parlayx over soap has no word for that"
    ]


def test_several_are_met_in_their_order_and_one_that_never_came_is_told() -> None:
    mock = SmsbridgeMock().start()
    mock.next("unknown")
    mock.next("not_sent", times=2)
    mock.next("accepted")
    mock.next("rejected")
    with Client() as client:
        several = [Message(recipient=NUMBER, text=f"Hello {turn}") for turn in range(4)]
        ends = [result.outcome for result in client.send_many(several, concurrency=1)]
    mock.stop()
    assert ends == ["unknown", "not_sent", "not_sent", "accepted"]
    assert mock.surprises() == ["1 of the outcomes that next asked for never came"]
