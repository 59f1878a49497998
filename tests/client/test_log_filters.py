"""What the log is asked for is held to what it can mean: each refusal names its field."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import Any

import pytest

from smsbridge import InvalidMessage, ReceivedMessage, Unsupported
from smsbridge.client.log_filters import (
    deletion,
    is_between,
    is_wanted,
    received_filters,
    sent_filters,
)

from support.asking import NUMBER, Gate, Make, Wire, page, row, submission, utc
from support.blocks import NOW, json_of
from support.each import each

NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001  (the fault)

REFUSED: list[tuple[str, str, Any, str]] = [
    ("sent", "after", NAIVE, "after has no time zone: give an aware datetime"),
    ("sent", "after", "yesterday", "after has no time zone: give an aware datetime"),
    ("sent", "after", date(2030, 1, 1), "after has no time zone: give an aware datetime"),
    ("sent", "after", 0, "after has no time zone"),
    ("sent", "before", NAIVE, "before has no time zone: give an aware datetime"),
    ("sent", "before", 1754951051, "before has no time zone: give an aware datetime"),
    ("sent", "before", "", "before: give text, without NUL"),
    ("sent", "before", "a\0b", "before: give text, without NUL"),
    ("sent", "before", "2026-01-01", "before '2026-01-01': give an aware datetime"),
    ("sent", "before", "2026-01-01T09:00+00:00", "or the id of a message"),
    ("sent", "id", " ", "id: give text, without NUL"),
    ("sent", "id", 7, "id: give text, without NUL"),
    ("sent", "id", chr(0xD83D), "id: give text, without NUL"),
    ("sent", "keyword", "", "keyword: give text, without NUL"),
    ("sent", "keyword", b"x", "keyword: give text, without NUL"),
    ("sent", "failed", "server", "failed: give one of request, phone"),
    ("sent", "failed", True, "failed: give one of request, phone"),
    ("sent", "failed", "", "failed: give one of request, phone"),
    ("sent", "recipient", "2025550123", "recipient: give + and 5 to 15 digits"),
    ("sent", "recipient", "", "recipient: give + and 5 to 15 digits"),
    ("sent", "recipient", 12025550123, "recipient: give + and 5 to 15 digits"),
    ("received", "after", NAIVE, "after has no time zone: give an aware datetime"),
    ("received", "after", 0, "after has no time zone: give an aware datetime"),
    ("received", "before", NAIVE, "before has no time zone: give an aware datetime"),
    ("received", "before", "m-1", "before has no time zone: give an aware datetime"),
    ("received", "device", "", "device: give text, without NUL"),
    ("received", "device", 0, "device: give text, without NUL"),
    ("received", "device", "a\0b", "device: give text, without NUL"),
    ("received", "unread", "yes", "unread: give True or False"),
    ("received", "unread", 1, "unread: give True or False"),
    ("received", "unread", None, "unread: give True or False"),
]


@each(("question", "name", "value", "says"), REFUSED)
def test_what_can_not_be_asked_is_refused_before_any_io(
    make: Make, question: str, name: str, value: Any, says: str
) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match=says.replace("+", "[+]")):
        getattr(make(Gate(), wire), question)(**{name: value})
    assert wire.requests == []


@each(
    ("filters", "says"),
    [({"id": "m-1"}, "gate can't ask sent by id"), ({"failed": "phone"}, "sent by failed")],
)
def test_what_the_table_can_not_ask_is_refused_at_once_and_not_at_the_first_message(
    make: Make, filters: Any, says: str
) -> None:
    wire = Wire()
    with pytest.raises(Unsupported, match=says):
        make(Gate(), wire).sent(**filters)
    assert wire.requests == []


def test_a_backend_without_a_log_says_so_at_once(make: Make) -> None:
    with pytest.raises(Unsupported, match="gate over mute can't answer sent; rest and oauth can"):
        make(Gate(protocol="mute"), Wire()).sent()


def test_the_recipient_is_not_shown(make: Make) -> None:
    with pytest.raises(InvalidMessage) as refused:
        make(Gate(), Wire()).sent(recipient="07700 900123")
    assert "900123" not in str(refused.value)


def test_only_what_is_given_is_a_filter() -> None:
    assert sent_filters(dict.fromkeys(("id", "after", "recipient")), str) == {}
    given = {"after": None, "before": None, "device": None, "unread": False}
    assert received_filters(given) == {}
    assert received_filters({**given, "unread": True}) == {"unread": True}


def test_a_recipient_becomes_e164() -> None:
    given = {"recipient": "07700 900123"}
    assert sent_filters(given, lambda _: "+447700900123") == {"recipient": "+447700900123"}


def test_what_came_in_is_asked_with_what_the_table_carries(make: Make) -> None:
    wire = Wire(page())
    make(Gate(), wire).received(device="phone-1", unread=True, after=NOW)
    assert {"device": "phone-1", "unread": "1"}.items() <= json_of(wire.requests[0]).items()


def test_what_came_in_is_held_to_its_times_here(make: Make) -> None:
    rows = [row(f"h{hour}", at=utc(hour).isoformat()) for hour in range(5)]
    wire = Wire(page(*rows, row("none", at=None)))
    found = make(Gate(), wire).received(after=utc(1), before=utc(3))
    assert [one.id for one in found] == ["h1", "h2", "h3", "none"]


@each(
    ("time", "filters", "fits"),
    [
        (utc(1), {}, True),
        (None, {"after": utc(1), "before": utc(2)}, True),
        (utc(1), {"after": utc(1)}, True),
        (utc(1), {"after": utc(1).replace(microsecond=500_000)}, True),
        (utc(1), {"after": utc(1, 0, 1)}, False),
        (utc(1), {"before": utc(1)}, True),
        (utc(1, 0, 1), {"before": utc(1)}, False),
        (utc(1), {"before": "m-1"}, True),
    ],
)
def test_a_time_fits_from_after_to_before(
    time: datetime | None, filters: dict[str, Any], *, fits: bool
) -> None:
    assert is_between(time, filters) is fits


@each(
    ("told", "sender", "wanted"),
    [
        (NUMBER, None, True),
        (None, None, True),
        (NUMBER, NUMBER, True),
        ("0012025550123", NUMBER, True),
        (None, NUMBER, False),
        ("MPESA", NUMBER, False),
        ("MPESA", "MPESA", True),
        ("mpesa", "MPESA", False),
        ("ACME", "MPESA", False),
        (NUMBER, NUMBER[1:], True),
        (NUMBER, f"00{NUMBER[1:]}", True),
        (NUMBER, "+1 (202) 555-01.23", True),
        (NUMBER, "+1 202 555 0124", False),
        (NUMBER, "MPESA 12025550123", False),
        ("7726", "77 26", False),
        ("+7726", "7726", False),
        ("7726", "7726", True),
        (None, NUMBER[1:], False),
    ],
)
def test_a_sender_is_a_number_in_any_form_or_a_word_as_it_stands(
    told: str | None, sender: str | None, *, wanted: bool
) -> None:
    assert is_wanted(ReceivedMessage(sender=told), sender, None) is wanted


# --- times that nobody can read

ODD = ["28.11.2026 18:57", "2611281857", "soon", "2030-01-01T05:00:00 CET"]


@each("question", ["received", "sent"])
def test_a_row_whose_time_can_not_be_read_is_left_out_where_times_are_asked_for(
    make: Make, question: str
) -> None:
    rows = [row(f"odd{n}", at=word) for n, word in enumerate(ODD)]
    rows += [row("none", at=None), row("empty", at=""), row("new", at=utc(2).isoformat())]
    ask = getattr(make(Gate(), Wire(lambda _: page(*rows))), question)
    for filters in ({"after": utc(1)}, {"before": utc(3)}):
        assert [one.id for one in ask(**filters)] == ["none", "empty", "new"]
    assert [one.id for one in ask()][:4] == ["odd0", "odd1", "odd2", "odd3"]


def test_that_a_time_can_not_be_read_is_logged_once_without_a_character_of_it(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    client = make(Gate(), Wire(lambda _: page(row(at="28.11.2026 6 pm"), row("m-2", at="soon"))))
    for _ in range(3):
        client.received()
        client.received(after=utc(1))
    (record,) = caplog.records
    assert record.getMessage() == (
        "received of gate over rest: the time of a row can't be read; it looks like "
        "'00.00.0000 0 aa'. Such rows are left out if times are asked for; "
        "set time_format in the table"
    )


def test_times_that_can_be_read_and_no_time_at_all_are_not_worth_a_word(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    rows = [row(), row("m-2", at=None), row("m-3", at=""), row("m-4", at=0)]
    assert len(make(Gate(), Wire(page(*rows))).received(after=NOW)) == 4
    assert caplog.records == []


# --- what to delete

DAY, NEXT = date(2030, 1, 1), date(2030, 1, 2)


@each(
    "chosen",
    [
        {},
        {"first": DAY},
        {"last": DAY},
        {"day": DAY, "first": DAY, "last": NEXT},
        {"day": DAY, "first": DAY},
    ],
)
def test_a_delete_without_one_selector_is_refused_before_any_io(make: Make, chosen: Any) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match=r"one selector: .* without one nothing is deleted"):
        make(Gate(), wire).delete(**chosen)
    with pytest.raises(InvalidMessage, match="delete needs one selector"):
        make(Gate(), wire).delete("m-1", **(chosen or {"day": DAY}))
    assert wire.requests == []


@each("known", ["", " ", "a\nb", 7, submission(None)])
def test_a_delete_of_a_message_without_an_id_is_refused(make: Make, known: Any) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="delete needs the provider's id of a message"):
        make(Gate(), wire).delete(known)
    assert wire.requests == []


@each(
    ("chosen", "says"),
    [
        ({"day": NOW}, "day: give a date"),
        ({"day": "2030-01-01"}, "day: give a date"),
        ({"first": NOW, "last": NEXT}, "first: give a date"),
        ({"first": DAY, "last": "soon"}, "last: give a date"),
        ({"first": NEXT, "last": DAY}, "last is before first"),
    ],
)
def test_days_that_are_none_are_refused(chosen: Any, says: str) -> None:
    with pytest.raises(InvalidMessage, match=says):
        deletion("", **{"day": None, "first": None, "last": None, **chosen})


def test_a_selector_is_one_message_one_day_or_a_period() -> None:
    midnight = datetime(2030, 1, 1, tzinfo=UTC)
    assert deletion("m-1", None, None, None) == {"id": "m-1"}
    assert deletion("", DAY, None, None) == {"first": midnight}
    assert deletion("", None, DAY, DAY) == {"first": midnight, "last": midnight}


def test_the_number_of_a_recipient_is_asked_for_as_it_stands(make: Make) -> None:
    wire = Wire(page(row("a", to=NUMBER)))
    log = make(Gate(), wire).sent(recipient=NUMBER)
    assert next(log).id == "a"
