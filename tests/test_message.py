"""What may be sent, and what is refused before any I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import (
    Attempt,
    Channel,
    InvalidMessage,
    Message,
    ReceivedMessage,
    SentMessage,
    Status,
    Submission,
)
from smsbridge.message import fingerprint, show_value
from smsbridge.text.phone import mask_number, same_number

from support.each import each


def message(**fields: Any) -> Message:
    return Message(**{"recipient": "+12025550123", "text": "Hello", **fields})


@each("number", ["+12345", "+123456789012345", "+447700900123"])
def test_a_plus_and_5_to_15_digits_are_a_number(number: str) -> None:
    assert message(recipient=number).recipient == number


@each(
    "number",
    [
        "",
        "12025550123",
        "+1234",
        "+1234567890123456",
        "+1 202 555",
        "+1202555o123",
        "+١٢٣٤٥٦",
        None,
        5,
    ],
)
def test_any_other_number_is_refused_with_what_is_allowed(number: object) -> None:
    with pytest.raises(InvalidMessage, match=r"recipient .*give \+ and 5 to 15 digits"):
        message(recipient=number)


def test_a_number_is_masked_in_the_error() -> None:
    with pytest.raises(InvalidMessage) as refused:
        message(recipient="00447700900123")
    assert "7700900" not in str(refused.value)


def test_a_number_is_shown_by_its_ends() -> None:
    assert mask_number("+12025550123") == "+12•••23"
    assert mask_number("+12345") == "•••"


def hex_of(character: str) -> str:
    return f"U+{ord(character):04X}"


@each("text", ["", "   ", "\n\t", None, 7])
def test_an_empty_text_is_refused(text: object) -> None:
    with pytest.raises(InvalidMessage, match="text is empty"):
        message(text=text)


@each("bad", [chr(0), chr(0xD83D), chr(0xDC00)])
def test_nul_and_a_lone_surrogate_are_refused_with_their_place(bad: str) -> None:
    with pytest.raises(InvalidMessage, match=f"U\\+{ord(bad):04X} at position 2"):
        message(text=f"ab{bad}c")


def test_an_emoji_and_several_lines_are_fine() -> None:
    assert message(text="hé 😀\r\nline two").text == "hé 😀\r\nline two"


@each(
    ("given", "channels"),
    [
        ("whatsapp", {Channel.WHATSAPP}),
        (Channel.SMS, {Channel.SMS}),
        (["sms", "whatsapp"], {Channel.SMS, Channel.WHATSAPP}),
        ({Channel.SMS}, {Channel.SMS}),
    ],
)
def test_channels_may_be_one_word_or_several(given: object, channels: set[Channel]) -> None:
    assert message(channels=given).channels == channels


@each("given", ["telex", ["sms", "telex"], []])
def test_another_channel_or_none_is_refused_with_what_is_allowed(given: object) -> None:
    with pytest.raises(InvalidMessage, match="sms, whatsapp"):
        message(channels=given)


@each("when", [datetime(2030, 1, 1), "tomorrow", 1754951051])  # noqa: DTZ001  (the fault)
def test_a_schedule_without_a_time_zone_is_refused(when: object) -> None:
    with pytest.raises(InvalidMessage, match="send_at has no time zone"):
        message(send_at=when)


def test_a_reference_is_made_if_absent_and_is_unique() -> None:
    assert len({message().reference for _ in range(100)}) == 100
    assert message(reference="order-4711").reference == "order-4711"


@each("field", ["reference", "sender"])
@each("bad", ["", "a\nb", 7])
def test_a_reference_or_sender_that_is_no_printable_text_is_refused(
    field: str, bad: object
) -> None:
    with pytest.raises(InvalidMessage, match=field):
        message(**{field: bad})


class _Odd:
    def __repr__(self) -> str:
        raise AssertionError


@each("field", ["reference", "sender", "channels"])
@each(
    "bad",
    ["+12025550123\n", "\n2025550123", 2025550123, 10**5000, ["2025550123"], {"2025550123": 1}],
)
def test_no_value_that_may_be_a_number_is_in_the_error(field: str, bad: object) -> None:
    with pytest.raises(InvalidMessage, match=f"^{field}") as refused:
        message(**{field: bad})
    assert "202555" not in str(refused.value)
    assert len(str(refused.value)) < 100


@each("field", ["reference", "sender", "channels"])
@each("bad", [_Odd(), [_Odd()], b"+12025550123", 7, True, [["sms"]], [None]])
def test_a_value_of_any_kind_is_refused_by_the_name_of_its_field(field: str, bad: object) -> None:
    with pytest.raises(InvalidMessage, match=f"^{field}"):
        message(**{field: bad})


@each(
    ("value", "told"),
    [
        ("telex", "'telex'"),
        ("order-123456", "'order-123456'"),
        ("order-1234567", "'ord•••67'"),
        ("1234567", "'•••'"),
        ("١٢٣٤٥٦٧٨٩", "'١٢٣•••٨٩'"),
        ("x" * 99, repr("x" * 40)),
        (999_999, "999999"),
        (-1_000_000, "a long number"),
        (1234567.5, "'123•••.5'"),
        (None, "None"),
        ([], "of type list"),
    ],
)
def test_a_value_is_shown_by_its_ends_where_it_may_be_a_number(value: object, told: str) -> None:
    assert show_value(value) == told


def test_options_must_be_a_backends_own_object() -> None:
    with pytest.raises(InvalidMessage, match="options"):
        message(options={"sim": 1})


def test_the_number_and_the_text_are_not_in_the_repr() -> None:
    shown = repr(message(recipient="+447700900123", text="a secret text"))
    assert "7700900123" not in shown
    assert "a secret text" not in shown


def test_a_submission_says_who_issued_it() -> None:
    attempt = Attempt(
        backend="acme", protocol="soap", reference="r-1", started=datetime(2030, 1, 1, tzinfo=UTC)
    )
    submission = Submission(id="7", attempt=attempt)
    assert (submission.backend, submission.protocol, submission.reference) == (
        "acme",
        "soap",
        "r-1",
    )
    assert submission.status is Status.ACCEPTED


FORMS = ["+12025550123", "12025550123", "0012025550123", "+1 202 555 0123", "001 (202) 555-0123"]


@each("form", FORMS)
def test_a_number_is_the_same_in_every_form_of_its_digits(form: str) -> None:
    assert same_number(form, "+12025550123")
    assert fingerprint(form, "Hello") == fingerprint("+12025550123", "Hello")


@each("other", ["+12025550124", "2025550123", "+447700900123", "MPESA", ""])
def test_other_digits_are_another_number(other: str) -> None:
    assert not same_number(other, "+12025550123")
    assert fingerprint(other, "Hello") != fingerprint("+12025550123", "Hello")


@each("text", ["one\r\ntwo", "one\rtwo", "one\ntwo ", "\n one\ntwo\r\n"])
def test_a_fingerprint_stands_for_any_form_of_line_ends(text: str) -> None:
    assert fingerprint("+12025550123", text) == fingerprint("+12025550123", "one\ntwo")


@each("text", ["one two", "One\ntwo", "one\n\ntwo", "one\ntwo.", ""])
def test_another_text_has_another_fingerprint(text: str) -> None:
    assert fingerprint("+12025550123", text) != fingerprint("+12025550123", "one\ntwo")


@given(recipient=st.text(), text=st.text())
def test_a_fingerprint_is_32_hex_digits_of_whatever_comes_from_outside(
    recipient: str, text: str
) -> None:
    assert len(bytes.fromhex(fingerprint(recipient, text))) == 16


def test_a_lone_surrogate_has_a_fingerprint_too() -> None:
    assert fingerprint("+12025550123", chr(0xD83D)) == fingerprint("+12025550123", "?")


@each(
    "told",
    [
        SentMessage(id="m-1", recipient="+12025550123", sender="+12025550123", text="canary"),
        SentMessage(id="m-1", error="canary", answer={"text": "canary"}),
        ReceivedMessage(id="m-1", sender="+12025550123", recipient="+12025550123", text="canary"),
        ReceivedMessage(id="m-1", answer={"text": "canary"}),
    ],
)
def test_no_number_and_no_text_is_in_the_repr_of_what_is_told(told: object) -> None:
    assert "canary" not in repr(told)
    assert "2025550123" not in repr(told)
    assert "m-1" in repr(told)


def test_a_message_that_nothing_is_known_of_is_unknown() -> None:
    assert (SentMessage().status, SentMessage().at, ReceivedMessage().at) == (
        Status.UNKNOWN,
        None,
        None,
    )


def test_a_status_only_moves_up_and_each_has_a_rank_of_its_own() -> None:
    ranks = {status: status.rank for status in Status}
    assert sorted(ranks.values()) == list(range(len(Status)))
    order = [Status.UNKNOWN, Status.QUEUED, Status.SENT, Status.UNDELIVERED, Status.DELIVERED]
    assert sorted(order, key=lambda status: status.rank) == order
