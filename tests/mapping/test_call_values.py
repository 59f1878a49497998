"""The values of a call: those of its message, those that are made, and their names."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from smsbridge import Message
from smsbridge.backends.smsmobileapi import SMSMobileAPIOptions
from smsbridge.http.exchange import Session
from smsbridge.mapping.call_values import (
    channels_word,
    generated_values,
    message_values,
    value_names,
)


def message(**more: object) -> Message:
    return Message(recipient="+12025550123", text="x", **more)  # type: ignore[arg-type]  # by name


def test_the_values_of_a_message_are_those_that_it_has() -> None:
    sent = message(options=SMSMobileAPIOptions(encrypt=True))
    assert message_values(sent) == {
        "recipient": "+12025550123",
        "recipients": ["+12025550123"],
        "text": "x",
        "channels": "sms",
        "reference": sent.reference,
        "options.encrypt": True,
    }


def test_a_set_of_channels_is_one_word() -> None:
    assert channels_word(message(channels=["whatsapp", "sms"]).channels) == "sms+whatsapp"


def test_a_call_has_its_time_an_id_of_its_own_and_what_its_text_needs() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    session = Session(now=lambda: now, random=lambda count: b"\xff" * count)
    assert generated_values(session) == {"now": now, "uuid": "ffffffff-ffff-4fff-bfff-ffffffffffff"}
    made = generated_values(session, "ж" * 71)
    assert (made["encoding"], made["segments"]) == ("ucs-2", "2")
    assert generated_values(session, "a")["encoding"] == "gsm-7"


def test_no_two_calls_have_one_id() -> None:
    ids = {generated_values(Session())["uuid"] for _ in range(50)}
    assert len(ids) == 50
    assert {UUID(made).version for made in ids} == {4}


def test_each_operation_has_its_own_values() -> None:
    assert value_names("send") == {
        *("recipient", "recipients", "text", "channels", "send_at", "sender", "reference"),
        "callback",
        *("now", "uuid", "encoding", "segments"),
    }
    assert value_names("status") == {"id", "now", "uuid"}
    assert value_names("received") == {"after", "before", "device", "unread", "now", "uuid"}
    assert value_names("sent") == {
        *("id", "after", "before", "recipient", "keyword", "failed"),
        *("now", "uuid"),
    }
    assert value_names("resend") == {"id", "now", "uuid"}
    assert value_names("delete") == {"id", "first", "last", "now", "uuid"}
