"""The tests of the shop. They too name no provider and no protocol."""

import os

import pytest

from smsbridge import Client
from smsbridge.testing import InProcess, Provider, parse

from app import tell

ORDER = ("+12025550123", "Your parcel is on its way", "order-4711")
ANSWERED = """
smsbridge-fixture: 1
id: shop/answered
title: The provider takes the call, and answers with no more than HTTP or the wire can say
provenance: {source: ASSUMED, evidence: made up for these tests, date: "2026-11-23"}
interactions:
  - id: answered
    call: {operation: send}
    response: RESPONSE
"""


@pytest.fixture
def provider():
    """Return a mock of the provider that the config chooses."""
    with Client.from_config(os.environ.get("SHOP_SMS")) as sms:
        return Provider(sms.backend)


@pytest.fixture
def sms(provider):
    """Return a client of it; only what carries the requests is not the real one."""
    with Client(provider.backend, transport=InProcess(provider)) as sms:
        yield sms


def test_a_customer_is_told(sms, provider):
    outcome, known = tell(sms, *ORDER)
    (message,) = provider.messages
    assert (message.recipient, message.text) == ORDER[:2]
    assert outcome == "taken"
    assert sms.status(known).status == "delivered"


def test_replies_are_read(sms):
    (reply,) = sms.received()
    assert (reply.sender, reply.text) == ("+12025550142", "Hello")


def test_a_lost_answer_is_not_repeated(sms, provider):
    provider.play(parse(ANSWERED.replace("RESPONSE", "{fault: reset-after-request}"), "lost"))
    assert tell(sms, *ORDER) == ("unknown: look it up before any repeat", None)
    assert len(provider.messages) == 1


def test_a_busy_provider_is_asked_later(sms, provider):
    provider.play(parse(ANSWERED.replace("RESPONSE", "{status: 429}"), "busy"))
    assert tell(sms, *ORDER) == ("not sent: try later", None)
    assert provider.messages == []
