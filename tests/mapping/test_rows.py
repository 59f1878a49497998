"""Rows of an answer as plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import Question
from smsbridge.mapping.rows import (
    exact_time,
    read_received,
    read_sent,
    row_of,
    unread_time,
)
from smsbridge.mapping.words import When
from smsbridge.message import ReceivedMessage, SentMessage, Status

from support.each import each

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
STATUSES = {"DELIVRD": Status.DELIVERED, "0": Status.QUEUED}
ROW = {
    "id": "@id",
    "recipient": "to.number",
    "sender": "from",
    "text": "body",
    "status": "state",
    "at": "time",
    "error": "err[0].code",
    "reference": "ref",
}
FULL = {
    "@id": 7,
    "to": {"number": "+12025550123"},
    "from": "ACME",
    "body": "Hello",
    "state": "DELIVRD",
    "time": "2030-01-01T00:00:00Z",
    "err": {"code": "12"},
    "ref": "r-1",
    "other": True,
}


def rows(answer: dict[str, Any], where: str = "result.rows") -> list[SentMessage]:
    table = Question("GET /", {}, ROW, where)
    return read_sent(table, answer, STATUSES)


def test_a_row_has_what_its_paths_lead_to_and_the_row_as_it_was_read() -> None:
    assert rows({"result": {"rows": [FULL]}}) == [
        SentMessage(
            id="7",
            recipient="+12025550123",
            sender="ACME",
            text="Hello",
            status=Status.DELIVERED,
            provider_status="DELIVRD",
            at=datetime(2030, 1, 1, tzinfo=UTC),
            error="12",
            reference="r-1",
            answer=FULL,
        )
    ]


def test_rows_keep_their_order() -> None:
    answer = {"result": {"rows": [{"@id": "b"}, {"@id": "a"}, {"@id": "c"}]}}
    assert [row.id for row in rows(answer)] == ["b", "a", "c"]


def test_what_stands_alone_where_rows_may_be_is_one_row() -> None:
    assert [row.id for row in rows({"result": {"rows": {"@id": "a"}}})] == ["a"]


def test_the_answer_is_the_row_where_no_path_of_rows_is_given() -> None:
    assert [row.id for row in rows({"@id": "a"}, "")] == ["a"]


@each("found", [[], None, "", {}, [None, "", []]])
def test_nothing_is_no_row(found: object) -> None:
    assert rows({"result": {"rows": found}}) == []


@each("found", ["text", 7, True, [None, "text", 7, []]])
def test_something_else_in_the_place_of_rows_is_no_answer(found: object) -> None:
    with pytest.raises(Unreadable, match="does not hold rows"):
        rows({"result": {"rows": found}})


def test_what_is_no_object_among_rows_is_no_row() -> None:
    found = [None, {"@id": "a"}, "text", 7, {"@id": "b"}]
    assert [row.id for row in rows({"result": {"rows": found}})] == ["a", "b"]


@each("answer", [{}, {"result": None}, {"result": [{"rows": []}, {"rows": []}]}])
def test_rows_that_are_not_there_are_none(answer: dict[str, Any]) -> None:
    assert rows(answer) == []


@each(
    ("found", "ids"),
    [
        ({"2": {"@id": "b"}, "1": {"@id": "a"}}, ["b", "a"]),
        ({"0": {"@id": "a"}}, ["a"]),
        ({"x": {"body": "Hello"}, "y": {}}, [None, None]),
        ({"to": {"number": "+12025550123"}, "err": {}}, [None]),
        ({"@id": {"#text": "a"}, "to": {}}, ["a"]),
        ({"other": {"@id": "b"}, "@id": "a"}, ["a"]),
        ({"1": {"@id": "b"}, "2": None}, [None]),
    ],
)
def test_an_object_of_objects_is_a_list_of_rows_unless_it_is_a_row(
    found: dict[str, Any], ids: list[str | None]
) -> None:
    assert [row.id for row in rows({"result": {"rows": found}})] == ids


def test_a_whole_answer_that_should_be_a_list_may_be_an_object_of_objects_too() -> None:
    assert [row.id for row in rows({"5": {"@id": "b"}, "7": {"@id": "a"}}, "#list")] == ["b", "a"]
    assert rows({}, "#list") == []


def test_a_row_without_anything_is_a_row() -> None:
    assert rows({"result": {"rows": [{}]}}) == [SentMessage()]


@each(
    ("said", "status", "own"),
    [
        ("DELIVRD", Status.DELIVERED, "DELIVRD"),
        (0, Status.QUEUED, "0"),
        ("delivrd", Status.UNKNOWN, "delivrd"),
        ("teleported", Status.UNKNOWN, "teleported"),
        ("", Status.UNKNOWN, None),
        (None, Status.UNKNOWN, None),
        ({"@code": 1, "#text": "DELIVRD"}, Status.DELIVERED, "DELIVRD"),
    ],
)
def test_a_status_that_the_table_lacks_is_unknown_and_kept(
    said: object, status: Status, own: str | None
) -> None:
    (row,) = rows({"result": {"rows": {"state": said}}})
    assert (row.status, row.provider_status) == (status, own)


@each("said", ["soon", "", None, {}, []])
def test_a_time_that_is_none_is_left_out(said: object) -> None:
    (row,) = rows({"result": {"rows": {"@id": 1, "time": said}}})
    assert (row.id, row.at) == ("1", None)


def test_a_row_shows_no_number_and_no_text() -> None:
    (row,) = rows({"result": {"rows": FULL}})
    shown = repr(row)
    assert "delivered" in shown
    assert not any(word in shown for word in ("12025550123", "Hello", "ACME"))


def test_an_answer_of_another_shape_is_none_and_no_empty_log() -> None:
    with pytest.raises(Unreadable, match="it has no result"):
        rows({"error": "x"})


@each("result", ["x", 7, True])
def test_a_word_where_the_rows_should_be_below_is_no_empty_log(result: object) -> None:
    with pytest.raises(Unreadable, match="result is a single word, not rows"):
        rows({"result": result})


def test_of_several_times_the_first_that_is_one_is_read() -> None:
    table = Question("GET /", {}, {"at": ("unix", "date hour", "when")}, "rows")
    row = {"unix": 0, "date": "soon", "hour": "?", "when": "2030-01-01 00:00:00"}
    assert [read.at for read in read_sent(table, {"rows": row}, {})] == [NEW_YEAR]


def test_of_several_paths_the_first_with_a_word_is_read_and_of_a_pair_both() -> None:
    table = Question("GET /", {}, {"id": ("guid", "id"), "at": ("unix", "date hour")}, "rows")
    answer = {
        "rows": [
            {"guid": "g", "id": 1, "unix": 1893456000},
            {"guid": None, "id": 2, "date": "2030-01-01", "hour": "00:00:00"},
            {"guid": "", "id": 3, "date": "2030-01-01"},
        ]
    }
    found = [(row.id, row.at) for row in read_sent(table, answer, {})]
    assert found == [("g", NEW_YEAR), ("2", NEW_YEAR), ("3", None)]


@each(
    ("row", "status"),
    [
        ({"sent": "1"}, Status.SENT),
        ({"sent": "0"}, Status.QUEUED),
        ({"sent": "0", "error": ""}, Status.QUEUED),
        ({"sent": "0", "error": "0"}, Status.QUEUED),
        ({"sent": "0", "error": "no network"}, Status.UNDELIVERED),
        ({"sent": "0", "error": 7}, Status.UNDELIVERED),
        ({"error": "no network"}, Status.UNDELIVERED),
        ({"sent": "1", "error": "no network"}, Status.UNKNOWN),
    ],
)
def test_a_row_with_a_mark_of_failure_is_undelivered_unless_it_says_that_it_was_sent(
    row: dict[str, Any], status: Status
) -> None:
    table = Question(
        "GET /",
        {},
        {"status": "sent", "error": "error"},
        "rows",
        statuses={"1": Status.SENT, "0": Status.QUEUED},
        failed=When({"error": "/(?!0$).+/"}),
    )
    (read,) = read_sent(table, {"rows": [row]}, {"1": Status.DELIVERED})
    assert read.status is status


@each(
    ("row", "error"),
    [
        ({"phone": "", "api": "0"}, None),
        ({"phone": "0", "api": 0}, None),
        ({"phone": "0", "api": "7"}, "7"),
        ({"phone": "no service", "api": "7"}, "no service"),
        ({"phone": "0", "api": "0", "note": "slow"}, "slow"),
        ({}, None),
    ],
)
def test_a_word_that_is_no_mark_of_failure_is_no_error(
    row: dict[str, Any], error: str | None
) -> None:
    failed = When(dict.fromkeys(("phone", "api"), "/(?!0$).+/"))
    table = Question("GET /", {}, {"error": ("phone", "api", "note")}, "rows", failed=failed)
    (read,) = read_sent(table, {"rows": [row]}, {})
    assert read.error == error


def test_a_received_message_has_its_own_names() -> None:
    table = Question(
        "GET /", {}, {"id": "guid", "sender": "number", "text": "m", "device": "d"}, "rows"
    )
    row = {"guid": "g", "number": "MPESA", "m": "Hello", "d": 7, "alias": None}
    assert read_received(table, {"rows": row}) == [
        ReceivedMessage(id="g", sender="MPESA", text="Hello", device="7", answer=row)
    ]


# One of them


def test_the_row_of_an_id_is_the_one_that_has_it() -> None:
    found = [SentMessage(id="a"), SentMessage(id="b", text="x"), SentMessage(id="c")]
    assert row_of(found, "b") == found[1]


def test_a_row_without_an_id_is_the_answer_to_the_question() -> None:
    alone = SentMessage(status=Status.DELIVERED)
    assert row_of([alone], "a") == replace(alone, id="a")


@each(
    "found",
    [
        [],
        [SentMessage(id="b")],
        [SentMessage(id="a"), SentMessage(id="a")],
        [SentMessage(), SentMessage()],
    ],
)
def test_of_no_row_or_several_the_status_is_unknown(found: list[SentMessage]) -> None:
    assert row_of(found, "a") == SentMessage(id="a", status=Status.UNKNOWN)


# Times of rows

LISBON = ZoneInfo("Europe/Lisbon")


@each(
    ("said", "at", "exact"),
    [
        ("2027-07-01 09:00:00", datetime(2027, 7, 1, 8, tzinfo=UTC), True),
        ("2027-07-01T09:00:00Z", datetime(2027, 7, 1, 9, tzinfo=UTC), True),
        ("2027-10-31 01:30:00", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), False),
        ("2027-03-28 01:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC), False),
        ("2027-07-01", datetime(2027, 6, 30, 23, tzinfo=UTC), False),
    ],
)
def test_a_time_without_a_zone_is_of_the_providers_and_sure_but_where_the_clocks_change(
    said: str,
    at: datetime,
    exact: bool,  # noqa: FBT001  (pytest's, by name)
) -> None:
    table = Question("GET /", {}, {"id": "id", "at": "when"}, "rows")
    answer = {"rows": [{"id": "1", "when": said}]}
    assert [row.at for row in read_sent(table, answer, {}, LISBON)] == [at]
    assert [row.at for row in read_received(table, answer, LISBON)] == [at]
    assert exact_time(table, answer["rows"][0], LISBON) == (at if exact else None)


def test_a_table_may_say_how_times_are_written() -> None:
    table = Question("GET /", {}, {"at": "when"}, "rows", time_format="%y%m%d%H%M")
    answer = {"rows": [{"when": "2611281857"}, {"when": "1893456000"}]}
    found = [row.at for row in read_sent(table, answer, {})]
    assert found == [datetime(2026, 11, 28, 18, 57, tzinfo=UTC), None]


@each(
    ("row", "word"),
    [
        ({"unix": "soon", "when": "never"}, "soon"),
        ({"unix": "", "when": "2611281857"}, "2611281857"),
        ({"unix": "soon", "when": "2030-01-01"}, None),
        ({"unix": 0, "when": "0000-00-00 00:00:00"}, None),
        ({}, None),
    ],
)
def test_a_time_that_is_there_and_can_not_be_read_is_told_from_none(
    row: dict[str, Any], word: str | None
) -> None:
    table = Question("GET /", {}, {"at": ("unix", "when")}, "rows")
    assert unread_time(table, row) == word
    assert unread_time(Question("GET /", {}, {"id": "id"}), row) is None


def cpu_seconds(count: int) -> float:
    """Return the least time of three that it takes to read so many rows."""
    table = Question("GET /", {}, ROW, "rows", pages="id")
    answer = {"rows": [{**FULL, "@id": number} for number in range(count)]}
    took = []
    for _ in range(3):
        began = process_time()
        assert len(read_sent(table, answer, STATUSES, LISBON)) == count
        took.append(process_time() - began)
    return min(took)


def test_eight_times_as_many_rows_take_no_more_than_some_eight_times_as_long() -> None:
    assert cpu_seconds(4_000) < 30 * cpu_seconds(500)
