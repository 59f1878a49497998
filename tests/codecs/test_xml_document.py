"""A whole XML document: words under its root, both ways."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap.xml import ANSWER
from smsbridge.codecs.xml_document import read_xml, write_xml
from smsbridge.mapping.codec import Unreadable, Unwritable

from support.each import each


def test_what_is_written_is_read_again() -> None:
    words = {"r": {"@v": "1", "to": ["1", "2"], "text": "a < b & é", "in": {"x": ""}}}
    document = write_xml(words)
    assert document == (
        '<r v="1"><to>1</to><to>2</to><text>a &lt; b &amp; é</text><in><x></x></in></r>'
    ) or document.endswith("<in><x/></in></r>")
    assert read_xml(document, ANSWER) == words


@each("words", [{}, {"a": "1", "b": "2"}, {"a": ["1", "2"]}])
def test_a_document_has_one_root(words: dict[str, object]) -> None:
    with pytest.raises(Unwritable, match="one root"):
        write_xml(words)


def test_what_is_no_xml_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not well-formed"):
        read_xml(b"<a>", ANSWER)
