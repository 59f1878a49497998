"""Several messages by one call: each has an end of its own, by one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smsbridge import (
    Backend,
    InvalidMessage,
    Message,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Submission,
    Unsupported,
    backend,
)
from smsbridge.backends.failover import Failover
from smsbridge.backends.group_send import most_together, send_group
from smsbridge.backends.memory import MemoryBackend
from smsbridge.http.exchange import Broken, Left, Response
from smsbridge.mapping.outcome import SendEnd
from smsbridge.message import fingerprint

from support.blocks import REST_SEND, SEND_TO_EACH, document, json_of, rest, session, talk
from support.each import each

NUMBERS = ("+12025550101", "+12025550102", "+447700900123")
MESSAGES = [
    Message(recipient=number, text="Hello", reference=f"r-{n}") for n, number in enumerate(NUMBERS)
]
OK = {"code": "0", "id": "7"}
BULK = rest(SEND_TO_EACH)


def sent(
    *answers: Response | Broken, of: Backend = BULK, messages: Sequence[Message] = MESSAGES
) -> tuple[Any, list[dict[str, Any]]]:
    ends, asked = talk(send_group(of, messages, session()), *answers)
    return ends, [json_of(request) for request in asked]


def test_one_call_has_all_numbers_and_each_message_has_its_own_attempt() -> None:
    rows = [{"to": number, **OK} for number in NUMBERS]
    ends, asked = sent(document(messages=rows))
    assert asked == [{"to": list(NUMBERS), "body": "Hello"}]
    assert [type(end) for end in ends] == [Submission] * 3
    assert [end.reference for end in ends] == ["r-0", "r-1", "r-2"]
    assert [end.attempt.fingerprint for end in ends] == [
        fingerprint(number, "Hello") for number in NUMBERS
    ]


def test_one_may_be_refused_another_forgotten_and_the_third_accepted() -> None:
    rows = [{"to": NUMBERS[2], **OK}, {"to": NUMBERS[0], "code": 12}]
    ends, _ = sent(document(messages=rows))
    assert [type(end) for end in ends] == [Rejected, OutcomeUnknown, Submission]


@each(
    ("broken", "kind"),
    [
        (Broken(Left.NOTHING, "refused"), NotSent),
        (Broken(Left.PART, "reset"), NotSent),
        (Broken(Left.ALL, "reset"), OutcomeUnknown),
    ],
)
def test_a_broken_connection_is_the_same_for_each(broken: Broken, kind: type) -> None:
    ends, _ = sent(broken)
    assert [(type(end), end.attempt.reference) for end in ends] == [
        (kind, f"r-{number}") for number in range(3)
    ]


def test_a_refused_login_is_the_same_for_each() -> None:
    login = """
        auth = { type = "oauth2", client_id = "c", client_secret = "s", token_url = "/token" }
    """
    ends, asked = talk(
        send_group(rest(login + SEND_TO_EACH), MESSAGES, session()),
        document(401, error="invalid_client"),
    )
    assert [end.outcome for end in ends] == ["rejected"] * 3
    assert len(asked) == 1


def test_a_number_that_the_table_cant_write_is_left_out() -> None:
    odd = Message(recipient="+99912345", text="Hello", reference="odd")
    of = rest(SEND_TO_EACH.replace("{recipients}", "{recipients|national}"))
    rows = [{"to": "2025550101", **OK}, {"to": "07700900123", **OK}]
    ends, asked = sent(document(messages=rows), of=of, messages=[MESSAGES[0], odd, MESSAGES[2]])
    assert [type(end) for end in ends] == [Submission, InvalidMessage, Submission]
    assert asked[0]["to"] == ["2025550101", "07700900123"]
    ends, asked = sent(of=of, messages=[odd, odd])
    assert [type(end) for end in ends] == [InvalidMessage, InvalidMessage]
    assert asked == []


def test_what_no_table_can_carry_is_refused_for_all_before_anything_leaves() -> None:
    flagged = [Message(recipient=n, text="Hello", sender="ACME") for n in NUMBERS]
    end, asked = sent(messages=flagged)
    assert isinstance(end, Unsupported)
    assert asked == []


def test_no_error_shows_a_number_of_another_message() -> None:
    numbers = "+".join(NUMBERS)
    rows = [{"to": number, "code": "12", "note": NUMBERS[0]} for number in NUMBERS]
    rows[1] = {"to": NUMBERS[1], "code": numbers[:14]}
    ends, _ = sent(document(messages=rows))
    for end in ends:
        said = "".join(map(str, (end, *end.exchange)))
        assert not [number for number in NUMBERS if number[1:] in said]


def test_an_answer_is_read_and_masked_once_for_all() -> None:
    rows = [{"to": number, "code": "12"} for number in NUMBERS]
    ends, _ = sent(document(messages=rows))
    assert all(end.exchange is ends[0].exchange for end in ends)
    assert len(ends[0].exchange) == 1


@backend
class Own(Backend):
    """A backend that judges answers by code of its own."""

    name = "own"
    url = "https://gate.example"
    protocols = BULK.protocols

    def outcome(self, *given: Any) -> SendEnd:
        end: SendEnd = super().outcome(*given)
        return end


@each(
    ("of", "most"),
    [
        (BULK, 3),
        (rest(REST_SEND), 1),
        (MemoryBackend(), 1),
        (Own(), 1),
        (Failover(backends={"one": BULK, "two": BULK}), 1),
    ],
)
def test_how_many_go_together_is_said_by_the_table(of: Backend, most: int) -> None:
    assert most_together(of) == most
