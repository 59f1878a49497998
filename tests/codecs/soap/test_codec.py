"""SOAP on the wire: requests as the contract says, answers in every shape, the provider's side."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.codec import Soap, endpoint, move_host
from smsbridge.codecs.soap.envelope import SOAP11, SOAP12, WSSE, unsendable
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.xml import ANSWER, REQUEST, WSDL, parse_xml
from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.http.address import Site
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, Session, drive
from smsbridge.mapping.codec import SoapFault, Unreadable
from smsbridge.mapping.path import at
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.mock.default import API_KEY, sample_backend
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
    answered,
    asked,
    decoded,
    encoded,
    envelope,
    fetch,
    nothing,
    read,
    served_address,
    site_with,
)

WSDL_URL = "https://sms.example/sendsms.wsdl"


# Requests


def test_a_request_is_a_post_with_a_quoted_soapaction() -> None:
    request = encoded()
    assert request.method == "POST"
    assert request.url == ADDRESS
    assert dict(request.headers) == {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"urn:sendsms#sendSms"',
    }


def test_an_operation_without_soapaction_sends_an_empty_one(tmp_path: Path) -> None:
    site = site_with(tmp_path, ("urn:sendsms#sendSms", ""))
    assert encoded(site=site).header("SOAPAction") == '""'


def test_a_request_of_soap_1_2_has_its_action_in_the_content_type(tmp_path: Path) -> None:
    site = site_with(
        tmp_path,
        ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/"),
    )
    request = encoded(site=site)
    kind = 'application/soap+xml; charset=utf-8; action="urn:sendsms#sendSms"'
    assert dict(request.headers) == {"Content-Type": kind}
    assert parse_xml(request.body, REQUEST).tag == f"{{{SOAP12}}}Envelope"


def test_namespace_action_and_address_come_from_the_contract(tmp_path: Path) -> None:
    site = site_with(
        tmp_path,
        ("urn:sendsms#sendSms", "urn:elsewhere#go"),
        ("urn:sendsms", "urn:elsewhere"),
        (ADDRESS, "https://sms.example/soap/v2?tenant=1"),
    )
    request = encoded(site=site)
    assert request.url == "https://sms.example/soap/v2?tenant=1"
    assert request.header("SOAPAction") == '"urn:elsewhere#go"'
    wrapper = parse_xml(request.body, REQUEST)[0][0]
    assert wrapper.tag == "{urn:elsewhere}sendSms"
    assert b"urn:sendsms" not in request.body


def test_the_configs_host_replaces_scheme_and_host_and_keeps_the_path(tmp_path: Path) -> None:
    site = site_with(
        tmp_path, (ADDRESS, "https://old.example:8443/a/b.php?c=d"), host="http://127.0.0.1:8080/x"
    )
    assert encoded(site=site).url == "http://127.0.0.1:8080/a/b.php?c=d"
    contract = load_port(Path(site.wsdl).read_bytes(), None)
    assert endpoint(replace(site, host=""), contract) == "https://old.example:8443/a/b.php?c=d"
    assert move_host("http://a/b", "https://c:1") == "https://c:1/b"


def test_credentials_never_go_to_an_address_without_tls(tmp_path: Path) -> None:
    site = site_with(tmp_path, (ADDRESS, "http://sms.example/soap"))
    with pytest.raises(ConfigError, match=r"sms\.example without TLS"):
        encoded(site=site)
    assert encoded(site=replace(site, cleartext_hosts=("sms.example",))).url == (
        "http://sms.example/soap"
    )


def test_dotted_fields_become_nested_elements() -> None:
    fields = {
        "request.destination.number": "+12025550123",
        "request.content.body": "Hello",
        "request.reference": "r-1",
    }
    request = encoded(fields, name="SubmitMessage", codec=ACME)
    found = parse_xml(request.body, REQUEST)[0][0][0]
    ns = {"a": "urn:acme:sms"}
    assert found.findtext("a:destination/a:number", namespaces=ns) == "+12025550123"
    assert found.findtext("a:content/a:body", namespaces=ns) == "Hello"
    assert request.url == "https://soap.acme.example/services/sms"


@each("character", ["\x01", "\x07", "\x0b", "\x1f", "\0", "\ud800", "\uffff"])
@each("field", list(FIELDS))
def test_a_character_that_xml_cant_carry_is_refused_with_field_and_place(
    field: str, character: str
) -> None:
    where = f"{field} has U\\+{ord(character):04X} at position 6"
    with pytest.raises(InvalidMessage, match=where) as refused:
        encoded({**FIELDS, field: f"canary{character}"})
    assert "canary" not in str(refused.value)


@given(st.text(max_size=100))
def test_any_text_arrives_unchanged_or_is_refused(text: str) -> None:
    if unsendable(text):
        with pytest.raises(InvalidMessage, match="message has U"):
            encoded({**FIELDS, "message": text})
        return
    request = encoded({**FIELDS, "message": text})
    assert read(request)[0].fields == {**FIELDS, "message": text}


@each("fields", [{"recipients": "+12025550123"}, {**FIELDS, "sender": "canary"}])
def test_fields_that_the_contract_doesnt_fit_are_a_config_error(fields: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^wsdl: operation sendSms") as refused:
        encoded(fields)
    assert "canary" not in str(refused.value)
    assert "+12025550123" not in str(refused.value)


def test_a_value_that_the_contract_does_not_take_is_an_invalid_message_that_does_not_show_it(
    tmp_path: Path,
) -> None:
    string, number = (f'<part name="message" type="xsd:{kind}"/>' for kind in ("string", "int"))
    site = site_with(tmp_path, (string, number))
    fields = {"recipients": "+12025550123", "message": "canary text", "apikey": "canary-key"}
    with pytest.raises(InvalidMessage) as refused:
        encoded(fields, site)
    why = "it doesn't fit the WSDL: operation sendSms: message: int is expected"
    assert str(refused.value) == why
    assert "canary" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_an_operation_that_the_contract_lacks_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"^wsdl: the WSDL has no operation 'sendFax'; did"):
        encoded(name="sendFax")


@each(
    ("content", "why"),
    [(None, "can't read contract.wsdl"), (b"<a", "not well-formed"), (b"<a/>", "not a WSDL 1.1")],
)
def test_a_contract_that_cant_be_used_is_a_config_error(
    content: bytes | None, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "contract.wsdl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"^wsdl: .*{why}"):
        encoded(site=Site(url="https://api.smsmobileapi.com", wsdl=str(path)))


def test_a_contract_other_than_its_pin_is_a_config_error() -> None:
    good = Site(url=SITE.url, wsdl_sha256=hashlib.sha256(SENDSMS).hexdigest())
    assert encoded(site=good).url == ADDRESS
    with pytest.raises(ConfigError, match="wsdl_sha256"):
        encoded(site=replace(good, wsdl_sha256="0" * 64))


# Answers


def test_the_json_in_the_part_is_the_answer() -> None:
    assert decoded(answered('{"result": {"error": 0, "id": "1"}}')) == {
        "result": {"error": 0, "id": "1"}
    }


@each("status", [200, 201, 202, 400, 500])
def test_a_good_envelope_is_read_whatever_its_status(status: int) -> None:
    assert decoded(answered('{"result": {"error": 0}}'), status) == {"result": {"error": 0}}


def test_without_a_json_part_the_parts_are_the_answer() -> None:
    assert decoded(answered("OK"), codec=PARTS) == {"return": "OK"}


@each("version", [SOAP11, SOAP12])
def test_a_fault_is_an_answer_of_its_own(version: str) -> None:
    refusal = ProviderSoap(PARTS, SITE).fault(
        asked("", {"Content-Type": _kind(version)}), "Client", "Invalid API key"
    )
    assert refusal.status == 500
    fault = decoded(refusal.body, 500)["fault"]
    assert fault["string"] == "Invalid API key"
    assert fault["code"] == ("Client" if version == SOAP11 else "Sender")


@each("status", [200, 202])
def test_a_fault_is_a_fault_whatever_its_status(status: int) -> None:
    refusal = ProviderSoap(PARTS, SITE).fault(asked(""), "Server", "No")
    assert decoded(refusal.body, status)["fault"]["code"] == "Server"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param(GOOD[: len(GOOD) // 2], id="truncated"),
        pytest.param(GOOD[:-1], id="truncated-by-one"),
        pytest.param(f"<!DOCTYPE e>{GOOD}", id="doctype"),
        pytest.param(f"{GOOD}{GOOD}", id="twice"),
        pytest.param(f"{GOOD}canary", id="junk-after-it"),
        pytest.param("<!DOCTYPE html><html><body>canary</body></html>", id="html-with-doctype"),
        pytest.param("<html><body>canary</body></html>", id="html"),
        pytest.param("<html><br>canary</html>", id="html-not-well-formed"),
        pytest.param('{"result": {"error": 0, "id": "canary"}}', id="json-without-envelope"),
        pytest.param(envelope(""), id="empty-body"),
        pytest.param(f'<e:Envelope xmlns:e="{SOAP11}"/>', id="no-body"),
        pytest.param(GOOD.replace("sendSmsResponse", "canaryResponse"), id="foreign-wrapper"),
        pytest.param(GOOD.replace("urn:sendsms", "urn:canary"), id="wrong-namespace"),
        pytest.param(GOOD.replace("sendSmsResponse", "sendSms"), id="wrapper-of-the-request"),
        pytest.param(GOOD.replace(SOAP11, "urn:canary"), id="another-envelope"),
        pytest.param(
            GOOD.replace("<e:Body>", '<e:Header><c e:mustUnderstand="1"/></e:Header><e:Body>'),
            id="header-that-must-be-understood",
        ),
        pytest.param(answered("", name=""), id="no-part"),
        pytest.param(answered(""), id="empty-part"),
        pytest.param(answered("canary"), id="text-that-is-no-json"),
        pytest.param(answered('["canary"]'), id="json-that-is-no-object"),
        pytest.param(answered('{"result": {"error": 0'), id="json-cut-off"),
        pytest.param(answered("<canary>1</canary>"), id="elements-in-the-part"),
        pytest.param(answered("<canary/>"), id="an-empty-element-in-the-part"),
        pytest.param(answered('<a href="#canary"/>', name=""), id="reference-to-nowhere"),
        pytest.param(answered('<return id="1"><canary href="#1"/></return>', name=""), id="circle"),
    ],
)
def test_what_is_no_answer_is_unreadable_and_not_echoed(body: str) -> None:
    with pytest.raises(Unreadable) as refused:
        decoded(body)
    assert "canary" not in str(refused.value)


def test_a_nil_part_is_unreadable_as_json() -> None:
    body = answered(
        '<return xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="true"/>', name=""
    )
    with pytest.raises(Unreadable, match="in the part return"):
        decoded(body)


def test_words_are_equal_by_the_declared_types_of_an_answer_and_of_a_faults_detail() -> None:
    codec, site = Soap(), Site(url="", wsdl=str(CONTRACTS / "faults.wsdl"))
    number = "fault.detail.InvalidNumber"
    words = {f"{number}.code": ["12"], f"{number}.number": ["12"], "fault.code": ["1"]}
    said = "<code>+012</code><number>012</number>"
    inner = (
        "<e:Fault><faultcode>01</faultcode><faultstring>No</faultstring><detail>"
        f'<f:InvalidNumber xmlns:f="urn:faults:sms">{said}</f:InvalidNumber></detail></e:Fault>'
    )
    answer = Response(status=500, body=envelope(inner).encode())
    found = codec.decode(site, Session(), "Send", answer, words)
    assert isinstance(found, SoapFault)
    assert at(found, number) == {"code": "12", "number": "012"}
    assert at(found, "fault.code") == "01"


def test_an_answer_without_its_part_has_no_marker() -> None:
    assert decoded(answered("", name=""), codec=PARTS) == {}


def test_a_part_of_another_name_is_not_taken_for_the_one_that_is_missing() -> None:
    other = answered('{"result": {"error": 0}}', name="other")
    assert "return" not in decoded(other, codec=PARTS)
    with pytest.raises(Unreadable, match="in the part return"):
        decoded(other)


def test_the_charset_of_the_answer_is_heeded() -> None:
    body = answered('{"note": "é"}').encode("latin-1")
    headers = {"Content-Type": "text/xml; charset=iso-8859-1"}
    answer = Response(status=200, headers=headers, body=body)
    assert SOAP.decode(SITE, Session(), "sendSms", answer) == {"note": "é"}


def test_a_large_answer_is_read_up_to_a_mebibyte() -> None:
    filler = "x" * (ANSWER.size - len(answered('{"a": ""}')))
    assert decoded(answered(f'{{"a": "{filler}"}}')) == {"a": filler}
    with pytest.raises(Unreadable, match="larger than"):
        decoded(answered(f'{{"a": "{filler}x"}}'))


@each(
    "kind",
    [
        'multipart/related; type="application/xop+xml"; boundary=x',
        "Multipart/Related; boundary=x",
        " multipart/mixed",
    ],
)
def test_an_answer_with_attachments_is_unreadable(kind: str) -> None:
    body = f"--x\r\nContent-Type: application/xop+xml\r\n\r\n{GOOD}\r\n--x--".encode()
    answer = Response(status=200, headers={"Content-Type": kind}, body=body)
    with pytest.raises(Unreadable, match="attachments") as refused:
        SOAP.decode(SITE, Session(), "sendSms", answer)
    assert str(refused.value) == "it has attachments (MTOM), which smsbridge does not support"


def headed(blocks: str, status: int = 200) -> Mapping[str, Any]:
    body = answered("OK").replace("<e:Body>", f"<e:Header>{blocks}</e:Header><e:Body>")
    return decoded(body, status, PARTS)


def test_the_header_blocks_of_an_answer_are_under_their_own_name() -> None:
    blocks = (
        '<q:Status xmlns:q="urn:q"><code>12</code><text lang="en">No</text></q:Status>'
        "<Trace>t-1</Trace>"
    )
    assert headed(blocks) == {
        "return": "OK",
        "soap:Header": {
            "Status": {"code": "12", "text": {"@lang": "en", "#text": "No"}},
            "Trace": "t-1",
        },
    }
    assert at(headed(blocks), "soap:Header.Status.code") == "12"


def test_an_answer_without_header_blocks_has_no_header() -> None:
    assert headed("") == {"return": "OK"}


def test_the_security_block_of_an_answer_is_never_shown() -> None:
    security = f'<w:Security xmlns:w="{WSSE}" e:mustUnderstand="1"><w:X>canary</w:X></w:Security>'
    assert headed(security) == {"return": "OK"}


def test_an_answer_with_the_addresses_of_wcf_is_read() -> None:
    blocks = (
        '<w:Action xmlns:w="http://www.w3.org/2005/08/addressing" e:mustUnderstand="1">urn:x'
        '</w:Action><w:RelatesTo xmlns:w="http://www.w3.org/2005/08/addressing">u-1</w:RelatesTo>'
    )
    assert headed(blocks)["return"] == "OK"


ONE_WAY = Soap()
ONE_WAY_SITE = Site(url="", wsdl=str(CONTRACTS / "one-way.wsdl"))


def test_a_one_way_operation_is_called_and_has_no_answer_that_could_be_read() -> None:
    fields = {"messageId": "m-1", "state": "delivered"}
    request = drive(ONE_WAY.encode(ONE_WAY_SITE, Session(), "Notify", fields), nothing)
    assert b"delivered" in request.body
    for body, why in (
        (b"", "the document is not well-formed XML"),
        (envelope("<a/>").encode(), "operation Notify is one-way: it has no answer"),
    ):
        answer = Response(status=202, headers={"Content-Type": "text/xml"}, body=body)
        with pytest.raises(Unreadable) as refused:
            ONE_WAY.decode(ONE_WAY_SITE, Session(), "Notify", answer)
        assert str(refused.value) == why


# Several ports

PORTS = Site(url="", wsdl=str(CONTRACTS / "services.wsdl"))


@each(
    ("port", "name", "fields"),
    [
        ("Sending", "Send", {"to": "12025550123", "text": "hello"}),
        ("Tracking", "GetStatus", {"messageId": "m-1"}),
        ("Billing", "GetBalance", {"account": "acme"}),
    ],
)
def test_the_port_is_the_one_that_the_table_names(
    port: str, name: str, fields: dict[str, str]
) -> None:
    codec = Soap(port=port)
    request = drive(codec.encode(PORTS, Session(), name, fields), nothing)
    assert request.url == codec.read_port(PORTS).address
    assert codec.read_port(PORTS).name == port


@each("port", ["", "sending", "Nowhere"])
def test_a_port_that_is_none_is_a_config_error_with_those_that_are(port: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Soap(port=port).read_port(PORTS)
    assert "Sending, Tracking, Billing" in str(refused.value)


def _kind(version: str) -> str:
    return "text/xml" if version == SOAP11 else "application/soap+xml"


# The WSDL as it is served


def test_an_address_with_an_ampersand_is_rewritten(tmp_path: Path) -> None:
    site = site_with(tmp_path, (ADDRESS, "https://sms.example/soap?a=1&amp;b=2"))
    assert served_address(site, "/soap")[0] == "http://127.0.0.1:8080/soap?a=1&b=2"


def test_an_address_that_ends_in_a_slash_is_served(tmp_path: Path) -> None:
    site = site_with(tmp_path, (ADDRESS, "https://sms.example/soap/"))
    assert served_address(site, "/soap/")[0] == "http://127.0.0.1:8080/soap/"


def test_the_provider_serves_the_contract_with_its_own_address() -> None:
    provider = Provider(sample_backend())
    provider.address = "http://127.0.0.1:8080"
    served = provider.handle(fetch(PUBLISHED))
    assert isinstance(served, Response)
    contract = load_port(served.body, None)
    assert contract.address == "http://127.0.0.1:8080/sendsms/wsdl/server.php"
    assert API_KEY.encode() not in served.body


# A contract that is fetched

FETCHED = Site(url="https://api.smsmobileapi.com", wsdl=WSDL_URL)


def begun(
    site: Site = FETCHED, session: Session | None = None
) -> tuple[Exchange[Request], Request]:
    exchange = SOAP.encode(site, session or Session(), "sendSms", FIELDS)
    return exchange, next(exchange)


def ended(exchange: Exchange[Request], answer: Response) -> Request:
    with pytest.raises(StopIteration) as end:
        exchange.send(answer)
    assert isinstance(end.value.value, Request)
    return end.value.value


def contract_answer(body: bytes = SENDSMS, status: int = 200) -> Response:
    return Response(status=status, headers={"Content-Type": "text/xml"}, body=body)


def test_a_contract_that_is_a_url_is_fetched_before_the_call() -> None:
    exchange, fetching = begun()
    assert (fetching.method, fetching.url, fetching.body) == ("GET", WSDL_URL, b"")
    assert fetching.share
    assert not any(value in repr(fetching) for value in FIELDS.values())
    changed = SENDSMS.replace(b"urn:sendsms#sendSms", b"fetched")
    request = ended(exchange, contract_answer(changed))
    assert request.header("SOAPAction") == '"fetched"'
    assert request.url == ADDRESS


def test_a_contract_is_fetched_once_in_a_session() -> None:
    session = Session()
    exchange, _ = begun(session=session)
    ended(exchange, contract_answer())
    assert drive(SOAP.encode(FETCHED, session, "sendSms", FIELDS), nothing).url == ADDRESS
    _, again = begun(session=Session())
    assert again.url == WSDL_URL


def test_two_calls_at_once_share_one_fetch() -> None:
    session = Session()
    (first, asking), (second, asking_too) = begun(session=session), begun(session=session)
    assert asking.share == asking_too.share
    assert ended(first, contract_answer()) == ended(second, contract_answer())


def test_an_answer_is_read_by_the_contract_that_was_fetched() -> None:
    session = Session()
    exchange, _ = begun(session=session)
    ended(exchange, contract_answer(SENDSMS.replace(b"urn:sendsms", b"urn:elsewhere")))
    body = answered('{"a": 1}').replace("urn:sendsms", "urn:elsewhere").encode()
    answer = Response(status=200, headers={"Content-Type": "text/xml"}, body=body)
    assert SOAP.decode(FETCHED, session, "sendSms", answer) == {"a": 1}


@each(
    "answer",
    [
        contract_answer(status=404),
        contract_answer(status=301),
        contract_answer(status=500),
        contract_answer(status=204),
        contract_answer(b""),
        contract_answer(b"<html><body>canary</body></html>"),
        contract_answer(b"<!DOCTYPE html><html/>"),
        contract_answer(SENDSMS[:-20]),
        contract_answer(SENDSMS.replace(b"<service", b"<xservice").replace(b"</s", b"</xs")),
    ],
)
def test_a_contract_that_cant_be_fetched_leaves_nothing(answer: Response) -> None:
    exchange, _ = begun()
    with pytest.raises(Broken, match="the WSDL could not be fetched") as broken:
        exchange.send(answer)
    assert broken.value.left is Left.NOTHING
    assert "canary" not in broken.value.why


@each("left", list(Left))
@each("retry", [True, False])
def test_a_host_that_cant_be_reached_leaves_nothing_of_the_message(
    left: Left, *, retry: bool
) -> None:
    exchange, _ = begun()
    with pytest.raises(Broken, match="the connection was refused") as broken:
        exchange.throw(Broken(left, "the connection was refused", retry=retry))
    assert (broken.value.left, broken.value.retry) == (Left.NOTHING, retry)


def test_a_fetched_contract_other_than_its_pin_leaves_nothing_and_a_repeat_is_no_use() -> None:
    site = replace(FETCHED, wsdl_sha256=hashlib.sha256(SENDSMS).hexdigest())
    exchange, _ = begun(site)
    assert ended(exchange, contract_answer()).url == ADDRESS
    exchange, _ = begun(site)
    with pytest.raises(Broken, match="wsdl_sha256") as broken:
        exchange.send(contract_answer(SENDSMS + b"\n"))
    assert (broken.value.left, broken.value.retry) == (Left.NOTHING, False)


def importing(*locations: str) -> bytes:
    schemas = "".join(
        f'<xsd:schema targetNamespace="urn:sendsms"><xsd:import namespace="urn:o{number}" '
        f'schemaLocation="{location}"/></xsd:schema>'
        for number, location in enumerate(locations)
    )
    message = b'<message name="sendSmsRequest">'
    assert message in SENDSMS
    return SENDSMS.replace(message, f"<types>{schemas}</types>".encode() + message)


def imported(number: int = 0) -> Response:
    target = f'xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o{number}"'
    return contract_answer(f"<s:schema {target}/>".encode())


@each(
    ("location", "address"),
    [
        ("other.xsd", "https://sms.example/other.xsd"),
        ("below/other.xsd?v=2", "https://sms.example/below/other.xsd?v=2"),
        ("/other.xsd", "https://sms.example/other.xsd"),
        ("//sms.example/other.xsd", "https://sms.example/other.xsd"),
        ("https://sms.example/other.xsd", "https://sms.example/other.xsd"),
        ("http://sms.example/other.xsd", "https://sms.example/other.xsd"),
    ],
)
def test_a_fetched_contract_brings_in_what_it_imports_from_the_same_host(
    location: str, address: str
) -> None:
    session = Session()
    exchange, first = begun(session=session)
    second = exchange.send(contract_answer(importing(location)))
    assert (second.method, second.url, second.body) == ("GET", address, b"")
    assert second.share == f"{first.share}.0"
    assert ended(exchange, imported()).url == ADDRESS
    assert drive(SOAP.encode(FETCHED, session, "sendSms", FIELDS), nothing).url == ADDRESS


def test_what_is_imported_is_fetched_one_after_the_other() -> None:
    exchange, first = begun()
    second = exchange.send(contract_answer(importing("a.xsd", "b.xsd")))
    third = exchange.send(imported(0))
    assert [call.url.rpartition("/")[2] for call in (second, third)] == ["a.xsd", "b.xsd"]
    assert len({first.share, second.share, third.share}) == 3
    assert ended(exchange, imported(1)).url == ADDRESS


@each(
    "location",
    [
        "https://elsewhere.example/other.xsd",
        "//elsewhere.example/other.xsd",
        "http://elsewhere.example/other.xsd",
        "http://sms.example:80/other.xsd",
        "https://sms.example:8443/other.xsd",
        "https://user@sms.example/other.xsd",
        "https://sms.example.evil.example/other.xsd",
        "ftp://elsewhere.example/other.xsd",
        "file:///etc/passwd",
    ],
)
def test_a_fetched_contract_imports_nothing_of_another_host(location: str) -> None:
    exchange, _ = begun()
    with pytest.raises(Broken, match="nothing is fetched") as broken:
        exchange.send(contract_answer(importing(location)))
    assert (broken.value.left, broken.value.retry) == (Left.NOTHING, False)


@each(
    ("answer", "retry"),
    [
        (contract_answer(status=404), True),
        (contract_answer(b"canary"), False),
        (contract_answer(b"<!DOCTYPE a><a/>"), False),
    ],
)
def test_an_import_that_cant_be_fetched_leaves_nothing(answer: Response, *, retry: bool) -> None:
    session = Session()
    exchange, first = begun(session=session)
    exchange.send(contract_answer(importing("other.xsd")))
    with pytest.raises(Broken, match="the WSDL could not be fetched: ") as broken:
        exchange.send(answer)
    assert (broken.value.left, broken.value.retry) == (Left.NOTHING, retry)
    assert "canary" not in broken.value.why
    assert begun(session=session)[1].share != first.share


def test_the_answer_to_a_fetch_may_be_as_large_as_a_contract() -> None:
    exchange, first = begun()
    second = exchange.send(contract_answer(importing("other.xsd")))
    assert first.most == second.most == WSDL.size
    assert ended(exchange, imported()).most == ANSWER.size


def test_a_failed_fetch_is_tried_again_by_the_next_call() -> None:
    session = Session()
    exchange, failing = begun(session=session)
    with pytest.raises(Broken):
        exchange.send(contract_answer(status=404))
    exchange, again = begun(session=session)
    assert again.share != failing.share
    assert ended(exchange, contract_answer()).url == ADDRESS


def test_a_contract_is_not_fetched_without_tls() -> None:
    with pytest.raises(ConfigError, match="without TLS"):
        begun(replace(FETCHED, wsdl="http://sms.example/sendsms.wsdl"))
    _, fetching = begun(replace(FETCHED, wsdl="http://127.0.0.1:8080/sendsms.wsdl"))
    assert fetching.url == "http://127.0.0.1:8080/sendsms.wsdl"


def test_the_wire_is_utf_8_with_a_declaration() -> None:
    body = encoded().body
    assert body.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert "hé 😀 &lt;&amp;&gt;".encode() in body
    assert etree.fromstring(body).getroottree().docinfo.encoding == "utf-8"


def test_json_in_an_answer_stays_readable() -> None:
    answer = ProviderSoap(SOAP, SITE).write(encoded(), "sendSms", {"note": "é 😀"})
    part = parse_xml(answer.body, ANSWER)[0][0][0]
    assert part.text == json.dumps({"note": "é 😀"}, ensure_ascii=False)
