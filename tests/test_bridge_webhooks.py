"""A provider's report becomes a webhook to the caller, through a bridge that may be killed."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smsbridge.bridge.events.event_queue import LEASE
from smsbridge.bridge.metrics import exposition
from smsbridge.bridge.store.stored_message import AT_ONCE, UNDER_WAY, End, State
from smsbridge.http.exchange import Request

from support.bridge_killing import Killed, killed
from support.bridges import NUMBER, Clock, open_store, put, running, until
from support.each import each
from support.events import events_of
from support.fault_server import FaultServer, answer
from support.stores import Place
from support.webhook_receivers import (
    LOOPBACK,
    SECRET,
    SENDER,
    hooked_text,
    received,
    verify,
    words,
)

REPORTS = """
[backends.new.reported]
row = { id = "id", status = "state" }
when = { state = "*" }
[backends.new.arrived]
row = { id = "id", sender = "from", recipient = "to", text = "text" }
"""
COMES_IN = '[bridge.events.new]\nwebhook = "/hooks/new"\nnetworks = ["192.0.2.0/24"]\n'
POINTS = (
    "event claim: begun",
    "event claim: written",
    "event claim: committed",
    "event: claimed",
    "event: posted",
    "event delivered: begun",
    "event delivered: written",
    "event delivered: committed",
)
_POSTED = POINTS[4:7]
"""The points at which an event has been posted, and nobody will know that."""


def whole_text(url: str, networks: str = LOOPBACK) -> str:
    """Return a config with a provider's webhook, and our JSON for the shop."""
    text = hooked_text(url, 'shape = "standard"', networks=networks)
    text = text.replace("[doors.shop]", f"{COMES_IN}[doors.shop]")
    return text.replace("[doors.shop]\n", '[doors.shop]\nreceived = "shop"\n') + REPORTS


def told(**said: str) -> Request:
    return Request(
        method="POST",
        url="http://localhost/hooks/new",
        headers={"Content-Type": "application/json"},
        body=json.dumps(said).encode(),
    )


def test_what_a_provider_tells_is_told_to_the_caller(tmp_path: Path) -> None:
    with (
        FaultServer([answer(204)]) as shop,
        running(tmp_path, whole_text(shop.url)) as run,
    ):
        run.send("A secret text")
        (message,) = run.settled()
        assert message.provider_id
        report = told(id=message.provider_id, state="delivered")
        for _ in range(2):  # a provider that repeats itself makes no second event
            assert run.ask(report).status == 200
        assert run.ask(told(id="in-1", to=NUMBER, text="Yes", **{"from": SENDER})).status == 200
        run.until(lambda: len(shop.sends) == 2)
        run.until(lambda: run.bridge.webhooks.ended["shop", "shop", "delivered"] == 2)
        first, second = map(verify, shop.sends)
        assert (first["type"], first["data"]["id"]) == ("message.delivered", message.id)
        assert (second["type"], second["data"]["text"]) == ("message.received", "Yes")
        metrics = exposition(run.bridge).decode()
    line = 'smsbridge_bridge_webhooks_total{caller="shop",door="shop",result="delivered"} 2.0'
    assert line in metrics
    assert 'smsbridge_bridge_webhook_disabled{caller="shop",door="shop"} 0.0' in metrics
    assert 'smsbridge_bridge_webhook_waiting{caller="shop",door="shop"} 0.0' in metrics
    line = 'smsbridge_bridge_webhook_oldest_seconds{caller="shop",door="shop"} 0.0'
    assert line in metrics
    assert not any(one in metrics for one in (NUMBER, SENDER, first["id"], shop.url))


def test_a_refusal_is_told_and_what_becomes_of_a_resend(tmp_path: Path) -> None:
    with (
        FaultServer([answer(204)]) as shop,
        running(tmp_path, whole_text(shop.url)) as run,
    ):
        run.provider.fault = "refusals"
        run.send("A secret text")
        (message,) = run.settled()
        run.until(lambda: len(shop.sends) == 1)
        run.provider.fault = None
        run.store.move(message, End(state=State.STORED, due=AT_ONCE), "person Ann")
        run.until(lambda: len(shop.sends) == 2)
        first, second = map(verify, shop.sends)
    assert (first["type"], first["data"]["id"]) == ("message.rejected", message.id)
    assert first["data"]["error"] == message.reason
    assert (second["type"], second["data"]["id"]) == ("message.queued", message.id)
    assert "error" not in second["data"]


def test_a_refusal_is_told_in_the_words_of_the_dialect(tmp_path: Path) -> None:
    with (
        FaultServer([answer(204)]) as shop,
        running(tmp_path, hooked_text(shop.url)) as run,
    ):
        run.provider.fault = "refusals"
        run.send()
        run.until(lambda: len(shop.sends) == 1)
        (message,) = run.messages()
        told = json.loads(shop.sends[0].body)
    assert (told["type"], told["data"]["guid"]) == ("sms.failed", message.id)


def test_a_receiver_that_is_not_allowed_sees_no_connection(tmp_path: Path) -> None:
    with FaultServer([answer(204)]) as shop:
        url = f"http://localhost:{shop.port}/"
        text = whole_text(url, 'networks = ["10.0.0.0/8"]')
        with running(tmp_path, text) as run:
            received(run.store)
            run.until(lambda: run.bridge.webhooks.ended["shop", "shop", "failed"] == 1)
            (event,) = events_of(run.store)
            assert (event.tries, event.delivered_at) == (1, None)
        assert shop.connections == 0


@contextmanager
def killed_shop(place: Place, shop: FaultServer) -> Iterator[Killed]:
    """Yield killable bridges that post to a shop on loopback: two, if they share a store."""
    with killed(place) as run:
        file = place.folder / "smsbridge.toml"
        hook = f'{{ url = "{shop.url}", secrets = ["{SECRET}"], {LOOPBACK}, shape = "standard" }}'
        text = file.read_text().replace("callers =", f"webhooks = {{ shop = {hook} }}\ncallers =")
        file.write_text(text, encoding="utf-8")
        yield run


def die_and_go_on(place: Place, point: str) -> Counter[str]:
    """Kill a bridge at a point of its third event, restart all; return how often each came."""
    with FaultServer([answer(204)]) as shop, killed_shop(place, shop) as run:
        with open_store(place, Clock(time.time())) as store:
            wanted = [received(store, f"Text {number}") for number in range(6)]
            run.first.begin(point, 3)
            assert run.first.wait() == -signal.SIGKILL, point
            with store.database.write("test") as connection:  # the time of a lease passes
                connection.exec_driver_sql(f"UPDATE events SET due = due - {LEASE} WHERE due > 0")
            run.begin()
            until(lambda: all(one.delivered_at for one in events_of(store)))
            run.end()
        came = [words(one)["webhook-id"] for one in shop.sends]
        assert set(came) == set(wanted), point
        under_way = wanted.pop(2)  # it is due again after its lease, and the others go on
        others = [one for one in dict.fromkeys(came) if one != under_way]
        assert place.server or others == wanted, point
        for one in shop.sends:
            verify(one)
    return Counter(came)


def test_killed_after_a_post_it_tells_the_same_event_twice_and_never_not(place: Place) -> None:
    came = die_and_go_on(place, "event: posted")
    assert sorted(came.values()) == [1, 1, 1, 1, 1, 2]


def end_and_die(place: Place, point: str) -> tuple[State, list[str]]:
    """Kill a bridge as a send ends, restart all; return the state, and what the shop was told."""
    with FaultServer([answer(204)]) as shop, killed_shop(place, shop) as run:
        with open_store(place, Clock(time.time())) as store:
            put(store, backend="no block has this name")
            run.first.begin(point)
            assert run.first.wait() == -signal.SIGKILL, point
            run.begin()
            until(lambda: not any(store.counts()[state] for state in UNDER_WAY))
            until(lambda: all(one.delivered_at for one in events_of(store)))
            (message,) = store.list_messages()
            run.end()
        return message.state, [verify(one)["type"] for one in shop.sends]


def test_killed_after_the_end_of_a_send_was_recorded_it_tells_that_end(place: Place) -> None:
    told = end_and_die(place, "not_sent: committed")
    assert told == (State.NOT_SENT, ["message.undelivered"])


@pytest.mark.full
@pytest.mark.timeout(300)
@each("point", ["not_sent: begun", "not_sent: written"])
def test_killed_before_the_end_of_a_send_was_recorded_it_tells_none(
    place: Place, point: str
) -> None:
    place.empty()
    assert end_and_die(place, point) == (State.UNKNOWN, [])


@pytest.mark.full
@pytest.mark.timeout(300)
@each("point", POINTS)
def test_killed_at_each_point_it_tells_each_event_and_none_more_than_twice(
    place: Place, point: str
) -> None:
    came = die_and_go_on(place, point)
    doubled = [1, 1, 1, 1, 1, 2] if point in _POSTED else [1] * 6
    assert sorted(came.values()) == doubled
