"""The tests of the shop: a mock provider on a real socket, and no account."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from shop import app, orders, reports

from smsbridge import Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.serving.webhooks import event_of, outgoing


@pytest.fixture
def shop(smsbridge_mock):
    orders.clear()
    reports.clear()
    assert smsbridge_mock.messages == []
    with TestClient(app) as client:
        yield client


def place(shop, phone="+12025550123"):
    return shop.post("/orders", json={"number": "4711", "phone": phone})


def report(shop, kind, message_id):
    now = datetime.now(UTC)
    table, values = SMSMobileAPI.webhooks, {"id": message_id}
    event = event_of(table, kind, values, now=now, event_id=str(uuid4()))
    request = outgoing(table, event, "/sms/", secrets=[Secret("test-secret")], now=now)
    answer = shop.post("/sms/", content=request.body, headers=dict(request.headers))
    assert answer.status_code == 200


def test_an_order_is_confirmed_once(shop, smsbridge_mock):
    assert place(shop).json() == {"order": "4711", "message": "taken"}
    assert place(shop).status_code == 409
    (message,) = smsbridge_mock.messages
    assert (message.recipient, message.text) == ("+12025550123", "Order 4711 is confirmed")


def test_a_number_that_is_none_is_refused(shop, smsbridge_mock):
    assert place(shop, "12025550123").status_code == 422
    assert smsbridge_mock.messages == []


def test_a_lost_answer_is_looked_up_and_not_repeated(shop, smsbridge_mock):
    assert place(shop, "+447700900002").json()["message"] == "unknown"
    assert shop.post("/pending").json() == {"4711": "taken"}
    assert len(smsbridge_mock.messages) == 1


def test_a_busy_provider_gets_it_later(shop, smsbridge_mock):
    smsbridge_mock.fault = "too-many:seconds"
    assert place(shop).json()["message"] == "not sent"
    smsbridge_mock.fault = None
    assert shop.post("/pending").json() == {"4711": "taken"}
    assert len(smsbridge_mock.messages) == 1


def test_reports_may_come_in_any_order(shop):
    place(shop)
    known = orders["4711"]["id"]
    report(shop, "sms.sent", known)
    report(shop, "sms.api.submitted", known)
    assert shop.get("/orders/4711").json()["message"] == "sent"


def test_a_report_may_come_before_the_answer_to_the_send(shop):
    report(shop, "sms.sent", "g-1")
    orders["4711"] = {"state": "taken", "id": "g-1"}
    assert shop.get("/orders/4711").json()["message"] == "sent"
