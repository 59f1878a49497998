"""What signs a call of a door must be right: also of a time, which nobody can know before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import JSON
from smsbridge.config.load import from_mapping
from smsbridge.http.exchange import Request
from smsbridge.message import Message
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.proof import Proof, unprovable
from smsbridge.text.hmac_text import hmac_text

from support.blocks import MESSAGE, rest, sent
from support.each import each
from support.received import received

BY_FIELD = """
auth = { type = "none", user = "shop", key = "k-1" }
[send]
route = "POST /sms"
accepted = { when = { id = "*" } }
[send.fields]
to = "{recipient|digits}"
body = "{text}"
user = "{user}"
at = "{now|epoch}"
signature = { hmac-sha256 = { key = "{key}", of = "{user} {recipient|digits} {now|epoch} {text}" } }
"""
BY_HEADER = """
auth = { type = "none", user = "shop", key = "k-1" }
[send]
route = "POST /sms"
fields = { to = "{recipient}", body = "{text}" }
accepted = { when = { id = "*" } }
[send.headers]
Authorization = [
    'MAC id="{user}", ts="{now|epoch}", nonce="{uuid}", mac="',
    { hmac-sha256 = { key = "{key}", of = "{now|epoch}/{uuid}" } },
    '"',
]
"""


def is_known(backend: Backend, request: Request) -> bool:
    call = received(backend, request)
    return Proof(call.protocol, call.table, call.given, request).is_valid(backend.credentials(), ())


def with_fields(request: Request, change: Callable[[dict[str, Any]], object]) -> Request:
    fields = json.loads(request.body)
    change(fields)
    return replace(request, body=json.dumps(fields).encode())


@each("text", [BY_FIELD, BY_HEADER])
def test_a_signature_over_its_time_is_the_caller_s_alone(text: str) -> None:
    backend = rest(text)
    request = sent(backend)
    assert is_known(backend, request)
    for other in (text.replace('key = "k-1"', 'key = "k-2"'), text.replace('"shop"', '"till"')):
        assert not is_known(rest(other), request)


@each(
    "change",
    [
        {"body": "Another text"},
        {"to": "12025550124"},
        {"at": "1"},
        {"signature": "0" * 64},
        {"signature": ""},
        {"at": ""},
        {"user": "till"},
    ],
)
def test_a_call_that_was_changed_is_nobody_s(change: Mapping[str, str]) -> None:
    backend = rest(BY_FIELD)
    assert not is_known(backend, with_fields(sent(backend), lambda one: one.update(change)))


@each("name", ["signature", "at", "user", "body"])
def test_a_call_without_what_is_signed_is_nobody_s(name: str) -> None:
    backend = rest(BY_FIELD)
    assert not is_known(backend, with_fields(sent(backend), lambda one: one.pop(name)))


def test_braces_in_what_is_signed_are_a_part_of_it() -> None:
    backend, nonce = rest(BY_HEADER), "{n}{recipient}"
    signed = hmac_text("hmac-sha256", "k-1", f"5/{nonce}".encode(), "hex")
    given = f'MAC id="shop", ts="5", nonce="{nonce}", mac="{signed}"'
    headers = {"Content-Type": JSON, "Authorization": given}
    assert is_known(backend, replace(sent(backend), headers=headers))
    headers["Authorization"] = "MAC"
    assert not is_known(backend, replace(sent(backend), headers=headers))


def test_a_word_that_fits_no_template_is_read_in_no_more_time_than_its_length() -> None:
    backend = rest(BY_HEADER)
    headers = {"Content-Type": JSON, "Authorization": 'MAC id="' + '", ts="", nonce="' * 50_000}
    assert not is_known(backend, replace(sent(backend), headers=headers))


@each("name", ["lightsms", "smsglobal"])
def test_one_of_the_catalogue_is_told_by_its_signature(name: str) -> None:
    credentials = {"lightsms": ("username", "api_key"), "smsglobal": ("api_key", "api_secret")}
    keys = dict.fromkeys(credentials[name], "k-1")
    message = Message(recipient=MESSAGE.recipient, text="Hello", sender="SHOP")
    backend = from_mapping({"backend": name, **keys})
    request = sent(backend, message)
    assert is_known(backend, request)
    assert not is_known(from_mapping({"backend": name, **keys, credentials[name][1]: "k"}), request)


def test_a_value_that_no_call_says_is_named() -> None:
    table = received_table(rest(BY_FIELD.replace('at = "{now|epoch}"\n', "")))
    assert unprovable(table, {"user", "key"}) == "now"
    other = BY_FIELD.replace('to = "{recipient|digits}"', 'to = "00{recipient|digits}"')
    other = other.replace("{now|epoch} {text}", "{now|epoch-ms} {text}")
    assert unprovable(received_table(rest(other)), {"user", "key"}) == "now"
    for text in (BY_FIELD, BY_HEADER):
        assert unprovable(received_table(rest(text)), {"user", "key"}) == ""


def received_table(backend: Backend) -> Any:
    call: ReceivedCall = received(backend, sent(backend))
    return call.table
