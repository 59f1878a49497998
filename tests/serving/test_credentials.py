"""Credentials in the request itself, as the provider checks them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.auth.schemes import Basic, Fields, UsernameToken
from smsbridge.codecs.soap.envelope import (
    unsendable,
)
from smsbridge.http.exchange import Request
from smsbridge.serving import provider_auth

from support.each import each
from support.username_tokens import (
    BOTH,
    CREATED,
    DIGEST,
    NONCE,
    PLAIN,
    SITE,
    asked,
    by_zeep,
    found,
    secured,
    tokens,
    versions,
)


def test_a_digest_is_of_any_password() -> None:
    both = {**BOTH, "password": "a\x00b"}
    assert provider_auth(DIGEST).is_valid(secured(DIGEST, asked(), both), {}, both, ())


TEXT = st.text(min_size=1).filter(lambda text: not unsendable(text))


@given(user=TEXT, password=TEXT, token=st.sampled_from([PLAIN, DIGEST]))
def test_any_name_and_any_password_get_through(
    user: str, password: str, token: UsernameToken
) -> None:
    both = {"user": user, "password": password}
    sent = secured(token, asked(), both)
    assert provider_auth(token).is_valid(sent, {}, both, ())
    assert not provider_auth(token).is_valid(sent, {}, {**both, "user": f"{user}x"}, ())
    assert not provider_auth(token).is_valid(sent, {}, {**both, "password": f"{password}x"}, ())


@versions
@each("use_digest", [False, True])
@tokens
def test_what_zeep_writes_is_found_and_valid(
    version: str, token: UsernameToken, *, use_digest: bool
) -> None:
    writer = by_zeep(BOTH["user"], BOTH["password"], use_digest=use_digest)
    envelope, _ = writer.apply(etree.fromstring(asked(version=version).body), {})
    request = replace(asked(version=version), body=etree.tostring(envelope))
    assert provider_auth(token).is_used(request, {})
    assert provider_auth(token).is_valid(request, {}, BOTH, ())
    assert not provider_auth(token).is_valid(request, {}, {**BOTH, "password": "other"}, ())
    assert not provider_auth(token).is_valid(request, {}, {}, ())


@each(
    ("before", "after"),
    [
        ("NNK", "nnk"),
        ("#PasswordDigest", "#PasswordOther"),
        ("#PasswordDigest", "#PasswordText"),
        ("wsse:Nonce", "wsse:Other"),
        (base64.b64encode(NONCE).decode(), "not base64!"),
        (base64.b64encode(NONCE).decode(), "ü"),
        (f"{CREATED}</wsu:Created></wsse", f"{CREATED[:-1]}</wsu:Created></wsse"),
        ("<wsse:Username>", "<wsse:Username>x</wsse:Username><wsse:Username>"),
        ("<wsse:Password ", "<wsse:Password>x</wsse:Password><wsse:Password "),
        ("wsse:Password", "wsse:Other"),
        ("<wsse:UsernameToken>", "<wsse:UsernameToken/><wsse:UsernameToken>"),
        ("wsse:Security", "wsse:Other"),
        ("e:Header", "e:Other"),
    ],
)
def test_a_block_that_was_changed_is_not_valid(before: str, after: str) -> None:
    sent = secured(DIGEST, asked())
    changed = sent.body.decode().replace(before, after)
    assert changed != sent.body.decode()
    assert provider_auth(DIGEST).is_valid(sent, {}, BOTH, ())
    assert not provider_auth(DIGEST).is_valid(replace(sent, body=changed.encode()), {}, BOTH, ())


def test_a_password_without_a_type_is_text() -> None:
    sent = secured(PLAIN, asked())
    kind = found(sent, ".//wsse:Password").get("Type")
    bare = replace(sent, body=sent.body.replace(f' Type="{kind}"'.encode(), b""))
    assert bare.body != sent.body
    assert provider_auth(PLAIN).is_valid(bare, {}, BOTH, ())


@each("body", [b"", b"<Envelope/>", b"\xff\xfe", b'{"to": "+1"}'])
def test_what_is_no_envelope_has_no_block(body: bytes) -> None:
    request = replace(asked(), body=body)
    assert not provider_auth(PLAIN).is_used(request, {})
    assert not provider_auth(PLAIN).is_valid(request, {}, BOTH, ())


def test_an_envelope_without_a_block_is_nobodys_and_is_a_call() -> None:
    assert not provider_auth(PLAIN).is_used(asked(), {})
    assert provider_auth(PLAIN).answer(asked(), BOTH, SITE, str) is None


# Fields, headers and Basic

SEND = Request(method="POST", url="https://sms.example/sendsms/", headers={"A": "b"}, body=b"x")
KEY = {"api_key": "k-1"}


def with_headers(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(SEND, headers={**SEND.headers, **named})


def test_a_field_is_right_if_it_holds_the_key() -> None:
    key = provider_auth(Fields({"apikey": "{api_key}"}))
    assert key.is_valid(SEND, {"apikey": "k-1"}, KEY, ())
    assert not key.is_valid(SEND, {"apikey": "k-2"}, KEY, ())
    assert not key.is_valid(SEND, {}, KEY, ())
    assert not key.is_valid(SEND, {"apikey": "k-1"}, {}, ())
    assert key.is_used(SEND, {"apikey": "k-2"})
    assert not key.is_used(SEND, {})


def test_a_field_in_others_is_right_if_it_holds_what_filters_make_of_the_key() -> None:
    key = provider_auth(Fields({"auth.user": "{user}", "auth.hash": {"md5": "{user}{password}"}}))
    both = {"user": "u", "password": "p"}
    hashed = hashlib.md5(b"up").hexdigest()
    assert key.is_valid(SEND, {"auth": {"user": "u", "hash": hashed}}, both, ())
    assert not key.is_valid(SEND, {"auth": {"user": "u", "hash": "p"}}, both, ())


@each(("constant", "wire"), [(2, "2"), (True, "true"), ("v", "v"), (0.5, "0.5")])
def test_a_constant_is_right_also_as_a_form_has_it(constant: Any, wire: str) -> None:
    key = provider_auth(Fields({"version": constant}))
    assert key.is_valid(SEND, {"version": constant}, {}, ())
    assert key.is_valid(SEND, {"version": wire}, {}, ())
    assert not key.is_valid(SEND, {"version": "other"}, {}, ())


def test_a_header_is_right_if_it_holds_the_key() -> None:
    key = provider_auth(Fields(headers={"X-Api-Key": "{api_key}", "X-Version": 2}))
    sent = with_headers(X_Api_Key="k-1", X_Version="2")
    assert key.is_used(sent, {})
    assert not key.is_used(SEND, {})
    assert key.is_valid(sent, {}, KEY, ())
    assert not key.is_valid(sent, {}, {"api_key": "k-2"}, ())
    assert not key.is_valid(SEND, {}, KEY, ())


def test_without_fields_and_headers_everybody_is_let_in() -> None:
    nobody = provider_auth(Fields())
    assert nobody.is_used(SEND, {})
    assert nobody.is_valid(SEND, {}, {}, ())


def test_basic_is_right_if_it_holds_both_in_utf_8() -> None:
    basic = provider_auth(Basic("user", "password"))
    both = {"user": "ü", "password": "p:w"}
    sent = with_headers(Authorization=f"Basic {base64.b64encode('ü:p:w'.encode()).decode()}")
    assert basic.is_used(sent, {})
    assert basic.is_valid(sent, {}, both, ())
    assert not basic.is_valid(sent, {}, {**both, "password": "other"}, ())
    assert not basic.is_valid(sent, {}, {}, ())
    assert not basic.is_used(SEND, {})


@each("scheme", ["Basic ", "basic ", "BASIC  "])
def test_the_name_of_basic_is_in_any_case(scheme: str) -> None:
    auth = provider_auth(Basic("user", "password"))
    word = base64.b64encode(f"{BOTH['user']}:{BOTH['password']}".encode()).decode()
    sent = with_headers(Authorization=scheme + word)
    assert auth.is_used(sent, {})
    assert auth.is_valid(sent, {}, BOTH, ())
    assert not auth.is_valid(with_headers(Authorization=f"Bearer{word}"), {}, BOTH, ())
    assert auth.renew(sent, (), str) is None
