"""What tests of the mock ask of it: calls by their wire, and its control URLs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import requests
from acme_sms import Acme
from lxml import etree

from smsbridge import Secret
from smsbridge.cli.mock import mock, serve
from smsbridge.codecs.rest import FORM
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.fixture.load import Fixture, parse
from smsbridge.testing.mock.default import API_KEY, CLIENT_ID, CLIENT_SECRET
from smsbridge.testing.mock.provider import Provider

from support.commands import parse_options
from support.fixture_texts import FIXTURE_HEAD

HERE = "http://127.0.0.1"
NUMBER = "+12025550123"
FIELDS = {"recipients": NUMBER, "message": "Hello"}
GRANT = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}
SERVER = "/sendsms/wsdl/server.php"
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:x="http://www.w3.org/2001/XMLSchema"><s:Body>'
    '<n:sendSms xmlns:n="urn:sendsms">{}</n:sendSms></s:Body></s:Envelope>'
)

REFERENCE = "reference: {$type: string}"
SENT = f'destination: {{number: "{NUMBER}"}}, content: {{body: Hello}}, {REFERENCE}'
BASIC = f"Basic {base64.b64encode(b'test-user:test-password').decode()}"
PINNED = f"path: /v1/messages, headers: {{authorization: {BASIC}}}"
ACCEPTED = {
    "rest": (
        f"{{{PINNED}, json: {{message: {{{SENT}}}}}}}",
        "{message: {state: QUEUED, id: '{mint:id}'}}",
    ),
    "soap": (
        f"{{soap: {{operation: SubmitMessage, args: {{request: {{{SENT}}}}}}}}}",
        "{result: {state: QUEUED, messageId: '{mint:id}'}}",
    ),
}
"""What Acme's client sends, as a fixture has it, and the answer that takes it."""


def request(path: str = "/sendsms/", method: str = "POST", **more: Any) -> Request:
    """Return a request to the mock."""
    return Request(method=method, url=HERE + path, **more)


def form(path: str, fields: Mapping[str, str], **headers: str) -> Request:
    """Return a POST of a form; the names of headers are title-cased."""
    named = {name.title(): value for name, value in headers.items()}
    body = urlencode(fields).encode()
    return Request(
        method="POST", url=HERE + path, headers={"Content-Type": FORM, **named}, body=body
    )


def sending(key: str = "test-key", recipient: str = NUMBER, text: str = "Hello") -> Request:
    """Return a message to the mock of SMSMobileAPI."""
    return form("/sendsms/", {"apikey": key, "recipients": recipient, "message": text})


def response_to(mock: Provider, request: Request) -> Response:
    """Return the answer of a mock, which is no fault."""
    found: Response | Fault = mock.handle(request)
    assert isinstance(found, Response)
    return found


def tell(mock: Provider, what: str, **given: Any) -> tuple[int, Any]:
    """Tell a control URL something; return its status and what it says."""
    body = json.dumps(given).encode()
    said = response_to(mock, Request(method="POST", url=f"{HERE}/_mock/{what}", body=body))
    return said.status, json.loads(said.body)


def ask(mock: Provider, what: str) -> Any:
    """Return what a control URL answers; its status must be 200."""
    said = response_to(mock, Request(method="GET", url=f"{HERE}/_mock/{what}"))
    assert said.status == 200, said.body
    return json.loads(said.body)


def document(value: object) -> Request:
    """Return a POST of a value as JSON."""
    headers = {"Content-Type": "application/json"}
    return request(headers=headers, body=json.dumps(value).encode())


def soap(fields: Mapping[str, str]) -> Request:
    """Return a message as a client of the WSDL sends it."""
    inner = "".join(f'<{name} i:type="x:string">{v}</{name}>' for name, v in fields.items())
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"urn:sendsms#sendSms"'}
    return request(SERVER, headers=headers, body=ENVELOPE.format(inner).encode())


def token(provider: Provider) -> str:
    """Return a token that a mock gives out."""
    return str(json.loads(response_to(provider, form("/oauth2/token", GRANT)).body)["access_token"])


def said(protocol: str, answer: Response) -> Any:
    """Return the provider's document: over SOAP the text of the part ``return``."""
    if protocol != "soap":
        return json.loads(answer.body)
    part = etree.fromstring(answer.body).find(".//return")
    assert part is not None
    assert part.text
    return json.loads(part.text)


def call(
    provider: Provider, protocol: str, fields: Mapping[str, str], *, wrong: bool = False
) -> Request:
    """Return a call as a client without any code of ours would write it."""
    if protocol == "oauth":
        bearer = "wrong-token" if wrong else token(provider)
        return form("/sendsms/", fields, authorization=f"Bearer {bearer}")
    keyed = {**fields, "apikey": "wrong-key" if wrong else API_KEY}
    return soap(keyed) if protocol == "soap" else form("/sendsms/", keyed)


def fault(answer: Response) -> tuple[str, str]:
    root = etree.fromstring(answer.body)
    code, string = root.findtext(".//faultcode"), root.findtext(".//faultstring")
    assert code is not None
    assert string is not None
    return code.rpartition(":")[2], string


def fixture(*interactions: str) -> Fixture:
    """Return a fixture of some interactions, each in one line of YAML."""
    text = "".join(f"  - {interaction}\n" for interaction in interactions)
    return parse(FIXTURE_HEAD + text, "shop/one")


@contextmanager
def mocking(*arguments: str) -> Iterator[dict[str, Any]]:
    """Serve what the command would until the block ends, and return its ready line."""
    given = parse_options(mock, ["--port", "0", *arguments])
    with serve(**given.params) as ready:
        yield ready


def control(ready: Mapping[str, Any], what: str) -> Any:
    """Return what a control URL of a mock answers, by its ready line."""
    return requests.get(f"{ready['control']}/{what}", timeout=30).json()


def acme(protocol: str) -> Acme:
    """Return another provider than SMSMobileAPI, over a protocol."""
    return Acme(protocol=protocol, user="test-user", password=Secret("test-password"))


def accepting(protocol: str) -> Fixture:
    """Return a fixture of Acme's that takes a message."""
    sent, reply = ACCEPTED[protocol]
    return fixture(f"{{id: it, request: {sent}, reply: {reply}}}")
