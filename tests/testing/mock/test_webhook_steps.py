"""The webhooks of a scenario leave when it says, as often and signed as it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from smsbridge import Client, Secret, Status
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.errors import WebhookUntrusted
from smsbridge.http.exchange import Request, Session
from smsbridge.testing.application.smsbridge_mock import SmsbridgeMock
from smsbridge.testing.fixture.load import Fixture, load, parse
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.webhooks import WebhookTarget
from smsbridge.webhooks.events import MessageReported
from smsbridge.webhooks.receiver import Receiver

from support.each import each

URL = "https://app.example/hooks"
SECRET = Secret("webhook-secret")
SHIPPED = "smsmobileapi/webhooks/doubled-late-and-forged"
BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.time = BEGAN

    def __call__(self) -> datetime:
        return self.time


def webhooks(*interactions: str) -> Fixture:
    head = (
        "smsbridge-fixture: 1\nid: shop/hooks\ntitle: It reports\n"
        'provenance: {source: ASSUMED, evidence: a test, date: "2026-11-29"}\ninteractions:\n'
        "  - {id: send, to: sent, call: {operation: send}, reply: {result: {error: 0, id: '7'}}}\n"
    )
    return parse(head + "".join(f"  - {one}\n" for one in interactions), "hooks.yaml")


def playing(fixture: Fixture, clock: Clock, **more: Any) -> Provider:
    session = Session(now=clock)
    made = Provider(sample_backend(), fixture, session=session)
    keys = {"secrets": [SECRET], **more}
    made.webhooks = WebhookTarget(tables=SMSMobileAPI.webhooks, url=URL, session=session, **keys)
    return made


def send(played: Provider) -> None:
    with Client(played.backend, transport=InProcess(played)) as client:
        client.send("+12025550123", "Hello")


def left(played: Provider) -> list[Request]:
    played.settle()
    return [played.outbox.get_nowait() for _ in range(played.outbox.qsize())]


def receiver(clock: Clock) -> Receiver:
    return Receiver(SMSMobileAPI, secrets=[SECRET], now=clock)


def test_the_fixture_that_ships_reaches_an_application_doubled_late_and_forged() -> None:
    clock = Clock()
    seen: list[Any] = []
    played = playing(load(SHIPPED), clock)
    send(played)
    app = receiver(clock)
    requests = left(played)
    clock.time += timedelta(seconds=60)
    requests += left(played)
    answers = [app.answer(one, seen.append).status for one in requests]
    assert answers == [200, 200, 401, 200]
    assert [event.message.status for event in seen] == [Status.SENT, Status.QUEUED]
    assert {event.message.id for event in seen} == {played.messages[0].id}
    sent, queued = (event.occurred_at for event in seen)
    assert queued < sent, "it came later and is older"
    assert played.surprises() == []


@each("signature", ["wrong", "missing", "stale", "changed-body"])
def test_what_is_badly_signed_is_refused_by_a_receiver(signature: str) -> None:
    clock = Clock()
    played = playing(
        webhooks(
            f"{{id: bad, from: sent, webhook: {{event: sms.sent, signature: {signature}}}}}",
            "{id: good, from: sent, webhook: {event: sms.sent, signature: right}}",
        ),
        clock,
    )
    send(played)
    bad, good = left(played)
    assert isinstance(receiver(clock).read(good)[0], MessageReported)
    try:
        receiver(clock).read(bad)
    except WebhookUntrusted:
        return
    raise AssertionError(signature)


def test_a_doubled_webhook_is_the_same_event_and_not_the_same_delivery() -> None:
    clock = Clock()
    played = playing(webhooks("{id: a, from: sent, webhook: {event: sms.sent, times: 3}}"), clock)
    send(played)
    requests = left(played)
    assert len(requests) == 3
    assert len({one.body for one in requests}) == 1
    assert len({one.header("X-SMSMobileAPI-Delivery") for one in requests}) == 3
    assert left(played) == []


def test_a_late_webhook_waits_for_the_clock_and_is_signed_when_it_leaves() -> None:
    clock = Clock()
    played = playing(
        webhooks("{id: a, from: sent, webhook: {event: sms.sent, delay: 3600}}"), clock
    )
    send(played)
    assert left(played) == []
    assert played.surprises() == ["a was never played"]
    clock.time += timedelta(hours=1)
    (late,) = left(played)
    assert played.surprises() == []
    (event,) = receiver(clock).read(late)
    assert event.occurred_at == BEGAN


def test_webhooks_leave_in_the_order_of_their_times_and_else_of_the_file() -> None:
    clock = Clock()
    played = playing(
        webhooks(
            "{id: a, from: sent, webhook: {event: sms.failed, delay: 2}}",
            "{id: b, from: sent, to: next, webhook: {event: sms.sent}}",
            "{id: c, from: next, webhook: {event: sms.api.submitted}}",
        ),
        clock,
    )
    send(played)
    clock.time += timedelta(seconds=2)
    types = [receiver(clock).read(one)[0].type for one in left(played)]
    assert types == ["sms.sent", "sms.api.submitted", "sms.failed"]


def test_a_scenario_with_webhooks_sends_no_others() -> None:
    clock = Clock()
    played = playing(webhooks("{id: a, from: sent, webhook: {event: sms.failed}}"), clock)
    send(played)
    assert [receiver(clock).read(one)[0].type for one in left(played)] == ["sms.failed"]


def test_without_a_place_to_go_a_webhook_is_not_played() -> None:
    played = Provider(sample_backend(), webhooks("{id: a, from: sent, webhook: {event: sms.sent}}"))
    send(played)
    assert left(played) == []
    assert played.surprises() == ["a was never played"]


def test_a_webhook_that_has_no_unsigned_form_is_a_surprise_and_not_a_crash() -> None:
    clock = Clock()
    fixture = webhooks("{id: a, from: start, webhook: {event: sms.sent}}")
    played = playing(fixture, clock, secrets=[], signed=False)
    assert left(played) == []
    (why, *_) = played.surprises()
    assert why.startswith("the webhook a can't be sent: 'sms.sent' has no unsigned form;")


def test_a_scenario_that_begins_again_begins_its_webhooks_again() -> None:
    clock = Clock()
    played = playing(webhooks("{id: a, from: start, webhook: {event: sms.sent, delay: 9}}"), clock)
    assert left(played) == []
    played.reset()
    clock.time += timedelta(seconds=9)
    assert left(played) == [], "that of the first time is forgotten"
    clock.time += timedelta(seconds=9)
    assert len(left(played)) == 1


def test_an_application_under_test_meets_the_webhooks_of_the_scenario() -> None:
    fixture = webhooks(
        "{id: a, from: sent, webhook: {event: sms.sent, times: 2}}",
        "{id: b, from: sent, webhook: {event: sms.failed, signature: wrong}}",
    )
    seen: list[str] = []
    app = Receiver(SMSMobileAPI, secrets=[SECRET]).wsgi(lambda event: seen.append(event.type))
    with SmsbridgeMock() as mock:
        mock.play(fixture)
        mock.deliver_to(app, secrets=[SECRET])
        with Client() as client:
            client.send("+12025550123", "Hello")
        assert [answer.status for answer in mock.deliver()] == [200, 200, 401]
    assert seen == ["sms.sent"]
