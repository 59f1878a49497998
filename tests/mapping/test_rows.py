"""Rows of an answer as plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import Question
from smsbridge.mapping.outcome import When
from smsbridge.mapping.rows import read_received, read_sent, read_time, row_of
from smsbridge.message import ReceivedMessage, SentMessage, Status

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


@pytest.mark.parametrize("found", [[], None, "", [None, "", []]])
def test_nothing_is_no_row(found: object) -> None:
    assert rows({"result": {"rows": found}}) == []


@pytest.mark.parametrize("found", ["text", 7, True, [None, "text", 7, []]])
def test_something_else_in_the_place_of_rows_is_no_answer(found: object) -> None:
    with pytest.raises(Unreadable, match="are no rows"):
        rows({"result": {"rows": found}})


def test_what_is_no_object_among_rows_is_no_row() -> None:
    found = [None, {"@id": "a"}, "text", 7, {"@id": "b"}]
    assert [row.id for row in rows({"result": {"rows": found}})] == ["a", "b"]


@pytest.mark.parametrize("answer", [{}, {"result": None}, {"result": [{"rows": []}, {"rows": []}]}])
def test_rows_that_are_not_there_are_none(answer: dict[str, Any]) -> None:
    assert rows(answer) == []


def test_a_row_without_anything_is_a_row() -> None:
    assert rows({"result": {"rows": [{}]}}) == [SentMessage()]


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("said", ["soon", "", None, {}, []])
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


@pytest.mark.parametrize("result", ["x", 7, True])
def test_a_word_where_the_rows_should_be_below_is_no_empty_log(result: object) -> None:
    with pytest.raises(Unreadable, match="at result is a word"):
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


# Times

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("1893456000", NEW_YEAR),
        (" 1893456000 ", NEW_YEAR),
        ("1893456000000", NEW_YEAR),
        ("1893456000250", NEW_YEAR + timedelta(milliseconds=250)),
        ("893456000", datetime(1998, 4, 24, 22, 13, 20, tzinfo=UTC)),
        ("2030-01-01T00:00:00Z", NEW_YEAR),
        ("2030-01-01T00:00:00+00:00", NEW_YEAR),
        ("2030-01-01T05:30:00+05:30", NEW_YEAR),
        ("2029-12-31T16:00:00-0800", NEW_YEAR),
        ("2030-01-01T00:00:00.250Z", NEW_YEAR + timedelta(milliseconds=250)),
        ("2030-01-01T00:00:00", NEW_YEAR),
        ("2030-01-01 00:00:00", NEW_YEAR),
        ("2030-01-01T00:00", NEW_YEAR),
        ("2030-01-01", NEW_YEAR),
        ("20300101T000000Z", NEW_YEAR),
    ],
)
def test_a_time_is_seconds_milliseconds_or_iso_8601_and_of_utc_if_it_has_no_zone(
    said: str, time: datetime
) -> None:
    read = read_time(said)
    assert read == time
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "said",
    [
        "",
        "soon",
        "0",
        "-1893456000",
        "12345678",
        "18934560000000",
        "1893456000.5",
        "١٨٩٣٤٥٦٠٠٠",
        "01/02/2030",
        "2030-13-01",
        "2030-02-29",
        "24:00",
        "Tue, 01 Jan 2030 00:00:00 GMT",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_anything_else_is_no_time(said: str) -> None:
    assert read_time(said) is None


@given(st.text(max_size=30))
def test_any_text_is_a_time_in_utc_or_none(said: str) -> None:
    time = read_time(said)
    assert time is None or time.utcoffset() == timedelta(0)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(
        min_value=datetime(2001, 9, 10),  # noqa: DTZ001  (the zone comes from its own strategy)
        max_value=datetime(2286, 1, 1),  # noqa: DTZ001  (the same)
        timezones=ZONES,
    )
)
def test_any_time_is_read_as_it_was_written(time: datetime) -> None:
    assert read_time(time.isoformat()) == time
    assert read_time(str(int(time.timestamp()))) == time.replace(microsecond=0)
    millisecond = time.replace(microsecond=time.microsecond // 1000 * 1000)
    since = (millisecond - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_time(str(since)) == millisecond
