"""Differences are counted over the messages of a store, and nothing is sent."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Backend
from smsbridge.bridge.doors.shadow import Shadow
from smsbridge.bridge.doors.shadow_report import ShadowReport, messages_since, shadow_report
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.retention import clear
from smsbridge.bridge.store.stored_message import End, State

from support.blocks import REST_SEND, SOAP_SEND, rest, soap
from support.bridges import Clock, claim, open_store, put
from support.each import each
from support.sockets import listening

DAY = 86_400.0


def report(store: MessageStore, shadow: Backend, **more: Any) -> ShadowReport:
    pair = Shadow.of(("new", rest(REST_SEND)), ("other", shadow))
    return shadow_report(pair, messages_since(store, "shop", 0.0), **more)


def kinds(found: ShadowReport) -> list[tuple[str, str, int, int]]:
    return [(one.field, one.what, t.count, len(t.examples)) for one, t in found.by_count()]


UPPER = REST_SEND.replace("{text}", "{text|upper}").replace("{recipient}", "{recipient|digits}")


def test_messages_are_counted_by_difference_with_examples(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        several = [put(store, text) for text in ("One", "TWO", "Three")]
        found = report(store, rest(UPPER), examples=2)
        assert (found.messages, found.same, found.differing) == (3, 0, 3)
        assert kinds(found) == [
            ("recipient", "without + instead of with +", 3, 2),
            ("text", "different letter case", 2, 2),
        ]
        (first, *_), *_ = (tally.examples for _, tally in found.by_count())
        assert first.id == several[-1].id
        assert report(store, rest(REST_SEND)).same == 3


def test_what_was_cleared_is_not_compared(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store)
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.ACCEPTED), "worker 1")
        clock.seconds += DAY
        clear(store.database, clock())
        put(store)
        found = report(store, rest(REST_SEND))
        assert (found.messages, found.same) == (2, 1)
        assert dict(found.uncompared) == {"its text was cleared after keep": 1}


def test_all_messages_of_a_door_since_a_time_are_listed_newest_first(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        put(store, "too old")
        clock.seconds += DAY
        for number in range(501):
            put(store, f"{number}")
        put(store, "of another", door="till")
        found = list(messages_since(store, "shop", clock() - 1))
        assert [one.text for one in found] == [str(number) for number in reversed(range(501))]


def test_what_can_not_be_compared_is_counted_by_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadow = soap(SOAP_SEND)

    def fail(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(type(shadow), "send", fail)
    with open_store(tmp_path) as store:
        put(store, "One")
        put(store, "Two")
        assert dict(report(store, shadow).uncompared) == {"other fails with KeyError": 2}


@each("kind", ["rest", "soap"])
def test_no_connection_is_made_to_the_shadow(tmp_path: Path, kind: str) -> None:
    with listening() as (port, taken), open_store(tmp_path / kind) as store:
        put(store)
        url = f'url = "http://127.0.0.1:{port}"\n'
        found = report(store, rest(url + REST_SEND) if kind == "rest" else soap(url + SOAP_SEND))
        assert (found.messages, found.same, found.tries, taken()) == (1, 1, 0, 0)


def test_a_plug_in_that_connects_by_itself_is_refused_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadow = rest(REST_SEND)
    own = type(shadow).send
    with listening() as (port, taken), open_store(tmp_path) as store:
        put(store)

        def send(*given: Any) -> Any:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=30).close()
            return own(*given)

        monkeypatch.setattr(type(shadow), "send", send)
        found = report(store, shadow)
        assert (found.same, found.tries, taken()) == (1, 1, 0)
