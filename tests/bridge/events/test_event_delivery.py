"""The threads that post events to callers: in order, each endpoint independent of the others."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest

from smsbridge.bridge.config import read_bridge
from smsbridge.bridge.events.event_delivery import EventDelivery, Teller, tellers_of
from smsbridge.bridge.events.event_post import EventPost
from smsbridge.bridge.events.event_queue import EventQueue
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.config.load import read_document

from support.bridges import SECONDS, Clock, config_text, open_store, put
from support.events import events_of
from support.fault_server import FaultServer, Got, answer
from support.webhook_receivers import SECRET, received, report, verify, words


@dataclass
class Telling:
    """A store whose events are told to receivers on loopback."""

    store: MessageStore
    clock: Clock
    delivery: EventDelivery
    stopped: list[bool] = field(default_factory=list)

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < end, events_of(self.store)
            time.sleep(0.005)

    def all_told(self) -> bool:
        return all(one.delivered_at is not None for one in events_of(self.store))

    def has(self, result: str, count: int) -> bool:
        return self.count(result) == count

    def count(self, result: str, caller: str = "shop") -> int:
        return self.delivery.ended["shop", caller, result]


@contextmanager
def telling(
    folder: Path,
    *urls: str,
    patience: Mapping[str, float] = MappingProxyType({}),
    threads: int = 8,
    pauses: Callable[[], float] | None = None,
) -> Iterator[Telling]:
    """Tell the callers ``shop``, ``till`` and ``app`` of events, each at a URL, in our JSON.

    ``patience``: the seconds of a post, by caller. ``pauses``: the clock that measures how long an
    endpoint gets nothing; the store's by default.
    """
    hooks = ", ".join(
        f'{caller} = {{ url = "{url}", secrets = ["{SECRET}"], shape = "standard", '
        'networks = ["127.0.0.0/8"] }'
        for caller, url in zip(("shop", "till", "app"), urls, strict=False)
    )
    (folder / "smsbridge.toml").write_text(config_text(f"webhooks = {{ {hooks} }}"))
    doors = read_bridge(read_document(folder / "smsbridge.toml")).doors
    tellers = {
        place: Teller(
            known.request,
            EventPost(known.request.config, seconds=patience.get(place[1], 2 * SECONDS)),
        )
        for place, known in tellers_of(doors).items()
    }
    clock = Clock(time.time())
    with open_store(folder, clock) as store:
        delivery = EventDelivery(
            EventQueue(store),
            tellers,
            threads=threads,
            jitter=lambda: 0.0,
            clock=pauses or clock,
        )
        run = Telling(store, clock, delivery)
        delivery.start()
        try:
            yield run
        finally:
            run.stopped.append(delivery.stop(SECONDS))


def ids(server: FaultServer) -> list[str]:
    return [words(one)["webhook-id"] for one in server.sends]


def test_events_are_told_in_their_order(tmp_path: Path) -> None:
    with FaultServer([answer(204)]) as server, telling(tmp_path, server.url) as run:
        message = put(run.store, "Hello")
        wanted = [report(run.store, message), *(received(run.store) for _ in range(20))]
        run.until(run.all_told)
        assert ids(server) == wanted
        assert [verify(one)["id"] for one in server.sends] == wanted
        run.until(lambda: run.count("delivered") == 21)


def test_a_failed_event_is_retried_when_due_with_the_same_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    script = [answer(500), answer(302, location="http://127.0.0.1:9/"), answer(204)]
    with FaultServer([*script]) as server, telling(tmp_path, server.url) as run:
        known = received(run.store, "A secret text")
        for failed in (1, 2):
            run.until(partial(run.has, "failed", failed))
            run.clock.seconds += 300
        run.until(run.all_told)
        assert ids(server) == [known] * 3
        assert len({one.body for one in server.sends}) == 1
    assert run.stopped == [True]
    said = [one for one in caplog.records if one.name == "smsbridge.bridge"]
    assert [vars(one)["why"] for one in said][:1] == ["HTTP 500 Internal Server Error"]
    assert not any("secret" in str(vars(one)) for one in said)
    assert not any(server.url in str(vars(one)) for one in said)


@contextmanager
def hung_receiver() -> Iterator[tuple[FaultServer, threading.Event]]:
    """Yield a receiver that answers nothing, and the event that ends its connections."""
    over = threading.Event()

    def hang(_: socket.socket) -> None:
        over.wait(3 * SECONDS)

    with FaultServer(on_accept=hang) as server:
        try:
            yield server, over
        finally:
            over.set()


def test_a_hung_receiver_does_not_delay_others(tmp_path: Path) -> None:
    with ExitStack() as stack:
        hangs, over = stack.enter_context(hung_receiver())
        works = stack.enter_context(FaultServer([answer(204)]))
        run = stack.enter_context(telling(tmp_path, hangs.url, works.url, threads=2))
        for _ in range(3):
            received(run.store, caller="shop")
        for _ in range(60):
            received(run.store, caller="till")
        run.until(lambda: run.count("delivered", "till") == 60)
        assert run.count("failed") == 0
        run.until(lambda: hangs.connections == 1)
        over.set()
        run.until(lambda: run.count("failed") >= 1)


def test_a_receiver_that_asks_to_wait_gets_no_other_event_either(tmp_path: Path) -> None:
    script = [answer(429, retry_after="60"), answer(204)]
    with FaultServer([*script]) as server, telling(tmp_path, server.url) as run:
        wanted = {received(run.store), received(run.store)}
        run.until(lambda: run.count("failed") == 1)
        time.sleep(1.2)  # it would have come by now
        assert len(server.sends) == 1
        run.clock.seconds += 61
        run.until(run.all_told)
        assert set(ids(server)) == wanted


def test_a_pause_begins_when_the_post_ends_and_not_when_that_is_recorded(tmp_path: Path) -> None:
    with (
        FaultServer([answer(429, retry_after="60"), answer(204)]) as server,
        telling(tmp_path, server.url) as run,
    ):

        def pass_time(point: str) -> None:
            run.clock.seconds += 61 if point == "event failed: committed" else 0

        run.store.database.at = pass_time
        received(run.store)
        run.until(run.all_told)


def test_setting_the_clock_back_delays_neither_new_events_nor_the_pause_of_an_endpoint(
    tmp_path: Path,
) -> None:
    script = [answer(429, retry_after="60"), answer(204)]
    pauses = Clock()
    with FaultServer([*script]) as server, telling(tmp_path, server.url, pauses=pauses) as run:
        late = received(run.store)
        run.until(lambda: run.count("failed") == 1)
        run.clock.seconds -= 7200
        new = received(run.store)

        def told_in_time() -> bool:
            pauses.seconds += 1
            return run.all_told()

        run.until(told_in_time)
        assert sorted(ids(server)) == sorted([late, late, new])


def test_hung_receivers_free_their_threads_for_others(tmp_path: Path) -> None:
    with ExitStack() as stack:
        hangs, over = stack.enter_context(hung_receiver())
        works = stack.enter_context(FaultServer([answer(204)]))
        urls = hangs.url, works.url
        run = stack.enter_context(telling(tmp_path, *urls, threads=1, patience={"shop": 0.5}))
        for _ in range(20):
            received(run.store, caller="shop")
        for _ in range(60):
            received(run.store, caller="till")
        run.until(lambda: run.count("delivered", "till") == 60)
        assert run.count("failed") <= 2
        over.set()


def test_after_410_nothing_is_posted_until_enabled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultServer([answer(410), answer(204)]) as server, telling(tmp_path, server.url) as run:
        wanted = [received(run.store)]
        run.until(lambda: run.count("gone") == 1)
        wanted.append(received(run.store))
        (endpoint,) = run.delivery.queue.endpoints()
        assert (endpoint.disabled_at, endpoint.waiting) == (run.clock(), 2)
        assert len(server.sends) == 1
        assert run.delivery.queue.enable(("shop", "shop")) == 2
        run.until(run.all_told)
        assert ids(server) == [wanted[0], *wanted]
    (loud,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "smsbridge outbox enable shop shop" in loud.getMessage()


def test_giving_up_is_logged_as_an_error_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultServer([answer(500)]) as server, telling(tmp_path, server.url) as run:
        known = received(run.store)
        for tries in range(1, 11):
            run.until(partial(run.has, "failed", tries))
            run.clock.seconds = events_of(run.store)[0].due or run.clock()
        run.until(partial(run.has, "given_up", 1))
        assert ids(server) == [known] * 10
    loud = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "an event was given up after its last try" in [one.getMessage() for one in loud]


def test_an_event_that_can_t_be_expressed_is_left_out_and_counted(tmp_path: Path) -> None:
    with FaultServer([answer(204)]) as server, telling(tmp_path, server.url) as run:
        report(run.store, None)
        later = received(run.store)
        run.until(lambda: run.count("delivered") == 1)
        assert run.count("left_out") == 1
        assert ids(server) == [later]


def test_an_event_of_a_caller_without_a_webhook_stays_as_it_is(tmp_path: Path) -> None:
    with FaultServer([answer(204)]) as server, telling(tmp_path, server.url) as run:
        received(run.store, caller="till")
        later = received(run.store)
        run.until(lambda: run.count("delivered") == 1)
        assert ids(server) == [later]
        assert [one.tries for one in events_of(run.store)] == [0, 1]


def test_a_store_that_can_t_be_used_for_a_while_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    moved: list[str] = []

    def break_store(_server: FaultServer, _got: Got) -> bytes:
        if not moved:
            moved.append("away")
            with run.store.database.write("test") as connection:
                connection.exec_driver_sql("ALTER TABLE endpoints RENAME TO away")
        return answer(204)

    with FaultServer([break_store]) as server, telling(tmp_path, server.url) as run:
        received(run.store)
        run.until(lambda: "a webhook can't be recorded" in caplog.text)
        assert not run.all_told()
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO endpoints")
        run.until(run.all_told)
        assert len(server.sends) == 1
        received(run.store)
        run.until(run.all_told)


def test_a_stop_waits_for_posts_in_flight_and_ends_claiming(tmp_path: Path) -> None:
    over = threading.Event()

    def slow(_server: FaultServer, _got: Got) -> bytes:
        over.wait(10)
        return answer(204)

    with FaultServer([slow]) as server, telling(tmp_path, server.url) as run:
        first, second = received(run.store), received(run.store)
        run.until(lambda: bool(server.sends))
        run.delivery.end()
        over.set()
        assert run.delivery.stop(SECONDS)
        assert [bool(one.delivered_at) for one in events_of(run.store)] == [True, False]
        assert ids(server) == [first]
        assert second != first


def test_without_webhooks_no_thread_runs(tmp_path: Path) -> None:
    before = threading.active_count()
    with telling(tmp_path) as run:
        assert threading.active_count() == before
    assert run.stopped == [True]
