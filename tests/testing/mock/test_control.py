"""What a test may ask of the mock provider beside its own calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smsbridge import Client
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.mock.control import controlled
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend())


def ask(provider: Provider, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    request = Request(method=method, url=f"http://127.0.0.1/_mock/{path}", body=body)
    answer = provider.handle(request)
    assert isinstance(answer, Response)
    return answer.status, json.loads(answer.body)


def test_messages_are_those_that_were_accepted_with_the_id_that_was_given(
    provider: Provider,
) -> None:
    with Client(provider.backend, transport=InProcess(provider)) as client:
        submission = client.send("+12025550123", "Hello")
    assert ask(provider, "GET", "messages") == (
        200,
        [
            {
                "recipient": "+12025550123",
                "text": "Hello",
                "channels": ["sms"],
                "protocol": "rest",
                "id": submission.id,
            }
        ],
    )


def test_reset_forgets_what_was_sent_and_what_came_in(provider: Provider) -> None:
    ask(provider, "POST", "receive", b'{"sender": "+12025550111", "text": "Hello"}')
    with Client(provider.backend, transport=InProcess(provider)) as client:
        client.send("+12025550123", "Hello")
        assert len(client.received()) == 2
        assert ask(provider, "POST", "reset") == (200, {"status": "ok"})
        assert (len(client.received()), list(client.sent())) == (1, [])
    assert ask(provider, "GET", "messages") == (200, [])


def test_a_message_comes_in_as_asked(provider: Provider) -> None:
    body = '{"sender": "MPESA", "text": "ä 😀", "device": "d-1"}'.encode()
    assert ask(provider, "POST", "receive", body) == (200, {"status": "ok"})
    with Client(provider.backend, transport=InProcess(provider)) as client:
        (row,) = client.received(device="d-1")
    assert (row.sender, row.text, row.device) == ("MPESA", "ä 😀", "d-1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"sender": "x"}',
        b'{"sender": "", "text": "x"}',
        b'{"sender": 7, "text": "x"}',
        b'{"sender": "x", "text": "x", "more": "x"}',
    ],
)
def test_a_message_that_could_not_come_in_is_refused(provider: Provider, body: bytes) -> None:
    status, said = ask(provider, "POST", "receive", body)
    assert (status, said["error"]) == (400, 400)
    assert len(provider.history.received) == 1


def test_health_tells_what_is_played_and_which_fault(provider: Provider) -> None:
    assert "fault" not in ask(provider, "GET", "health")[1]
    provider.fault = "silence"
    assert ask(provider, "GET", "health")[1]["fault"] == "silence"


@pytest.mark.parametrize(("method", "path"), [("PUT", "messages"), ("GET", "more"), ("GET", "")])
def test_anything_else_is_left_to_the_provider(provider: Provider, method: str, path: str) -> None:
    url = f"http://127.0.0.1/_mock/{path}"
    assert controlled(provider, Request(method=method, url=url)) is None
