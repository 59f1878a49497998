"""Incoming events, from the provider to what a door answers its caller."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge import Status
from smsbridge.bridge.store.stored_message import State
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Response
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.bridges import NEW, OLD, Running, config_text, form, get, read, running
from support.each import each
from support.events import (
    PERSON,
    REPORTING,
    WEBHOOK,
    a_report,
    deliver,
    events_of,
    events_text,
    outbox,
    reporting,
    reports_of,
    target,
)

BOTH = 'callers = { both = { api_key = "both-key" } }\n'
FAILOVER = """
[backends.both]
backend = "failover"
backends = ["new", "spare"]
[backends.spare]
backend = "rest"
url = "https://spare.example"
[backends.spare.send]
route = "POST /send"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { state = "queued" }, id = "id" }
"""


def ask(run: Running, path: str, key: str = "shop-key", **fields: str) -> Any:
    answer = run.ask(get(f"{path}?{urlencode({'apikey': key, **fields})}"))
    assert isinstance(answer, Response)
    return json.loads(answer.body)["result"]


def first_row(run: Running) -> Any:
    return ask(run, "/log/sent/sms/")["sms"][0]


def test_a_caller_is_told_what_was_reported_in_the_words_of_its_dialect(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.send()
        (message,) = run.settled()
        outbox(run)
        assert first_row(run)["send_from_mobile"] == "0"
        (logged,) = run.provider.messages
        assert logged.log
        run.provider.tell(logged.log, ["sms"], Status.DELIVERED)
        deliver(run)
        assert first_row(run)["send_from_mobile"] == "1"
        assert ask(run, "/log/sent/sms/", error_mobile="1").get("sms", []) == []
        run.provider.tell(logged.log, ["sms"], Status.UNDELIVERED)
        deliver(run)
        found = run.store.find(message.id)
        assert found is not None
        assert found.status is Status.DELIVERED


def test_a_failure_on_the_phone_is_one_of_the_dialect(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.send()
        run.settled()
        (logged,) = run.provider.messages
        assert logged.log
        outbox(run)
        run.provider.tell(logged.log, ["sms"], Status.UNDELIVERED)
        deliver(run)
        (row,) = ask(run, "/log/sent/sms/", error_mobile="1")["sms"]
        assert row["send_from_mobile_erreur"] == "undelivered"


def test_a_message_that_expired_was_not_delivered(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.send()
        (message,) = run.settled()
        told = a_report(status=Status.EXPIRED, provider_id=message.provider_id)
        reports_of(run.store).record(told)
        (row,) = ask(run, "/log/sent/sms/", guid_message=message.id)["sms"]
        assert row["send_from_mobile_erreur"] == "undelivered"


def test_a_caller_gets_what_came_in_for_it_and_nobody_else_does(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.provider.receive(PERSON, "Yes")
        deliver(run)
        (row,) = ask(run, "/getsms/")["sms"]
        assert (row["number"], row["message"]) == (PERSON, "Yes")
        (event,) = events_of(run.store)
        assert row["guid"] == event.id
        assert ask(run, "/getsms/", key="till-key").get("sms", []) == []
        assert ask(run, "/getsms/", onlyunread="yes").get("sms", []) == []
        ask(run, "/deletesms/", guid_message=event.id)
        assert ask(run, "/getsms/").get("sms", []) == []


def test_a_report_proves_an_unknown_message_and_reaches_its_caller(tmp_path: Path) -> None:
    log = REPORTING.index("[backends.new.sent]"), REPORTING.index("[backends.new.status]")
    blind = REPORTING[: log[0]] + REPORTING[log[1] :]
    text = events_text(door='answer = "outcome"\n', backends=OLD + blind)
    with reporting(tmp_path, text) as run:
        heard: list[Any] = []
        run.bridge.listeners.all.append(heard.append)
        run.provider.fault = "reset-after-request"
        assert run.send().status == 500
        run.until(lambda: len(heard) == 1)
        assert {one.status for one in deliver(run)} == {200}
        (message,) = run.messages()
        assert (message.state, message.status) == (State.ACCEPTED, Status.SENT)
        assert [one.id for one in heard] == [message.id] * 2
        assert [one.state for one in heard] == [State.UNKNOWN, State.ACCEPTED]


def test_a_part_of_a_failover_reports_what_went_through_it(tmp_path: Path) -> None:
    both = events_text(backends=OLD + REPORTING + FAILOVER).replace('to = "new"', 'to = "both"')
    provider = Provider(read(tmp_path, both).backends["both"].members()["new"])
    server = MockServer(provider)
    server.start()
    try:
        with running(tmp_path, both.replace("https://new.example", provider.address)) as run:
            run.send()
            (message,) = run.settled()
            (logged,) = provider.messages
            assert logged.log
            for request in target(provider).status_events(logged.log, ["sms"], [Status.SENT]):
                assert run.ask(request).status == 200
            (message,) = run.messages()
            assert message.attempt is not None
            assert (message.attempt.via, message.status) == ("new", Status.SENT)
    finally:
        server.stop()


@each(
    ("webhook", "door"),
    [
        ("/getsms", ""),
        ("/oauth2", ""),
        ("/sendsms/wsdl/server.php", ""),
        ("/events/new", 'path = "/events/new/old"'),
    ],
)
def test_a_webhook_can_t_be_at_the_path_of_a_call_or_above_it(
    tmp_path: Path, webhook: str, door: str
) -> None:
    text = events_text(WEBHOOK.replace("/events/new", webhook), door)
    with pytest.raises(ConfigError, match="door shop takes calls at the path of its webhook"):
        reporting(tmp_path, text).__enter__()


def test_of_two_webhooks_the_longer_path_wins(tmp_path: Path) -> None:
    more = WEBHOOK.replace("events.new", "events.both").replace("/events/new", "/events/new/both")
    other = OLD + REPORTING + REPORTING.replace("[backends.new", "[backends.both")
    door = f'[doors.both]\nspeaks = "old"\nto = "both"\npath = "/both"\n{BOTH}'
    with reporting(tmp_path, events_text(WEBHOOK + more + door, backends=other)) as run:
        run.provider.receive(PERSON, "Yes")
        (request,) = outbox(run)
        for path in ("", "/more", "/both", "/both/more"):
            url = f"http://localhost/events/new{path}"
            assert run.ask(replace(request, url=url)).status == 200
        assert [one.backend for one in events_of(run.store)] == ["new", "both"]


def test_a_bridge_without_events_hears_of_none(tmp_path: Path) -> None:
    with running(tmp_path, config_text(backends=OLD + NEW)) as run:
        assert run.ask(form("/events/new", {})).status == 404
