"""Tests of sms.py, against the `smsbridge mock` that SMS_URL names."""

import json
import os
from urllib.request import Request, urlopen

import pytest
from sms import NotSent, OutcomeUnknown, Refused, send


def control(method, page):
    url = f"{os.environ['SMS_URL']}/_mock/{page}"
    with urlopen(Request(url, method=method), timeout=30) as answer:  # noqa: S310  (the mock's)
        return json.load(answer)


@pytest.fixture(autouse=True)
def _reset():
    control("POST", "reset")


def test_a_message_arrives():
    known = send("+12025550123", "Crème brûlée, 5 €")
    (message,) = control("GET", "messages")
    assert (message["id"], message["text"]) == (known, "Crème brûlée, 5 €")


def test_a_busy_provider_took_nothing():
    with pytest.raises(NotSent):
        send("+447700900429", "Hello")
    assert control("GET", "messages") == []


def test_a_refusal_is_told():
    with pytest.raises(Refused):
        send("no number", "Hello")
    assert control("GET", "messages") == []


def test_a_lost_answer_is_not_repeated():
    with pytest.raises(OutcomeUnknown):
        send("+447700900002", "Hello")
    assert len(control("GET", "messages")) == 1
