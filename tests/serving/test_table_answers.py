"""What is answered by a table: a yes under an id, rows, each status by the word that is chosen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from smsbridge import Status
from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.operation import Operation
from smsbridge.mapping.times import zone_of
from smsbridge.mapping.words import When
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.serving.table_answers import TableAnswers, fits_id, number_in

from support.blocks import REST_SEND, rest
from support.each import each

QUESTION = """
[status]
route = "GET /sms/{id}"
row = { id = "id", status = "state", at = "at", error = "why" }
failed = { why = "/.+/" }
"""
REQUEST = Request(method="POST", url="https://gate.example/sms")


def call(backend: Backend, operation: str) -> ReceivedCall:
    (protocol,) = provider_protocols(backend)
    return ReceivedCall(
        protocol=protocol,
        operation=operation,
        table=protocol.table.operations()[operation],
        given={},
        known=True,
        message=None,
        own=frozenset(),
    )


def said(answer: Response) -> Any:
    return json.loads(answer.body)


def answers(word: str | None = "W") -> TableAnswers:
    return TableAnswers(statuses={}, status_word=lambda _, __: word)


def test_a_yes_has_the_marks_the_id_and_the_word() -> None:
    asked = call(rest(REST_SEND), "send")
    assert said(answers().acceptance(REQUEST, asked, "i-1", None)) == {
        "code": "0",
        "id": "i-1",
        "state": "W",
    }
    without = answers(None).acceptance(REQUEST, asked, "i-1", Status.QUEUED)
    assert said(without) == {"code": "0", "id": "i-1"}


def test_a_row_has_its_words_at_their_paths() -> None:
    asked = call(rest(REST_SEND + QUESTION), "status")
    row = {"id": "i-1", "status": Status.UNDELIVERED, "at": "2027-01-31T09:00:00Z", "error": "e"}
    assert said(answers().rows(REQUEST, asked, [row])) == {
        "id": "i-1",
        "state": "W",
        "at": "2027-01-31T09:00:00Z",
        "why": "e",
    }
    good = {**row, "status": Status.SENT, "error": ""}
    assert "state" not in said(answers(None).rows(REQUEST, asked, [good]))


def test_each_answers_its_own_kind_of_call() -> None:
    backend = rest(REST_SEND + QUESTION)
    with pytest.raises(TypeError):
        answers().acceptance(REQUEST, call(backend, "status"), "i", None)
    with pytest.raises(TypeError):
        answers().rows(REQUEST, call(backend, "send"), [])


def test_an_id_fits_the_form_that_the_table_marks() -> None:
    digits = REST_SEND.replace('{ code = "0" }', '{ code = "0", id = "/[0-9]+/" }')
    (protocol,) = provider_protocols(rest(digits))
    assert protocol.table.send is not None
    assert fits_id(protocol.codec, protocol.table.send, "17")
    assert not fits_id(protocol.codec, protocol.table.send, "abc")


@each(
    ("form", "zone", "word"),
    [
        ("", "", "2027-07-10T09:00:00Z"),
        ("%d.%m.%Y %H:%M", "", "10.07.2027 09:00"),
        ("%d.%m.%Y %H:%M", "Europe/Lisbon", "10.07.2027 10:00"),
        ("epoch", "Europe/Lisbon", 1815210000),
        ("epoch-ms", "", 1815210000000),
    ],
)
def test_a_time_of_a_row_is_in_the_form_and_the_zone_of_its_table(
    form: str, zone: str, word: str | int
) -> None:
    question = QUESTION + (f'time_format = "{form}"\n' if form else "")
    asked = call(rest(REST_SEND + question), "status")
    row = {"id": "i-1", "status": Status.SENT, "at": "2027-07-10T09:00:00Z", "error": ""}
    found = replace(answers(), zone=zone_of(zone)).rows(REQUEST, asked, [row])
    assert said(found)["at"] == word


@each(
    ("field", "number"),
    [
        ("{recipient}", "+12025550123"),
        ("{recipient|digits}", "12025550123"),
        ("tel:{recipient}", "tel:+12025550123"),
        ("{recipients|digits}", "12025550123"),
        ("{recipient|digits} {text}", "+12025550123"),
    ],
)
def test_a_number_is_written_as_calls_have_it(field: str, number: str) -> None:
    table = Operation("POST /sms", {"to": field, "text": "{text}"}, When({"code": "0"}))
    assert number_in(table, "+12025550123") == number


def test_without_a_call_that_sends_a_number_is_as_it_is() -> None:
    assert number_in(None, "+12025550123") == "+12025550123"
