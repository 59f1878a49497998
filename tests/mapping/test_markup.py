"""What constants look like, and how a text fits into them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smsbridge.mapping.markup import (
    Markup,
    from_json,
    from_xml,
    inner_texts,
    language,
    to_json,
    to_xml,
    unescapable,
)

from support.each import each


@each(
    ("constant", "found"),
    [
        ("<m>\0</m>", Markup.XML),
        (" <m\n/> ", Markup.XML),
        ("<?xml version='1.0'?><m/>", Markup.XML),
        ("<m a='\0'>\0</m>\n", Markup.XML),
        ("\0</m>", Markup.XML),
        ("line<br/>\0", Markup.XML),
        ("<soap:Envelope>", Markup.XML),
        ('{"a": "\0"}', Markup.JSON),
        ('{ "a"', Markup.JSON),
        ("{}", Markup.JSON),
        ('["\0"]', Markup.JSON),
        ('[{"a": 1}]', Markup.JSON),
        ('{"a": "<m>\0</m>"}', Markup.JSON),
        ("", None),
        ("\0", None),
        ("<\0>", None),
        ("[\0]", None),
        ("{\0}", None),
        ("[URGENT] \0", None),
        ("a < \0 > b", None),
        ("I <3 \0", None),
        ("\0 <STOP>", None),
    ],
)
def test_a_constant_is_xml_or_json_by_its_look(constant: str, found: Markup | None) -> None:
    assert language(constant) is found


def test_texts_between_tags_and_in_quotes_may_be_a_language_themselves() -> None:
    assert list(inner_texts("<a>1 &lt; 2</a><b>x</b>", Markup.XML)) == ["1 < 2", "", "x"]
    assert list(inner_texts(r'{"a": "say \"b\""}', Markup.JSON)) == ["a", 'say "b"']


def test_what_stands_in_no_string_or_in_cdata_can_not_be_escaped() -> None:
    assert unescapable('{"a": 1, "b": "2"}', Markup.JSON) == "{: 1, : }"
    assert unescapable("<a>1<![CDATA[2]]>3</a><![CDATA[4]]>", Markup.XML) == "24"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_what_was_escaped_comes_back(text: str) -> None:
    assert from_xml(to_xml(text)) == text
    assert from_json(to_json(text)) == text
    assert to_json(text).isascii()
    assert not set(to_xml(text)) & set("<>\"'\n")


def test_what_was_never_escaped_is_left_as_it_is() -> None:
    assert from_xml("a & b &nbsp;") == "a & b &nbsp;"
    assert from_json('a " b') == 'a " b'
