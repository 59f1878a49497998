"""zeep's own client as the oracle: what we write by each WSDL of the corpus, it writes too."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from lxml.etree import _Element as Element

from smsbridge.codecs.soap.envelope import ENCODING11, SOAP12, XSD, read_envelope
from smsbridge.codecs.soap.load import load_port, load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.reader import ENCODING12, XSI
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.codecs.soap.xml import ANSWER, REQUEST
from smsbridge.mapping.path import nest

from support.corpus import AXIS, CONTRACTS, OTHER, REFUSED, SAMPLES, TO, Sample
from support.each import each

ZeepClient: Any = zeep.Client

EVERY = (*SAMPLES, AXIS)
WSDLS = sorted(CONTRACTS.glob("*.wsdl"))
LOADED = [file for file in WSDLS if file.name not in REFUSED]
TYPE, ARRAY = f"{{{XSI}}}type", f"{{{ENCODING11}}}arrayType"


class Beside(zeep.Transport):
    """Serves the schema of SOAP's encoding, and files; nothing else."""

    def load(self, url: str) -> bytes:
        if url.startswith(ENCODING11):
            return files("smsbridge.wsdl").joinpath("soapenc.xsd").read_bytes()
        return Path(url.removeprefix("file://")).read_bytes()


def contract(one: Sample) -> Port:
    return load_port(read_source(CONTRACTS / one.file), port=one.port)


def written(one: Sample) -> Element:
    body = contract(one).write(one.operation, "input", nest(one.fields))
    assert b"<?xml version='1.0' encoding='utf-8'?>" in body
    return etree.fromstring(body)


def by_zeep(one: Sample) -> Element:
    beside: Any = Beside
    client = ZeepClient(str(CONTRACTS / one.file), transport=beside())
    port = contract(one)
    headers = {"_soapheaders": one.headers} if one.headers else {}
    service = client.bind(port.service, port.name)
    envelope: Element = client.create_message(service, one.operation, **one.values, **headers)
    if not one.headers:  # WS-Addressing, for wsaw:Action alone
        for header in envelope.findall("{*}Header"):
            envelope.remove(header)
    return envelope


def canonical(element: Element) -> str:
    return ET.canonicalize(etree.tostring(element, encoding="unicode"), rewrite_prefixes=True)


def is_encoded(one: Sample) -> bool:
    return contract(one).content(one.operation, "input").encoded


def named(one: Sample) -> str:
    return f"{one.file} {one.operation} {one.port} {len(one.fields)}"


LITERAL = [one for one in EVERY if not is_encoded(one)]
ENCODED = [one for one in EVERY if is_encoded(one)]
every = pytest.mark.parametrize("one", EVERY, ids=named)
literal = pytest.mark.parametrize("one", LITERAL, ids=named)
encoded = pytest.mark.parametrize("one", ENCODED, ids=named)


def test_every_wsdl_of_the_corpus_has_a_sample_or_is_refused() -> None:
    assert {file.name for file in WSDLS} == {one.file for one in EVERY} | set(REFUSED)


@literal
def test_a_literal_envelope_is_zeeps(one: Sample) -> None:
    assert canonical(written(one)) == canonical(by_zeep(one))


def alike(ours: Element, theirs: Element) -> None:
    """Take away what the SOAP encoding adds, and zeep's own names for the items of an array."""
    for child in theirs if ARRAY in ours.attrib else ():
        child.tag = "item"
    for element in (ours, theirs):
        for name in (TYPE, ARRAY, f"{{{ours.nsmap['soap-env']}}}encodingStyle"):
            element.attrib.pop(name, "")
    for inner, other in zip(ours, theirs, strict=True):
        alike(inner, other)


@encoded
def test_an_encoded_envelope_of_zeep_is_read_as_ours_is(one: Sample) -> None:
    port = contract(one)

    def read(envelope: Element) -> Mapping[str, Any]:
        body = etree.tostring(envelope, encoding="utf-8")
        return port.read(one.operation, "input", read_envelope(body, REQUEST, "text/xml"))

    assert read(by_zeep(one)) == read(written(one))


@encoded
def test_an_encoded_envelope_is_zeeps_but_for_what_the_encoding_adds(one: Sample) -> None:
    ours, theirs = written(one), by_zeep(one)
    assert canonical(ours) != canonical(theirs)
    alike(ours, theirs)
    assert canonical(ours) == canonical(theirs)


def qualified(element: Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{element.nsmap[prefix]}}}{local}".replace(XSD, "xsd").replace(ENCODING11, "enc")


def additions(element: Element, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield each element's path, type, and type of array, with namespaces for prefixes."""
    for child in element:
        own = f"{path}/{etree.QName(child).localname}"
        array = child.get(ARRAY)
        given = child.get(TYPE)
        yield (
            own,
            "" if given is None else qualified(child, given),
            "" if array is None else qualified(child, array),
        )
        yield from additions(child, own)


STRING = "{xsd}string"
ADDED: Mapping[str, list[tuple[str, str, str]]] = {
    "rpc-encoded.wsdl": [
        ("/apikey", STRING, ""),
        ("/recipient", STRING, ""),
        ("/message", STRING, ""),
        ("/flash", "{xsd}boolean", ""),
        ("/validity", "{xsd}int", ""),
    ],
    "rpc-encoded-strings.wsdl": [
        ("/apikey", STRING, ""),
        ("/recipients", "{urn:rpcencoded:strings}ArrayOfString", "{xsd}string[2]"),
        ("/recipients/item", STRING, ""),
        ("/recipients/item", STRING, ""),
        ("/message", STRING, ""),
    ],
    "rpc-encoded-structs.wsdl": [
        ("/apikey", STRING, ""),
        (
            "/messages",
            "{urn:rpcencoded:structs}ArrayOfMessage",
            "{urn:rpcencoded:structs}Message[2]",
        ),
        ("/messages/item", "{urn:rpcencoded:structs}Message", ""),
        ("/messages/item/to", STRING, ""),
        ("/messages/item/text", STRING, ""),
        ("/messages/item", "{urn:rpcencoded:structs}Message", ""),
        ("/messages/item/to", STRING, ""),
        ("/messages/item/text", STRING, ""),
        ("/params", "{urn:rpcencoded:structs}ArrayOfParam", "{urn:rpcencoded:structs}Param[1]"),
        ("/params/item", "{urn:rpcencoded:structs}Param", ""),
        ("/params/item/name", STRING, ""),
        ("/params/item/value", STRING, ""),
    ],
    "combined-encoded.wsdl": [
        ("/job", "{urn:combined:encoded}Job", ""),
        ("/job/recipients", "{urn:combined:encoded}ArrayOfString", "{xsd}string[2]"),
        ("/job/recipients/item", STRING, ""),
        ("/job/recipients/item", STRING, ""),
        ("/job/text", STRING, ""),
        ("/job/options", "{urn:combined:encoded}Options", ""),
        ("/job/options/priority", "{urn:combined:encoded}Priority", ""),
        ("/job/options/sendAt", "{xsd}dateTime", ""),
    ],
    "nusoap.wsdl": [
        ("/user", STRING, ""),
        ("/password", STRING, ""),
        ("/messages", "{urn:nusoapsms}SmsArray", "{urn:nusoapsms}Sms[2]"),
        *(
            row
            for _ in range(2)
            for row in (
                ("/messages/item", "{urn:nusoapsms}Sms", ""),
                ("/messages/item/to", STRING, ""),
                ("/messages/item/text", STRING, ""),
                ("/messages/item/flash", "{xsd}boolean", ""),
            )
        ),
    ],
    "axis.wsdl": [
        ("/domain", "{enc}string", ""),
        ("/recipients", "{urn:axissms}ArrayOf_soapenc_string", "{enc}string[2]"),
        ("/recipients/item", "{enc}string", ""),
        ("/recipients/item", "{enc}string", ""),
        ("/text", "{enc}string", ""),
        ("/priority", "{xsd}int", ""),
    ],
}


@each("file", ADDED)
def test_the_encoding_adds_a_type_to_each_value_and_a_size_to_each_array(file: str) -> None:
    (wrapper,) = next(
        written(one).findall("{*}Body/*")
        for one in ENCODED
        if one.file == file and one.fields.get("message") != "one"
    )
    assert list(additions(wrapper)) == ADDED[file]
    style = f"{{{wrapper.nsmap['soap-env']}}}encodingStyle"
    assert wrapper.items() == [(style, ENCODING11)]


def test_by_soap_1_2_an_array_has_the_attributes_of_that_version() -> None:
    one = next(one for one in ENCODED if one.file == "rpc-encoded-strings.wsdl")
    body = contract(one).write(one.operation, "input", nest(one.fields), SOAP12)
    (wrapper,) = etree.fromstring(body).findall("{*}Body/*")
    assert wrapper.items() == [(f"{{{SOAP12}}}encodingStyle", ENCODING12)]
    (array,) = wrapper.findall("recipients")
    of = qualified(array, array.get(f"{{{ENCODING12}}}itemType", ""))
    assert (of, array.get(f"{{{ENCODING12}}}arraySize"), array.get(ARRAY)) == (STRING, "2", None)
    read = contract(one).read(one.operation, "input", read_envelope(body, REQUEST, ""))
    assert read["recipients"] == [TO, OTHER]


def test_each_encoded_wsdl_is_in_the_table_of_additions() -> None:
    assert {one.file for one in ENCODED} == set(ADDED)


def test_a_subtype_is_named_as_zeep_names_it() -> None:
    words = {"@xsi:type": "BinaryMessage", "@reference": "r", "@port": "7", "to": TO, "data": "FF"}
    file = CONTRACTS / "extension.wsdl"
    ours = load_port(read_source(file)).write("SendAny", "input", {"message": words})
    client = ZeepClient(str(file))
    made = client.get_type("{urn:extension:sms}BinaryMessage")
    theirs = client.create_message(
        client.service, "SendAny", message=made(reference="r", port=7, to=TO, data="FF")
    )
    both = [etree.fromstring(ours), theirs]
    for envelope in both:
        (message,) = envelope.findall("{*}Body/*/{*}message")
        assert qualified(message, message.get(TYPE, "")) == "{urn:extension:sms}BinaryMessage"
        del message.attrib[TYPE]
    assert canonical(both[0]) == canonical(both[1])


@every
def test_the_schema_finds_what_is_written_valid(one: Sample) -> None:
    envelope = read_envelope(etree.tostring(written(one), encoding="utf-8"), REQUEST, "")
    assert contract(one).refusal(one.operation, "input", envelope) is None


@literal
def test_the_schema_refuses_the_same_with_a_child_that_is_none_of_its(one: Sample) -> None:
    envelope = read_envelope(etree.tostring(written(one), encoding="utf-8"), REQUEST, "")
    envelope.child[0].tag = "{urn:none}of-its"
    refusal = contract(one).refusal(one.operation, "input", envelope)
    assert refusal is not None
    assert not any(value in refusal for value in (TO, OTHER, "hello", "secret"))


@each("file", LOADED)
def test_libxml2_compiles_the_schemas_of_every_wsdl(file: Path) -> None:
    for found in load_ports(read_source(file)).values():
        assert found.schema.usable


@each("file", LOADED)
@each("optional", [True, False])
def test_a_sample_of_each_answer_is_written_read_back_and_valid(
    file: Path, *, optional: bool
) -> None:
    for found in load_ports(read_source(file)).values():
        for name, operation in found.operations.items():
            if operation.output is None:
                continue
            words = sample(operation.output.body.type, optional=optional)
            envelope = read_envelope(found.write(name, "output", words), ANSWER, "text/xml")
            assert found.read(name, "output", envelope) == words
            assert found.refusal(name, "output", envelope) is None


def test_a_one_way_operation_has_no_answer() -> None:
    one_way = load_port(read_source(CONTRACTS / "one-way.wsdl"))
    with pytest.raises(BadWSDL, match="operation Notify is one-way: it has no answer"):
        one_way.write("Notify", "output", {})
