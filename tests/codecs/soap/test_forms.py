"""A form that is filled comes to the writer's own bytes, and to zeep's envelope."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.envelope import ENCODING11, SOAP11
from smsbridge.codecs.soap.forms import make_form
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL, Content, Misfit, Part, XSDType
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.mapping.path import nest

from support.corpus import CONTRACTS, SAMPLES, Sample
from support.each import each
from support.wsdls import RESULT, element, holding, restricted, schema, sending, sequence, wsdl

ZeepClient: Any = zeep.Client
HOSTILE = ["]]>", "<![CDATA[", "&amp;", "&#0;", "\r\n", "\t", " x ", "'\"", "\ue0000\ue001", "é😀"]
WORDS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), min_size=1).map("".join)
CHANGING = [one for one in SAMPLES if any(isinstance(word, str) for word in one.fields.values())]


class Beside(zeep.Transport):
    """Serves the schema of SOAP's encoding, and files."""

    def load(self, url: str) -> bytes:
        if url.startswith(ENCODING11):
            return files("smsbridge.wsdl").joinpath("soapenc.xsd").read_bytes()
        return Path(url.removeprefix("file://")).read_bytes()


@cache
def port_of(number: int) -> Port:
    """Return a port that keeps its forms from one example to the next."""
    one = CHANGING[number]
    return load_port(read_source(CONTRACTS / one.file), port=one.port)


@cache
def client_of(number: int) -> Any:
    beside: Any = Beside
    return ZeepClient(str(CONTRACTS / CHANGING[number].file), transport=beside())


def ends(make: Any) -> tuple[str, Any]:
    try:
        return "written", make()
    except BadWSDL as error:
        return type(error).__name__, (str(error), error.path)


def replaced(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: replaced(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [replaced(one, words) for one in value]
    return words.get(value, value) if isinstance(value, str) else value


def canonical(envelope: Any) -> str:
    return ET.canonicalize(etree.tostring(envelope, encoding="unicode"), rewrite_prefixes=True)


def by_zeep(number: int, one: Sample, words: Mapping[str, str]) -> str:
    client, port = client_of(number), port_of(number)
    headers = {"_soapheaders": replaced(one.headers, words)} if one.headers else {}
    made = client.create_message(
        client.bind(port.service, port.name),
        one.operation,
        **replaced(one.values, words),
        **headers,
    )
    if not one.headers:
        for header in made.findall("{*}Header"):
            made.remove(header)
    return canonical(made)


@given(st.integers(0, len(CHANGING) - 1), st.data())
def test_a_form_comes_to_the_bytes_of_the_writer_whatever_the_words_are(
    number: int, data: st.DataObject
) -> None:
    one, port = CHANGING[number], port_of(number)
    with suppress(BadWSDL):
        port.call(one.operation, one.fields)  # it makes the form
    drawn = {path: data.draw(WORDS | st.just(word)) for path, word in one.fields.items()}
    filled = ends(lambda: port.call(one.operation, drawn))
    assert filled == ends(lambda: port.request(one.operation, nest(drawn)))


@each("number", range(len(CHANGING)))
@each("word", ["a]]>b", "<&>\"'", " \té😀 ", "two\nlines", "&#13;"])
def test_a_form_comes_to_the_envelope_of_zeep(number: int, word: str) -> None:
    one, port = CHANGING[number], port_of(number)
    content = port.content(one.operation, "input")
    if content.encoded:  # zeep leaves out what the encoding demands: see test_corpus
        return
    port.call(one.operation, one.fields)
    words = {}
    for path, said in one.fields.items():
        part = content.find(path)
        free = part is not None and part.type.name.endswith("}string") and part.fixed is None
        if free and list(one.fields.values()).count(said) == 1:
            words[said] = word
    fields = {path: words.get(said, said) for path, said in one.fields.items()}
    envelope = etree.fromstring(port.call(one.operation, fields))
    assert canonical(envelope) == by_zeep(number, one, words)


KINDS = (
    sequence(
        element("text"),
        element("count", "xs:int", minOccurs="0"),
        '<xs:element name="to" minOccurs="0">' + restricted("xs:string", ("pattern", "[0-9]+")),
        "</xs:element>",
        '<xs:element name="short" minOccurs="0">' + restricted("xs:string", ("maxLength", "3")),
        "</xs:element>",
    ),
    '<xs:attribute name="ref"/>',
)


@pytest.fixture
def kinds() -> Port:
    return sending(*KINDS)


def test_the_schema_still_refuses_a_word_by_its_facets_when_the_form_is_there(kinds: Port) -> None:
    for _ in range(2):
        kinds.call("Send", {"text": "a", "to": "1", "short": "abc"})
        for wrong in ({"to": "x"}, {"short": "abcd"}):
            with pytest.raises(Misfit):
                kinds.call("Send", {"text": "a", "to": "1", "short": "abc", **wrong})
        with pytest.raises(Misfit, match=r"^operation Send: count: int is expected$"):
            kinds.call("Send", {"text": "a", "count": "x"})


def test_what_is_refused_first_leaves_no_form_that_takes_it(kinds: Port) -> None:
    for _ in range(2):
        with pytest.raises(Misfit):
            kinds.call("Send", {"text": "a", "to": "x"})
    assert b">1<" in kinds.call("Send", {"text": "a", "to": "1"})


@each("key", ["key", "unique"])
def test_a_schema_with_keys_looks_at_every_word(key: str) -> None:
    row = holding("Send", sequence(element("row", maxOccurs="unbounded")))
    rule = (
        f'<xs:{key} name="k"><xs:selector xpath="k:row" xmlns:k="urn:t"/>'
        f'<xs:field xpath="."/></xs:{key}></xs:element>'
    )
    keyed = row.removesuffix("</xs:element>") + rule
    port = load_port(wsdl(schema(keyed, RESULT)))
    port.call("Send", {"row[0]": "a", "row[1]": "b"})
    with pytest.raises(Misfit):
        port.call("Send", {"row[0]": "a", "row[1]": "a"})


def test_an_attribute_is_written_as_one(kinds: Port) -> None:
    fields = {"text": "a", "@ref": "1"}
    kinds.call("Send", fields)
    hostile = {"text": '"\t\n', "@ref": "\"\t\n<&>\r'"}
    assert kinds.call("Send", hostile) == kinds.request("Send", nest(hostile))


@each("value", [None, "", 7, True, ["a"], {"#text": "a"}])
def test_what_is_no_plain_word_is_written_as_ever(kinds: Port, value: Any) -> None:
    kinds.call("Send", {"text": "a"})
    given_value = {"text": value}
    assert ends(lambda: kinds.call("Send", given_value)) == ends(
        lambda: kinds.request("Send", nest(given_value))
    )


def test_where_the_contract_itself_has_a_mark_there_is_no_form() -> None:
    part = Part(name="a", type=XSDType(base="string"))
    spoilt = Content(body=Part(name="b", namespace="urn:\ue0000\ue001", type=XSDType(parts=[part])))
    assert make_form(spoilt, SOAP11, lambda _: None, {"a": "x"}) is None
