"""A request becomes nested words: its query, with a form, JSON or XML over it."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge.errors import WebhookUnreadable
from smsbridge.http.exchange import Request
from smsbridge.webhooks import Webhook, WebhookKind
from smsbridge.webhooks.document import document_of

from support.each import each

ROW = {"sender": "from", "text": "text"}


def words(body: Any, as_: Any, url: str = "/sms", kind: str = "", **more: Any) -> dict[str, Any]:
    table = Webhook(kind=WebhookKind.ARRIVED, row=ROW, body=as_, **more)
    request = Request(method="POST", url=url, headers={"Content-Type": kind}, body=body)
    return document_of(table, request)


def test_the_query_is_read_and_the_body_counts_where_both_have_a_name() -> None:
    said = words(b"to=1&text=a+b%26", "form", "/sms?to=2&ours=order-4711")
    assert said == {"to": "1", "text": "a b&", "ours": "order-4711"}
    assert words(b'{"to": 1}', "json", "/sms?to=2&a=") == {"to": 1, "a": ""}


def test_a_get_has_its_query_only() -> None:
    table = Webhook(kind=WebhookKind.ARRIVED, row=ROW, takes=["GET"])
    request = Request(method="GET", url="/sms?from=1&text=", body=b"no JSON")
    assert document_of(table, request) == {"from": "1", "text": ""}


@each(
    ("body", "kind", "charset", "said"),
    [
        (b"text=%C3%A9", "", "", "é"),
        ("text=é".encode(), "", "", "é"),
        (b"text=%E9", "application/x-www-form-urlencoded; charset=iso-8859-1", "", "é"),
        (b"text=%E9", "", "iso-8859-1", "é"),
        (b"text=%C3%A9", "", "iso-8859-1", "é"),  # valid UTF-8 is UTF-8
        (b"text=\xe9", "", "iso-8859-1", "é"),
        (b"text=%80", "", "windows-1252", "€"),
    ],
)
def test_a_form_is_utf_8_or_in_the_charset_that_it_or_its_table_names(
    body: bytes, kind: str, charset: str, said: str
) -> None:
    assert words(body, "form", kind=kind, charset=charset) == {"text": said}


def test_an_array_of_json_is_at_list() -> None:
    assert words(b'[{"a": 1}]', "json") == {"#list": [{"a": 1}]}


def test_xml_is_read_by_local_names_with_attributes_texts_and_lists() -> None:
    body = b'<x:r xmlns:x="urn:x" v="1"><m id="7">Hi &amp; ho</m><m><t/></m><n>1</n></x:r>'
    assert words(body, "xml") == {
        "r": {"@v": "1", "m": [{"@id": "7", "#text": "Hi & ho"}, {"t": ""}], "n": "1"}
    }


@each(
    ("body", "as_"),
    [
        (b"text=%FF", "form"),
        (b"\xff\xfe\xfd", "form"),
        (b"&".join(b"a%d=1" % n for n in range(1001)), "form"),
        (b"<a>", "xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml"),
        (b"", "xml"),
        (b"<a>" * 50 + b"</a>" * 50, "xml"),
        (b"1", "json"),
    ],
)
def test_what_can_t_be_read_is_refused_with_400(body: bytes, as_: str) -> None:
    with pytest.raises(WebhookUnreadable) as caught:
        words(body, as_)
    assert caught.value.status == 400
