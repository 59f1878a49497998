"""What a provider can carry is read off its tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from smsbridge import Fields, Message, Operation, Protocol, Reason, Rest, When
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.http.exchange import Session
from smsbridge.mapping.operation import (
    RECEIVED_ROW,
    SENT_ROW,
    Question,
    channels_word,
    generated_values,
    message_values,
    value_names,
)

from support.each import each

NAMES = ", ".join(dict.fromkeys((*SENT_ROW, *RECEIVED_ROW)))
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
        "recipients": ["+12025550123"],
        "text": "x",
        "channels": "sms",
        "reference": sent.reference,
        "options.encrypt": True,
    }


def test_what_is_carried_and_by_which_channels_can_be_asked() -> None:
    assert SEND.carries() == {"recipient", "text", "reference"}
    assert SEND.channels() == {"sms"}
    rest = SMSMobileAPI.protocols["rest"].send
    assert rest is not None
    assert rest.channels() == {"sms", "whatsapp", "sms+whatsapp"}


@each(
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
    assert Protocol(Rest(), Fields({"a": "{b}"}), send=SEND).operations() == {"send": SEND}
    assert Protocol(Rest(), Fields({"a": "{b}"})).operations() == {}


@each(
    ("fields", "says"),
    [
        ({"a": "{text|uper}"}, "field a: there is no filter 'uper'; did you mean 'upper'"),
        ({"a": "{recipient|epoch}"}, "field a: the filter 'epoch' is for a time: send_at, now, "),
        ({"a": {"{channels}": {"sms": "{text|shout}"}}}, "no filter 'shout'"),
        ({"a": {"{channels}": {"sms": "1"}, "{text}": {"x": "1"}}}, "a choice has one key"),
        (
            {"to": "{recipient}", "to.number": "{recipient}"},
            "to is a field, and also holds other fields",
        ),
        (
            {"to": "{recipient}", "to[0]": "{recipient}"},
            "to is a field, and also holds other fields",
        ),
        ({"to[0]": "{recipient}", "to.a": "1"}, r"POST /: to\.a: another field is in its place"),
        ({"to..a": "{recipient}"}, "'to..a' is not a path"),
        ({"a": "{text"}, "field a: '{text': braces hold a value and its filters"),
        (
            {"a": None},
            "field a: give text, a number, true or false, a choice, a filter or a list",
        ),
    ],
)
def test_a_table_that_could_not_be_sent_is_refused_where_it_is_written(
    fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Operation("POST /", fields=fields, accepted=When({"ok": "1"}))


def test_a_table_that_takes_every_answer_for_an_acceptance_is_refused() -> None:
    with pytest.raises(ValueError, match="a 200 is never proof"):
        Operation("POST /", fields={"a": "{text}"}, accepted=When({}))


@each(
    ("call", "headers", "says"),
    [
        ("POST /{text|uper}", {}, "there is no filter 'uper'"),
        ("POST /{text", {}, "braces hold a value"),
        ("POST /", {"X-To": "{text|epoch}"}, "field X-To: the filter 'epoch' is for a time"),
    ],
)
def test_the_templates_of_a_route_and_of_headers_are_held_to_the_same_rules(
    call: str, headers: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Operation(call, fields={}, accepted=When({"ok": "1"}), headers=headers)


def test_a_route_and_a_header_carry_what_they_name() -> None:
    table = Operation(
        "POST /{sender}/messages",
        fields={"text": "{text}"},
        accepted=When({"ok": "1"}),
        headers={"X-To": "{recipient}", "X-By": {"{channels}": {"whatsapp": "wa"}}},
    )
    assert table.carries() == {"sender", "text", "recipient", "channels"}
    assert table.channels() == {"sms", "whatsapp"}
    assert table.lacks(message_values(message(sender="ACME"))) == []


def test_fields_without_a_value_are_left_out() -> None:
    table = Operation(
        "POST /",
        fields={"to": "{recipient|digits}", "from": "{sender}", "flash": True, "parts": 0},
        accepted=When({"ok": "1"}),
    )
    filled = table.fill(message_values(message()))
    assert filled == {"to": "12025550123", "flash": True, "parts": 0}


# Questions


def test_a_question_carries_what_its_templates_name() -> None:
    table = Question("GET /in?after={after|epoch}", {"to": "{before|iso}"}, {"id": "id"})
    assert table.carries() == {"after", "before"}
    assert table.answered.match == {}


@each(
    ("row", "says"),
    [
        ({}, f"GET /in, row: name one or more of {NAMES}"),
        ({"id": "a", "colour": "b"}, f"GET /in, row: 'colour' is not one of {NAMES}"),
    ],
)
def test_a_question_without_a_known_name_in_its_row_is_refused(
    row: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=f"^{says}$"):
        Question("GET /in", {}, row)


def test_a_questions_templates_are_held_to_the_same_rules() -> None:
    with pytest.raises(ValueError, match="there is no filter 'shout'"):
        Question("GET /in", {"after": "{after|shout}"}, {"id": "id"})


@each(
    "places",
    [
        {"row": {"id": "a..b"}},
        {"row": {"id": "a"}, "rows": "a."},
        {"row": {"id": "a"}, "rejected": {"[0]": {"1": Reason.OTHER}}},
    ],
)
def test_a_path_that_is_none_is_refused_where_it_is_written(places: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        Question("GET /in", {}, **places)


# Values that are made for a call


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


def test_what_is_made_need_not_be_carried() -> None:
    values = message_values(message()) | generated_values(Session(), "x")
    assert SEND.lacks(values) == []


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
