"""A request that came in is told as a curl command, and as a fixture that answers it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smsbridge import Client
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Request
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.each import each
from support.mocking import HERE, NUMBER, ask, form, sending, tell


def told(mock: Provider, known: str = "1", lane: str = "") -> dict[str, Any]:
    found: dict[str, Any] = ask(mock, f"requests/{known}?lane={lane}")
    return found


def test_a_request_is_a_curl_command_to_the_lane_with_the_key_as_a_variable() -> None:
    mock = Provider(sample_backend())
    mock.address = "http://127.0.0.1:8765"
    mock.handle(replace(sending("test-key-a"), url=f"{HERE}/lane-a/sendsms/?x=1"))
    command = told(mock, lane="a")["curl"]
    assert command.startswith("curl 'http://127.0.0.1:8765/lane-a/sendsms/?x=1'")
    assert '"apikey=$SMS_API_KEY"' in command
    assert "test-key" not in command


@pytest.mark.parametrize("lane", ["", "a"])
def test_a_fixture_answers_the_same_conversation_as_the_mock_did(protocol: str, lane: str) -> None:
    mock = Provider(sample_backend())
    backend = replace(mock.lanes.lane(lane).backend, protocol=protocol)
    with Client(backend, transport=InProcess(mock)) as sms:
        first = sms.send(NUMBER, "Hello {now} test-key")
        log = mock.lanes.lane(lane).request_log
        texts = [told(mock, one.id, lane)["fixture"] for one in log.requests]
    assert not any("test-key" in text or "test-client" in text for text in texts)
    again = Provider(backend, parse(texts[-1], "told.yaml"))
    with Client(backend, transport=InProcess(again)) as sms:
        assert sms.send(NUMBER, "Hello {now} test-key").id == first.id
    assert again.surprises() == []


@each("word", ["server-error:500", "reset-after-request", "unauthorized"])
def test_a_fault_is_told_as_what_came_of_it(word: str) -> None:
    mock = Provider(sample_backend())
    tell(mock, "fault", name=word)
    ends = []
    for is_told in (False, True):
        one = Provider(mock.backend, parse(told(mock)["fixture"], "x")) if is_told else mock
        with Client(mock.backend, transport=InProcess(one)) as sms:
            with pytest.raises(SmsbridgeError) as caught:
                sms.send(NUMBER, "Hello")
            ends.append(type(caught.value))
    assert ends[0] is ends[1]


@each(
    "request",
    [
        Request(method="GET", url=f"{HERE}/sendsms/wsdl/sendsms.wsdl"),
        Request(method="PUT", url=f"{HERE}/elsewhere?a=1", body=b"\xff\x00"),
        form("/oauth2/token", {"grant_type": "client_credentials", "client_secret": "wrong-one"}),
        form("/sendsms/", {"apikey": "wrong-one", "recipients": NUMBER, "message": "x"}),
        replace(sending(), headers={"Content-Type": "application/json"}, body=b"{"),
    ],
)
def test_whatever_came_in_is_a_fixture_that_can_be_read(request: Request) -> None:
    mock = Provider(sample_backend())
    mock.handle(request)
    text = told(mock)["fixture"]
    assert "wrong-one" not in text
    assert len(parse(text, "told.yaml").interactions) == 1
