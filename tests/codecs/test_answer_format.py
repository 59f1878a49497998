"""What the words of an answer are, in each format that it may have."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge.codecs.answer_format import compile_format, read_words
from smsbridge.http.address import Site
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable

from support.each import each

SITE = Site(url="https://gate.example")
KANNEL = "/(?P<code>[0-9]): (?P<said>.+)|ERROR (?P<error>[0-9]+)/"


def words(form: str, body: bytes, kind: str = "") -> Any:
    return read_words(form, Response(status=200, headers={"Content-Type": kind}, body=body), SITE)


@each(
    ("form", "body", "found"),
    [
        ("json", b'{"id": 7}', {"id": 7}),
        ("json", b"[1]", {"#list": [1]}),
        ("json", b'"OK"', {"#text": "OK"}),
        ("form", b"id=7&text=a+b%21&none=\n", {"id": "7", "text": "a b!", "none": ""}),
        ("xml", b"<r a='1'><id>7</id></r>", {"r": {"@a": "1", "id": "7"}}),
        ("text", b" 1701: \xc3\xa9\r\n", {"#text": "1701: \xe9"}),
        ("text", b"", {"#text": ""}),
        (KANNEL, b"0: Accepted\n", {"#text": "0: Accepted", "code": "0", "said": "Accepted"}),
        (KANNEL, b"ERROR 12", {"#text": "ERROR 12", "error": "12"}),
    ],
)
def test_each_format_has_its_words(form: str, body: bytes, found: dict[str, Any]) -> None:
    assert words(form, body) == found


@each(
    ("form", "body"),
    [
        ("json", b"canary"),
        ("json", b"null"),
        ("form", b"canary"),
        ("form", b"a=1&a=2"),
        ("xml", b"canary"),
        ("xml", b"<!DOCTYPE r><r>canary</r>"),
        ("text", b"<!DOCTYPE html><p>canary</p>"),
        ("text", b" <html><p>canary</p></html>"),
        ("text", b"<!-- canary --><html>"),
        ("text", b"\xef\xbb\xbf\n<Head><title>canary</title>"),
        ("form", b"<script>location=canary&status=0"),
        ("xml", b"<html id='canary'/>"),
        ("/(?P<error>[^:]+)/", b"<h1>canary</h1>"),
        ("/(?P<id>.+)/", b"canary" * 700),
        ("text", b"x" * 70_000),
        (KANNEL, b"0: Accepted\ncanary"),
        (KANNEL, b"canary"),
        (KANNEL, b""),
    ],
)
def test_what_is_in_no_such_format_is_unreadable_and_not_echoed(form: str, body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        words(form, body)
    assert "canary" not in str(refused.value)


def test_text_is_in_the_charset_of_its_label_or_utf8() -> None:
    assert words("text", "é".encode("cp1251", "replace"), "text/plain; charset=cp1251")
    assert words("text", "Ошибка".encode("cp1251"), "text/plain; charset=windows-1251") == {
        "#text": "Ошибка"
    }
    assert words("text", b"caf\xe9") == {"#text": "café"}


@each(
    ("form", "why"),
    [
        ("yaml", "'yaml': give one of json, form, xml, text, or a /pattern/ with named groups"),
        ("/(?P<id>/", "is not a pattern"),
        ("/OK/", "has no named group"),
    ],
)
def test_what_is_no_format_is_refused_with_what_is_allowed(form: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        compile_format(form)
