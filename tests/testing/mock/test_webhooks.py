"""The mock provider's webhooks are those that a receiver takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from smsbridge import Client, Secret, Status
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request, Session
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.webhooks import WebhookTarget
from smsbridge.webhooks.events import MessageReceived, MessageReported
from smsbridge.webhooks.receiver import Receiver

from support.each import each

NOW = datetime(2030, 1, 1, tzinfo=UTC)
URL = "http://127.0.0.1:8780/hooks"
SECRET = Secret("webhook-secret")


def target(**more: Any) -> WebhookTarget:
    return WebhookTarget(
        tables=SMSMobileAPI.webhooks, url=URL, session=Session(now=lambda: NOW), **more
    )


def provider(fired: WebhookTarget | None) -> Provider:
    made = Provider(sample_backend())
    made.webhooks = fired
    return made


def outbox(played: Provider) -> list[Request]:
    return [played.outbox.get_nowait() for _ in range(played.outbox.qsize())]


def sent(played: Provider, recipient: str, **more: Any) -> list[Request]:
    with Client(played.backend, transport=InProcess(played)) as client:
        client.send(recipient, "Hello", **more)
    return outbox(played)


@each(
    ("recipient", "status"),
    [
        ("+12025550123", Status.SENT),
        ("+447700900001", Status.UNDELIVERED),
    ],
)
def test_a_message_that_is_taken_is_reported_twice_with_its_id(
    recipient: str, status: Status
) -> None:
    played = provider(target(secrets=[SECRET]))
    receiver = Receiver(SMSMobileAPI, secrets=[SECRET], now=lambda: NOW)
    events = [receiver.read(request)[0] for request in sent(played, recipient)]
    reports = [event for event in events if isinstance(event, MessageReported)]
    assert [report.message.status for report in reports] == [Status.QUEUED, status]
    assert {report.message.id for report in reports} == {played.messages[0].id}
    assert len({event.id for event in events}) == 2


def test_a_message_by_both_channels_is_reported_by_both() -> None:
    requests = sent(provider(target()), "+12025550123", channels=["sms", "whatsapp"])
    receiver = Receiver(SMSMobileAPI, path="/hooks", now=lambda: NOW)
    assert [receiver.read(request)[0].type for request in requests] == [
        "sms.api.submitted",
        "sms.sent",
        "whatsapp.submitted",
        "whatsapp.sent",
    ]


@each("signed", [True, False])
def test_a_message_that_comes_in_is_told_in_both_forms(*, signed: bool) -> None:
    played = provider(target(signed=signed))
    played.receive("+12025550111", "code 1234")
    (request,) = outbox(played)
    (event,) = Receiver(SMSMobileAPI, path="/hooks", now=lambda: NOW).read(request)
    assert isinstance(event, MessageReceived)
    assert (event.message.sender, event.message.text) == ("+12025550111", "code 1234")
    assert (event.id is not None) is signed
    with Client(played.backend, transport=InProcess(played)) as client:
        assert event.message.id in {row.id for row in client.received()}


def test_the_first_version_tells_of_nothing_that_was_sent() -> None:
    assert sent(provider(target(signed=False)), "+12025550123") == []


def test_without_a_place_to_go_nothing_is_made() -> None:
    played = provider(None)
    played.receive("+12025550111", "Hello")
    assert sent(played, "+12025550123") == []
