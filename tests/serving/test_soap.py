"""SOAP as the provider speaks it: requests read, answers and faults written, the WSDL served."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.envelope import (
    CONTENT_TYPES,
    SOAP11,
    SOAP12,
    MustUnderstand,
    read_envelope,
    unsendable,
)
from smsbridge.codecs.soap.xml import ANSWER, REQUEST, parse_xml
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Unreadable
from smsbridge.serving.codec import Call
from smsbridge.serving.soap import ProviderSoap, write_fault
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider

from support.corpus import CONTRACTS
from support.each import each
from support.soap_calls import (
    ACME,
    ADDRESS,
    FIELDS,
    GOOD,
    PARTS,
    PUBLISHED,
    SENDSMS,
    SITE,
    SOAP,
    asked,
    decoded,
    encoded,
    envelope,
    fetch,
    read,
    served_address,
    site_with,
)

CAPTURED = Path(__file__).parents[1] / "wires" / "captured-against.wsdl"


def ignore(_: str) -> None:
    """Take no note."""


def test_the_fields_of_a_contract_have_their_default_and_are_texts_or_not() -> None:
    site = Site(url="", wsdl=str(CONTRACTS / "cases" / "17-fixed" / "gate.wsdl"))
    fields = ProviderSoap(Soap(), site).declared_fields("Send")
    assert fields["channel"].default == "sms"
    site = replace(site, wsdl=str(CONTRACTS / "values.wsdl"))
    fields = ProviderSoap(Soap(), site).declared_fields("Schedule")
    texts = {name for name, one in fields.items() if one.is_text}
    assert texts == {"to", "callback"}


def test_what_the_schema_has_against_a_request_is_told_without_its_values() -> None:
    site = Site(url="", wsdl=str(CONTRACTS / "limits.wsdl"))
    good = {
        "to": "+12025550123",
        "text": "x",
        "encoding": "UCS2",
        "priority": "high",
        "sender": "Acme 1",
    }
    codec = Soap()
    contract = codec.read_port(site)
    body = contract.write("Send", "input", good)
    request = replace(asked(body), url=contract.address)
    call = ProviderSoap(codec, site).read(("Send",), request, ignore)
    assert call == Call(name="Send", fields=good)
    bad = replace(request, body=body.replace(b"+12025550123", b"canary"))
    with pytest.raises(Unreadable, match=r"Element 'to': \[facet 'pattern'\]") as refused:
        ProviderSoap(codec, site).read(("Send",), bad, ignore)
    assert "canary" not in str(refused.value)


# The provider's side: requests


def test_a_request_of_ours_is_read_without_any_leniency() -> None:
    call, notes = read(encoded())
    assert (call.name, call.fields, notes) == ("sendSms", FIELDS, [])


@each(
    ("method", "path"),
    [("GET", "/sendsms/wsdl/server.php"), ("PUT", "/sendsms/wsdl/server.php"), ("POST", "/x")],
)
def test_a_request_elsewhere_is_not_ours(method: str, path: str) -> None:
    request = replace(encoded(), method=method, url=f"https://api.smsmobileapi.com{path}")
    assert ProviderSoap(SOAP, SITE).read(("sendSms",), request, ignore) is None


def test_a_call_is_known_by_its_local_name_whatever_the_soapaction_says() -> None:
    site = Site(url="http://127.0.0.1:8765", wsdl=str(CAPTURED))
    request = encoded(site=site)
    names = ("sendSms", "sendSmsBulk")
    for action in ("", '""', "urn:sendsms#sendSmsBulk", '"urn:sendsms#sendSmsBulk"', '"x"'):
        headers = {**request.headers, "SOAPAction": action}
        notes: list[str] = []
        call = ProviderSoap(SOAP, site).read(names, replace(request, headers=headers), notes.append)
        assert call is not None
        assert (call.name, notes) == ("sendSms", [])


@each("action", ['"urn:sendsms#sendSms"', "urn:sendsms#sendSms"])
def test_an_unknown_name_is_dispatched_by_soapaction_and_noted(action: str) -> None:
    body = encoded().body.replace(b"ns0:sendSms", b"ns0:send")
    call, notes = read(asked(body, {"SOAPAction": action}))
    assert (call.name, call.fields) == ("sendSms", FIELDS)
    assert notes == ["dispatched by SOAPAction"]


def test_an_unknown_name_of_soap_1_2_is_dispatched_by_the_action_of_its_content_type() -> None:
    body = (
        encoded()
        .body.replace(b"ns0:sendSms", b"ns0:send")
        .replace(SOAP11.encode(), SOAP12.encode())
    )
    kind = 'application/soap+xml; charset=utf-8; action="urn:sendsms#sendSms"'
    call, notes = read(asked(body, {"Content-Type": kind}))
    assert (call.name, call.fields) == ("sendSms", FIELDS)
    assert len(notes) == 1


@each("action", ["", '""', '"urn:sendsms#canary"'])
def test_an_unknown_name_without_a_known_soapaction_is_unreadable(action: str) -> None:
    body = encoded().body.replace(b"ns0:sendSms", b"ns0:canary")
    notes: list[str] = []
    with pytest.raises(Unreadable, match="call an operation of this service") as refused:
        ProviderSoap(SOAP, SITE).read(
            ("sendSms",), asked(body, {"SOAPAction": action}), notes.append
        )
    assert "canary" not in str(refused.value)
    assert notes == []


def test_an_empty_soapaction_matches_no_operation_that_has_none(tmp_path: Path) -> None:
    site = site_with(tmp_path, ("urn:sendsms#sendSms", ""))
    body = encoded().body.replace(b"ns0:sendSms", b"ns0:other")
    with pytest.raises(Unreadable, match="call an operation of this service"):
        ProviderSoap(SOAP, site).read(("sendSms",), asked(body, {"SOAPAction": '""'}), ignore)


@each(
    "body",
    [
        b"",
        b"canary",
        b"<!DOCTYPE a><a/>",
        b'{"recipients": "+12025550123"}',
        envelope("").encode(),
        b"<a>" * 41,
        b"<a>" + b"x" * REQUEST.size,
    ],
)
def test_a_request_that_is_no_envelope_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        ProviderSoap(SOAP, SITE).read(("sendSms",), asked(body), ignore)
    assert "canary" not in str(refused.value)


def test_what_axis_sends_is_read_and_each_leniency_noted() -> None:
    body = envelope(
        '<s:sendSms xmlns:s="urn:sendsms" e:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
        '<recipients href="#id0"/><message>&#55357;&#56832;</message><apikey>test-key</apikey>'
        '</s:sendSms><multiRef id="id0">+12025550123</multiRef>'
    )
    call, notes = read(asked(body))
    assert call.fields == {**FIELDS, "message": "😀"}
    assert {"an emoji as two surrogate references", "a value by reference (href)"} <= set(notes)


def test_a_missing_argument_of_nusoap_is_nothing() -> None:
    body = envelope(
        '<s:sendSms xmlns:s="urn:sendsms" xmlns:x="http://www.w3.org/2001/XMLSchema-instance">'
        '<recipients>+12025550123</recipients><message x:nil="true"/><apikey>k</apikey></s:sendSms>'
    )
    assert read(asked(body))[0].fields["message"] is None


# The provider's side: answers


def test_an_answer_is_written_as_json_in_the_first_part() -> None:
    answer = ProviderSoap(SOAP, SITE).write(
        encoded(), "sendSms", {"result": {"error": 0, "note": "é 😀 <&>"}}
    )
    assert answer.status == 200
    assert answer.header("content-type") == "text/xml; charset=utf-8"
    assert SOAP.decode(SITE, Session(), "sendSms", answer) == {
        "result": {"error": 0, "note": "é 😀 <&>"}
    }


def test_an_answer_may_be_plain_text() -> None:
    answer = ProviderSoap(SOAP, SITE).write(encoded(), "sendSms", "OK <&>")
    assert PARTS.decode(SITE, Session(), "sendSms", answer) == {"return": "OK <&>"}


@each("character", ["\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_control_characters_are_filtered_from_an_answer(character: str) -> None:
    answer = ProviderSoap(SOAP, SITE).write(encoded(), "sendSms", f"a{character}b")
    assert PARTS.decode(SITE, Session(), "sendSms", answer) == {"return": "ab"}


@example("\x01")
@example("\ufffe")
@example("\ud800")
@given(st.text(max_size=60))
def test_any_text_in_a_json_answer_is_written_and_read(note: str) -> None:
    answer = ProviderSoap(SOAP, SITE).write(
        encoded(), "sendSms", {"result": {"error": 0, "note": note}}
    )
    read_again = SOAP.decode(SITE, Session(), "sendSms", answer)
    assert read_again["result"]["error"] == 0


@each(
    "kind",
    [
        "application/soap+xml",
        "application/soap+xml; charset=utf-8",
        'application/soap+xml; charset=utf-8; action="urn:sendsms#sendSms"',
        "Application/SOAP+XML; charset=utf-8",
        "text/xml; charset=utf-8",
    ],
)
def test_a_call_of_soap_1_2_is_answered_in_soap_1_2(kind: str) -> None:
    body = encoded().body.replace(SOAP11.encode(), SOAP12.encode())
    request = asked(body, {"Content-Type": kind})
    assert read(request)[0].fields == FIELDS
    for answer in (
        ProviderSoap(SOAP, SITE).write(request, "sendSms", {"result": {"error": 0}}),
        ProviderSoap(SOAP, SITE).fault(request, "Client", "No"),
        ProviderSoap(SOAP, SITE).refuse(request, Unreadable("No")),
    ):
        assert parse_xml(answer.body, ANSWER).tag == f"{{{SOAP12}}}Envelope"
        assert answer.header("content-type") == "application/soap+xml; charset=utf-8"


@each(
    "declared",
    [
        b"",
        b' xmlns:s12="%s"' % SOAP12.encode(),
        b" xmlns='%s'" % SOAP12.encode(),
    ],
)
def test_a_call_of_soap_1_1_is_answered_in_soap_1_1(declared: bytes) -> None:
    plain = encoded()
    request = replace(plain, body=plain.body.replace(b"Envelope ", b"Envelope%s " % declared, 1))
    assert read(request)[0].fields == FIELDS
    for answer in (
        ProviderSoap(SOAP, SITE).write(request, "sendSms", "x"),
        ProviderSoap(SOAP, SITE).fault(request, "Client", "No"),
    ):
        assert parse_xml(answer.body, ANSWER).tag == f"{{{SOAP11}}}Envelope"
        assert answer.header("content-type") == "text/xml; charset=utf-8"


@each(
    ("why", "code"),
    [(Unreadable("a reason"), "Client"), (MustUnderstand("a reason"), "MustUnderstand")],
)
def test_a_request_that_cant_be_read_is_answered_by_a_fault(why: Unreadable, code: str) -> None:
    refusal = ProviderSoap(SOAP, SITE).refuse(asked("canary"), why)
    fault = decoded(refusal.body)["fault"]
    assert (refusal.status, fault["code"], fault["string"]) == (500, code, "a reason")


@each(
    ("body", "code"),
    [
        (envelope("<canary/>"), "Client"),
        ("<canary>", "Client"),
        (f"<!DOCTYPE canary>{envelope('<a/>')}", "Client"),
        (envelope('<a><b href="#canary"/></a>'), "Client"),
        (
            envelope('<s:sendSms xmlns:s="urn:sendsms"><recipients href="#canary"/></s:sendSms>'),
            "Client",
        ),
        (
            envelope(
                '<s:sendSms xmlns:s="urn:sendsms"><message id="1"><canary href="#1"/></message>'
                "</s:sendSms>"
            ),
            "Client",
        ),
        (
            GOOD.replace("<e:Body>", '<e:Header><c e:mustUnderstand="1"/></e:Header><e:Body>'),
            "MustUnderstand",
        ),
    ],
)
def test_the_provider_answers_hostile_requests_by_a_fault_that_echoes_nothing(
    body: str, code: str
) -> None:
    answer = Provider(sample_backend()).handle(asked(body))
    assert isinstance(answer, Response)
    assert (answer.status, decoded(answer.body)["fault"]["code"]) == (500, code)
    assert b"canary" not in answer.body
    assert b"Traceback" not in answer.body


def test_the_children_of_a_fault_stand_in_the_standards_order() -> None:
    fault = parse_xml(ProviderSoap(SOAP, SITE).fault(asked(""), "Client", "No").body, ANSWER)[0][0]
    assert [child.tag for child in fault] == ["faultcode", "faultstring"]


# The WSDL as it is served


@each("path", [PUBLISHED, f"{PUBLISHED}/", "/sendsms/wsdl/server.php"])
def test_the_contract_is_served_with_only_its_address_rewritten(path: str) -> None:
    served = ProviderSoap(SOAP, SITE).serve_wsdl(fetch(path), "http://127.0.0.1:8080")
    assert served is not None
    assert (served.status, served.header("content-type")) == (200, "text/xml; charset=utf-8")
    assert served.body == SENDSMS.replace(
        ADDRESS.encode(), b"http://127.0.0.1:8080/sendsms/wsdl/server.php"
    )


@each(
    ("path", "prefix", "served"),
    [
        ("", "", "/bridge/sendsms/wsdl/server.php"),
        ("", "/lane", "/bridge/lane/sendsms/wsdl/server.php"),
        ("/old", "/old", "/bridge/old"),
    ],
)
def test_the_addresses_of_a_contract_are_below_that_of_a_proxy(
    path: str, prefix: str, served: str
) -> None:
    request = replace(fetch("/" if path else PUBLISHED), prefix=prefix)
    answer = ProviderSoap(SOAP, SITE, path).serve_wsdl(request, "https://sms.example/bridge/")
    assert answer is not None
    assert answer.body == SENDSMS.replace(ADDRESS.encode(), f"https://sms.example{served}".encode())


@each(("method", "path"), [("POST", PUBLISHED), ("GET", "/"), ("GET", "/sendsms/"), ("GET", "/x")])
def test_nothing_else_is_the_contract(method: str, path: str) -> None:
    assert ProviderSoap(SOAP, SITE).serve_wsdl(fetch(path, method), "http://127.0.0.1:8080") is None


@each("number", ["²", "%C2%B2", "٣", "9" * 5000, "-1", "1", "0x0", "", "[", "%"])
def test_a_document_that_the_contract_has_not_is_not_served(number: str) -> None:
    query = f"?wsdl&document={number}"
    assert (
        ProviderSoap(SOAP, SITE).serve_wsdl(fetch(PUBLISHED, query=query), "http://127.0.0.1:8080")
        is None
    )


def test_a_codec_that_publishes_nowhere_serves_its_contract_at_its_address_only() -> None:
    site = Site(url="https://api.acme.example")
    assert ProviderSoap(ACME, site).serve_wsdl(fetch("/services/sms"), "http://127.0.0.1:8080")
    assert ProviderSoap(ACME, site).serve_wsdl(fetch("/"), "http://127.0.0.1:8080") is None


def test_the_host_header_has_no_say_in_the_served_address() -> None:
    request = replace(fetch(PUBLISHED), headers={"Host": "evil.example"})
    served = ProviderSoap(SOAP, SITE).serve_wsdl(request, "http://127.0.0.1:8080")
    assert served is not None
    assert b"evil.example" not in served.body
    assert b"mock.invalid" not in served.body


def test_an_address_that_is_also_a_namespace_is_rewritten_as_an_address_only(
    tmp_path: Path,
) -> None:
    site = site_with(
        tmp_path, ("urn:sendsms", "https://sms.example/soap"), (ADDRESS, "https://sms.example/soap")
    )
    address, body = served_address(site, "/soap")
    assert address == "http://127.0.0.1:8080/soap"
    assert parse_xml(body, ANSWER).get("targetNamespace") == "https://sms.example/soap"


@each(
    ("headers", "name"),
    [
        ({"SOAPAction": '"urn:sendsms#sendSms"'}, "sendSms"),
        ({"Content-Type": 'application/soap+xml; action="urn:sendsms#sendSms"'}, "sendSms"),
        ({"SOAPAction": '"urn:sendsms#other"'}, ""),
        ({}, ""),
    ],
)
def test_the_head_of_a_request_names_its_operation_by_the_action(
    headers: dict[str, str], name: str
) -> None:
    request = Request(method="POST", url=ADDRESS, headers=headers)
    assert ProviderSoap(SOAP, SITE).call_by_head(request) == name


# Faults that are written


@each("version", [SOAP11, SOAP12])
def test_a_written_fault_is_read_again(version: str) -> None:
    body = write_fault(version, "Client", 'Invalid <key> & "more" é 😀')
    read = read_envelope(body, ANSWER, CONTENT_TYPES[version]).fault
    assert read is not None
    assert read["code"] == ("Client" if version == SOAP11 else "Sender")
    assert read["string"] == 'Invalid <key> & "more" é 😀'


@each(
    ("code", "expected"),
    [
        ("Client", "Sender"),
        ("Server", "Receiver"),
        ("MustUnderstand", "MustUnderstand"),
        ("VersionMismatch", "VersionMismatch"),
    ],
)
def test_codes_are_translated_for_soap_1_2_only(code: str, expected: str) -> None:
    for version, wanted in ((SOAP11, code), (SOAP12, expected)):
        read = read_envelope(write_fault(version, code, "No"), ANSWER, "text/xml").fault
        assert read is not None
        assert read["code"] == wanted


def test_the_children_of_a_written_fault_are_unqualified_and_in_order() -> None:
    found = parse_xml(write_fault(SOAP11, "Client", "No"), ANSWER)[0][0]
    assert found.tag == f"{{{SOAP11}}}Fault"
    assert [child.tag for child in found] == ["faultcode", "faultstring"]


def test_the_code_of_a_written_fault_is_a_qualified_name_with_a_declared_prefix() -> None:
    code = parse_xml(write_fault(SOAP11, "Client", "No"), ANSWER)[0][0][0]
    prefix, _, local = str(code.text).partition(":")
    assert (code.nsmap[prefix], local) == (SOAP11, "Client")
    value12 = parse_xml(write_fault(SOAP12, "Client", "No"), ANSWER)[0][0][0][0]
    assert etree.QName(value12).namespace == SOAP12
    prefix, _, local = str(value12.text).partition(":")
    assert (value12.nsmap[prefix], local) == (SOAP12, "Sender")


def test_the_reason_of_a_fault_of_soap_1_2_has_a_language() -> None:
    reason = parse_xml(write_fault(SOAP12, "Server", "No"), ANSWER)[0][0][1]
    assert reason[0].get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


@given(
    st.text(st.characters(exclude_characters="\r"), max_size=60), st.sampled_from([SOAP11, SOAP12])
)
def test_control_characters_are_filtered_from_any_written_fault(said: str, version: str) -> None:
    read = read_envelope(write_fault(version, "Server", said), ANSWER, "text/xml").fault
    assert read is not None
    assert read["string"] == "".join(c for c in said if not unsendable(c)).strip()


@each("character", ["\0", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe"])
def test_a_written_fault_loses_what_xml_cant_carry(character: str) -> None:
    read = read_envelope(write_fault(SOAP11, "Server", f"a{character}b"), ANSWER, "text/xml").fault
    assert read is not None
    assert read["string"] == "ab"
