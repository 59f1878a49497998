"""Who we are: a field of the call, or a header."""

from __future__ import annotations

import base64

from smsbridge import Basic, Field
from smsbridge.exchange import Request, Session
from smsbridge.site import Site

SITE = Site(url="https://sms.example")
SEND = Request(method="POST", url="https://sms.example/sendsms/", headers={"A": "b"}, body=b"x")


def test_a_field_carries_the_key_and_sends_the_request_as_it_is() -> None:
    key = Field("apikey", "api_key")
    assert key.credentials == ("api_key",)
    assert key.fields({"api_key": "k-1"}) == {"apikey": "k-1"}
    assert next(key.carry(SEND, {"api_key": "k-1"}, SITE, Session())) is SEND
    assert key.valid(SEND, {"apikey": "k-1"}, {"api_key": "k-1"}, ())
    assert not key.valid(SEND, {"apikey": "k-2"}, {"api_key": "k-1"}, ())
    assert not key.presented(SEND, {})


def test_basic_is_one_header_in_utf_8() -> None:
    basic = Basic("user", "password")
    both = {"user": "ü", "password": "p:w"}
    sent = next(basic.carry(SEND, both, SITE, Session()))
    assert base64.b64decode(sent.header("authorization").removeprefix("Basic ")).decode() == "ü:p:w"
    assert sent.headers["A"] == "b"
    assert sent.body == b"x"
    assert basic.presented(sent, {})
    assert basic.valid(sent, {}, both, ())
    assert not basic.valid(sent, {}, {**both, "password": "other"}, ())
