"""Who we are: fields of the call, or headers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from smsbridge import Basic, ConfigError, Fields
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Session
from smsbridge.mapping.auth import Auth

SITE = Site(url="https://sms.example")
SEND = Request(method="POST", url="https://sms.example/sendsms/", headers={"A": "b"}, body=b"x")
KEY = {"api_key": "k-1"}


def made(_: Mapping[str, str]) -> Exchange[Request]:
    yield from ()
    return SEND


def carried(auth: Auth, credentials: Mapping[str, str]) -> Request:
    return next(auth.carry(made, credentials, SITE, Session()))


def test_a_field_carries_the_key_and_sends_the_request_as_it_is() -> None:
    key = Fields({"apikey": "{api_key}"})
    assert key.credentials == ("api_key",)
    assert key.fields(KEY) == {"apikey": "k-1"}
    assert carried(key, KEY) is SEND
    assert key.valid(SEND, {"apikey": "k-1"}, KEY, ())
    assert not key.valid(SEND, {"apikey": "k-2"}, KEY, ())
    assert not key.valid(SEND, {}, KEY, ())
    assert not key.valid(SEND, {"apikey": "k-1"}, {}, ())
    assert key.presented(SEND, {"apikey": "k-2"})
    assert not key.presented(SEND, {})


def test_a_field_may_be_a_path_and_holds_what_filters_make_of_the_key() -> None:
    key = Fields({"auth.user": "{user}", "auth.hash": {"md5": "{user}{password}"}})
    both = {"user": "u", "password": "p"}
    hashed = hashlib.md5(b"up").hexdigest()
    assert key.credentials == ("user", "password")
    assert key.fields(both) == {"auth.user": "u", "auth.hash": hashed}
    assert key.valid(SEND, {"auth": {"user": "u", "hash": hashed}}, both, ())
    assert not key.valid(SEND, {"auth": {"user": "u", "hash": "p"}}, both, ())


@pytest.mark.parametrize(("constant", "wire"), [(2, "2"), (True, "true"), ("v", "v"), (0.5, "0.5")])
def test_a_constant_stays_what_it_is_and_is_valid_also_as_a_form_has_it(
    constant: Any, wire: str
) -> None:
    key = Fields({"version": constant})
    assert key.fields({}) == {"version": constant}
    assert key.valid(SEND, {"version": constant}, {}, ())
    assert key.valid(SEND, {"version": wire}, {}, ())
    assert not key.valid(SEND, {"version": "other"}, {}, ())


def test_a_choice_that_has_no_such_word_is_left_out() -> None:
    chosen = Fields({"tier": {"{user}": {"acme": "gold"}}}, {"X-Tier": {"{user}": {"a": "b"}}})
    assert chosen.fields({"user": "acme"}) == {"tier": "gold"}
    assert chosen.fields({"user": "other"}) == {}
    assert carried(chosen, {"user": "other"}) == SEND


def test_a_header_carries_the_key_beside_those_of_the_call() -> None:
    key = Fields(headers={"X-Api-Key": "{api_key}", "X-Version": 2})
    sent = carried(key, KEY)
    assert sent.headers == {"A": "b", "X-Api-Key": "k-1", "X-Version": "2"}
    assert (sent.body, sent.url) == (SEND.body, SEND.url)
    assert key.credentials == ("api_key",)
    assert key.fields(KEY) == {}
    assert key.presented(sent, {})
    assert not key.presented(SEND, {})
    assert key.valid(sent, {}, KEY, ())
    assert not key.valid(sent, {}, {"api_key": "k-2"}, ())
    assert not key.valid(SEND, {}, KEY, ())


@pytest.mark.parametrize(
    "secret",
    ["canary\r\nX-Other: y", "canary\n", "canaryé", "canary\0", " canary", "canary ", "\tcanary"],
)
def test_a_key_that_no_header_can_carry_is_refused_before_anything_leaves(secret: str) -> None:
    key = Fields(headers={"X-Api-Key": "{api_key}"})
    with pytest.raises(ConfigError, match="X-Api-Key takes printable ASCII only") as refused:
        carried(key, {"api_key": secret})
    assert "canary" not in str(refused.value)


def test_without_fields_and_headers_everybody_is_let_in() -> None:
    nobody = Fields()
    assert nobody.credentials == ()
    assert carried(nobody, {}) is SEND
    assert nobody.presented(SEND, {})
    assert nobody.valid(SEND, {}, {}, ())


def test_basic_is_one_header_in_utf_8() -> None:
    basic = Basic("user", "password")
    both = {"user": "ü", "password": "p:w"}
    sent = carried(basic, both)
    assert base64.b64decode(sent.header("authorization").removeprefix("Basic ")).decode() == "ü:p:w"
    assert sent.headers["A"] == "b"
    assert sent.body == b"x"
    assert basic.presented(sent, {})
    assert basic.valid(sent, {}, both, ())
    assert not basic.valid(sent, {}, {**both, "password": "other"}, ())
    assert not basic.valid(sent, {}, {}, ())
