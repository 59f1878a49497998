"""The JSON of the bridge: one table, by which it is written and read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smsbridge.errors import WebhookUnreadable
from smsbridge.http.exchange import Request
from smsbridge.message import Channel, Status
from smsbridge.serving.webhooks import type_of_message, type_of_status
from smsbridge.webhooks import MessageReceived, MessageReported, parse
from smsbridge.webhooks.standard import STANDARD

REPORT = b"""{"id": "evt_1", "type": "message.undelivered", "timestamp": "2027-01-31T09:00:00Z",
"data": {"channel": "whatsapp", "id": "7", "to": "+12025550123", "error": "no route"}}"""
CAME = b"""{"id": "evt_2", "type": "message.received", "timestamp": "2027-01-31T09:00:00Z",
"data": {"channel": "sms", "id": "evt_2", "from": "+447700900123", "text": "Yes"}}"""


def test_a_report_is_read() -> None:
    (event,) = parse(STANDARD, Request(method="POST", url="/", body=REPORT))
    assert isinstance(event, MessageReported)
    assert (event.id, event.channel) == ("evt_1", Channel.WHATSAPP)
    assert event.occurred_at == datetime(2027, 1, 31, 9, tzinfo=UTC)
    assert (event.message.id, event.message.status) == ("7", Status.UNDELIVERED)
    assert event.message.error == "no route"


def test_a_message_that_came_in_is_read() -> None:
    (event,) = parse(STANDARD, Request(method="POST", url="/", body=CAME))
    assert isinstance(event, MessageReceived)
    assert (event.message.sender, event.message.text) == ("+447700900123", "Yes")


def test_another_type_is_not() -> None:
    body = REPORT.replace(b"undelivered", b"lost")
    with pytest.raises(WebhookUnreadable):
        parse(STANDARD, Request(method="POST", url="/", body=body))


def test_each_status_and_each_channel_has_a_type() -> None:
    for channel in Channel:
        assert type_of_message(STANDARD, channel) == "message.received"
        for status in Status:
            assert type_of_status(STANDARD, channel, status) == f"message.{status}"
