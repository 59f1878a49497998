"""A second, unlike provider, in a package of its own: the walls fit more than one shape."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import acme_sms

from smsbridge import Client, NotSent, OutcomeUnknown, Reason, Rejected, Status, Submission
from smsbridge.config.load import from_mapping
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.each import each
from support.fault_server import FaultServer, answer
from support.sending import envelope, fault

NAMESPACE = "urn:acme:sms"
KEYS = {"backend": "acme", "user": "u-1", "password": "p-1"}


def soap_result(inner: str) -> str:
    return envelope(
        f"<r:SubmitMessageResponse xmlns:r='{NAMESPACE}'><r:result>{inner}</r:result>"
        "</r:SubmitMessageResponse>"
    )


REST_OK = json.dumps({"message": {"state": "QUEUED", "id": "m-7"}})
SOAP_OK = soap_result("<r:state>QUEUED</r:state><r:messageId>m-7</r:messageId><r:new>1</r:new>")


def outcome(protocol: str, reply: bytes) -> tuple[object, FaultServer]:
    with FaultServer([reply]) as server:
        backend = from_mapping({**KEYS, "protocol": protocol, "url": server.url})
        with Client(backend) as client:
            try:
                return client.send("+12025550123", "Hi", reference="r-1"), server
            except (NotSent, Rejected, OutcomeUnknown) as error:
                return error, server


def test_the_package_is_at_most_30_lines() -> None:
    assert len(Path(acme_sms.__file__).read_text().splitlines()) <= 30


def test_rest_sends_nested_json_with_basic_authentication() -> None:
    submission, server = outcome("rest", answer(200, REST_OK))
    assert isinstance(submission, Submission)
    assert (submission.id, submission.status) == ("m-7", Status.UNKNOWN)
    sent = server.sends[0]
    assert sent.path == "/v1/messages"
    assert json.loads(sent.body) == {
        "message": {
            "destination": {"number": "+12025550123"},
            "content": {"body": "Hi"},
            "reference": "r-1",
        }
    }
    assert base64.b64encode(b"u-1:p-1").decode() in sent.head


def test_soap_sends_a_document_with_nested_elements() -> None:
    submission, server = outcome("soap", answer(200, SOAP_OK))
    assert isinstance(submission, Submission)
    assert submission.id == "m-7"
    sent = server.sends[0]
    assert sent.path == "/services/sms"
    assert 'SOAPAction: "urn:acme:sms/SubmitMessage"' in sent.head
    body = sent.body.decode()
    assert "<ns0:destination><ns0:number>+12025550123</ns0:number></ns0:destination>" in body
    assert "encodingStyle" not in body
    assert "xsi:type" not in body


@each(
    ("protocol", "reply", "reason"),
    [
        ("rest", answer(400, '{"failure": {"code": 12}}'), Reason.RECIPIENT),
        ("rest", answer(200, '{"failure": {"code": "40"}}'), Reason.AUTHENTICATION),
        (
            "soap",
            answer(200, soap_result("<r:state>NO</r:state><r:code>12</r:code>")),
            Reason.RECIPIENT,
        ),
        ("soap", answer(500, fault("Server", "no credit")), Reason.QUOTA),
    ],
)
def test_its_refusals_have_the_reasons_of_its_table(
    protocol: str, reply: bytes, reason: Reason
) -> None:
    error, _ = outcome(protocol, reply)
    assert isinstance(error, Rejected)
    assert error.reason is reason


@each(
    ("protocol", "reply"),
    [
        ("rest", answer(200, '{"failure": {"code": 13}}')),
        ("soap", answer(200, soap_result("<r:state>NO</r:state><r:code>13</r:code>"))),
        ("soap", answer(500, fault("Server", "other"))),
    ],
)
def test_what_its_table_does_not_cover_is_unknown(protocol: str, reply: bytes) -> None:
    assert isinstance(outcome(protocol, reply)[0], OutcomeUnknown)


FIXTURE = parse(
    """
smsbridge-fixture: 1
id: acme/send/accepted
title: A message is accepted
provenance: {source: ASSUMED, evidence: "the provider does not exist", date: "2026-11-22"}
interactions:
  - id: send
    call:
      operation: send
      fields:
        request:
          destination: {number: "+12025550123"}
          content: {body: Hi}
          reference: {$any: true}
    reply: {result: {state: QUEUED, messageId: "{mint:id}"}}
""",
    "acme/send/accepted",
)


def test_the_mock_plays_it_from_the_same_table() -> None:
    backend = from_mapping({**KEYS, "protocol": "soap"})
    provider = Provider(backend, FIXTURE)
    with Client(backend, transport=InProcess(provider)) as client:
        submission = client.send("+12025550123", "Hi")
    assert submission.id == provider.scenario.minted["id"]
    assert [(taken.recipient, taken.text) for taken in provider.messages] == [
        ("+12025550123", "Hi")
    ]
    assert provider.misses == provider.unplayed() == []
