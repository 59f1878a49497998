"""A fault is done to what it concerns, and to nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from smsbridge import ConfigError
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.faults.table import FAULTS, WORDS, Fault, fault
from smsbridge.testing.mock.default import API_KEY, CLIENT_ID, CLIENT_SECRET, sample_backend
from smsbridge.testing.mock.provider import Provider

URL = "https://api.smsmobileapi.com"
FIELDS = {"apikey": API_KEY, "recipients": "+12025550123", "message": "Hello"}
IDS = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}
WSDL = Request(method="GET", url=f"{URL}/sendsms/wsdl/sendsms.wsdl")
HEALTH = Request(method="GET", url=f"{URL}/_mock/health")


def post(path: str, fields: Mapping[str, str], **headers: str) -> Request:
    return Request(method="POST", url=URL + path, headers=headers, body=urlencode(fields).encode())


SEND = post("/sendsms/", FIELDS)
TOKEN = post("/oauth2/token", IDS)


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend())


def fine(answer: Response | Fault) -> bool:
    return isinstance(answer, Response) and answer.status == 200


@pytest.mark.parametrize("word", WORDS)
def test_what_controls_the_mock_is_always_answered_and_tells_the_fault(
    provider: Provider, word: str
) -> None:
    provider.fault = word
    answer = provider.handle(HEALTH)
    assert isinstance(answer, Response)
    assert json.loads(answer.body)["fault"] == provider.fault == fault(word).word


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_done_where_it_belongs(provider: Provider, name: str) -> None:
    provider.fault = name
    place = FAULTS[name].place
    assert fine(provider.handle(WSDL)) == (place not in {"address", "wsdl"})
    called = provider.handle(TOKEN)
    spared = place not in {"address", "token"} or name in {"token-expired", "odd-expiry"}
    assert fine(called) == spared
    before = len(provider.requests)
    provider.handle(SEND)
    assert (len(provider.requests) == before) == (place in {"address", "request"})


@pytest.mark.parametrize("word", [word for word in WORDS if fault(word).entry.place != "wsdl"])
def test_the_message_is_kept_where_the_provider_took_it(provider: Provider, word: str) -> None:
    provider.fault = word
    provider.handle(SEND)
    concerned = fault(word).entry.place not in {"token", "wsdl"}
    assert len(provider.messages) == int(fault(word).taken or not concerned)


@pytest.mark.parametrize("word", ["silence", "server-error", "half-body"])
def test_a_wrong_key_keeps_nothing_whatever_the_fault(provider: Provider, word: str) -> None:
    provider.fault = word
    provider.handle(post("/sendsms/", {**FIELDS, "apikey": "another"}))
    assert provider.messages == []


def test_the_first_token_is_refused_and_the_second_is_taken(provider: Provider) -> None:
    provider.fault = "token-expired"
    statuses = []
    for _ in range(2):
        called = provider.handle(TOKEN)
        assert isinstance(called, Response)
        given = json.loads(called.body)["access_token"]
        fields = {name: value for name, value in FIELDS.items() if name != "apikey"}
        answer = provider.handle(post("/sendsms/", fields, Authorization=f"Bearer {given}"))
        assert isinstance(answer, Response)
        statuses.append(answer.status)
    assert statuses == [401, 200]
    assert len(provider.messages) == 1


def test_a_new_scenario_ends_a_fault_and_a_reset_does_not(provider: Provider) -> None:
    provider.fault = "silence"
    provider.reset()
    assert provider.handle(SEND) == Fault("silence")
    provider.play(None)
    assert provider.fault is None
    assert fine(provider.handle(SEND))


def test_a_fault_is_done_to_a_chosen_scenario_as_well(provider: Provider) -> None:
    provider.play("smsmobileapi/send/provider-error")
    provider.fault = "refusals:422"
    answer = provider.handle(SEND)
    assert isinstance(answer, Response)
    assert answer.status == 422


def test_an_unknown_fault_is_refused(provider: Provider) -> None:
    with pytest.raises(ConfigError, match="did you mean 'silence'"):
        provider.fault = "silense"
    assert provider.fault is None


def test_before_its_body_is_read_only_a_call_that_sends_meets_a_fault(provider: Provider) -> None:
    provider.fault = "never-reads"
    heads = {
        "/sendsms/": True,
        "/sendsms": True,
        "/sendsms/wsdl/server.php": True,
        "/resend/": True,
        "/deletesms/": False,
        "/log/sent/sms/": False,
        "/getsms/": False,
        "/oauth2/token": False,
        "/_mock/messages": False,
        "/elsewhere": False,
    }
    for path, met in heads.items():
        head = Request(method="POST", url=path, headers={"Content-Type": "text/xml"})
        assert bool(provider.early(head)) == met, path


def test_a_resend_meets_the_fault_and_a_question_does_not(provider: Provider) -> None:
    provider.handle(SEND)
    known = provider.scenario.minted["id"]
    provider.fault = "reset-after-request"
    key = {"apikey": API_KEY}
    assert provider.handle(post("/resend/", {**key, "guid": known})) == Fault("reset-after-request")
    log = provider.handle(post("/log/sent/sms/", {**key, "guid_message": known}))
    assert isinstance(log, Response)
    assert known in log.body.decode()
