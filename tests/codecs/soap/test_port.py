"""One port of a WSDL: its messages written, and what comes in read by it, strictly or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from smsbridge.codecs.soap.envelope import ENCODING11, SOAP11, SOAP12, XSD
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL, Misfit
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.reader import ENCODING12, XSI
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.codecs.soap.xml import REQUEST, parse_xml
from smsbridge.mapping.codec import Unreadable

from support.corpus import CONTRACTS
from support.each import each
from support.wsdls import (
    ACME,
    FIELDS,
    REQUESTED,
    RESULT,
    SENDSMS,
    changed,
    element,
    holding,
    opened,
    restricted,
    rpc,
    schema,
    sending,
    sequence,
    structure,
    wsdl,
)

CAPTURED = Path(__file__).parents[2] / "wires" / "captured-against.wsdl"
TYPE = f"{{{XSI}}}type"


def wrapper(written: bytes) -> Any:
    return parse_xml(written, REQUEST)[-1][0]


def of(file: str) -> Port:
    return load_port(read_source(CONTRACTS / file))


@pytest.fixture
def sendsms() -> Port:
    return load_port(SENDSMS)


@pytest.fixture
def acme() -> Port:
    return load_port(ACME)


@pytest.fixture
def captured() -> Port:
    return load_port(CAPTURED.read_bytes(), CAPTURED.parent)


# What rpc/encoded adds


def test_an_encoded_wrapper_has_the_encoding_style(sendsms: Port) -> None:
    found = wrapper(sendsms.write("sendSms", "input", FIELDS))
    assert found.tag == "{urn:sendsms}sendSms"
    assert dict(found.attrib) == {f"{{{SOAP11}}}encodingStyle": ENCODING11}


def test_each_encoded_part_has_a_type_with_a_declared_prefix_and_no_namespace(
    sendsms: Port,
) -> None:
    for part in wrapper(sendsms.write("sendSms", "input", FIELDS)):
        prefix, _, local = part.get(TYPE).partition(":")
        assert (part.nsmap[prefix], local) == (XSD, "string")
        assert part.tag in FIELDS
        assert part.text == FIELDS[part.tag]


def test_each_encoded_part_has_the_type_that_the_contract_declares() -> None:
    document = changed(
        SENDSMS,
        ('<part name="recipients" type="xsd:string"', '<part name="recipients" type="xsd:long"'),
    )
    parts = wrapper(load_port(document, None).write("sendSms", "input", FIELDS))
    assert [part.get(TYPE) for part in parts] == ["xsd:long", "xsd:string", "xsd:string"]


def test_every_type_inside_an_encoded_array_has_a_declared_prefix(captured: Port) -> None:
    values = {**FIELDS, "recipients": ["+12025550123", "+12025550124"]}
    found = wrapper(captured.write("sendSmsBulk", "input", values))
    items = list(found[0])
    assert [item.text for item in items] == values["recipients"]
    for one in (*found, *items):
        prefix, _, local = one.get(TYPE).partition(":")
        assert local
        assert prefix in one.nsmap


def test_an_encoded_array_says_what_it_holds(captured: Port) -> None:
    values = {**FIELDS, "recipients": ["+12025550123", "+12025550124"]}
    recipients = wrapper(captured.write("sendSmsBulk", "input", values))[0]
    said = recipients.get(f"{{{ENCODING11}}}arrayType") or ""
    prefix, _, local = said.partition(":")
    assert local == "string[2]"
    assert recipients.nsmap[prefix] == XSD


def test_what_is_written_is_read_again(sendsms: Port, acme: Port) -> None:
    notes: list[str] = []
    written = opened(sendsms.write("sendSms", "input", FIELDS))
    assert sendsms.read("sendSms", "input", written, notes.append) == FIELDS
    written = opened(acme.write("SubmitMessage", "input", REQUESTED))
    assert acme.read("SubmitMessage", "input", written, notes.append) == REQUESTED
    assert notes == []


# Answers


def test_an_answer_has_the_response_wrapper_in_the_body_namespace(sendsms: Port) -> None:
    found = wrapper(sendsms.write("sendSms", "output", {"return": "{}"}))
    assert found.tag == "{urn:sendsms}sendSmsResponse"
    assert found.get(f"{{{SOAP11}}}encodingStyle") == ENCODING11
    assert [(part.tag, part.get(TYPE), part.text) for part in found] == [
        ("return", "xsd:string", "{}")
    ]


def test_an_answer_of_a_document_contract_has_the_declared_element(acme: Port) -> None:
    written = acme.write("SubmitMessage", "output", {"result": {"state": "QUEUED", "code": "0"}})
    assert wrapper(written).tag == "{urn:acme:sms}SubmitMessageResponse"
    assert acme.read("SubmitMessage", "output", opened(written)) == {
        "result": {"state": "QUEUED", "code": "0"}
    }


def test_an_answer_can_be_written_in_soap_1_2(sendsms: Port, acme: Port) -> None:
    written = sendsms.write("sendSms", "output", {"return": "{}"}, SOAP12)
    assert opened(written).version == SOAP12
    assert wrapper(written).get(f"{{{SOAP12}}}encodingStyle") == ENCODING12
    assert SOAP11.encode() not in written
    assert sendsms.read("sendSms", "output", opened(written)) == {"return": "{}"}
    other = acme.write("SubmitMessage", "output", {"result": {"state": "QUEUED"}}, SOAP12)
    assert opened(other).version == SOAP12


def test_a_text_that_names_the_envelope_stays_in_a_soap_1_2_answer(sendsms: Port) -> None:
    written = sendsms.write("sendSms", "output", {"return": SOAP11}, SOAP12)
    assert sendsms.read("sendSms", "output", opened(written)) == {"return": SOAP11}


@each(
    "body",
    [
        '<r:sendSmsResponse xmlns:r="urn:canary"><return>1</return></r:sendSmsResponse>',
        "<sendSmsResponse><return>1</return></sendSmsResponse>",
        '<r:sendSms xmlns:r="urn:sendsms"><return>1</return></r:sendSms>',
        '<r:sendSmsResult xmlns:r="urn:sendsms"><return>1</return></r:sendSmsResult>',
        "<canary>1</canary>",
    ],
)
def test_an_answer_in_another_wrapper_is_unreadable_and_not_echoed(
    sendsms: Port, body: str
) -> None:
    envelope = opened(
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body>{body}</e:Body></e:Envelope>'.encode()
    )
    with pytest.raises(Unreadable, match="another element") as error:
        sendsms.read("sendSms", "output", envelope)
    assert "canary" not in str(error.value)


def test_a_request_in_another_namespace_is_read_and_noted(sendsms: Port) -> None:
    notes: list[str] = []
    written = changed(sendsms.write("sendSms", "input", FIELDS), ("urn:sendsms", "urn:tempuri"))
    assert sendsms.read("sendSms", "input", opened(written), notes.append) == FIELDS
    assert notes == ["another namespace"]


def test_arguments_without_known_names_are_taken_in_order_and_noted(sendsms: Port) -> None:
    notes: list[str] = []
    body = "<p0>+12025550123</p0><p1>Hello</p1><p2>test-key</p2>"
    envelope = opened(
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><s:sendSms xmlns:s="urn:sendsms">{body}'
        "</s:sendSms></e:Body></e:Envelope>".encode()
    )
    assert sendsms.read("sendSms", "input", envelope, notes.append) == {
        "recipients": "+12025550123",
        "message": "Hello",
        "apikey": "test-key",
    }
    assert notes == ["no xsi:type", "positional arguments"]


def test_arguments_with_one_known_name_are_taken_by_name(sendsms: Port) -> None:
    body = "<message>Hello</message><other>x</other>"
    envelope = opened(
        f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><s:sendSms xmlns:s="urn:sendsms">{body}'
        "</s:sendSms></e:Body></e:Envelope>".encode()
    )
    assert sendsms.read("sendSms", "input", envelope) == {"message": "Hello", "other": "x"}


def test_a_call_without_arguments_has_none(sendsms: Port, acme: Port) -> None:
    envelope = f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><a/></e:Body></e:Envelope>'.encode()
    assert sendsms.read("sendSms", "input", opened(envelope)) == {}
    assert acme.read("SubmitMessage", "input", opened(envelope)) == {}


# Fields that don't fit


def test_an_operation_that_isnt_there_is_named_with_those_that_are(sendsms: Port) -> None:
    why = "the WSDL has no operation 'sendFax'; did you mean 'sendSms'? known: sendSms"
    with pytest.raises(BadWSDL) as refused:
        sendsms.write("sendFax", "input", FIELDS)
    assert str(refused.value) == why
    with pytest.raises(BadWSDL) as refused:
        sendsms.action("sendFax")
    assert str(refused.value) == why


@each("missing", list(FIELDS))
def test_a_missing_part_is_named(sendsms: Port, missing: str) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != missing}
    with pytest.raises(BadWSDL, match=f"sendSms: .*{missing}") as error:
        sendsms.write("sendSms", "input", fields)
    assert "test-key" not in str(error.value)
    assert "+12025550123" not in str(error.value)


def test_an_unknown_field_is_named(sendsms: Port, acme: Port) -> None:
    with pytest.raises(BadWSDL, match="sender"):
        sendsms.write("sendSms", "input", {**FIELDS, "sender": "x"})
    with pytest.raises(BadWSDL, match="sender"):
        acme.write("SubmitMessage", "input", {**REQUESTED, "sender": "x"})


def test_a_missing_element_deep_inside_is_named(acme: Port) -> None:
    with pytest.raises(BadWSDL, match="content"):
        acme.write(
            "SubmitMessage", "input", {"request": {"destination": {"number": "+12025550123"}}}
        )


@each("field", [{"a": "b"}, ["+12025550123", "+12025550124"]])
def test_a_structure_for_a_text_is_refused(sendsms: Port, field: Any) -> None:
    with pytest.raises(BadWSDL, match="sendSms"):
        sendsms.write("sendSms", "input", {**FIELDS, "recipients": field})


def test_a_text_for_a_structure_is_refused(acme: Port) -> None:
    with pytest.raises(BadWSDL, match="SubmitMessage") as error:
        acme.write("SubmitMessage", "input", {"request": "canary"})
    assert "canary" not in str(error.value)


@each(
    "kind",
    [
        *("int", "long", "decimal", "boolean", "dateTime", "base64Binary", "float", "duration"),
        *("unsignedByte", "hexBinary", "time", "gYear"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused_and_never_shown(kind: str) -> None:
    part = '<part name="apikey" type="xsd:{}"'
    contract = load_port(changed(SENDSMS, (part.format("string"), part.format(kind))))
    with pytest.raises(Misfit) as refused:
        contract.write("sendSms", "input", {**FIELDS, "apikey": "canary"})
    assert str(refused.value) == f"operation sendSms: apikey: {kind} is expected"
    assert refused.value.path == "apikey"


# A call of ours is held to the schema before it leaves


LIMITED = sending(
    sequence(
        '<xs:element name="to">'
        + restricted("xs:string", ("pattern", "[0-9]{8,15}"))
        + "</xs:element>"
    )
)


def test_a_call_that_the_schema_takes_is_the_envelope_as_it_is_written() -> None:
    words = {"to": "12025550123"}
    assert LIMITED.request("Send", words) == LIMITED.write("Send", "input", words)


def test_a_call_that_the_schema_refuses_does_not_fit_and_is_not_shown() -> None:
    with pytest.raises(Misfit) as refused:
        LIMITED.request("Send", {"to": "canary"})
    assert str(refused.value) == (
        "operation Send: Element 'to': [facet 'pattern'] The value is not accepted by the pattern "
        "'[0-9]{8,15}'."
    )


def test_a_literal_rpc_call_is_held_to_the_schema_and_an_encoded_one_is_not() -> None:
    short = schema(restricted("xs:string", ("maxLength", "3"), name="Short"))
    with pytest.raises(Misfit, match="maxLength"):
        rpc(("a", "t:Short"), types=short, use="literal").request("Send", {"a": "1234"})
    assert b"1234" in rpc(("a", "t:Short"), types=short).request("Send", {"a": "1234"})


# Which operation is called

TWO = {"document-bare.wsdl": ("Submit", "Withdraw"), "nusoap.wsdl": ("send", "balance")}


@each("file", TWO)
def test_an_operation_is_known_by_what_stands_in_the_body(file: str) -> None:
    contract = of(file)
    for name in TWO[file]:
        assert contract.by_child(contract.content(name, "input").body.tag) == name


def test_an_operation_is_known_in_another_namespace_too_if_there_is_one_of_that_name() -> None:
    contract = load_port(SENDSMS)
    for namespace in ("{urn:sendsms}", "{urn:tempuri}", ""):
        assert contract.by_child(f"{namespace}sendSms") == "sendSms"
    assert [contract.by_child(f"{{urn:sendsms}}{name}") for name in ("SendSms", "send", "")] == [
        "",
        "",
        "",
    ]


def test_an_operation_is_known_by_its_action_and_an_empty_one_means_none() -> None:
    contract = load_port(SENDSMS)
    assert contract.by_action("urn:sendsms#sendSms") == "sendSms"
    assert contract.by_action("urn:sendsms#other") == ""
    none = load_port(changed(SENDSMS, ("urn:sendsms#sendSms", "")))
    assert (none.action("sendSms"), none.by_action("")) == ("", "")


ATTACHED = """<operation name="{name}"><soap:operation soapAction="urn:t#{name}"/><input>
  <mime:multipartRelated xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/"><mime:part>
  <soap:body use="literal"/></mime:part></mime:multipartRelated></input><output>
  <soap:body use="literal"/></output></operation>"""


@pytest.fixture
def partly() -> Port:
    """A contract of two operations, one of which sends attachments."""
    attach = 'name="Attach"><input message="t:In"/><output message="t:Out"/></operation>'
    document = _document(holding("Send", sequence(element("to"))))
    return load_port(
        changed(
            document,
            ("</portType>", f"<operation {attach}</portType>"),
            ("</binding>", ATTACHED.format(name="Attach") + "</binding>"),
        )
    )


def _document(*types: str) -> bytes:
    return wsdl(schema(*types, RESULT))


def test_an_operation_with_attachments_is_refused_when_it_is_asked_for(partly: Port) -> None:
    assert list(partly.operations) == ["Send", "Attach"]
    why = "operation Attach sends attachments (MIME), which are not supported"
    asks: tuple[Callable[[], object], ...] = (
        lambda: partly.write("Attach", "input", {"to": "1"}),
        lambda: partly.content("Attach", "output"),
        lambda: partly.action("Attach"),
        lambda: partly.operations["Attach"],
    )
    for ask in asks:
        with pytest.raises(BadWSDL) as refused:
            ask()
        assert str(refused.value) == why


def test_it_leaves_the_other_operations_be(partly: Port) -> None:
    body = partly.request("Send", {"to": "1"})
    assert partly.refusal("Send", "input", opened(body)) is None
    assert partly.by_child("{urn:t}Send") == "Send"
    assert partly.by_action("urn:t#Send") == "Send"
    assert partly.by_action("urn:t#Attach") == ""
    assert partly.schema.usable


def test_a_one_way_operation_is_written_and_has_no_answer() -> None:
    contract = of("one-way.wsdl")
    body = contract.request("Notify", {"messageId": "m-1", "state": "delivered"})
    assert wrapper(body).tag.endswith("}Notify")
    asks: tuple[Callable[[], object], ...] = (
        lambda: contract.content("Notify", "output"),
        lambda: contract.write("Notify", "output", {}),
        lambda: contract.read("Notify", "output", opened(body)),
    )
    for ask in asks:
        with pytest.raises(BadWSDL) as refused:
            ask()
        assert str(refused.value) == "operation Notify is one-way: it has no answer"


# Requests of others


def call(inside: str, more: str = "") -> bytes:
    return (
        f'<e:Envelope xmlns:e="{SOAP11}" xmlns:s="urn:sendsms" xmlns:xsi="{XSI}" '
        f'xmlns:xsd="{XSD}"><e:Body><s:sendSms>{inside}</s:sendSms>{more}</e:Body></e:Envelope>'
    ).encode()


def read(contract: Port, body: bytes) -> tuple[dict[str, Any], list[str]]:
    notes: list[str] = []
    return contract.read("sendSms", "input", opened(body), notes.append), notes


def test_a_part_in_a_namespace_is_read_and_noted(sendsms: Port) -> None:
    typed = 'xsi:type="xsd:string"'
    body = call(f"<s:message {typed}>Hello</s:message><apikey {typed}>k</apikey>")
    assert read(sendsms, body) == ({"message": "Hello", "apikey": "k"}, ["a part in a namespace"])


def test_a_part_of_another_type_is_read_and_noted(sendsms: Port) -> None:
    body = call('<message xsi:type="xsd:int">7</message>')
    assert read(sendsms, body) == ({"message": "7"}, ["another xsi:type"])


@each(
    ("inside", "why"),
    [
        (
            "<p0>1</p0><p1>2</p1><p2>3</p2><p3>canary</p3>",
            "it has more arguments than the contract",
        ),
        ("<message>canary</message><message>2</message>", "it has the same part twice"),
    ],
)
def test_arguments_that_make_no_sense_are_unreadable_and_not_echoed(
    sendsms: Port, inside: str, why: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read(sendsms, call(inside))
    assert str(refused.value) == why


def test_the_name_of_the_result_in_an_rpc_answer_of_soap_1_2_is_no_part(sendsms: Port) -> None:
    body = sendsms.write("sendSms", "output", {"return": "1"}, SOAP12)
    named = b'<r:result xmlns:r="http://www.w3.org/2003/05/soap-rpc">return</r:result><return'
    read = sendsms.read("sendSms", "output", opened(body.replace(b"<return", named)))
    assert read == {"return": "1"}  # as PHP's own server writes it


def test_an_answers_part_in_a_namespace_of_its_own_is_unreadable(sendsms: Port) -> None:
    body = sendsms.write("sendSms", "output", {"return": "1"})
    odd = body.replace(b"<return", b'<return xmlns="urn:canary"')
    with pytest.raises(Unreadable) as refused:
        sendsms.read("sendSms", "output", opened(odd))
    assert str(refused.value) == "it has a part in a namespace of its own"


def test_header_blocks_are_read_under_a_name_that_no_part_has(sendsms: Port) -> None:
    body = sendsms.write("sendSms", "output", {"return": "1"})
    headed = changed(
        body,
        ("<soap-env:Body>", "<soap-env:Header><a><b>2</b></a></soap-env:Header><soap-env:Body>"),
    )
    assert sendsms.read("sendSms", "output", opened(headed)) == {
        "return": "1",
        "soap:Header": {"a": {"b": "2"}},
    }


def test_a_body_that_is_text_is_read_as_text() -> None:
    contract = load_port(wsdl(schema(element("Send"), element("SendResponse", "xs:int"))))
    body = contract.write("Send", "output", {"#text": "7"})
    assert contract.read("Send", "output", opened(body)) == {"#text": "7"}


def test_attributes_in_a_namespace_are_read_as_they_are_written() -> None:
    number = structure(
        "Number",
        '<xs:simpleContent><xs:extension base="xs:string">'
        '<xs:attribute name="plan" type="xs:string" form="qualified"/>'
        "</xs:extension></xs:simpleContent>",
    )
    contract = sending(sequence(element("to", "t:Number")), more=number)
    words = {"to": {"#text": "1", "@plan": "gold"}}
    body = contract.write("Send", "input", words)
    assert contract.read("Send", "input", opened(body)) == words


# Details of a fault

FAULTS = "{urn:faults:sms}"


def test_the_detail_of_a_fault_that_is_declared_is_written_by_its_type() -> None:
    written = of("faults.wsdl").detail("Send", {"InvalidNumber": {"number": "x"}}, SOAP11)
    detail = etree.fromstring(written)
    assert detail.tag == "detail"
    assert [child.tag for child in detail] == [f"{FAULTS}InvalidNumber"]
    assert [(part.tag, part.text) for part in detail[0]] == [
        (f"{FAULTS}code", "1"),
        (f"{FAULTS}number", "x"),
    ]


def test_the_detail_of_a_fault_may_hold_what_nobody_declares() -> None:
    written = of("faults.wsdl").detail("Send", {"{urn:o}why": {"a": "b"}}, SOAP12)
    detail = etree.fromstring(written)
    assert detail.tag == f"{{{SOAP12}}}Detail"
    assert [child.tag for child in detail] == ["{urn:o}why"]
    assert detail.findtext("{urn:o}why/a") == "b"


def test_a_detail_that_doesnt_fit_is_refused() -> None:
    with pytest.raises(BadWSDL, match=r"InvalidNumber\.code: int is expected"):
        of("faults.wsdl").detail("Send", {"InvalidNumber": {"code": "x"}}, SOAP11)
