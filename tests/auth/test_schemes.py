"""Authentication by fields or headers of the call."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from smsbridge import Basic, ConfigError, Fields
from smsbridge.http.exchange import Request, Session
from smsbridge.mapping.auth import Auth

from support.each import each
from support.oauth import SEND, SITE, made

KEY = {"api_key": "k-1"}


def carried(auth: Auth, credentials: Mapping[str, str]) -> Request:
    return next(auth.carry(made, credentials, SITE, Session()))


def test_a_field_carries_the_key_and_sends_the_request_as_it_is() -> None:
    key = Fields({"apikey": "{api_key}"})
    assert key.credentials == ("api_key",)
    assert key.fields(KEY) == {"apikey": "k-1"}
    assert carried(key, KEY) is SEND


def test_a_field_may_be_a_path_and_holds_what_filters_make_of_the_key() -> None:
    key = Fields({"auth.user": "{user}", "auth.hash": {"md5": "{user}{password}"}})
    both = {"user": "u", "password": "p"}
    hashed = hashlib.md5(b"up").hexdigest()
    assert key.credentials == ("user", "password")
    assert key.fields(both) == {"auth.user": "u", "auth.hash": hashed}


@each("constant", [2, True, "v", 0.5])
def test_a_constant_stays_what_it_is(constant: Any) -> None:
    key = Fields({"version": constant})
    assert key.fields({}) == {"version": constant}


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


@each(
    "secret",
    ["canary\r\nX-Other: y", "canary\n", "canaryé", "canary\0", " canary", "canary ", "\tcanary"],
)
def test_a_key_that_no_header_can_carry_is_refused_before_anything_leaves(secret: str) -> None:
    key = Fields(headers={"X-Api-Key": "{api_key}"})
    with pytest.raises(ConfigError, match="X-Api-Key takes printable ASCII only") as refused:
        carried(key, {"api_key": secret})
    assert "canary" not in str(refused.value)


def test_without_fields_and_headers_nothing_is_added() -> None:
    nobody = Fields()
    assert nobody.credentials == ()
    assert carried(nobody, {}) is SEND


def test_basic_is_one_header_in_utf_8() -> None:
    basic = Basic("user", "password")
    both = {"user": "ü", "password": "p:w"}
    sent = carried(basic, both)
    assert base64.b64decode(sent.header("authorization").removeprefix("Basic ")).decode() == "ü:p:w"
    assert sent.headers["A"] == "b"
    assert sent.body == b"x"
