"""What a provider's answer looks like in each format, made from words."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge.codecs.answer_format import read_words
from smsbridge.http.address import Site
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unwritable
from smsbridge.serving.format_writer import text_of, write_words

from support.each import each

SITE = Site(url="https://gate.example")


@each(
    ("form", "words"),
    [
        ("json", {"a": {"b": [1, "é"]}}),
        ("json", {"#list": [{"a": 1}]}),
        ("json", {"#text": "OK"}),
        ("form", {"a": "1", "b": "x y&z"}),
        ("xml", {"r": {"id": "7"}}),
        ("text", {"#text": "1701"}),
    ],
)
def test_what_is_written_is_read_again(form: str, words: dict[str, Any]) -> None:
    kind, body = write_words(form, words)
    answer = Response(status=200, headers={"Content-Type": kind}, body=body)
    assert read_words(form, answer, SITE) == words


@each(
    ("form", "words", "written"),
    [
        ("/OK: (?P<id>[0-9]+)|ERROR: (?P<error>[0-9]+)/", {"id": "7"}, "OK: 7"),
        ("/OK: (?P<id>[0-9]+)|ERROR: (?P<error>[0-9]+)/", {"error": "12"}, "ERROR: 12"),
        (r"/(?P<code>\d+)\|(?P<id>\w*)/", {"code": "1701", "id": "a"}, "1701|a"),
        (r"/(?P<code>-?[0-9]+)\s+(?P<said>[^()|]+)/", {"code": "-1", "said": "no"}, "-1 no"),
        (r"/(?P<code>[0-9]+): .*/", {"code": "12"}, "12: "),
        ("/(?:OK|ok) (?P<id>[0-9]+)/", {"id": "1"}, "OK 1"),
        (r"/OK\|(?P<id>[^|]+)(\|.*)?|ERROR(\|.*)?/", {"id": "a"}, "OK|a"),
        ("/(?P<code>[0-9]+):(?P<count>[0-9]+)( .*)/", {"code": "4"}, "4:0 "),
        ("/(?P<code>[0-9]+):(?P<count>[0-9]+)?/", {"code": "4"}, "4:"),
        (r"/\[?(?P<id>\w+)\]?[A-Z]{2,}\.+\d/", {"id": "7"}, "7AA.0"),
    ],
)
def test_a_pattern_is_filled_in(form: str, words: dict[str, str], written: str) -> None:
    assert text_of(form, words) == written


@each(
    ("form", "words"),
    [
        ("/OK: (?P<id>[0-9]+)/", {"id": "x"}),
        ("/OK: (?P<id>[0-9]+)/", {"error": "1"}),
        ("/(?=O)OK (?P<id>[0-9]+)/", {"id": "1"}),
        ("text", {"id": "1"}),
        ("xml", {"a": "1", "b": "2"}),
    ],
)
def test_words_that_a_format_has_no_place_for_can_not_be_written(
    form: str, words: dict[str, str]
) -> None:
    with pytest.raises(Unwritable):
        write_words(form, words)
