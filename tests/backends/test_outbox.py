"""Assertions about what was sent: they read as sentences, also where they fail."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from smsbridge import ConfigError, Message, Outcome, Reason
from smsbridge.backends.outbox import Outbox, wanted_end

from support.each import each

FIRST, SECOND = "+12025550123", "+12025550124"


class Box(Outbox[Message]):
    """An outbox with what it was given."""

    def __init__(self, sent: Sequence[tuple[str, str]]) -> None:
        self.messages = [Message(recipient=number, text=text) for number, text in sent]


def box() -> Box:
    return Box([(FIRST, "Hello"), (SECOND, "Hello"), (FIRST, "Bye")])


def failure(box: Box, *args: object, **keys: int) -> list[str]:
    with pytest.raises(AssertionError) as caught:
        box.sent_to(*args, **keys)  # type: ignore[call-overload]  # each case is a call
    return str(caught.value).splitlines()


def test_the_one_message_is_returned_and_of_several_a_list() -> None:
    assert box().sent_to(SECOND) is not None
    assert box().sent_to(FIRST, "Bye").text == "Bye"
    assert box().sent_to(FIRST, re.compile("^H")).text == "Hello"
    assert [one.text for one in box().sent_to(FIRST, count=2)] == ["Hello", "Bye"]
    assert box().sent_to("+12025550199", count=0) == []


@each(
    ("args", "keys", "says"),
    [
        ([FIRST], {}, f"2 messages were sent to {FIRST}, instead of 1"),
        ([FIRST, "Hi"], {}, f"nothing was sent to {FIRST} with the text 'Hi'"),
        ([FIRST, re.compile("Hi$")], {}, f"nothing was sent to {FIRST} with the text /Hi$/"),
        ([SECOND], {"count": 2}, f"1 message was sent to {SECOND}, instead of 2"),
        (["+447700900123"], {"count": 2}, "no messages were sent to +447700900123, instead of 2"),
        (["+447700900123"], {}, "nothing was sent to +447700900123"),
        (["+12025550125"], {}, f"nothing was sent to +12025550125; the nearest number is {FIRST}"),
    ],
)
def test_a_failure_says_what_was_wanted_and_lists_what_was_sent(
    args: list[object], keys: dict[str, int], says: str
) -> None:
    first, *rest = failure(box(), *args, **keys)
    assert first.replace(SECOND, FIRST) == says.replace(SECOND, FIRST)
    assert rest == [
        "Sent, oldest first:",
        f"  to {FIRST}: 'Hello'",
        f"  to {SECOND}: 'Hello'",
        f"  to {FIRST}: 'Bye'",
    ]


def test_where_nothing_was_sent_at_all_that_is_said() -> None:
    assert failure(Box([]), FIRST) == [
        f"nothing was sent to {FIRST}: nothing was sent at all",
    ]


def test_of_very_many_messages_the_first_are_listed() -> None:
    listed = failure(Box([(FIRST, "Hello")] * 25), SECOND)
    assert (len(listed), listed[-1]) == (23, "  and 5 more")


def test_nothing_else_was_sent_once_each_message_was_asked_for() -> None:
    sent = box()
    sent.sent_to(SECOND)
    with pytest.raises(AssertionError) as caught:
        sent.nothing_else_sent()
    assert str(caught.value).splitlines() == [
        "2 more were sent:",
        f"  to {FIRST}: 'Hello'",
        f"  to {FIRST}: 'Bye'",
    ]
    sent.sent_to(FIRST, "Bye")
    with pytest.raises(AssertionError, match="one more message was sent:"):
        sent.nothing_else_sent()
    sent.sent_to(FIRST, "Hello")
    sent.nothing_else_sent()


def test_a_double_is_each_repeat_of_number_text_and_channels() -> None:
    sent = Box([(FIRST, "Hello"), (SECOND, "Hello"), (FIRST, "Hello"), (FIRST, "Hello")])
    assert sent.doubled() == sent.messages[2:]
    assert box().doubled() == []
    other = Message(recipient=FIRST, text="Hello", channels="whatsapp")  # type: ignore[arg-type]  # normalised
    sent.messages = [sent.messages[0], other]
    assert sent.doubled() == []


@each(
    ("outcome", "reason", "end"),
    [
        ("accepted", None, Outcome.ACCEPTED),
        ("not sent", None, Outcome.NOT_SENT),
        (Outcome.UNKNOWN, None, Outcome.UNKNOWN),
        ("rejected", "quota", Reason.QUOTA),
    ],
)
def test_an_end_is_an_outcome_or_a_reason(
    outcome: str, reason: str | None, end: Outcome | Reason
) -> None:
    assert wanted_end(outcome, reason) is end


@each(
    ("outcome", "reason", "says"),
    [
        ("refused", None, "there is no outcome 'refused'; .*known: accepted, not_sent"),
        ("rejected", "money", "there is no reason 'money'; .*known: account"),
        ("unknown", "quota", "reason: only a message that is rejected has one"),
    ],
)
def test_another_word_is_refused_with_those_that_are_known(
    outcome: str, reason: str | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        wanted_end(outcome, reason)
