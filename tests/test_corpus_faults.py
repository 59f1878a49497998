"""A fault with the detail that its contract declares: written, validated, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from lxml import etree

from smsbridge import Client, Rejected
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.envelope import CONTENT_TYPES, SOAP11, SOAP12, read_envelope
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.codecs.soap.xml import ANSWER
from smsbridge.config.load import from_mapping
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import SoapFault
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.corpus import CONTRACTS
from support.each import each

FILE = CONTRACTS / "faults.wsdl"
SITE = Site(url="", wsdl=str(FILE))
SPACE = "{urn:faults:sms}"
NO_CREDIT = {"balance": "0.5", "needed": "1.25"}
versions = pytest.mark.parametrize("version", [SOAP11, SOAP12])


@cache
def contract() -> Port:
    return load_port(read_source(FILE))


def told(version: str = SOAP11, **fault: Any) -> Response:
    asked = Request(
        method="POST",
        url="https://soap.faults.example/sms",
        headers={"Content-Type": CONTENT_TYPES[version]},
    )
    return ProviderSoap(Soap(), SITE).write(asked, "Send", SoapFault(fault=fault))


def read(answer: Response) -> dict[str, Any]:
    fault = read_envelope(answer.body, ANSWER, answer.header("content-type")).fault
    assert fault is not None
    return fault


@versions
def test_a_declared_detail_is_the_element_of_its_schema(version: str) -> None:
    answer = told(version, code="Server", string="No", detail={"NoCredit": NO_CREDIT})
    assert (answer.status, answer.header("content-type")) == (500, CONTENT_TYPES[version])
    (fault,) = etree.fromstring(answer.body).findall(f"{{{version}}}Body/*")
    detail = fault[-1]
    assert detail.tag == ("detail" if version == SOAP11 else f"{{{version}}}Detail")
    (element,) = detail
    assert [(e.tag, e.text) for e in element.iter()] == [
        (f"{SPACE}NoCredit", None),
        (f"{SPACE}balance", "0.5"),
        (f"{SPACE}needed", "1.25"),
    ]
    assert contract().schema.refusal(element) is None
    assert read(answer)["detail"] == {"NoCredit": NO_CREDIT}


@versions
def test_what_a_declared_detail_needs_and_is_not_told_is_a_sample(version: str) -> None:
    answer = told(version, code="Server", string="No", detail={"InvalidNumber": {"code": "7"}})
    assert read(answer)["detail"] == {"InvalidNumber": {"code": "7", "number": "text"}}


@versions
@each("detail", [{"errorCode": "42"}, {"NoCredit": NO_CREDIT, "{urn:x}more": {"a": ["1", "2"]}}])
def test_what_is_not_declared_is_written_as_it_is(version: str, detail: Mapping[str, Any]) -> None:
    plain = {name.rpartition("}")[2]: value for name, value in detail.items()}
    answer = told(version, code="Server", string="No", detail=detail)
    assert read(answer)["detail"] == plain


@versions
def test_a_fault_needs_nothing_but_itself(version: str) -> None:
    fault = read(told(version))
    code = "Server" if version == SOAP11 else "Receiver"
    assert fault == {"code": code, "string": "refused", "detail": None}


def test_what_xml_can_not_carry_is_left_out() -> None:
    fault = read(told(string="a\0b", detail={"NoCredit": {**NO_CREDIT}, "note": "c\x1fd"}))
    assert (fault["string"], fault["detail"]["note"]) == ("ab", "cd")


BLOCK = {
    "backend": "soap",
    "wsdl": str(FILE),
    "send": {
        "operation": "Send",
        "fields": {"to": "{recipient}", "text": "{text}"},
        "accepted": {"when": {"messageId": "*"}, "id": "messageId"},
        "rejected": {
            "fault.detail.InvalidNumber.code": {"7": "recipient"},
            "fault.detail.NoCredit.needed": {"1.25": "quota"},
        },
    },
}


def test_the_mock_of_a_block_refuses_by_a_detail_and_the_client_reads_it() -> None:
    backend = from_mapping(BLOCK, name="faults")
    client = Client(backend, transport=InProcess(Provider(backend)))
    assert client.send("+12025550123", "Hello").id
    provider = Provider(backend)
    request = Request(
        method="POST",
        url="https://soap.faults.example/sms",
        headers={"Content-Type": "text/xml"},
        body=contract().write("Send", "input", {"to": "nobody", "text": "Hello"}),
    )
    answer = provider.handle(request)
    assert isinstance(answer, Response)
    assert read(answer)["detail"] == {"InvalidNumber": {"code": "7", "number": "text"}}
    assert provider.messages == []


class Answering:
    """A transport that gives one answer."""

    def __init__(self, answer: Response) -> None:
        self._answer = answer

    def send(self, _request: Request, _deadline: float) -> Response:
        return self._answer

    def close(self) -> None: ...


def test_a_word_in_a_detail_is_a_reason() -> None:
    backend = from_mapping(BLOCK, name="faults")
    detail = {"InvalidNumber": {"code": "7", "number": "x"}}
    client = Client(backend, transport=Answering(told(code="Server", detail=detail)))
    with pytest.raises(Rejected) as refused:
        client.send("+12025550123", "Hello")
    assert (refused.value.code, refused.value.reason) == ("7", "recipient")
