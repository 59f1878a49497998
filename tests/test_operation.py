"""What a provider can carry is read off its tables."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge import Field, Message, Operation, Protocol, Rest, When
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.operation import channels_word, message_values

SEND = Operation(
    "POST /v1/messages",
    fields={"to": "{recipient}", "text": "{text}", "ref": "{reference}"},
    accepted=When({"state": "QUEUED"}, id="id"),
)


def message(**more: object) -> Message:
    return Message(recipient="+12025550123", text="x", **more)  # type: ignore[arg-type]  # by name


def test_the_values_of_a_message_are_those_that_it_has() -> None:
    sent = message(options=SMSMobileAPIOptions(encrypt=True))
    assert message_values(sent) == {
        "recipient": "+12025550123",
        "text": "x",
        "channels": "sms",
        "reference": sent.reference,
        "options.encrypt": True,
    }


def test_what_is_carried_and_by_which_channels_can_be_asked() -> None:
    assert SEND.carries() == {"recipient", "text", "reference"}
    assert SEND.channels() == {"sms"}
    rest = SMSMobileAPI.protocols["rest"].operations()["send"]
    assert rest.channels() == {"sms", "whatsapp", "sms+whatsapp"}


@pytest.mark.parametrize(
    ("more", "lacking"),
    [
        ({}, []),
        ({"reference": "r-1"}, []),
        ({"channels": "whatsapp"}, ["channels"]),
        ({"sender": "ACME"}, ["sender"]),
        ({"sender": "ACME", "channels": ["sms", "whatsapp"]}, ["sender", "channels"]),
    ],
)
def test_what_would_be_left_out_can_be_asked(more: dict[str, object], lacking: list[str]) -> None:
    assert SEND.lacks(message_values(message(**more))) == lacking


def test_a_reference_needs_no_field_at_the_provider() -> None:
    table = Operation("POST /", fields={"a": "{recipient}{text}"}, accepted=When({"ok": "1"}))
    assert table.lacks(message_values(message(reference="r-1"))) == []


def test_a_set_of_channels_is_one_word() -> None:
    assert channels_word(message(channels=["whatsapp", "sms"]).channels) == "sms+whatsapp"


def test_a_protocol_has_the_operations_that_it_was_given() -> None:
    assert Protocol(Rest(), Field("a", "b"), send=SEND).operations() == {"send": SEND}
    assert Protocol(Rest(), Field("a", "b")).operations() == {}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"a": "{text|upper}"}, "field a: there is no filter 'upper'; there are"),
        ({"a": "{recipient|epoch}"}, "'epoch' is for send_at"),
        ({"a": {"{channels}": {"sms": "{text|shout}"}}}, "no filter 'shout'"),
        ({"a": {"{channels}": {"sms": "1"}, "{text}": {"x": "1"}}}, "a choice has one key"),
        ({"to": "{recipient}", "to.number": "{recipient}"}, "to is a field, and holds others too"),
    ],
)
def test_a_table_that_could_not_be_sent_is_refused_where_it_is_written(
    fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Operation("POST /", fields=fields, accepted=When({"ok": "1"}))
