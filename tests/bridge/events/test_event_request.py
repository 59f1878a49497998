"""What the webhook of an event says, in which shape, and how it is signed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from standardwebhooks import WebhookVerificationError

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.bridge.config import BridgeConfig
from smsbridge.bridge.events.event_request import EventRequest
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_event import StoredEvent
from smsbridge.errors import WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.message import Channel, Status
from smsbridge.webhooks import MessageReceived, MessageReported, Receiver, parse
from smsbridge.webhooks.standard import STANDARD

from support.bridges import NUMBER, Clock, open_store, put, read
from support.events import events_of
from support.webhook_receivers import (
    OTHER_SECRET,
    SECRET,
    SENDER,
    hooked,
    hooked_text,
    received,
    report,
    verify,
)

URL = "https://shop.example/sms?key=k"
STANDARD_SHAPE = 'shape = "standard"'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MessageStore]:
    with open_store(tmp_path, Clock(time.time() - 3600)) as found:
        yield found


def writer(config: BridgeConfig) -> EventRequest:
    (door,) = config.doors
    return EventRequest(
        config=door.webhooks["shop"], dialect=door.callers["shop"], id_of=lambda one: one.id
    )


def last(store: MessageStore) -> StoredEvent:
    return events_of(store)[-1]


def made(request: Request | None) -> Request:
    assert request is not None
    return request


def test_a_report_says_which_message_of_the_caller_it_is_about(
    tmp_path: Path, store: MessageStore
) -> None:
    message = put(store, "Hello", reference="order-1")
    report(store, message, Status.DELIVERED)
    event, now = last(store), datetime.now(UTC)
    request = made(writer(hooked(tmp_path, URL, STANDARD_SHAPE)).make(event, message, now))
    assert (request.method, request.url) == ("POST", URL)
    assert request.header("content-type") == "application/json"
    at = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert verify(request) == {
        "id": event.id,
        "type": "message.delivered",
        "timestamp": at,
        "data": {
            "channel": "sms",
            "id": message.id,
            "reference": "order-1",
            "to": NUMBER,
        },
    }


def test_a_message_that_came_in_is_told_with_its_text(tmp_path: Path, store: MessageStore) -> None:
    received(store, "Yes — ü", channel="whatsapp")
    event = last(store)
    request = made(
        writer(hooked(tmp_path, URL, STANDARD_SHAPE)).make(event, None, datetime.now(UTC))
    )
    said = verify(request)
    assert said["type"] == "message.received"
    assert said["data"] == {
        "channel": "whatsapp",
        "id": event.id,
        "from": SENDER,
        "to": NUMBER,
        "text": "Yes — ü",
    }


def test_a_receiver_can_rotate_its_secret_without_losing_an_event(
    tmp_path: Path, store: MessageStore
) -> None:
    received(store)
    both = f'secrets = ["{OTHER_SECRET}", "{SECRET}"]'
    text = hooked_text(URL, STANDARD_SHAPE).replace(f'secrets = ["{SECRET}"]', both)
    config = read(tmp_path, text)
    request = made(writer(config).make(last(store), None, datetime.now(UTC)))
    new, old = request.header("webhook-signature").split(" ")
    for secret in (OTHER_SECRET, SECRET):
        assert verify(request, secret)["type"] == "message.received"
        assert Receiver(STANDARD, secrets=[secret]).read(request)
    for left, secret in ((new, SECRET), (old, OTHER_SECRET)):
        headers = {**request.headers, "webhook-signature": left}
        with pytest.raises(WebhookVerificationError):
            verify(replace(request, headers=headers), secret)


def test_smsbridge_itself_reads_our_json(tmp_path: Path, store: MessageStore) -> None:
    make = writer(hooked(tmp_path, URL, STANDARD_SHAPE)).make
    message = put(store, "Hello")
    for status in Status:
        report(store, message, status, error="no route")
        (read,) = parse(STANDARD, made(make(last(store), message, datetime.now(UTC))))
        assert isinstance(read, MessageReported)
        assert read.id == last(store).id
        assert (read.message.id, read.message.status) == (message.id, status)
        assert (read.message.recipient, read.message.error) == (NUMBER, "no route")
    for channel in Channel:
        received(store, channel=channel)
        (came,) = parse(STANDARD, made(make(last(store), None, datetime.now(UTC))))
        assert isinstance(came, MessageReceived)
        assert (came.channel, came.message.sender, came.message.text) == (channel, SENDER, "Yes")


def test_a_receiver_of_smsbridge_checks_the_signature(tmp_path: Path, store: MessageStore) -> None:
    received(store)
    make = writer(hooked(tmp_path, URL, STANDARD_SHAPE, 'dialect_secret = "other"')).make
    request = made(make(last(store), None, datetime.now(UTC)))
    (event,) = Receiver(STANDARD, secrets=[SECRET]).read(request)
    assert event.id == last(store).id
    changed = replace(request, body=request.body.replace(b"Yes", b"No!"))
    another = replace(request, headers={**request.headers, "webhook-id": "evt_1"})
    for wrong in (changed, another):
        with pytest.raises(WebhookUntrusted):
            Receiver(STANDARD, secrets=[SECRET]).read(wrong)
    with pytest.raises(WebhookUntrusted):
        Receiver(STANDARD, secrets=[SECRET.replace("M", "N")]).read(request)
    with pytest.raises(WebhookUntrusted):
        Receiver(STANDARD, secrets=["not base64"]).read(request)


def test_the_id_is_stable_and_each_try_gets_its_own_signature(
    tmp_path: Path, store: MessageStore
) -> None:
    received(store)
    make = writer(hooked(tmp_path, URL, STANDARD_SHAPE)).make
    now = datetime.now(UTC)
    first, second = (
        made(make(last(store), None, one)) for one in (now - timedelta(seconds=60), now)
    )
    assert first.body == second.body
    assert first.header("webhook-id") == second.header("webhook-id") == last(store).id
    assert first.header("webhook-signature") != second.header("webhook-signature")
    verify(first)
    verify(second)
    with pytest.raises(WebhookVerificationError):
        verify(replace(second, body=second.body.replace(b"Yes", b"No!")))
    old = made(make(last(store), None, now - timedelta(seconds=301)))
    with pytest.raises(WebhookVerificationError, match="too old"):
        verify(old)


def test_a_dialect_with_a_webhook_of_its_own_has_its_shape(
    tmp_path: Path, store: MessageStore
) -> None:
    message = put(store, "Hello")
    make = writer(hooked(tmp_path, URL, 'dialect_secret = "old-secret"')).make
    receiver = Receiver(SMSMobileAPI, secrets=["old-secret"])
    report(store, message, Status.SENT)
    request = made(make(last(store), message, datetime.now(UTC)))
    verify(request)
    (event,) = receiver.read(request)
    assert isinstance(event, MessageReported)
    assert (event.type, event.id) == ("sms.sent", last(store).id)
    assert (event.message.id, event.message.recipient) == (message.id, NUMBER)
    received(store, "Yes")
    (came,) = receiver.read(made(make(last(store), None, datetime.now(UTC))))
    assert isinstance(came, MessageReceived)
    assert (came.type, came.message.sender, came.message.text) == ("sms.received", SENDER, "Yes")


def test_without_its_secret_the_dialect_s_own_signature_is_left_out(
    tmp_path: Path, store: MessageStore
) -> None:
    received(store)
    config = hooked(tmp_path, URL)
    request = made(writer(config).make(last(store), None, datetime.now(UTC)))
    verify(request)
    assert not request.header("x-smsmobileapi-signature")
    assert request.header("x-smsmobileapi-event-id") == last(store).id


def test_a_dialect_that_signs_with_credentials_signs_with_those_of_the_caller(
    tmp_path: Path, store: MessageStore
) -> None:
    text = f"""
[bridge]
[doors.shop]
speaks = "twilio"
to = "twilio"
callers = {{ shop = {{ username = "AC{"0" * 32}", password = "shop-token" }} }}
webhooks = {{ shop = {{ url = "{URL}", secrets = ["{SECRET}"] }} }}
[backends.twilio]
backend = "twilio"
username = "AC{"1" * 32}"
password = "other"
"""
    config = read(tmp_path, text)
    message = put(store, "Hello")
    report(store, message, Status.DELIVERED)
    request = made(writer(config).make(last(store), message, datetime.now(UTC)))
    assert parse_qs(request.body.decode())["MessageSid"] == [message.id]
    dialect = config.doors[0].callers["shop"]
    receiver = Receiver(dialect, public_url="https://shop.example")
    (event,) = receiver.read(request)
    assert isinstance(event, MessageReported)
    assert event.message.status is Status.DELIVERED


def test_a_status_that_the_dialect_has_no_word_for_is_one_that_says_less_or_left_out(
    tmp_path: Path, store: MessageStore
) -> None:
    message = put(store, "Hello")
    make = writer(hooked(tmp_path, URL)).make
    types = {}
    for status in Status:
        report(store, message, status)
        request = make(last(store), message, datetime.now(UTC))
        types[status] = json.loads(request.body)["type"] if request else None
    assert types == {
        Status.QUEUED: "sms.api.submitted",
        Status.ACCEPTED: "sms.api.submitted",
        Status.SENT: "sms.sent",
        Status.DELIVERED: "sms.sent",
        Status.READ: "sms.sent",
        Status.UNDELIVERED: "sms.failed",
        Status.EXPIRED: "sms.failed",
        Status.REJECTED: "sms.failed",
        Status.UNKNOWN: None,
    }


def test_what_was_cleared_is_not_told(tmp_path: Path, store: MessageStore) -> None:
    make = writer(hooked(tmp_path, URL, STANDARD_SHAPE)).make
    message = replace(put(store, "Hello"), recipient=None, text=None)
    report(store, message)
    assert make(last(store), message, datetime.now(UTC)) is None
    received(store)
    event = replace(last(store), sender=None, recipient=None, text=None)
    assert make(event, None, datetime.now(UTC)) is None
