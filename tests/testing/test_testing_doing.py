"""A fixture may ask a client for more than a send; what no client could do is refused by line."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from smsbridge.testing.fixture.check import BadFixture
from smsbridge.testing.fixture.do import ENDS, OUTCOMES, Do, time_of
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.fixture.yaml_subset import read_yaml

SCHEMA = json.loads(files("smsbridge.testing").joinpath("fixture.schema.json").read_text("utf-8"))
HEAD = """\
smsbridge-fixture: 1
id: shop/one
title: One question
provenance: {source: DOC, evidence: made up for a test, date: "2026-11-23"}
"""
TAIL = "interactions: []\n"
TIME = '"2026-11-22T22:11:18Z"'
MOMENT = datetime(2026, 11, 22, 22, 11, 18, tzinfo=UTC)
ENDING = {"resend": "accepted", "delete": "accepted"}


def whole(do: str, expect: str) -> str:
    return f"{HEAD}do: {do}\nexpect: {expect}\n{TAIL}"


def doing(do: str) -> str:
    """Return a fixture that does something, and what may come of it."""
    word = do.partition("operation: ")[2].partition(",")[0].strip("}")
    return whole(do, f"{{outcome: {ENDING.get(word, 'answered')}}}")


def refused(text: str) -> str:
    with pytest.raises(BadFixture) as caught:
        parse(text, "shop/one")
    return str(caught.value)


def valid(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(read_yaml(text)))


TAKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("{operation: status, id: g-1}", "status", {"id": "g-1"}),
    ("{operation: resend, id: g-1}", "resend", {"id": "g-1"}),
    ("{operation: delete, id: g-1}", "delete", {"id": "g-1"}),
    ('{operation: delete, day: "2026-11-22"}', "delete", {"day": date(2026, 11, 22)}),
    (
        "{operation: delete, first: 2026-11-20, last: 2026-11-22}",
        "delete",
        {"first": date(2026, 11, 20), "last": date(2026, 11, 22)},
    ),
    ("{operation: received}", "received", {}),
    (
        f"{{operation: received, after: {TIME}, before: {TIME}, device: p-1, unread: true}}",
        "received",
        {"after": MOMENT, "before": MOMENT, "device": "p-1", "unread": True},
    ),
    ("{operation: sent}", "sent", {}),
    (
        f'{{operation: sent, id: g-1, after: {TIME}, recipient: "+12025550123", keyword: Hello}}',
        "sent",
        {"id": "g-1", "after": MOMENT, "recipient": "+12025550123", "keyword": "Hello"},
    ),
    ("{operation: sent, failed: phone}", "sent", {"failed": "phone"}),
    ("{operation: sent, failed: request}", "sent", {"failed": "request"}),
    (f"{{operation: sent, before: {TIME}}}", "sent", {"before": MOMENT}),
    ("{operation: sent, before: g-1}", "sent", {"before": "g-1"}),
    ('{operation: sent, before: "1795385478"}', "sent", {"before": "1795385478"}),
]


@pytest.mark.parametrize(("do", "operation", "arguments"), TAKEN)
def test_what_a_client_is_called_with_is_read_and_valid_by_the_schema(
    do: str, operation: str, arguments: dict[str, Any]
) -> None:
    fixture = parse(doing(do), "x")
    assert fixture.do == Do(operation=operation, arguments=arguments)
    assert fixture.operation == operation
    assert fixture.message is None
    assert valid(doing(do))


def test_a_time_keeps_its_zone_and_its_fraction() -> None:
    plus = timezone(timedelta(hours=1))
    assert time_of("2026-11-22T23:11:18.250+01:00") == datetime(
        2026, 11, 22, 23, 11, 18, 250_000, tzinfo=plus
    )


@pytest.mark.parametrize(
    "word", ["2026-11-22", "2026-11-22T22:11:18", "2026-13-01T00:00:00Z", "1795385478", "", "now"]
)
def test_what_is_no_time_with_a_zone_is_none(word: str) -> None:
    assert time_of(word) is None


WRONG = [
    ("{id: g-1}", "operation is missing"),
    ("{operation: send, id: g-1}", "operation is one of resend, delete, status, received, sent"),
    ("{operation: wait, id: g-1}", "operation is one of resend, delete, status, received, sent"),
    ("status", "do: give a mapping"),
    ("{operation: status}", "id is missing"),
    ("{operation: resend}", "id is missing"),
    ('{operation: status, id: " "}', "id: give the provider's id"),
    ("{operation: status, id: 5}", "id: give text"),
    ("{operation: status, id: g-1, day: 2026-11-22}", "unknown key 'day'"),
    ("{operation: status, id: g-1, odd: 1}", "unknown key 'odd'"),
    ("{operation: received, id: g-1}", "unknown key 'id'; known are operation, after, before"),
    ("{operation: sent, device: p-1}", "unknown key 'device'"),
    ("{operation: sent, unread: true}", "unknown key 'unread'"),
    ('{operation: received, unread: "yes"}', "unread: give true or false"),
    ('{operation: received, device: ""}', "device: give text"),
    ("{operation: received, after: 2026-11-22T22:11:18}", "after: give a time with its zone"),
    ("{operation: received, after: 2026-11-22}", "after: give a time with its zone"),
    ("{operation: received, before: g-1}", "before: give a time with its zone"),
    ("{operation: sent, after: g-1}", "after: give a time with its zone"),
    ("{operation: sent, before: 2026-11-22T22:11:18}", "before: give a time with its zone"),
    ("{operation: sent, failed: here}", "failed: give one of request, phone"),
    ('{operation: sent, recipient: "2025550123"}', "recipient: give + and 5 to 15 digits"),
    ('{operation: sent, keyword: ""}', "keyword: give text"),
    ("{operation: delete}", "delete needs one selector"),
    ('{operation: delete, id: ""}', "delete needs one selector"),
    ("{operation: delete, first: 2026-11-22}", "delete needs one selector"),
    ("{operation: delete, last: 2026-11-22}", "delete needs one selector"),
    ("{operation: delete, id: g-1, day: 2026-11-22}", "delete needs one selector"),
    ("{operation: delete, day: 2026-11-22T00:00:00Z}", "day: give a day, such as 2026-11-22"),
    ("{operation: delete, day: 22.11.2026}", "day: give a day, such as 2026-11-22"),
]


@pytest.mark.parametrize(("do", "says"), WRONG)
def test_what_no_client_could_be_called_with_is_refused_with_its_line(do: str, says: str) -> None:
    why = refused(doing(do))
    assert why.startswith("fixture shop/one, line 5: ")
    assert says in why
    assert not valid(doing(do))


@pytest.mark.parametrize(
    ("do", "says"),
    [
        ("{operation: delete, day: 2026-02-30}", "day: give a day"),
        ("{operation: delete, first: 2026-11-22, last: 2026-11-20}", "last is before first"),
        ("{operation: sent, after: 2026-13-01T00:00:00Z}", "after: give a time"),
    ],
)
def test_a_day_that_there_is_not_is_refused_with_its_line(do: str, says: str) -> None:
    why = refused(doing(do))
    assert why.startswith("fixture shop/one, line 5: ")
    assert says in why


def test_the_line_of_an_argument_is_named() -> None:
    text = f"{HEAD}do:\n  operation: sent\n  after: never\nexpect: {{outcome: answered}}\n{TAIL}"
    assert refused(text).startswith("fixture shop/one, line 7: after: ")


def test_a_fixture_has_a_message_or_something_to_do_and_not_both() -> None:
    message = 'message: {recipient: "+12025550123", text: Hello}\n'
    text = doing("{operation: sent}").replace("do: ", f"{message}do: ")
    assert refused(text) == "fixture shop/one, line 6: give one of message and do"
    assert not valid(text)


def test_what_is_done_needs_its_outcome() -> None:
    text = f"{HEAD}do: {{operation: sent}}\n{TAIL}"
    assert refused(text) == "fixture shop/one, line 5: do needs expect, its outcome"
    assert not valid(text)


@pytest.mark.parametrize("operation", [name for name in ENDS if name != "send"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_operation_ends_in_its_own_ways(operation: str, outcome: str) -> None:
    known = "" if operation in {"received", "sent"} else ", id: g-1"
    text = whole(f"{{operation: {operation}{known}}}", f"{{outcome: {outcome}}}")
    if outcome in ENDS[operation]:
        assert parse(text, "x").expect == {"outcome": outcome}
    else:
        why = refused(text)
        assert why == (f"fixture shop/one, line 6: outcome is one of {', '.join(ENDS[operation])}")


SENT, RECEIVED = "{operation: sent}", "{operation: received}"


@pytest.mark.parametrize(
    ("do", "row"),
    [
        (SENT, "{}"),
        (SENT, '{id: g-1, recipient: null, sender: "", text: Hello, at: null, status: sent}'),
        (SENT, '{provider_status: "1", error: null, reference: r-1, answer: {a: 1}}'),
        (SENT, '{at: "{now}"}'),
        (RECEIVED, f"{{id: g-1, sender: MPESA, at: {TIME}, device: p-1, answer: {{a: 1}}}}"),
    ],
)
def test_a_row_says_as_much_as_matters(do: str, row: str) -> None:
    text = whole(do, f"{{outcome: answered, rows: [{row}]}}")
    assert parse(text, "x").expect["rows"] == [read_yaml(row)]
    assert valid(text)


@pytest.mark.parametrize(
    ("do", "expect", "says"),
    [
        (SENT, "{outcome: no_answer, rows: []}", "rows: only what is answered has rows"),
        (SENT, "{outcome: answered, rows: {}}", "rows: give a list"),
        (SENT, "{outcome: answered, rows: [g-1]}", "a mapping with id, recipient"),
        (SENT, "{outcome: answered, rows: [{odd: 1}]}", "unknown key 'odd'"),
        (SENT, "{outcome: answered, rows: [{device: p-1}]}", "unknown key 'device'"),
        (RECEIVED, "{outcome: answered, rows: [{status: sent}]}", "unknown key 'status'"),
        (SENT, "{outcome: answered, rows: [{status: huh}]}", "status is one of queued"),
        (SENT, "{outcome: answered, rows: [{status: null}]}", "status: give text"),
        (SENT, "{outcome: answered, rows: [{id: 7}]}", "id: give text or null"),
        (SENT, "{outcome: answered, rows: [{at: 2026-11-22}]}", "at: give a time with its zone"),
        (SENT, "{outcome: answered, rows: [{answer: g-1}]}", "answer: give a mapping"),
        (SENT, "{outcome: rejected, reason: nope}", "reason is one of recipient"),
    ],
)
def test_a_row_that_no_client_gives_is_refused_with_its_line(
    do: str, expect: str, says: str
) -> None:
    text = whole(do, expect)
    why = refused(text)
    assert why.startswith("fixture shop/one, line 6: ")
    assert says in why
    assert not valid(text)
