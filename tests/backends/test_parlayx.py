"""Parlay X: each fixture, each code, both kinds of address, and zeep's own client at the mock."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from typing import Any

import pytest
import zeep
from zeep.exceptions import Fault as ZeepFault
from zeep.wsse.username import UsernameToken as ZeepToken

from smsbridge import Client, ConfigError, Rejected, Secret, SendError, Status
from smsbridge.backends.parlayx import ParlayX
from smsbridge.config.load import from_mapping
from smsbridge.config.url import from_url
from smsbridge.http.exchange import Request, Session
from smsbridge.message import Message
from smsbridge.serving import provider_codec
from smsbridge.testing.contract.replay import cases, check, unpinned
from smsbridge.testing.fixture.load import Fixture, load, parse, shipped
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.transport import InProcess

from support.each import each

NUMBER = "+12025550123"
HOST = "https://parlayx.operator.example"
PATH = "/SendSmsService/services/SendSms"
LOCAL = "{http://www.csapi.org/schema/parlayx/sms/send/v2_2/local}"
COMMON = "{http://www.csapi.org/schema/parlayx/common/v2_1}"
PROTOCOLS = ("soap", "digest", "basic")
BINDING = "{http://www.csapi.org/wsdl/parlayx/sms/send/v2_2/service}SendSmsBinding"
ZeepClient: Any = zeep.Client
zeep_token: Any = ZeepToken


def gateway(url: str = HOST, password: str = "secret-0123", **more: Any) -> ParlayX:
    return ParlayX(url=url, username="acme", password=Secret(password), **more)


ALL = [load(name) for name in shipped("parlayx/")]
CASES = list(cases(gateway(), ALL))


@each(("fixture", "protocol"), CASES)
def test_each_fixture_holds_over_each_protocol_that_it_is_for(
    fixture: Fixture, protocol: str
) -> None:
    assert check(gateway(), fixture, protocol) == []


def test_each_fixture_is_played_and_each_operation_is_pinned() -> None:
    assert {fixture.id for fixture, _ in CASES} | {"parlayx/default"} == set(shipped("parlayx/"))
    assert unpinned(gateway(), ALL) == []
    by_meaning = [one for one in ALL if one.id.endswith(("too-long", "service-error"))]
    assert len(unpinned(gateway(), by_meaning)) == 2 * len(PROTOCOLS)


def asked(backend: ParlayX, **more: Any) -> Request:
    message = Message(**{"recipient": NUMBER, "text": "Hello", **more})
    return next(backend.send(message, Session()))


def body(request: Request) -> ET.Element:
    found = ET.fromstring(request.body).find("{*}Body")
    assert found is not None
    return found[0]


def test_the_wire_is_that_of_the_standard() -> None:
    request = asked(gateway(), sender="Acme")
    assert (request.method, request.url) == ("POST", HOST + PATH)
    assert request.header("soapaction") == '""'
    assert request.header("content-type") == "text/xml; charset=utf-8"
    assert [(element.tag, element.text) for element in body(request).iter()] == [
        (f"{LOCAL}sendSms", None),
        (f"{LOCAL}addresses", f"tel:{NUMBER}"),
        (f"{LOCAL}senderName", "Acme"),
        (f"{LOCAL}message", "Hello"),
    ]


@each(("protocol", "kind"), [("soap", "PasswordText"), ("digest", "PasswordDigest")])
def test_who_we_are_is_a_block_of_ws_security(protocol: str, kind: str) -> None:
    request = asked(gateway(protocol=protocol))
    token = ET.fromstring(request.body).find("{*}Header/{*}Security/{*}UsernameToken")
    assert token is not None
    assert token.findtext("{*}Username") == "acme"
    (password,) = token.findall("{*}Password")
    assert password.get("Type", "").endswith(f"#{kind}")
    assert (password.text == "secret-0123") == (protocol == "soap")
    assert request.header("authorization") == ""


def test_who_we_are_may_be_http_basic() -> None:
    request = asked(gateway(protocol="basic"))
    assert request.header("authorization") == "Basic YWNtZTpzZWNyZXQtMDEyMw=="
    assert b"Security" not in request.body


@each(
    ("url", "endpoint"),
    [
        (HOST, HOST + PATH),
        (f"{HOST}/", HOST + PATH),
        (f"{HOST}:8443", f"{HOST}:8443{PATH}"),
        (f"{HOST}/parlayx21/sms/SendSms", f"{HOST}/parlayx21/sms/SendSms"),
        (f"{HOST}/a/?tenant=7", f"{HOST}/a/?tenant=7"),
        ("http://127.0.0.1:8310/x", "http://127.0.0.1:8310/x"),
    ],
)
def test_a_url_with_a_path_is_the_whole_address(url: str, endpoint: str) -> None:
    assert asked(gateway(url)).url == endpoint


def test_a_config_without_an_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="url: give the address of the operator's SendSms"):
        gateway("")
    given = {"backend": "parlayx", "username": "acme", "password": "x"}
    with pytest.raises(ConfigError, match=r"^url: "):
        from_mapping(given)
    with pytest.raises(ConfigError, match="parlayx over soap needs username and password"):
        ParlayX(url=HOST)
    with pytest.raises(ConfigError, match="without TLS"):
        gateway("http://parlayx.operator.example/x")
    assert from_mapping({**given, "url": HOST, "protocol": "basic"}).url == HOST
    made = from_url("parlayx+basic://acme:x@parlayx.operator.example:8443")
    assert (made.url, made.protocol) == (f"{HOST}:8443", "basic")


REJECTED = gateway().protocols["soap"].operations()["send"].rejected


FAULT = """\
smsbridge-fixture: 1
id: test/fault
title: A fault
provenance: {source: ASSUMED, evidence: a test, date: "2026-11-23"}
interactions:
  - id: refused
    call: {operation: send}
    response:
      soap:
        fault: {code: %s, string: refused, detail: %s}
"""


def outcome(code: str, detail: str) -> SendError:
    provider = Provider(gateway(), parse(FAULT % (code, detail), "test"))
    client = Client(gateway(), transport=InProcess(provider))
    with pytest.raises(SendError) as ended:
        client.send(NUMBER, "Hello")
    return ended.value


@each(("code", "reason"), REJECTED["fault.detail.PolicyException.messageId"].items())
def test_each_code_is_its_reason_in_the_detail_or_as_faultcode(code: str, reason: str) -> None:
    kind = "ServiceException" if code.startswith("SVC") else "PolicyException"
    for told in (("Server", f"{{{kind}: {{messageId: {code}}}}}"), (code, "{}")):
        ended = outcome(*told)
        assert isinstance(ended, Rejected)
        assert (ended.code, ended.reason) == (code, reason)


@each("code", ["SVC0001", "SVC0903", "POL0903", "SVC9999"])
def test_a_code_that_proves_nothing_leaves_the_outcome_unknown(code: str) -> None:
    ended = outcome("Server", f"{{ServiceException: {{messageId: {code}}}}}")
    assert type(ended).__name__ == "OutcomeUnknown"
    assert "secret-0123" not in str(ended)


@pytest.fixture(params=["", "/parlayx21/sms/SendSms"], ids=["host", "whole"])
def mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    server = MockServer(Provider(gateway(HOST + request.param)))
    server.start()
    yield server
    server.stop()
    server.clear()


def address(mock: MockServer) -> str:
    return mock.url_for(mock.provider.backend.url.removeprefix(HOST))


def whole(mock: MockServer) -> str:
    return mock.url_for(mock.provider.backend.url.removeprefix(HOST) or PATH)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_message_goes_out_and_its_status_comes_back_over_real_sockets(
    mock: MockServer, protocol: str
) -> None:
    with Client(gateway(address(mock), protocol=protocol)) as client:
        submission = client.send(NUMBER, "hé 😀 <&>", sender="Acme")
        row = client.status(submission)
    (taken,) = mock.provider.messages
    assert (taken.recipient, taken.text) == (NUMBER, "hé 😀 <&>")
    assert submission.id
    assert (row.status, row.provider_status) == (Status.DELIVERED, "DeliveredToTerminal")
    assert row.answer["address"] == f"tel:{NUMBER}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_wrong_credentials_are_refused_over_real_sockets(mock: MockServer, protocol: str) -> None:
    with Client(gateway(address(mock), "wrong", protocol=protocol)) as client:
        with pytest.raises(Rejected) as refused:
            client.send(NUMBER, "Hello")
        with pytest.raises(Rejected):
            client.status("1")
    assert refused.value.reason == "authentication"
    assert mock.provider.messages == []


@each(
    ("word", "status"),
    [*ParlayX.statuses.items(), ("UserOutOfMoney", Status.UNKNOWN)],
)
def test_each_word_of_the_standard_is_a_status_and_another_is_unknown(
    word: str, status: Status
) -> None:
    backend = gateway()
    soap = backend.protocols["soap"].codec
    exchange = backend.ask("status", {"id": "r-1"}, Session())
    request = next(exchange)
    assert [(e.tag, e.text) for e in body(request).iter()][1:] == [
        (f"{LOCAL}requestIdentifier", "r-1")
    ]
    told = {"result": {"address": f"tel:{NUMBER}", "deliveryStatus": "DeliveryUncertain"}}
    answer = provider_codec(soap, backend.site()).write(request, "getSmsDeliveryStatus", told)
    answer = replace(answer, body=answer.body.replace(b"DeliveryUncertain", word.encode()))
    with pytest.raises(StopIteration) as end:
        exchange.send(answer)
    (row,) = end.value.value
    assert (row.status, row.provider_status, row.recipient) == (status, word, NUMBER)


@pytest.fixture
def service(mock: MockServer) -> Any:
    """Return zeep's own client, at the mock, by the WSDL that ships."""
    with as_file(files("smsbridge.wsdl")) as folder:
        wsse = zeep_token("acme", "secret-0123")
        client = ZeepClient(str(folder / "parlayx_sms_send_2_2.wsdl"), wsse=wsse)
    return client.create_service(BINDING, whole(mock))


def test_zeeps_own_client_sends_and_asks(mock: MockServer, service: Any) -> None:
    sent = service.sendSms(addresses=["tel:12025550123"], message="hé 😀", senderName="Acme")
    assert mock.provider.messages[0].recipient == NUMBER
    assert mock.provider.messages[0].text == "hé 😀"
    (row,) = service.getSmsDeliveryStatus(requestIdentifier=sent)
    assert (row.address, row.deliveryStatus) == (f"tel:{NUMBER}", "DeliveredToTerminal")


def test_zeeps_own_client_reads_the_fault_as_the_standard_has_it(
    mock: MockServer, service: Any
) -> None:
    with pytest.raises(ZeepFault) as refused:
        service.sendSms(addresses=["sip:nobody"], message="Hello")
    (told,) = refused.value.detail
    assert told.tag == f"{COMMON}ServiceException"
    assert [(child.tag, child.text) for child in told] == [
        ("messageId", "SVC0002"),
        ("text", "Invalid input value for message part %1"),
        ("variables", "addresses"),
    ]
    assert mock.provider.messages == []


def test_zeeps_own_client_is_served_the_wsdl_and_all_that_it_imports(mock: MockServer) -> None:
    client = ZeepClient(f"{whole(mock)}?wsdl", wsse=zeep_token("acme", "secret-0123"))
    assert client.service.sendSms(addresses=["tel:12025550123"], message="Hello")
    assert len(mock.provider.messages) == 1
