"""A body becomes an event by the provider's table, or is unreadable; never anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import Channel, ConfigError, Status
from smsbridge.errors import WebhookUnreadable
from smsbridge.serving.webhooks import webhook_types
from smsbridge.webhooks.event_reader import MOST_BYTES, parse
from smsbridge.webhooks.events import Event, MessageReceived, MessageReported
from smsbridge.webhooks.table import Webhook, WebhookAnswer, WebhookKind

from support.each import each
from support.webhooking import (
    GUID,
    NOW,
    NUMBER,
    TABLES,
    TEXT,
    happened,
    posted,
    read_one,
    signed,
)

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP
ENVELOPE: dict[str, Any] = {
    "id": "0b0f9d0e-6e57-4a3c-9b5d-0d3f0c6a2f11",
    "type": "sms.received",
    "api_version": "2",
    "created_at": "2027-01-31T09:30:05Z",
    "occurred_at": "2027-01-31T10:30:00+01:00",
    "data": {
        "guid": GUID,
        "from": NUMBER,
        "message": TEXT,
        "received_at": "2027-01-31T09:29:58Z",
        "alias": None,
        "device_id": "phone-7",
    },
}
FIRST = {
    "date": "2027-01-31",
    "hour": "09:30:05",
    "time_received": "2027-01-31 09:29:58",
    "message": TEXT,
    "number": NUMBER,
    "guid": GUID,
}


def at(hour: int, minute: int, second: int) -> datetime:
    return datetime(2027, 1, 31, hour, minute, second, tzinfo=UTC)


def read(document: object) -> Event:
    return read_one(json.dumps(document).encode())


def test_a_message_that_came_in() -> None:
    event = read(ENVELOPE)
    assert isinstance(event, MessageReceived)
    assert (event.id, event.type, event.version) == (ENVELOPE["id"], "sms.received", "2")
    assert (event.created_at, event.occurred_at) == (at(9, 30, 5), at(9, 30, 0))
    assert event.channel is SMS
    message = event.message
    assert (message.id, message.sender, message.text) == (GUID, NUMBER, TEXT)
    assert (message.at, message.device, message.recipient) == (at(9, 29, 58), "phone-7", None)
    assert event.data == message.answer == ENVELOPE["data"]


def test_a_message_of_the_first_version() -> None:
    event = read(FIRST)
    assert isinstance(event, MessageReceived)
    assert (event.id, event.type, event.version) == (None, "sms.received", None)
    assert (event.created_at, event.occurred_at) == (at(9, 30, 5), at(9, 29, 58))
    message = event.message
    assert (message.id, message.sender, message.text) == (GUID, NUMBER, TEXT)
    assert (message.at, event.channel) == (at(9, 29, 58), SMS)
    assert event.data == message.answer == FIRST


@each("time", ["", "soon", "0000-00-00 00:00:00"])
def test_without_its_own_time_a_message_has_that_of_its_record(time: str) -> None:
    event = read({**FIRST, "time_received": time})
    assert isinstance(event, MessageReceived)
    assert event.message.at == event.occurred_at == at(9, 30, 5)


def test_without_any_time_a_message_is_still_a_message() -> None:
    event = read({**FIRST, "time_received": "", "date": "", "hour": ""})
    assert isinstance(event, MessageReceived)
    assert (event.message.at, event.message.text) == (None, TEXT)


@each("name", FIRST)
@each("value", ["absent", None, 5, ["x"], {"x": "y"}, True])
def test_the_first_version_has_six_texts(name: str, value: object) -> None:
    body = {key: one for key, one in FIRST.items() if key != name or value != "absent"}
    if value != "absent":
        body = {**body, name: value}  # type: ignore[dict-item]  # that is the point
    with pytest.raises(WebhookUnreadable, match="date, hour, time_received"):
        read(body)


TYPES: dict[str, tuple[Channel, Status | None] | None] = {
    "sms.api.submitted": (SMS, Status.QUEUED),
    "sms.sent": (SMS, Status.SENT),
    "sms.failed": (SMS, Status.UNDELIVERED),
    "sms.received": (SMS, None),
    "sms.mobile.sent": (SMS, Status.SENT),
    "call.missed": None,
    "call.incoming": None,
    "call.outgoing": None,
    "whatsapp.submitted": (WHATSAPP, Status.QUEUED),
    "whatsapp.sent": (WHATSAPP, Status.SENT),
    "whatsapp.failed": (WHATSAPP, Status.UNDELIVERED),
    "whatsapp.received": (WHATSAPP, None),
    "whatsapp.voice.transcribed": None,
    "email.sent": None,
    "email.received": None,
}


def test_the_types_are_those_that_the_provider_publishes() -> None:
    types = webhook_types(TABLES)
    assert set(types) == set(TYPES)
    assert len(types) == len(TYPES)


@each("kind", TYPES)
def test_each_type_means_what_the_table_says(kind: str) -> None:
    data = {"guid": GUID, "to": NUMBER, "from": NUMBER, "message": TEXT, "error": "E7", "more": [1]}
    event = read({**ENVELOPE, "type": kind, "data": data})
    meaning = TYPES[kind]
    assert (event.type, event.data) == (kind, data)
    if meaning is None:
        assert type(event) is Event
        return
    assert isinstance(event, MessageReceived | MessageReported)
    message = event.message
    assert (event.channel, message.id, message.text) == (meaning[0], GUID, TEXT)
    assert (message.sender, message.at) == (NUMBER, at(9, 30, 0))
    if isinstance(event, MessageReported):
        assert (event.message.status, event.message.provider_status) == (meaning[1], kind)
        assert (event.message.recipient, event.message.error) == (NUMBER, "E7")
    else:
        assert meaning[1] is None


@each("kind", ["sms.painted", "SMS.RECEIVED", "rcs.received", "\u202e"])
def test_an_unknown_type_is_a_plain_event_with_all_its_data(kind: str) -> None:
    event = read({**ENVELOPE, "type": kind})
    assert type(event) is Event
    assert (event.type, event.data) == (kind, ENVELOPE["data"])


@each("name", ["guid", "guid_message", "id"])
def test_the_id_of_a_message_has_three_names(name: str) -> None:
    event = read({**ENVELOPE, "data": {name: GUID}})
    assert isinstance(event, MessageReceived)
    assert (event.message.id, event.message.text) == (GUID, None)


def test_a_sender_may_be_a_word_and_a_text_anything() -> None:
    text = "\U0001f600\n\0 \u202e"
    event = read({**ENVELOPE, "data": {"from": "MPESA", "message": text}})
    assert isinstance(event, MessageReceived)
    assert (event.message.sender, event.message.text) == ("MPESA", text)


@each("missing", ["api_version", "created_at", "occurred_at"])
@each("value", [None, "", "soon", {}, [], True])
def test_a_message_is_not_lost_for_a_time_that_can_t_be_read(missing: str, value: object) -> None:
    event = read({**ENVELOPE, missing: value})
    assert isinstance(event, MessageReceived)
    assert event.message.text == TEXT


@each("seconds", [1801387800, "1801387800", 1801387800000])
def test_a_time_may_be_in_unix_seconds(seconds: object) -> None:
    assert read({**ENVELOPE, "occurred_at": seconds}).occurred_at == NOW


def deep(levels: int) -> bytes:
    return b'{"id":"1","type":"x","data":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"date=2027-01-31",
    "half": b'{"id":"1","type":"x","data":{',
    "more than one": b"{}{}",
    "not UTF-8": b'{"id":"\xff","type":"x","data":{}}',
    "half of UTF-16": json.dumps(ENVELOPE).encode("utf-16")[:-1],
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "an empty object": b"{}",
    "a key twice": b'{"id":"1","id":"2","type":"x","data":{}}',
    "a key twice, further in": b'{"id":"1","type":"x","data":{"a":{"b":1,"b":2}}}',
    "NaN": b'{"id":"1","type":"x","data":{"a":NaN}}',
    "Infinity": b'{"id":"1","type":"x","data":{"a":-Infinity}}',
    "a number without end": b'{"id":"1","type":"x","data":{"a":' + b"9" * 5000 + b"}}",
    "nested 33 deep": deep(32),
    "nested 5000 deep": deep(5000),
    "brackets only": b"[" * 1_000_000,
    **{
        f"{name} is {value!r}": json.dumps({**ENVELOPE, name: value}).encode()
        for name in ("id", "type", "data")
        for value in (None, "", " ", 5, True, [], ["x"], "x" if name == "data" else {})
    },
    **{
        f"no {name}": json.dumps({k: v for k, v in ENVELOPE.items() if k != name}).encode()
        for name in ("id", "type", "data")
    },
}


def test_what_is_as_large_as_allowed_is_read() -> None:
    head = b'{"id":"1","type":"x","data":{"a":"'
    body = head + b"a" * (MOST_BYTES - len(head) - 3) + b'"}}'
    assert (len(body), read_one(body).type) == (MOST_BYTES, "x")


def test_what_is_too_large_is_refused_with_413() -> None:
    with pytest.raises(WebhookUnreadable) as caught:
        read_one(b'{"id":"1","type":"x","data":{"a":"' + b"a" * MOST_BYTES + b'"}}')
    assert caught.value.status == 413


@each("name", UNREADABLE)
def test_what_can_t_be_read_is_refused_with_400(name: str) -> None:
    with pytest.raises(WebhookUnreadable) as caught:
        read_one(UNREADABLE[name])
    assert caught.value.status == 400


@each(
    ("encoding", "content_type"),
    [
        ("utf-8", ""),
        ("utf-8", "application/json; charset=utf-8"),
        ("utf-8", "application/json; charset=nobody-knows"),
        ("utf-8-sig", "application/json"),
        ("utf-8-sig", "application/json; charset=iso-8859-1"),
        ("utf-16", "application/json; charset=utf-16"),
        ("utf-16-le", "application/json; charset=utf-16"),
        ("latin-1", "application/json; charset=ISO-8859-1"),
        ("latin-1", 'application/json;charset="latin1"'),
        ("cp1252", "application/json; charset=windows-1252"),
    ],
)
def test_a_body_is_read_in_the_charset_that_it_has(encoding: str, content_type: str) -> None:
    written = {**ENVELOPE, "data": {**ENVELOPE["data"], "message": "ação"}}
    body = json.dumps(written, ensure_ascii=False).encode(encoding)
    event = read_one(body, content_type)
    assert isinstance(event, MessageReceived)
    assert event.message.text == "ação"


def test_half_a_surrogate_pair_is_a_replacement_character() -> None:
    event = read(
        {**ENVELOPE, "data": {**ENVELOPE["data"], "message": "a\ud83d", "x\udc00": ["\ud83d"]}}
    )
    assert isinstance(event, MessageReceived)
    assert event.message.text == "a\ufffd"
    assert event.data["x\ufffd"] == ["\ufffd"]
    json.dumps(event.data, ensure_ascii=False).encode()


def test_what_is_nested_32_deep_is_read() -> None:
    assert read_one(deep(31)).id == "1"


def test_a_refusal_shows_nothing_of_the_body() -> None:
    for body in (b"canary", b'{"canary":1}', b'["canary"', b'{"message":"canary"}', b"canary\xff"):
        with pytest.raises(WebhookUnreadable) as caught:
            read_one(body)
        error: BaseException | None = caught.value
        while error is not None:  # what it was made of holds the body, were it kept
            assert "canary" not in f"{error!r} {error} {vars(error)}"
            error = error.__cause__ or error.__context__


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = st.sampled_from([*ENVELOPE, *FIRST])
TYPED = st.sampled_from([*TYPES, "x"])


@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_unreadable_or_an_event(body: bytes) -> None:
    try:
        assert read_one(body).type
    except WebhookUnreadable as refused:
        assert refused.status == 400  # noqa: PT017  (either is right)


@given(
    changes=st.dictionaries(KEYS, JSON), kind=TYPED, data=st.dictionaries(KEYS | st.text(), JSON)
)
def test_any_words_in_the_right_places_are_unreadable_or_an_event(
    changes: dict[str, Any], kind: str, data: dict[str, Any]
) -> None:
    for document in (
        {**ENVELOPE, "type": kind, "data": data},
        {**ENVELOPE, **changes},
        {**FIRST, **changes},
    ):
        try:
            assert repr(read(document))
        except WebhookUnreadable as refused:
            assert refused.status == 400  # noqa: PT017  (either is right)


def test_a_provider_without_an_unsigned_form_takes_none() -> None:
    tables = [one for one in TABLES if one.signed is not None]
    with pytest.raises(WebhookUnreadable, match="arrived needs id, type"):
        parse(tables, posted(json.dumps(FIRST).encode()))


def test_what_is_written_is_what_is_read() -> None:
    event = read_one(signed(happened("whatsapp.failed", error="E7")).body)
    assert isinstance(event, MessageReported)
    assert (event.message.error, event.message.at, event.channel) == ("E7", NOW, WHATSAPP)


NESTED = Webhook(
    kind=WebhookKind.ARRIVED,
    types=["in"],
    envelope={"id": "event.id", "type": "event.kind"},
    row={"sender": "sms.from", "text": "sms.body"},
)


def test_without_data_the_whole_body_is_the_data_and_what_is_not_named_is_absent() -> None:
    document = {"event": {"id": "1", "kind": "in"}, "sms": {"from": NUMBER, "body": TEXT}}
    (event,) = parse([NESTED], posted(json.dumps(document).encode()))
    assert isinstance(event, MessageReceived)
    assert (event.message.sender, event.message.text) == (NUMBER, TEXT)
    assert (event.data["event"], event.data["sms"]) == (document["event"], document["sms"])
    assert (event.version, event.created_at, event.occurred_at) == (None, None, None)


@each(
    ("wrong", "why"),
    [
        (
            {"envelope": {**NESTED.envelope, "create_at": "at"}},
            r"arrived\.envelope: 'create_at' is not read; did you mean 'created_at'\?",
        ),
        ({"row": {"form": "x"}}, r"arrived\.row: 'form' is not read; "),
        ({"row": {"id": "a..b"}}, r"arrived\.row\.id: 'a\.\.b' is not a path"),
        ({"row": {}}, r"arrived\.row: give the path of sender and text"),
        (
            {"kind": "reported", "row": {"id": "id"}},
            r"reported\.row: give the path of status",
        ),
        (
            {"kind": "reported", "row": {"status": "s"}},
            r"reported\.row: give the path of id, or reference",
        ),
        ({"takes": ["HEAD"]}, r"arrived\.takes: 'HEAD': give GET or POST or PUT"),
        ({"body": "csv"}, r"arrived\.body: 'csv': give json or form or xml"),
        ({"charset": "utf-7"}, r"arrived\.charset: 'utf-7' is not known"),
        (
            {"row": {**NESTED.row, "id": {"path": "id", "match": "a"}}},
            r"arrived\.row\.id\.match: 'a': give a pattern with one group",
        ),
        (
            {"row": {**NESTED.row, "id": {"path": "id", "match": "("}}},
            r"arrived\.row\.id\.match: '\(' is not a pattern",
        ),
        (
            {"row": {**NESTED.row, "at": {"path": "at", "format": "%H"}}},
            r"arrived\.row\.at\.format: '%H' has no year",
        ),
        ({"row": {**NESTED.row, "id": {"match": "(a)"}}}, r"arrived\.row\.id: path is missing"),
        (
            {"row": {**NESTED.row, "at": {"path": "at", "formt": "epoch"}}},
            r"arrived\.row\.at: 'formt' is not read; did you mean 'format'\?",
        ),
        (
            {"row": {**NESTED.row, "id": {"path": "id", "escaped": "utf-7"}}},
            r"arrived\.row\.id\.escaped: 'utf-7' is not known",
        ),
        ({"answer": WebhookAnswer(type="a\r\nb: c")}, r"arrived\.answer\.type: takes printable"),
        ({"answer": WebhookAnswer(status=300)}, r"arrived\.answer\.status: 300: give a status"),
        ({"answer": WebhookAnswer(status=301)}, r"arrived\.answer\.status: 301: give a status"),
        ({"answer": WebhookAnswer(body="{txt}")}, r"arrived\.answer\.body: there is no value"),
    ],
)
def test_a_table_that_could_read_nothing_is_refused_when_it_is_made(
    wrong: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        replace(NESTED, **wrong)
