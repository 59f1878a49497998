"""A number of the mock is answered by its last three digits, in every protocol and language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest

from smsbridge import AuthenticationFailed, NotSent, OutcomeUnknown, Rejected, Submission
from smsbridge.message import Status
from smsbridge.testing.faults.table import fault
from smsbridge.testing.mock.magic_numbers import RULES, recipient_rule
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.carrying import GROWING
from support.each import each
from support.sending import TEXT, Outcome, Send, backend, send_sync, sends_async, sends_sync

ENDS = {
    "000": Submission,
    "001": Submission,
    "002": OutcomeUnknown,
    "003": OutcomeUnknown,
    "400": Rejected,
    "401": AuthenticationFailed,
    "429": NotSent,
    "500": OutcomeUnknown,
    "503": OutcomeUnknown,
    "999": OutcomeUnknown,
}
TAKEN = {"000", "001", "002", "003", "500", "503", "999"}
STATUSES = {"400": 400, "401": 401, "429": 429, "500": 500, "503": 503}
SECONDS = 20
KEY = "key-0123456789"
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<n:sendSms xmlns:n="urn:sendsms"><recipients>{}</recipients><message>Hello</message>'
    "<apikey>{}</apikey></n:sendSms></s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def _server() -> Iterator[MockServer]:
    with MockServer(Provider(backend("rest", "https://api.smsmobileapi.com"))) as server:
        yield server


@pytest.fixture
def mock(_server: MockServer) -> MockServer:
    _server.provider.play(None)
    return _server


def sent(mock: MockServer, protocol: str, send: Send, digits: str) -> Outcome:
    """Return the outcome of a send to a number, by either client."""
    sends = sends_sync if send is send_sync else sends_async
    for seconds in GROWING if digits == "003" else (SECONDS,):
        mock.provider.reset()
        table = backend(protocol, mock.provider.address, timeout=float(seconds))
        (outcome,) = sends(table, [TEXT], to=f"+447700900{digits}")
        if mock.provider.messages or digits not in TAKEN:  # a busy machine may need longer
            break
    return outcome


def test_the_rules_are_those_that_are_published() -> None:
    assert RULES.keys() == ENDS.keys()
    assert all(rule.recipient.endswith(digits) for digits, rule in RULES.items())


@pytest.mark.parametrize("digits", RULES)
def test_a_client_ends_as_the_number_says(
    mock: MockServer, protocol: str, send: Send, digits: str
) -> None:
    outcome = sent(mock, protocol, send, digits)
    assert isinstance(outcome, ENDS[digits])
    assert [taken.recipient for taken in mock.provider.messages] == [
        RULES[digits].recipient for _ in range(digits in TAKEN)
    ]
    if digits == "429":
        assert isinstance(outcome, NotSent)
        assert outcome.retry_after == 7


def raw(mock: MockServer, protocol: str, digits: str, key: str = KEY) -> tuple[int, str, str]:
    """Send as a client of any language does; return the status, Retry-After and the body."""
    number = f"+447700900{digits}"
    kind, path = "application/x-www-form-urlencoded", "/sendsms/"
    fields = {"recipients": number, "message": "Hello"}
    headers = {}
    if protocol == "soap":
        kind, path = "text/xml; charset=utf-8", "/sendsms/wsdl/server.php"
        headers["SOAPAction"] = '"urn:sendsms#sendSms"'
        content = ENVELOPE.format(number, key)
    elif protocol == "oauth":
        content = urlencode(fields)
        headers["Authorization"] = f"Bearer {token(mock)}"
    else:
        content = urlencode({**fields, "apikey": key})
    answer = posted(mock, path, content, {"Content-Type": kind, **headers})
    return answer.status, answer.getheader("Retry-After", ""), answer.read().decode()


def posted(mock: MockServer, path: str, body: str, headers: dict[str, str]) -> HTTPResponse:
    connection = HTTPConnection(mock.host, mock.port, timeout=SECONDS)
    with closing(connection):
        connection.request("POST", path, body, {**headers, "Connection": "close"})
        return connection.getresponse()


def token(mock: MockServer) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "secret-0123456789",
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = posted(mock, "/oauth2/token", urlencode(form), kind)
    return str(json.loads(answer.read())["access_token"])


@pytest.mark.parametrize("digits", STATUSES)
def test_without_a_client_of_ours_a_number_gives_its_status(
    mock: MockServer, protocol: str, digits: str
) -> None:
    status, wait, body = raw(mock, protocol, digits)
    assert status == STATUSES[digits]
    assert wait == ("7" if digits in {"429", "503"} else "")
    assert json.loads(body)["error"] == STATUSES[digits]


@pytest.mark.parametrize("digits", ["000", "001", "123"])
def test_without_a_client_of_ours_a_number_is_accepted(
    mock: MockServer, protocol: str, digits: str
) -> None:
    status, _, body = raw(mock, protocol, digits)
    assert (status, "error" in body) == (200, True)
    assert len(mock.provider.messages) == 1


def test_without_a_client_of_ours_a_number_makes_no_sense(mock: MockServer, protocol: str) -> None:
    status, _, body = raw(mock, protocol, "999")
    assert status == 200
    assert "error" not in body
    assert "unheard-of" in body


def test_without_a_client_of_ours_a_number_resets(mock: MockServer, protocol: str) -> None:
    with pytest.raises(ConnectionError):
        raw(mock, protocol, "002")
    assert len(mock.provider.messages) == 1


@pytest.mark.parametrize("digits", ["002", "400", "500", "999"])
@pytest.mark.parametrize("protocol", ["rest", "soap"])
def test_a_wrong_key_is_refused_whatever_the_number(
    mock: MockServer, protocol: str, digits: str
) -> None:
    status, _, body = raw(mock, protocol, digits, key="another")
    assert (status, mock.provider.messages) == (403 if protocol == "rest" else 500, [])
    assert "key" in body.lower() or "auth" in body.lower()


def test_a_chosen_scenario_knows_no_such_numbers(mock: MockServer) -> None:
    mock.provider.play("smsmobileapi/send/provider-error")
    status, _, body = raw(mock, "rest", "002")
    assert (status, "subscription_expire" in body) == (200, True)


def test_a_chosen_fault_comes_before_the_number(mock: MockServer) -> None:
    mock.provider.fault = "refusals:422"
    assert raw(mock, "rest", "500")[0] == 422


@each("number", ["+447700900", "+4477009000020", "+447700901002", "+12025550002"])
def test_another_number_has_no_rule(number: str) -> None:
    assert recipient_rule(number) is None


def test_a_rule_names_a_fault_that_there_is_or_a_status() -> None:
    for rule in RULES.values():
        assert bool(rule.fault) != bool(rule.status)
        assert not rule.fault or fault(rule.fault).entry.answers
    assert RULES["000"].status is Status.DELIVERED
    assert RULES["001"].status is Status.UNDELIVERED
    assert recipient_rule("+447700900001") is RULES["001"]
