"""Polls of a provider, and reports matched late; only the last test has a thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smsbridge import Status
from smsbridge.bridge.events.event_polls import EventPolls, Poll
from smsbridge.bridge.events.status_questions import StatusQuestions, StatusRule
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import StoredMessage, time_of
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.http.transport import Transport
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.bridges import SECONDS, Clock, open_store, put, read, running, until
from support.events import (
    PERSON,
    POLL,
    a_received,
    a_report,
    accepted,
    events_of,
    events_text,
    intake_of,
    reports_of,
)
from support.stores import Place


@contextmanager
def asking(
    folder: Path, place: Place | None = None
) -> Iterator[tuple[EventPolls, Provider, MessageStore, Clock]]:
    """Yield polls of the block ``new``, whose provider has the clock of the store."""
    clock = Clock()
    session = Session(now=lambda: datetime.fromtimestamp(clock(), UTC))
    (events,) = read(folder, events_text(POLL)).events
    provider = Provider(events.backend, session=session)
    provider.history.received.clear()
    client = Client(events.backend, transport=InProcess(provider), session=session)
    with open_store(place or folder, clock) as store:
        intake = replace(intake_of(store), config=events)
        ends = events.backend.ends(events.backend.question("status"))
        rule = StatusRule(routes=events.routes, wait=events.poll, ends=ends)
        polls = EventPolls(
            polls=[Poll(intake, client)],
            reports=reports_of(store),
            questions=StatusQuestions(store, {"new": rule}),
            proved=lambda _: None,
            clock=clock,  # a failure takes no time
        )
        yield polls, provider, store, clock


class Silent:
    """Carries requests to a provider that fails."""

    def send(self, _request: Request, _deadline: float) -> Response:
        return Response(status=500)

    def close(self) -> None:
        """Do nothing: nothing is open."""


class Broken(Silent):
    """A transport that fails with an unexpected error."""

    def send(self, _request: Request, _deadline: float) -> Response:
        raise LookupError("A secret text")


@dataclass
class Slow(Silent):
    """Carries requests by a transport, or to a provider that fails; each takes so many seconds."""

    polls: EventPolls
    seconds: float
    carrier: Transport = field(default_factory=Silent)
    begun: list[float] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    passed: float = 0.0

    def __post_init__(self) -> None:
        self.polls.clock = lambda: self.passed

    def send(self, request: Request, deadline: float) -> Response:
        self.begun.append(self.passed)
        self.urls.append(request.url)
        self.passed += self.seconds
        return self.carrier.send(request, deadline)


def test_a_provider_that_hangs_is_left_alone_for_as_long_as_that_took(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, _, store, clock):
        (poll,) = polls.polls
        for number in range(4):
            put(store, str(number))
            accepted(store, f"p-{number}")
        polls.tick(0.0)
        slow = Slow(polls, 30.0)
        poll.client = Client(poll.client.backend, transport=slow)
        clock.seconds += 60
        for now in (0.5, 0.6, 1.0):  # four questions are due, then its log is, too
            polls.tick(now)
            clock.seconds += 1
        assert slow.begun == [0.0]
        slow.passed = 60.0
        polls.tick(1.1)
        assert slow.begun == [0.0, 60.0]
        assert slow.urls[-1].startswith("https://new.example/v2/inbox")


def test_a_slow_provider_is_asked_a_few_questions_before_it_is_the_turn_of_others(
    tmp_path: Path,
) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        (poll,) = polls.polls
        for number in range(9):
            put(store, str(number))
            provider.history.take(f"p-{number}", "+12025550123", "Hello", Status.DELIVERED)
            accepted(store, f"p-{number}")
        polls.tick(0.0)
        clock.seconds += 60
        slow = Slow(polls, 2.0, InProcess(provider))
        poll.client = Client(poll.client.backend, transport=slow)
        polls.tick(0.0)
        assert slow.begun == [0.0, 2.0, 4.0]


def sent(store: MessageStore, provider: Provider) -> StoredMessage:
    """Send the provider a message, which it accepts."""
    put(store)
    provider.history.take("p-1", "+12025550123", "Hello", Status.DELIVERED)
    return accepted(store)


def test_what_came_in_is_read_at_its_time_and_kept_once(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        provider.receive(PERSON, "One")
        polls.tick(0.0)
        provider.receive(PERSON, "Two")
        polls.tick(0.5)
        assert [one.text for one in events_of(store)] == ["One"]
        clock.seconds += 1
        polls.tick(1.0)
        polls.tick(2.0)
        assert [one.text for one in events_of(store)] == ["One", "Two"]


def test_a_log_is_read_from_shortly_before_the_last_that_came(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        provider.receive(PERSON, "Two days ago")
        clock.seconds += 2 * 86_400
        polls.tick(0.0)
        assert events_of(store) == []
        provider.receive(PERSON, "Now")
        polls.tick(1.0)
        polls.tick(2.0)
        since = [one.url.partition("since=")[2][:13] for one in provider.requests]
        day = [datetime.fromtimestamp(clock() - back, UTC) for back in (86_400, 86_400, 3601)]
        assert since == [f"{one:%Y-%m-%dT%H}" for one in day]


def test_a_failed_poll_is_repeated_in_full_though_a_webhook_brought_a_later_message(
    tmp_path: Path,
) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        (poll,) = polls.polls
        provider.receive(PERSON, "Missed")
        clock.seconds += 3 * 3600
        works, poll.client = poll.client, Client(poll.client.backend, transport=Silent())
        polls.tick(0.0)
        poll.intake.events.add(a_received("later", "By a webhook", at=clock()))
        poll.client = works
        polls.tick(1.0)
        assert [one.text for one in events_of(store)] == ["By a webhook", "Missed"]


def test_a_poll_finds_what_a_webhook_missed_since_the_poll_before(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        (poll,) = polls.polls
        poll.intake = replace(poll.intake, config=replace(poll.intake.config, poll=86_400.0))
        EventStore(store).add(a_received("first", "First", at=clock()))
        poll.read_log(clock())
        clock.seconds += 10
        provider.receive(PERSON, "Missed")
        provider.history.received[0].at = time_of(clock())
        clock.seconds += 86_390
        EventStore(store).add(a_received("webhook", "Last", at=clock()))
        poll.read_log(clock())
        assert "Missed" in [one.text for one in events_of(store)]


def test_a_poll_finds_what_came_while_nothing_ran_though_a_webhook_is_faster(
    tmp_path: Path,
) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        (poll,) = polls.polls
        EventStore(store).add(a_received("first", "First", at=clock()))
        clock.seconds += 10
        provider.receive(PERSON, "Missed")
        provider.history.received[0].at = time_of(clock())
        clock.seconds += 5 * 3600
        poll.begin(clock())
        EventStore(store).add(a_received("webhook", "Last", at=clock()))
        poll.read_log(clock())
        assert "Missed" in [one.text for one in events_of(store)]


def test_what_came_in_is_kept_in_its_order_in_time(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        for text in ("One", "Two"):
            provider.receive(PERSON, text)
            clock.seconds += 1
        provider.history.received.reverse()
        polls.tick(0.0)
        assert [one.text for one in events_of(store)] == ["One", "Two"]


def test_a_message_is_asked_about_until_its_last_status(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        message = sent(store, provider)
        polls.tick(0.0)
        assert store.find(message.id) == replace(message, due=clock() + 1)
        for number in range(1, 60):
            clock.seconds += 1
            polls.tick(0.0 + number / 1000)
        found = store.find(message.id)
        assert found is not None
        assert (found.status, found.due) == (Status.DELIVERED, None)
        assert [one.status for one in events_of(store)] == [Status.SENT, Status.DELIVERED]


def test_a_provider_that_is_silent_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with asking(tmp_path) as (polls, provider, store, _), caplog.at_level(logging.WARNING):
        provider.receive(PERSON, "One")
        (asks,) = polls.polls
        silent = Client(asks.client.backend, transport=Silent())
        polls.polls = [replace(asks, client=silent)]
        polls.tick(0.0)
        assert events_of(store) == []
        assert caplog.messages[-1] == "a poll got no answer"
        polls.polls = [asks]
        polls.tick(1.0)
        assert [one.text for one in events_of(store)] == ["One"]


def test_a_message_from_the_future_does_not_stop_polling(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, _):
        provider.receive(PERSON, "From the future")
        provider.history.received[0].at += timedelta(days=300)
        polls.tick(0.0)
        provider.receive(PERSON, "Now")
        polls.tick(1.0)
        texts = [one.text for one in events_of(store)]
    assert texts == ["From the future", "Now"]


def test_an_unexpected_error_is_logged_and_the_poll_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with asking(tmp_path) as (polls, provider, store, _):
        provider.receive(PERSON, "A secret text")
        (asks,) = polls.polls
        broken = Client(asks.client.backend, transport=Broken())
        polls.polls = [replace(asks, client=broken), asks]
        polls.start()
        until = time.monotonic() + SECONDS
        while not events_of(store) and time.monotonic() < until:
            time.sleep(0.01)
        polls.end()
        polls.stop(SECONDS)
        assert [one.text for one in events_of(store)] == ["A secret text"]
    assert "a poll failed: LookupError" in caplog.messages
    assert "secret" not in caplog.text


def test_reports_that_came_too_early_are_matched(tmp_path: Path) -> None:
    with asking(tmp_path) as (polls, provider, store, clock):
        polls.reports.record(a_report())
        message = sent(store, provider)
        polls.tick(0.0)
        found = store.find(message.id)
        assert found is not None
        assert found.status is Status.DELIVERED
        polls.reports.record(a_report("theirs", provider_id="of somebody else"))
        clock.seconds += 86_401
        polls.tick(1.0)
        assert len(events_of(store)) == 2
        polls.tick(601.0)
        assert len(events_of(store)) == 1


def test_of_several_processes_one_polls_for_as_long_as_it_lives(shared_place: Place) -> None:
    with asking(shared_place.folder, shared_place) as (polls, provider, store, _):
        (poll,) = polls.polls
        with store.database.alone("questions", 60):
            polls.start()
            begun = time.monotonic()
            until(lambda: poll.due > begun)
        assert provider.requests == []
        until(lambda: len(provider.requests) == 1)
        assert time.monotonic() - begun > 1
        with store.database.alone("questions", 60) as mine:
            assert not mine
        assert polls.stop(SECONDS)
        with store.database.alone("questions", 60) as mine:
            assert mine


def test_a_running_bridge_polls(tmp_path: Path) -> None:
    with running(tmp_path, events_text(POLL)) as run:
        run.provider.history.received.clear()
        run.provider.receive(PERSON, "Yes")
        run.send()
        run.settled()
        run.provider.advance(5)
        run.until(lambda: Status.DELIVERED in [one.status for one in run.messages()])
        run.until(lambda: "Yes" in [one.text for one in events_of(run.store)])
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
