"""What a test changes in a lane while it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Client, OutcomeUnknown, Status
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Session
from smsbridge.testing.fixture.load import load
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.webhooks.events import MessageReported
from smsbridge.webhooks.receiver import Receiver

from support.blocks import REST_SEND, rest
from support.each import each
from support.mocking import NUMBER, ask, form, response_to, sending, tell

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUSY = """\
smsbridge-fixture: 1
id: shop/busy
title: The provider refuses every message
provenance: {source: ASSUMED, evidence: made up for a test, date: "2026-11-22"}
interactions:
  - id: busy
    call: {operation: send}
    reply: {result: {error: busy}}
"""
TOKEN = {
    "grant_type": "client_credentials",
    "client_id": "test-client",
    "client_secret": "test-secret",
}


def made() -> Provider:
    return Provider(sample_backend(), session=Session(now=lambda: NOON))


@each(
    ("play", "name"),
    [
        ("smsmobileapi/send/provider-error", "smsmobileapi/send/provider-error"),
        (BUSY, "shop/busy"),
        (
            {
                "smsbridge-fixture": 1,
                "id": "shop/busy",
                "title": "Busy: +1 or no",
                "provenance": {"source": "ASSUMED", "evidence": "a test", "date": "2026-11-22"},
                "interactions": [
                    {"id": "a", "call": {"operation": "send"}, "reply": {"result": {"error": "b"}}}
                ],
            },
            "shop/busy",
        ),
        (None, "smsmobileapi/default"),
    ],
)
def test_a_scenario_begins_by_its_id_or_as_a_fixture(play: object, name: str) -> None:
    mock = Provider(sample_backend(), "smsmobileapi/send/no-sense")
    assert tell(mock, "scenario", play=play) == (200, {"status": "ok", "scenario": name})
    assert (mock.fixture.id, mock.strict) == (name, play is not None)


@each(
    ("what", "given", "why"),
    [
        ("scenario", {}, "play: give the id of a scenario, a fixture, or null"),
        ("scenario", {"play": 7}, "play: give the id of a scenario, a fixture, or null"),
        ("scenario", {"play": "smsmobileapi/send/mvoed"}, "smsmobileapi/send/moved"),
        ("scenario", {"play": "/etc/passwd.yaml"}, "no scenario that ships has that id"),
        ("scenario", {"play": {"id": "x"}}, "smsbridge-fixture"),
        ("scenario", {"play": "id: ["}, "line 1: not valid YAML"),
        ("fault", {}, "name: give the word of a fault"),
        ("fault", {"name": "silense"}, "silence"),
        ("fault", {"name": "refused"}, "start a mock with --fault refused"),
        ("fault", {"name": "silence", "times": 0}, "times: give a whole number from 1"),
        ("fault", {"name": "silence", "times": 1.5}, "times: give a whole number from 1"),
        ("fault", {"name": "silence", "seconds": "1"}, "seconds: give a number"),
        ("clock", {"advance": -1}, "advance: give a number"),
        ("clock", {}, "advance: give a number"),
        ("delay", {"ms": 60_001}, "ms: give a number from 0 to 60000"),
        ("report", {"id": "x", "status": "arrived"}, "status: give one of queued"),
        ("report", {"id": "x", "status": "sent"}, "no message of this lane has it"),
        ("webhook", {}, "url: give where the webhooks go"),
        ("webhook", {"url": "ftp://x"}, "url: give http:// or https://"),
        ("webhook", {"url": "http://a.example", "unsigned": 1}, "unsigned: give true or false"),
        ("reset", {"lane": "a"}, "'lane' is not a key: give no body"),
    ],
)
def test_what_can_t_be_done_is_refused_with_what_can_and_changes_nothing(
    what: str, given: dict[str, Any], why: str
) -> None:
    mock = made()
    response_to(mock, sending())
    status, said = tell(mock, what, **given)
    assert status in (400, 404)
    assert why in said["message"]
    assert (len(mock.messages), mock.fault, mock.strict) == (1, None, False)


def outcomes(mock: Provider, count: int) -> list[int]:
    return [response_to(mock, sending()).status for _ in range(count)]


def test_a_fault_lasts_for_so_many_calls_so_many_seconds_or_until_it_is_ended() -> None:
    mock = made()
    assert tell(mock, "fault", name="server-error:502", times=2)[0] == 200
    assert outcomes(mock, 3) == [502, 502, 200]
    tell(mock, "fault", name="server-error:500", seconds=30)
    assert outcomes(mock, 2) == [500, 500]
    tell(mock, "clock", advance=30)
    assert outcomes(mock, 1) == [200]
    tell(mock, "fault", name="server-error:500")
    tell(mock, "fault", name=None)
    assert outcomes(mock, 1) == [200]


def test_a_fault_of_tokens_is_counted_by_the_token_calls_that_meet_it() -> None:
    mock = made()
    tell(mock, "fault", name="token-down:500", times=1)
    response_to(mock, sending())
    statuses = [response_to(mock, form("/oauth2/token", TOKEN)).status for _ in range(2)]
    assert statuses == [500, 200]


def test_a_reset_ends_what_was_begun_and_not_what_the_mock_was_started_with() -> None:
    mock = made()
    mock.fault = "server-error:500"
    tell(mock, "fault", name="server-error:502")
    tell(mock, "clock", advance=60)
    tell(mock, "delay", ms=10)
    tell(mock, "reset")
    assert (mock.fault, mock.clock.ahead, mock.delay) == ("server-error:500", 0, 0)


def test_an_hour_ends_a_token_and_says_so() -> None:
    mock = made()
    token = json.loads(response_to(mock, form("/oauth2/token", TOKEN)).body)["access_token"]
    message = form(
        "/sendsms/", {"recipients": NUMBER, "message": "x"}, authorization=f"Bearer {token}"
    )
    tell(mock, "clock", advance=3599)
    assert response_to(mock, message).status == 200
    assert tell(mock, "clock", advance=1) == (200, {"status": "ok", "ahead": 3600})
    assert response_to(mock, message).status == 401
    assert ask(mock, "requests")["requests"][-1]["refused"] == "its token has expired"


@each(
    ("recipient", "before", "after"),
    [
        (NUMBER, "sent", "delivered"),
        ("+447700900000", "sent", "delivered"),
        ("+447700900001", "queued", "undelivered"),
    ],
)
def test_as_time_goes_on_a_message_arrives_or_does_not(
    recipient: str, before: str, after: str
) -> None:
    mock = made()
    response_to(mock, sending(recipient=recipient))
    assert ask(mock, "messages")[0]["status"] == before
    tell(mock, "clock", advance=2)
    (found,) = ask(mock, "messages")
    assert found["status"] == after
    assert found["reports"] == [{"status": after, "at": "2026-11-22T12:00:02Z", "webhook": False}]


def test_a_status_is_reported_in_the_log_and_by_webhook_if_there_is_one() -> None:
    mock = made()
    url = "http://127.0.0.1:8780/hooks"
    tell(mock, "webhook", url=url, secret="webhook-secret")
    response_to(mock, sending())
    known = mock.messages[0].id
    assert tell(mock, "report", id=known, status="undelivered")[1]["webhook"] is True
    assert tell(mock, "report", id=known, status="read")[1]["webhook"] is False
    receiver = Receiver(SMSMobileAPI, secrets=["webhook-secret"])
    events = [receiver.read(mock.outbox.get_nowait())[0] for _ in range(mock.outbox.qsize())]
    told = [one.message.status for one in events if isinstance(one, MessageReported)]
    assert told == [Status.QUEUED, Status.SENT, Status.UNDELIVERED]
    (found,) = ask(mock, "messages")
    assert (found["status"], len(found["reports"])) == ("read", 4)
    tell(mock, "webhook", url=None)
    response_to(mock, sending())
    assert mock.outbox.empty()


def test_the_log_of_the_provider_tells_what_was_reported() -> None:
    mock = made()
    with Client(mock.backend, transport=InProcess(mock)) as sms:
        submission = sms.send(NUMBER, "Hello")
        tell(mock, "report", id=submission.id, status="undelivered")
        assert sms.status(submission).status is Status.UNDELIVERED


def test_a_backend_without_webhooks_has_none() -> None:
    assert (
        "has no webhooks"
        in tell(Provider(rest(REST_SEND)), "webhook", url="http://a.example")[1]["message"]
    )


def test_an_answer_is_slow_but_fine_unless_the_client_s_patience_is_shorter() -> None:
    mock = made()
    tell(mock, "delay", ms=20)
    with Client(replace(mock.backend, timeout=30.0), transport=InProcess(mock)) as sms:
        assert sms.send(NUMBER, "Hello").id
        tell(mock, "delay", ms=60_000)
        with pytest.raises(OutcomeUnknown):
            sms.send(NUMBER, "Hello")
    assert len(mock.messages) == 2


def test_what_was_changed_is_told_to_who_listens() -> None:
    mock = made()
    begin = mock.changes.last
    response_to(mock, sending())
    tell(mock, "report", id=mock.messages[0].id, status="sent")
    for what, given in (
        ("scenario", {"play": load("smsmobileapi/send/no-sense").id}),
        *(("fault", {"name": "silence"}), ("clock", {"advance": 1}), ("delay", {"ms": 1})),
        *(("receive", {"sender": "x", "text": "x"}), ("webhook", {"url": "http://a.example"})),
    ):
        assert tell(mock, what, **given)[0] == 200
    kinds = [one.kind for one in mock.changes.after(begin)]
    assert kinds == [
        *("message", "request", "report", "reset", "scenario", "fault", "clock", "delay"),
        *("received", "webhook"),
    ]
