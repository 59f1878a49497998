"""What a provider can carry is read off its tables."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge import Fields, Message, Operation, Protocol, Reason, Rest, When
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Session
from smsbridge.mapping.call_values import (
    generated_values,
    message_values,
)
from smsbridge.mapping.operation import RECEIVED_ROW, SENT_ROW, Question

from support.each import each

NAMES = ", ".join(dict.fromkeys((*SENT_ROW, *RECEIVED_ROW)))
SEND = Operation(
    "POST /v1/messages",
    fields={"to": "{recipient}", "text": "{text}", "ref": "{reference}"},
    accepted=When({"state": "QUEUED"}, id="id"),
)


def message(**more: object) -> Message:
    return Message(recipient="+12025550123", text="x", **more)  # type: ignore[arg-type]  # by name


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


def test_what_is_made_need_not_be_carried() -> None:
    values = message_values(message()) | generated_values(Session(), "x")
    assert SEND.lacks(values) == []


def test_a_place_of_the_route_is_known_by_its_value_whatever_its_filters() -> None:
    operation = Operation("POST /to/{recipient|digits}?t={text}", {}, When({"a": "1"}))
    assert operation.places() == {"{recipient}": "{recipient|digits}", "t": "{text}"}
