"""Who plays the provider writes webhooks from the same table that reads them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from smsbridge import ConfigError, Secret
from smsbridge.serving.webhooks import event_of, outgoing, webhook_types
from smsbridge.webhooks.events import MessageReceived, MessageReported
from smsbridge.webhooks.signatures import check_signature

from support.each import each
from support.webhooking import (
    GUID,
    NEXT,
    NOW,
    NUMBER,
    SECRET,
    SIGNATURE,
    TABLES,
    TEXT,
    TIMESTAMP,
    URL,
    happened,
    read_one,
    signed,
    unsigned,
)


def test_a_message_that_came_in_as_the_provider_writes_it() -> None:
    request = signed(happened(device="phone-7"))
    assert (request.method, request.url) == ("POST", URL)
    assert json.loads(request.body) == {
        "id": "event-1",
        "type": "sms.received",
        "api_version": "2",
        "created_at": "2027-01-31T09:30:00Z",
        "occurred_at": "2027-01-31T09:30:00Z",
        "data": {
            "guid": GUID,
            "from": NUMBER,
            "message": TEXT,
            "received_at": "2027-01-31T09:30:00Z",
            "alias": None,
            "device_id": "phone-7",
        },
    }
    signature = request.headers[SIGNATURE]
    assert request.headers == {
        "Content-Type": "application/json",
        "X-SMSMobileAPI-Event": "sms.received",
        "X-SMSMobileAPI-Event-ID": "event-1",
        "X-SMSMobileAPI-Delivery": "event-1",
        "X-SMSMobileAPI-Timestamp": str(int(NOW.timestamp())),
        "X-SMSMobileAPI-Signature": signature,
        "Idempotency-Key": "event-1",
    }


def test_the_first_version_has_six_texts_and_no_header_of_its_own() -> None:
    request = unsigned()
    assert request.headers == {"Content-Type": "application/json"}
    assert json.loads(request.body) == {
        "date": "2027-01-31",
        "hour": "09:30:00",
        "time_received": "2027-01-31 09:30:00",
        "message": TEXT,
        "number": NUMBER,
        "guid": GUID,
    }


@each("kind", webhook_types(TABLES))
def test_each_type_is_read_as_it_was_written(kind: str) -> None:
    event = happened(kind, error="E7")
    read = read_one(signed(event).body)
    assert (read.id, read.type, read.data) == (event.id, kind, event.data)
    assert (read.created_at, read.occurred_at, read.version) == (NOW, NOW, "2")
    if isinstance(read, MessageReceived | MessageReported):
        assert (read.message.id, read.message.text) == (GUID, TEXT)


def test_a_second_secret_signs_beside_the_first() -> None:
    request = signed(secrets=[SECRET, NEXT])
    assert TABLES[0].signed is not None
    for secret in (SECRET, NEXT):
        check_signature(TABLES[0].signed, request, [Secret(secret)], NOW)
    assert f"{SIGNATURE}-Next" in request.headers
    assert f"{SIGNATURE}-Next" not in signed().headers


def test_without_a_secret_there_is_a_timestamp_and_no_signature() -> None:
    headers = signed(secrets=[]).headers
    assert TIMESTAMP in headers
    assert SIGNATURE not in headers


def test_a_repeated_delivery_has_another_name_and_the_same_event() -> None:
    request = outgoing(TABLES, happened(), URL, now=NOW, delivery="try-2")
    assert request.headers["X-SMSMobileAPI-Delivery"] == "try-2"
    assert request.headers["Idempotency-Key"] == "event-1"


@each(
    ("kind", "event_id", "said"),
    [
        ("sms.recieved", "1", "did you mean 'sms.received'"),
        ("sms.sent", None, "known: sms.received"),
    ],
)
def test_a_type_that_the_table_has_not_is_refused_with_the_nearest(
    kind: str, event_id: str | None, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        event_of(TABLES, kind, {}, now=NOW, event_id=event_id)


def test_a_provider_without_an_unsigned_form_writes_none() -> None:
    with pytest.raises(ConfigError, match="has no unsigned form"):
        event_of(TABLES[:5], "sms.received", {}, now=NOW, event_id=None)


def test_the_first_version_is_not_signed() -> None:
    with pytest.raises(ConfigError, match="not signed"):
        outgoing(TABLES, happened(event_id=None), URL, secrets=[Secret(SECRET)], now=NOW)


def test_a_table_that_signs_nothing_writes_no_signature() -> None:
    request = outgoing([replace(TABLES[0], signed=None)], happened(), URL, now=NOW)
    assert not {SIGNATURE, TIMESTAMP} & request.headers.keys()
