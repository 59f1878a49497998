"""One call as an exchange: made from a table, carried by its auth, and read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Basic, Fields, InvalidMessage, Operation, Protocol, Rest, When
from smsbridge.codecs.soap.codec import Soap
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Codec, Unreadable
from smsbridge.mapping.operation import Question
from smsbridge.mapping.request import add_headers, make_call, read_answer
from smsbridge.mapping.template import Template

from support.each import each

SITE = Site(url="https://sms.example")
VALUES = {"recipient": "+12025550123", "text": "Hello", "id": "a/b", "now": datetime.now(UTC)}
CREDENTIALS = {"user": "acme", "password": "secret"}
KEY = Fields({"auth.key": "{password}"})


def table(call: str = "POST /send", headers: Mapping[str, Template] | None = None) -> Operation:
    fields: dict[str, Template] = {"to": "{recipient}", "from": "{sender}", "by": "{user}"}
    return Operation(call, fields, When({"ok": "1"}), headers=headers or {})


def request(protocol: Protocol, of: Operation | Question, **more: Any) -> Request:
    return next(make_call(protocol, of, {**VALUES, **more}, CREDENTIALS, SITE, Session()))


REST = Protocol(Rest(body="json"), KEY)


def test_a_call_has_the_fields_of_its_table_and_of_its_auth() -> None:
    sent = request(REST, table())
    assert (sent.method, sent.url) == ("POST", "https://sms.example/send")
    assert json.loads(sent.body) == {
        "to": "+12025550123",
        "by": "acme",
        "auth": {"key": "secret"},
    }


def test_the_answer_to_the_call_is_what_comes_back() -> None:
    exchange = make_call(REST, table(), VALUES, CREDENTIALS, SITE, Session())
    next(exchange)
    response = Response(status=200)
    with pytest.raises(StopIteration) as end:
        exchange.send(response)
    assert end.value.value is response


def test_a_route_has_values_in_it_percent_encoded() -> None:
    question = Question("GET /status/{id}?by={user}", {}, {"id": "id"})
    sent = request(Protocol(Rest(), Basic("user", "password")), question)
    assert (sent.method, sent.url) == ("GET", "https://sms.example/status/a%2Fb?by=acme")


def test_a_route_that_lacks_a_value_is_refused_before_any_request() -> None:
    with pytest.raises(InvalidMessage, match="sender is missing"):
        request(REST, table("POST /{sender}/send"))


def test_headers_of_the_table_go_out_beside_those_of_codec_and_auth() -> None:
    headers: dict[str, Template] = {
        "X-Id": "{id}",
        "X-Sign": {"md5": "{user}{password}"},
        "X-From": "{sender}",
    }
    sent = request(Protocol(Rest(), Basic("user", "password")), table(headers=headers))
    assert (sent.header("x-id"), sent.header("x-sign")) == (
        "a/b",
        hashlib.md5(b"acmesecret").hexdigest(),
    )
    assert not sent.header("x-from")
    assert sent.header("authorization").startswith("Basic ")
    assert sent.header("content-type").startswith("application/x-www-form-urlencoded")


@each("odd", ["a\r\nX-Evil: 1", "a\n", "é", "a\x7f", "\0", "a\u2028b"])
def test_a_header_takes_printable_ascii_only_and_the_error_does_not_show_it(odd: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        request(REST, table(headers={"X-Text": "{text}"}), text=odd)
    assert (
        str(refused.value)
        == "the header X-Text takes printable ASCII only, and no blanks at its ends"
    )


def test_a_header_may_be_text_a_number_or_a_bool() -> None:
    call = Request(method="POST", url="https://sms.example/")
    sent = add_headers(call, {"A": 7, "B": True, "C": ""}, {})
    assert dict(sent.headers) == {"A": "7", "B": "true", "C": ""}


def test_a_request_of_a_conversation_has_its_share_and_a_call_has_none() -> None:
    call = Request(method="POST", url="https://sms.example/", headers={"A": "b"}, body=b"x")
    shared = add_headers(call, {}, {}, "token/1")
    assert (shared.share, shared.headers, shared.body) == ("token/1", {"A": "b"}, b"x")
    assert request(REST, table()).share is None


class Carries(Fields):
    """An auth that has more values for the table."""

    def carry(self, make: Any, *_: Any) -> Any:
        return (yield (yield from make({"token": "t-1", "user": "other"})))


def test_the_values_of_the_auth_fill_the_table_too_and_beat_the_others() -> None:
    headers: dict[str, Template] = {"X-Token": "{token}"}
    sent = request(Protocol(Rest(body="json"), Carries()), table(headers=headers))
    assert sent.header("x-token") == "t-1"
    assert json.loads(sent.body)["by"] == "other"


# The answer


class Breaks(Rest):
    """A codec of a plug-in that has a bug."""

    def decode(self, *_: Any) -> Mapping[str, Any]:
        raise KeyError("canary")


def read(codec: Codec, body: bytes, call: str = "POST /send") -> Any:
    response = Response(status=200, headers={"Content-Type": "text/xml"}, body=body)
    return read_answer(codec, call, response, SITE, Session())


def test_an_answer_is_read_as_words() -> None:
    assert read(Rest(), b'{"a": {"b": 1}}') == {"a": {"b": 1}}


@each(
    ("codec", "why"),
    [
        (Rest(), "it is not JSON, or says the same thing twice"),
        (Breaks(), "KeyError"),
        (Soap(wsdl="acme_sms:acme.wsdl"), "the document is not well-formed XML"),
    ],
)
def test_why_an_answer_cant_be_read_is_told_without_a_word_of_it(codec: Codec, why: str) -> None:
    assert read(codec, b"canary", "SubmitMessage") == f"the answer can't be read: {why}"


def test_an_error_of_a_codec_is_unreadable_too() -> None:
    class Refuses(Rest):
        def decode(self, *_: Any) -> Mapping[str, Any]:
            raise Unreadable("it is odd")

    assert read(Refuses(), b"") == "the answer can't be read: it is odd"
