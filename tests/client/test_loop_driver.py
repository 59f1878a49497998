"""`send_many` in an event loop, by aiohttp or by libcurl: all is as it is by threads."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from typing import Any

import pytest

from smsbridge import CallerError, Client, Message, OutcomeUnknown, Submission
from smsbridge.backends.base import Backend
from smsbridge.backends.base import backend as backend_class
from smsbridge.backends.failover import Failover
from smsbridge.backends.limits import Limit, Retry
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.client import loop_driver
from smsbridge.client.message_group import Result
from smsbridge.http.exchange import Exchange, Session

from support.each import each
from support.fault_server import FaultServer, Got, answer
from support.interrupting import interrupt_at
from support.sending import OK, PROTOCOLS, backend, said

Table = Callable[..., SMSMobileAPI]

BEGINNING = {"begin", "_call_loop", "_start_thread"}
SECONDS = 30
REST = answer(200, said("rest", OK))


def messages(count: int) -> Iterator[Message]:
    for number in range(count):
        yield Message(recipient="+12025550123", text=f"text {number}", reference=f"r-{number}")


DRIVERS = [pytest.param("threads", marks=pytest.mark.full), "loop", "curl"]
"""Threads have tests of their own, in test_send_many.py; here they show that all is the same."""


@pytest.fixture(params=DRIVERS)
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Return what makes a backend whose messages a driver sends."""
    if request.param == "threads":
        without_aiohttp(monkeypatch)
    transport = "curl" if request.param == "curl" else ""
    return partial(backend, transport=transport)


def without_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "smsbridge"]


def words(results: list[Result]) -> Counter[str]:
    return Counter(str(result.outcome) for result in results)


@each("protocol", PROTOCOLS)
def test_each_message_is_sent_once_by_one_thread_and_one_token(protocol: str, table: Table) -> None:
    with FaultServer([answer(200, said(protocol, OK))]) as server:
        with Client(table(protocol, server.url)) as client:
            results = list(client.send_many(messages(60), 16))
        assert sorted(result.index for result in results) == list(range(60))
        assert words(results) == {"accepted": 60}
        assert (len(server.sends), len(server.tokens)) == (60, int(protocol == "oauth"))
        assert server.connections <= 17
    assert threads() == []


@each("fault", ["reset-after-request", "half-body", "reset-on-accept", "garbage"])
def test_what_is_unknown_is_never_repeated(fault: str, table: Table) -> None:
    with FaultServer([fault]) as server:
        with Client(table("rest", server.url, retry=Retry(attempts=3))) as client:
            results = list(client.send_many(messages(12), 4))
        assert words(results) == {"unknown": 12}
        assert len(server.sends) == 12


def test_a_retry_follows_what_was_not_sent(table: Table) -> None:
    with FaultServer([answer(429, retry_after="0"), REST]) as server:
        with Client(table("rest", server.url, retry=Retry(attempts=2))) as client:
            results = list(client.send_many(messages(3), 1))
        assert words(results) == {"accepted": 3}
        assert len(server.sends) == 4


def test_no_more_are_in_flight_than_the_limit_allows(table: Table) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def act(connection: Any) -> None:
        nonlocal at_once, most
        while connection.recv(65_536):
            with lock:
                at_once += 1
                most = max(most, at_once)
            threading.Event().wait(0.005)
            with lock:
                at_once -= 1
            connection.sendall(REST)

    limit = Limit(in_flight=2)
    with (
        FaultServer(on_accept=act) as server,
        Client(table("rest", server.url, limit=limit)) as client,
    ):
        assert words(list(client.send_many(messages(20), 16))) == {"accepted": 20}
    assert most <= 2


def test_failover_goes_on_to_the_next(table: Table) -> None:
    with FaultServer([answer(429)]) as full, FaultServer([REST]) as other:
        first = table("rest", full.url)
        second = table("rest", other.url)
        with Client(Failover(backends={"first": first, "second": second})) as client:
            results = list(client.send_many(messages(10), 4))
        assert words(results) == {"accepted": 10}
        assert len(other.sends) == 10


def test_what_may_have_been_taken_is_remembered(table: Table) -> None:
    with (
        FaultServer(["reset-after-request"]) as server,
        Client(table("rest", server.url)) as client,
    ):
        (result,) = client.send_many(messages(1))
        assert isinstance(result.error, OutcomeUnknown)
        assert result.error.attempt.reference == "r-0"


def test_closing_begins_no_send_and_waits_for_those_in_flight(table: Table) -> None:
    with FaultServer([REST]) as server, Client(table("rest", server.url)) as client:
        with closing(client.send_many(messages(1000), 4)) as results:
            next(results)
        assert len(server.sends) <= 8
    assert threads() == []


def test_ctrl_c_gives_the_results_of_what_is_in_flight_first(table: Table) -> None:
    def interrupt(server: FaultServer, _: Got) -> bytes:
        if len(server.sends) == 5:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return REST

    seen: list[Result] = []
    with FaultServer([interrupt]) as server, Client(table("rest", server.url)) as client:
        with pytest.raises(KeyboardInterrupt):  # a loop might get it between two results
            seen.extend(client.send_many(messages(1000), 4))
        assert words(seen)["accepted"] == len(server.sends) < 1000
    left = [one for one in seen if one.outcome != "accepted"]
    assert [(one.outcome, "interrupted before it began" in str(one.error)) for one in left] in (
        [],
        [("not_sent", True)],  # the interrupt came while it was being begun
    )
    assert threads() == []


def test_a_slow_consumer_makes_no_outcome_unknown(table: Table) -> None:
    with FaultServer([REST]) as server, Client(table("rest", server.url)) as client:
        results = client.send_many(messages(8), 8)
        first = next(results)
        for thread in threads():
            thread.join(SECONDS)
        assert threads() == []  # all have ended, though nobody has asked for them
        assert words([first, *results]) == {"accepted": 8}


def test_a_message_that_breaks_comes_after_what_is_in_flight(table: Table) -> None:
    def given() -> Iterator[Message]:
        yield from messages(3)
        raise LookupError

    with FaultServer([REST]) as server, Client(table("rest", server.url)) as client:
        results = client.send_many(given())
        assert sorted(next(results).index for _ in range(3)) == [0, 1, 2]
        with pytest.raises(LookupError):
            next(results)


def test_a_closed_client_sends_no_more(table: Table) -> None:
    with FaultServer([REST]) as server:
        client = Client(table("rest", server.url))
        results = client.send_many(messages(50), 1)
        assert next(results).outcome == "accepted"
        client.close()
        rest = list(results)
        assert {type(result.error) for result in rest} == {CallerError}
        assert len(server.sends) == 1


# --- the loop alone


def test_a_call_in_another_thread_counts_against_the_same_limit() -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def take(_: FaultServer, __: Got) -> bytes:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.005)
        with lock:
            at_once -= 1
        return REST

    limit = Limit(in_flight=1)
    with FaultServer([take]) as server, Client(backend("rest", server.url, limit=limit)) as client:
        results = client.send_many(messages(10), 4)
        first = next(results)
        client.send("+12025550123", "beside")
        assert words([first, *results]) == {"accepted": 10}
        assert (most, len(server.sends)) == (1, 11)


def test_its_thread_ends_while_nobody_asks_for_more_and_another_goes_on() -> None:
    with FaultServer([REST]) as server, Client(backend("rest", server.url)) as client:
        results = client.send_many(messages(3), 1)
        first = next(results)
        for thread in threads():
            thread.join(SECONDS)
        assert threads() == []
        assert words([first, *results]) == {"accepted": 3}
        assert server.connections == 1
    assert threads() == []


def test_where_no_thread_can_start_each_message_is_sent_once_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "smsbridge":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with FaultServer([REST]) as server, Client(backend("rest", server.url)) as client:
        assert words(list(client.send_many(messages(20), 8))) == {"accepted": 20}
        assert len(server.sends) == 20


def test_an_interrupt_at_any_line_of_a_beginning_leaves_nothing_to_wait_for() -> None:
    with FaultServer([REST]) as server, Client(backend("rest", server.url)) as client:
        for line in range(100):
            results: list[Result] = []
            with interrupt_at(loop_driver, BEGINNING, line) as made, suppress(KeyboardInterrupt):
                results.extend(client.send_many(messages(1)))
            if not made.came:
                break
            assert threads() == []
    assert 5 < line < 99
    assert words(results) == {"accepted": 1}


def test_an_iterator_that_the_collector_ends_in_the_thread_of_the_loop_leaves_no_thread(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()

    def later(server: FaultServer, _: Got) -> bytes:
        assert len(server.sends) == 1 or go_on.wait(SECONDS)
        return REST

    class Collecting(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            if threading.current_thread() in threads():
                gc.collect()

    monkeypatch.setattr(logging.getLogger("smsbridge"), "handlers", [Collecting()])
    caplog.set_level(logging.INFO, logger="smsbridge")
    with FaultServer([later]) as server, Client(backend("rest", server.url)) as client:
        gc.disable()
        try:
            circle: list[Any] = [client.send_many(messages(4), 4)]
            assert next(circle[0]).outcome == "accepted"
            circle.append(circle)
            iterator = weakref.ref(circle[0])
            del circle
            (thread,) = threads()
            go_on.set()
            thread.join(SECONDS)
            assert iterator() is None
        finally:
            gc.enable()
        assert threads() == []
        assert len(server.sends) == 4


def test_it_may_be_asked_from_within_an_event_loop() -> None:
    async def run(client: Client) -> list[Result]:
        return list(client.send_many(messages(10), 4))

    with FaultServer([REST]) as server, Client(backend("rest", server.url)) as client:
        assert words(asyncio.run(run(client))) == {"accepted": 10}


@backend_class
class Waiting(Backend):
    """A backend with code of its own, which waits until another send does the same."""

    name = "waiting"

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        BOTH.wait(SECONDS)
        return Submission(id="1", attempt=self.attempt(message, session))
        yield


BOTH = threading.Barrier(2)


def test_a_backend_with_code_of_its_own_sends_in_threads() -> None:
    with Client(Waiting()) as client:
        assert words(list(client.send_many(messages(4), 2))) == {"accepted": 4}


@pytest.mark.full
def test_a_process_that_is_killed_leaves_at_most_what_was_in_flight_sent(table: Table) -> None:
    with FaultServer([REST]) as server:
        child = os.fork()
        if not child:
            try:
                with Client(table("rest", server.url)) as client:
                    for number, _ in enumerate(client.send_many(messages(10_000), 4)):
                        if number == 20:
                            os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(1)
        os.waitpid(child, 0)
    assert 21 <= len(server.sends) <= 21 + 8
    assert len({got.body for got in server.sends}) == len(server.sends)
