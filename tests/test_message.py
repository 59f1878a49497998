"""What may be sent, and what is refused before any I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Attempt, Channel, InvalidMessage, Message, Status, Submission
from smsbridge.message import masked


def message(**fields: Any) -> Message:
    return Message(**{"recipient": "+12025550123", "text": "Hello", **fields})


@pytest.mark.parametrize("number", ["+12345", "+123456789012345", "+447700900123"])
def test_a_plus_and_5_to_15_digits_are_a_number(number: str) -> None:
    assert message(recipient=number).recipient == number


@pytest.mark.parametrize(
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
    assert masked("+12025550123") == "+12•••23"
    assert masked("+12345") == "•••"


def hex_of(character: str) -> str:
    return f"U+{ord(character):04X}"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", None, 7])
def test_an_empty_text_is_refused(text: object) -> None:
    with pytest.raises(InvalidMessage, match="text is empty"):
        message(text=text)


@pytest.mark.parametrize("bad", [chr(0), chr(0xD83D), chr(0xDC00)], ids=hex_of)
def test_nul_and_a_lone_surrogate_are_refused_with_their_place(bad: str) -> None:
    with pytest.raises(InvalidMessage, match=f"U\\+{ord(bad):04X} at position 2"):
        message(text=f"ab{bad}c")


def test_an_emoji_and_several_lines_are_fine() -> None:
    assert message(text="hé 😀\r\nline two").text == "hé 😀\r\nline two"


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("given", ["telex", ["sms", "telex"], []])
def test_another_channel_or_none_is_refused_with_what_is_allowed(given: object) -> None:
    with pytest.raises(InvalidMessage, match="sms, whatsapp"):
        message(channels=given)


@pytest.mark.parametrize("when", [datetime(2030, 1, 1), "tomorrow", 1754951051])  # noqa: DTZ001  (the fault)
def test_a_schedule_without_a_time_zone_is_refused(when: object) -> None:
    with pytest.raises(InvalidMessage, match="send_at has no time zone"):
        message(send_at=when)


def test_a_reference_is_made_if_absent_and_is_unique() -> None:
    assert len({message().reference for _ in range(100)}) == 100
    assert message(reference="order-4711").reference == "order-4711"


@pytest.mark.parametrize("field", ["reference", "sender"])
@pytest.mark.parametrize("bad", ["", "a\nb", 7])
def test_a_reference_or_sender_that_is_no_printable_text_is_refused(
    field: str, bad: object
) -> None:
    with pytest.raises(InvalidMessage, match=field):
        message(**{field: bad})


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
