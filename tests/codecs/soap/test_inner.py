"""A document in a part of an answer: read as the answer, written as one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.codecs.soap.envelope import unsendable
from smsbridge.codecs.soap.inner import JSON_PART, XML_PART, Inner
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.xml import ANSWER
from smsbridge.mapping.codec import Unreadable

from support.each import each

XML = Inner(key=XML_PART, path="result.body")
JSON = Inner(key=JSON_PART, path="result.body")


def read(inner: Inner, said: Any) -> Mapping[str, Any]:
    return inner.read({"result": {"body": said}}, ANSWER)


def why(inner: Inner, said: Any) -> str:
    with pytest.raises(Unreadable) as refused:
        read(inner, said)
    assert "canary" not in str(refused.value)
    return str(refused.value)


@each(
    ("said", "words"),
    [
        ("<r><code>0</code><id>7</id></r>", {"r": {"code": "0", "id": "7"}}),
        ("<r>OK</r>", {"r": "OK"}),
        ("<r/>", {"r": ""}),
        ('<r ok="1">x</r>', {"r": {"@ok": "1", "#text": "x"}}),
        ('<n:r xmlns:n="urn:n"><n:m>1</n:m><n:m>2</n:m></n:r>', {"r": {"m": ["1", "2"]}}),
        ('  <?xml version="1.0" encoding="utf-16"?>\n<r>\u00e9</r>', {"r": "\u00e9"}),
        ('\ufeff<?xml version="1.0"?><r>1</r>', {"r": "1"}),
        ('<?xml version="1.0" encoding="x"?><r>\u5199&#x1B;</r>', {"r": "\u5199\ufffd"}),
    ],
)
def test_the_root_of_xml_is_the_first_step(said: str, words: dict[str, Any]) -> None:
    assert read(XML, said) == words


@each(
    ("said", "part"),
    [
        ("", "not well-formed"),
        ("canary", "not well-formed"),
        ("<r>canary", "not well-formed"),
        ("<r/><canary/>", "not well-formed"),
        ("<!DOCTYPE r><r>canary</r>", "DOCTYPE"),
        ("<r>" * 41 + "</r>" * 41, "nested deeper than 40"),
        ("<r>" + "<b/>" * 50_000 + "</r>", "element_limit in the config"),
        ('<r id="1"><canary href="#1"/></r>', "circle"),
        ({"r": "canary"}, "there is no text"),
        (None, "there is no text"),
    ],
)
def test_what_is_no_xml_is_unreadable_and_not_echoed(said: Any, part: str) -> None:
    told = why(XML, said)
    assert told.startswith("in the part result.body ")
    assert part in told


def test_a_document_in_a_part_has_the_limits_of_the_answer() -> None:
    with pytest.raises(Unreadable, match="answer_limit"):
        XML.read({"result": {"body": f"<r>{'x' * 100}</r>"}}, replace(ANSWER, size=100))


@each("said", [None, {"a": 1}, "", "[1]", "<r/>", "[" * 1_000])
def test_what_is_no_json_object_is_unreadable(said: Any) -> None:
    assert why(JSON, said).startswith("in the part result.body ")


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: not unsendable(text)
)


@given(st.dictionaries(st.sampled_from(["a", "b", "@c"]), TEXT, min_size=1), TEXT)
def test_what_is_written_is_read(inside: dict[str, str], text: str) -> None:
    words = {"r": {**inside, "rows": [{"t": text}, {"t": "x"}]}}
    for inner in (JSON, XML):
        assert read(inner, inner.write(words)) == words
    assert read(XML, XML.write({"r": text})) == {"r": text}


@each("words", [{}, {"a": "1", "b": "2"}, {"a": ["1", "2"]}])
def test_words_without_one_root_make_no_xml(words: dict[str, Any]) -> None:
    with pytest.raises(BadWSDL, match="into one root"):
        XML.write(words)
