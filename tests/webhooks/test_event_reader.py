"""A request becomes events by the first table that fits, a message for each row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smsbridge import Status
from smsbridge.errors import WebhookUnreadable
from smsbridge.http.exchange import Request
from smsbridge.mapping.words import When
from smsbridge.webhooks import Event, MessageReceived, MessageReported, Webhook, WebhookKind
from smsbridge.webhooks.event_reader import parse, status_of

from support.each import each

REPORT: dict[str, Any] = {
    "kind": WebhookKind.REPORTED,
    "row": {"id": "id", "reference": "ref", "status": "state"},
    "statuses": {
        "DELIVRD": Status.DELIVERED,
        "10-12": Status.DELIVERED,
        "21-99": Status.UNDELIVERED,
        "*": Status.SENT,
    },
}
ARRIVED: dict[str, Any] = {
    "kind": WebhookKind.ARRIVED,
    "row": {"id": "id", "sender": "from", "text": "text", "at": "at"},
}


def read(document: object, *tables: Webhook, zone: ZoneInfo | None = None) -> list[Event]:
    request = Request(method="POST", url="/sms/x", body=json.dumps(document).encode())
    return list(parse(tables, request, zone))


def message(document: object, *tables: Webhook, zone: ZoneInfo | None = None) -> Any:
    (event,) = read(document, *tables, zone=zone)
    assert isinstance(event, MessageReceived | MessageReported)
    return event.message


@each(
    ("word", "status"),
    [
        ("DELIVRD", Status.DELIVERED),
        ("10", Status.DELIVERED),
        ("12", Status.DELIVERED),
        ("13", Status.SENT),
        ("21", Status.UNDELIVERED),
        ("99", Status.UNDELIVERED),
        ("100", Status.SENT),
        ("1e1", Status.SENT),
        ("\u0661\u0660", Status.SENT),
        ("9" * 5000, Status.SENT),
        (None, Status.UNKNOWN),
    ],
)
def test_a_word_for_a_status_is_itself_in_a_range_of_numbers_or_any_other(
    word: str | None, status: Status
) -> None:
    assert status_of(Webhook(**REPORT), word) is status


def test_a_word_that_the_table_does_not_have_is_unknown_and_kept() -> None:
    table = Webhook(**{**REPORT, "statuses": {}})
    told = message({"id": 7, "state": "ON ITS WAY"}, table)
    assert (told.id, told.status, told.provider_status) == ("7", Status.UNKNOWN, "ON ITS WAY")


def test_each_item_of_a_list_is_a_message_and_may_look_outside_of_itself() -> None:
    row = {**ARRIVED["row"], "sender": "#request.who", "id": "#request.id"}
    table = Webhook(**{**ARRIVED, "rows": "parts", "row": row})
    document = {"who": "1", "id": "9", "parts": [{"text": "a"}, {"text": "b", "who": "2"}]}
    events = read(document, table)
    told = [event.message for event in events if isinstance(event, MessageReceived)]
    assert [(one.id, one.sender, one.text) for one in told] == [("9", "1", "a"), ("9", "1", "b")]
    assert [event.data for event in events] == document["parts"]
    nothing: list[Any] = [[], "", None]
    for parts in nothing:
        assert read({**document, "parts": parts}, table) == []


def test_each_row_of_an_event_with_an_id_has_its_own() -> None:
    table = Webhook(**{**ARRIVED, "rows": "parts", "envelope": {"id": "id"}})
    parts = [{"from": "1", "body": word} for word in ("One", "Two", "Two")]
    events = read({"id": "evt-1", "parts": parts}, table)
    assert [one.id for one in events] == ["evt-1", "evt-1/2", "evt-1/3"]


@each("parts", [5, "x", ["x"], [1, {}]])
def test_what_is_no_list_of_rows_is_refused(parts: object) -> None:
    with pytest.raises(WebhookUnreadable, match="parts does not hold rows"):
        read({"from": "1", "parts": parts}, Webhook(**{**ARRIVED, "rows": "parts"}))


def test_the_first_table_that_fits_is_taken() -> None:
    first = Webhook(**REPORT, when=When({"kind": "dlr"}))
    last = Webhook(**ARRIVED)
    assert message({"kind": "dlr", "id": "1", "state": "10"}, first, last).status == "delivered"
    assert message({"kind": "mo", "from": "1"}, first, last).sender == "1"


@each(
    ("document", "why"),
    [
        ({"kind": "mo"}, "reported needs kind"),
        ({"kind": "dlr", "state": "10"}, "reported needs id or reference"),
    ],
)
def test_what_no_table_fits_or_nobody_could_use_is_refused(
    document: dict[str, str], why: str
) -> None:
    with pytest.raises(WebhookUnreadable, match=why) as caught:
        read(document, Webhook(**REPORT, when=When({"kind": "dlr"})))
    assert caught.value.status == 400


def test_a_message_without_a_sender_is_refused() -> None:
    with pytest.raises(WebhookUnreadable, match="arrived needs sender"):
        read({"text": "Hello"}, Webhook(**ARRIVED))


def test_a_method_that_no_table_takes_is_refused_with_405() -> None:
    table = Webhook(**ARRIVED, takes=["GET", "PUT"])
    with pytest.raises(WebhookUnreadable, match="not GET or PUT") as caught:
        read({}, table)
    assert caught.value.status == 405


@each(
    ("cell", "word", "said"),
    [
        ({"path": "x", "match": "tel:(.*)"}, "tel:+12025550123", "+12025550123"),
        ({"path": "x", "match": r"([^.]+)(?:\.[0-9]+)?"}, "order-1.2", "order-1"),
        ({"path": "x", "match": "tel:(.*)"}, "sip:1", None),
        ({"path": "x", "match": "a(b)?"}, "a", None),
        ({"path": "x", "escaped": "iso-8859-1"}, "na%EFve+%E9", "naïve é"),
        ({"path": "x", "escaped": "utf-16be"}, "%05%D0%D8%3D%DE%00", "א😀"),
        ({"path": ["y", "x"]}, "1", "1"),
        ({"path": "x z"}, "1", "1 2"),
    ],
)
def test_a_word_may_be_a_part_of_what_stands_there(cell: object, word: str, said: object) -> None:
    table = Webhook(**{**ARRIVED, "row": {**ARRIVED["row"], "id": cell}})
    assert message({"from": "1", "x": word, "z": "2"}, table).id == said


def test_an_escaped_text_of_another_encoding_is_refused_and_not_shown() -> None:
    cell = {"path": "text", "escaped": "utf-16be"}
    table = Webhook(**{**ARRIVED, "row": {**ARRIVED["row"], "text": cell}})
    with pytest.raises(WebhookUnreadable, match="text is not in utf-16be"):
        read({"from": "1", "text": "%05"}, table)


@each(
    ("cell", "said", "at"),
    [
        ("at", "2027-01-31T09:30:00", datetime(2027, 1, 31, 8, 30, tzinfo=UTC)),
        ("at", 1801387800, datetime(2027, 1, 31, 9, 30, tzinfo=UTC)),
        (
            {"path": "at", "format": "%d%m%Y %H:%M"},
            "31012027 09:30",
            datetime(2027, 1, 31, 8, 30, tzinfo=UTC),
        ),
        ({"path": ["none", "at"], "format": "epoch-ms"}, "0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("at", "soon", None),
    ],
)
def test_a_time_is_in_the_zone_and_the_format_of_the_provider(
    cell: object, said: object, at: datetime | None
) -> None:
    table = Webhook(**{**ARRIVED, "row": {**ARRIVED["row"], "at": cell}})
    (event,) = read({"from": "1", "at": said}, table, zone=ZoneInfo("Europe/Berlin"))
    assert isinstance(event, MessageReceived)
    assert event.message.at == event.occurred_at == at


def test_the_path_of_the_address_is_a_word_too() -> None:
    table = Webhook(
        **{**REPORT, "row": {"id": "id", "status": "#path"}, "statuses": {"/sms/x": "read"}},
        when=When({"#path": "/.*x/"}),
    )
    assert message({"id": "1"}, table).status == "read"
    with pytest.raises(WebhookUnreadable):
        parse([table], Request(method="POST", url="/sms/y", body=b'{"id": "1"}'))
