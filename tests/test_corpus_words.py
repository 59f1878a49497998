"""Any text goes through any contract as it is; what does not fit is refused, by name."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge import InvalidMessage
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.envelope import read_envelope
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.http.address import Site
from smsbridge.http.exchange import Session
from smsbridge.mapping.path import at, nest

from support.corpus import CONTRACTS, REFUSED, SAMPLES, TO
from support.each import each

ZeepClient: Any = zeep.Client


def among(*ranges: tuple[int, int]) -> st.SearchStrategy[str]:
    codes = [st.integers(*one) for one in ranges]
    return st.one_of(codes).map(chr)


SCRIPTS = st.one_of(
    among((0x20, 0x7E), (0xA0, 0x17F)),  # Latin
    among((0x370, 0x3FF), (0x400, 0x45F)),  # Greek, Cyrillic
    among((0x5D0, 0x5EA), (0x621, 0x652)),  # Hebrew, Arabic: right to left
    among((0x904, 0x939), (0x3041, 0x30FE), (0x4E00, 0x9FFF)),  # Devanagari, Kana, Han
    among((0x1F300, 0x1FAFF), (0x10FFF0, 0x10FFFD)),  # emoji, the end of Unicode
)
PIECES = st.sampled_from(
    [
        *("<", ">", "&", '"', "'", "]]>", "<![CDATA[", "<!--", "-->", "&amp;", "&#13;", "<?xml?>"),
        *("\r", "\n", "\r\n", "\t", " ", "  ", "\u00a0", "\u2028", "\ufeff", "\x85", "\x7f"),
        *("👨\u200d👩\u200d👧", "🇮🇸", "e\u0301", "{recipient}", "12025550123", "null"),
    ]
)
TEXTS = st.lists(st.one_of(SCRIPTS, PIECES), max_size=30).map("".join)
BLANKS = st.text("\t\r\n ", max_size=4)
AROUND = st.builds("".join, st.tuples(BLANKS, TEXTS, BLANKS))
CONTROL = st.sampled_from([*map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, 0xD800])])


@cache
def contract(file: str) -> Port:
    return load_port(read_source(CONTRACTS / file))


PLACES = {
    "document-wrapped.wsdl": ("Send", "request.text", {"apiKey": "k", "request.destination": TO}),
    "document-bare.wsdl": ("Submit", "text", {"destination": TO}),
    "rpc-literal.wsdl": (
        "sendSms",
        "text",
        {"account.user": "u", "account.password": "p", "to": TO},
    ),
    "rpc-encoded.wsdl": (
        "sendMessage",
        "message",
        {"apikey": "k", "recipient": TO, "flash": "true", "validity": "1"},
    ),
    "rpc-encoded-structs.wsdl": (
        "sendMessages",
        "messages[0].text",
        {"apikey": "k", "messages[0].to": TO, "params[0].name": "n", "params[0].value": "v"},
    ),
    "soap12.wsdl": ("Send", "text", {"to": TO}),
    "any.wsdl": ("Send", "{urn:campaign:a}campaign", {"to": TO, "text": "hello"}),
    "attributes.wsdl": (
        "Send",
        "notice.@campaign",
        {
            "notice.@kind": "flash",
            "notice.to": TO,
            "notice.text.#text": "hello",
            "notice.text.@lang": "en",
        },
    ),
}


@pytest.mark.parametrize("file", PLACES)
@given(text=AROUND)
def test_any_text_arrives_as_it_is(file: str, text: str) -> None:
    operation, path, others = PLACES[file]
    body = contract(file).write(operation, "input", nest({**others, path: text}))
    words = [*ET.fromstring(body).itertext()] + [  # our own parser is not the judge
        value for element in ET.fromstring(body).iter() for value in element.attrib.values()
    ]
    assert text in words or not text
    envelope = read_envelope(body, REQUEST, "text/xml; charset=utf-8")
    assert contract(file).refusal(operation, "input", envelope) is None
    read = contract(file).read(operation, "input", envelope)
    assert at(read, path.rpartition("}")[2]) == text


@given(text=AROUND)
def test_any_text_is_written_as_zeep_writes_it(text: str) -> None:
    file = "document-wrapped.wsdl"
    client = _zeep(file)
    request = {"destination": TO, "text": text}
    theirs = client.create_message(client.service, "Send", apiKey="k", request=request)
    ours = contract(file).write("Send", "input", {"apiKey": "k", "request": request})
    canonical = [
        ET.canonicalize(etree.tostring(one, encoding="unicode"), rewrite_prefixes=True)
        for one in (etree.fromstring(ours), theirs)
    ]
    assert canonical[0] == canonical[1]


@cache
def _zeep(file: str) -> Any:
    return ZeepClient(str(CONTRACTS / file))


@given(before=TEXTS, control=CONTROL, after=TEXTS)
def test_a_control_character_is_refused_by_name_before_anything_is_written(
    before: str, control: str, after: str
) -> None:
    site = Site(url="", wsdl=str(CONTRACTS / "document-wrapped.wsdl"))
    fields = {"apiKey": "k", "request.destination": TO, "request.text": before + control + after}
    exchange = Soap().encode(site, Session(), "Send", fields)
    with pytest.raises(InvalidMessage) as refused:
        next(exchange)
    name = f"request.text has U+{ord(control):04X} at position {len(before)}"
    assert str(refused.value).startswith(name)


@each("file", PLACES)
@each("control", ["\0", "\x1f", "\ud800", "\uffff"])
def test_a_control_character_in_a_table_is_refused_with_its_path(file: str, control: str) -> None:
    operation, path, others = PLACES[file]
    name = f"{path}(.#text)? has U\\+{ord(control):04X}".replace("[0]", r"\[0\]")
    with pytest.raises(BadWSDL, match=name):
        contract(file).write(operation, "input", nest({**others, path: f"a{control}"}))


@each("value", [7, 7.5, True, None])
def test_what_is_no_text_is_written_as_text_or_as_nil(value: Any) -> None:
    words = {"apiKey": "k", "request": {"destination": TO, "text": value}}
    body = contract("document-wrapped.wsdl").write("Send", "input", words)
    element = ET.fromstring(body).find(".//{*}text")
    assert element is not None
    assert element.text == {True: "true", None: None}.get(value, str(value))
    assert len(element.attrib) == (value is None)


def test_an_attachment_is_refused_where_it_is_asked_for() -> None:
    with pytest.raises(BadWSDL, match=r"operation Send sends attachments \(MIME\)"):
        contract("mime.wsdl").write("Send", "input", {"to": TO})
    with pytest.raises(BadWSDL, match=r"the WSDL requires MTOM \(attachments\)"):
        contract("mtom.wsdl")
    assert set(REFUSED) == {"mime.wsdl", "mtom.wsdl"}


@each("space", ["http://schemas.xmlsoap.org/ws/2004/09/policy", "http://www.w3.org/ns/ws-policy"])
@each("value", ["true", "1"])
def test_mtom_that_a_policy_leaves_open_is_no_reason_to_refuse(space: str, value: str) -> None:
    document = (CONTRACTS / "mtom.wsdl").read_text()
    told = f'OptimizedMimeSerialization xmlns:p="{space}" p:Optional="{value}"/>'
    left = document.replace("OptimizedMimeSerialization/>", told).encode()
    assert "Send" in load_port(left).operations
    with pytest.raises(BadWSDL, match="requires MTOM"):
        load_port(left.replace(f'"{value}"/>'.encode(), b'"false"/>'))


def test_an_operation_with_attachments_leaves_the_others_of_its_port_be() -> None:
    """Withdraw is made one with attachments; the schema, and who calls what, need all of them."""
    document = (CONTRACTS / "document-bare.wsdl").read_text()
    operations, last = document.rsplit('<input><soap:body use="literal"/></input>', 1)
    attached = (
        '<input><mime:multipartRelated xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/">'
        '<mime:part><soap:body use="literal"/></mime:part></mime:multipartRelated></input>'
    )
    found = load_port((operations + attached + last).encode())
    with pytest.raises(BadWSDL, match="operation Withdraw sends attachments"):
        found.content("Withdraw", "input")
    body = found.write("Submit", "input", {"destination": TO, "text": "x"})
    envelope = read_envelope(body, REQUEST, "")
    assert found.by_child(str(envelope.child.tag)) == "Submit"
    assert found.by_action("urn:bare:sms#Submit") == "Submit"
    assert found.by_action("urn:bare:sms#Withdraw") == ""
    assert found.refusal("Submit", "input", envelope) is None
    assert found.schema.usable


def test_tags_in_other_letters_are_taken_where_nobody_reads_them() -> None:
    document = (CONTRACTS / "soap12.wsdl").read_text()
    noted = '<types><documentation><пример имя="Яна">привет</пример></documentation>'
    found = load_port(document.replace("<types>", noted, 1).encode())
    assert found.schema.usable


VALUES = dict.fromkeys(("to", "text"), "x")
UNFIT: Mapping[str, tuple[str, str, Mapping[str, Any], str]] = {
    "another operation": ("soap12.wsdl", "Sned", VALUES, "has no operation 'Sned'; did you mean"),
    "not a field": ("soap12.wsdl", "Send", {**VALUES, "txet": "x"}, "there is no 'txet'"),
    "one that is missing": ("soap12.wsdl", "Send", {"to": "x"}, "operation Send: text is missing"),
    "one too many": (
        "soap12.wsdl",
        "Send",
        {**VALUES, "to": ["x", "y"]},
        "to may be given only once, not 2",
    ),
    "a text for a structure": (
        "document-wrapped.wsdl",
        "Send",
        {"apiKey": "k", "request": "x"},
        "request is not text: it holds",
    ),
    "a structure for a text": (
        "soap12.wsdl",
        "Send",
        {**VALUES, "to": {"number": "x"}},
        "to is text and can't hold other parts",
    ),
    "a list of structures for a text": (
        "soap12.wsdl",
        "Send",
        {**VALUES, "to": [{"number": "x"}]},
        "to is text and can't hold other parts",
    ),
    "no branch of a choice": ("choice.wsdl", "Send", {"text": "x"}, "is missing"),
    "not a word": (
        "limits.wsdl",
        "Send",
        {"to": f"+{TO}", "text": "x", "encoding": "UTF9", "priority": "high"},
        "encoding: one of",
    ),
    "not an attribute": (
        "attributes.wsdl",
        "Send",
        {
            "notice": {
                "@kind": "flash",
                "@knid": "x",
                "to": TO,
                "text": {"#text": "x", "@lang": "en"},
            }
        },
        "'notice.@knid'",
    ),
    "not a subtype": (
        "extension.wsdl",
        "SendAny",
        {"message": {"@xsi:type": "VoiceMessage", "to": TO}},
        "'VoiceMessage' is not derived from Message",
    ),
    "nothing for a bare element": ("document-bare.wsdl", "Withdraw", {}, "#text is missing"),
}


@each("case", UNFIT)
def test_what_does_not_fit_a_contract_is_refused_and_named(case: str) -> None:
    file, operation, values, why = UNFIT[case]
    with pytest.raises(BadWSDL) as refused:
        contract(file).write(operation, "input", values)
    assert why in str(refused.value)


@each(
    ("field", "word"),
    [
        ("sendAt", "tomorrow"),
        ("sendAt", "2030-13-01T00:00:00"),
        ("expires", "2030-01-03T00:00:00"),
        ("notBefore", "25:00:00"),
        ("validity", "1.5"),
        ("reference", "ten"),
        ("class", "256"),
        ("class", "-1"),
        ("maxPrice", "0,05"),
        ("maxPrice", "1e3"),
        ("rate", "fast"),
        ("flash", "yes"),
        ("payload", "###"),
        ("header", "0605x"),
    ],
)
def test_a_word_that_is_none_of_its_type_is_refused_without_being_shown(
    field: str, word: str
) -> None:
    site = Site(url="", wsdl=str(CONTRACTS / "values.wsdl"))
    (whole,) = (one for one in SAMPLES if one.file == "values.wsdl")
    with pytest.raises(InvalidMessage) as refused:
        next(Soap().encode(site, Session(), "Schedule", {**whole.fields, field: word}))
    assert f"{field}: " in str(refused.value)
    assert word not in str(refused.value)
