"""What the mock sends is signed as the provider signs: the provider's own SDK says so."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Client
from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Session
from smsbridge.testing.mock.declared_backend import declared_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.webhooks import WebhookTarget
from smsbridge.webhooks import MessageReceived, MessageReported, Receiver

from support.tools import missing
from support.witnesses import HERE, PYTHON

ORIGIN, PATH = "https://app.example", "/sms?tenant=7"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
TEXT = "Crème & 5 € <b> 😀\n=%?"
SIGNERS = ("twilio", "plivo")


def sent_by(backend: Backend) -> list[Request]:
    """Return what the provider sends for a message that it takes, and one that comes in."""
    played = Provider(backend)
    played.webhooks = WebhookTarget(
        tables=backend.webhooks,
        url=f"{ORIGIN}{PATH}",
        session=Session(now=lambda: NOW),
        credentials=backend.credentials(),
    )
    with Client(backend, transport=InProcess(played)) as sms:
        sms.send("+12025550123", "Hello", sender="+12025550100")
    played.receive("+12025550111", TEXT)
    return [played.outbox.get_nowait() for _ in range(played.outbox.qsize())]


def judged(client: str, request: Request, key: str) -> bool:
    """Return what the SDK of a provider says of a request."""
    if not PYTHON.is_file():
        missing("the environment of the witnesses", "make witnesses")
    job = {
        "client": client,
        "url": request.url,
        "headers": {name.lower(): word for name, word in request.headers.items()},
        "body": request.body.decode(),
        "key": key,
    }
    done = subprocess.run(
        [PYTHON, "-P", HERE / "signers.py"],
        input=json.dumps(job),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return bool(json.loads(done.stdout))


@pytest.mark.full
@pytest.mark.parametrize("name", SIGNERS)
def test_the_sdk_of_the_provider_takes_what_the_mock_signs(name: str) -> None:
    backend = declared_backend(name)
    key = backend.credentials()["password"]
    requests = sent_by(backend)
    assert len(requests) >= 2
    for request in requests:
        assert judged(name, request, key)
        assert not judged(name, request, "another-key")


@pytest.mark.parametrize("name", SIGNERS)
def test_a_receiver_takes_what_the_mock_signs_and_nothing_that_was_changed(name: str) -> None:
    backend = declared_backend(name)
    receiver = Receiver(backend, public_url=ORIGIN, now=lambda: NOW)
    got: list[Any] = []
    *reports, arrived = sent_by(backend)
    for request in (*reports, arrived):
        inside = replace(request, url=f"http://localhost{PATH}")
        assert receiver.answer(inside, got.append).status == 200
        moved = replace(inside, url="http://localhost/elsewhere")
        assert receiver.answer(moved, got.append).status == 401
    *told, last = got
    assert [isinstance(event, MessageReported) for event in told] == [True] * len(reports)
    assert isinstance(last, MessageReceived)
    assert (last.message.sender, last.message.text) == ("+12025550111", TEXT)
