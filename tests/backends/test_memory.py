"""The memory backend keeps what it was sent."""

from __future__ import annotations

import asyncio
import socket

import pytest

from smsbridge import (
    AsyncClient,
    AuthenticationFailed,
    Client,
    ConfigError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    Status,
    Unsupported,
)
from smsbridge.backends.memory import MemoryBackend

from support.each import each


def test_messages_are_kept_in_order_and_numbered() -> None:
    backend = MemoryBackend()
    with Client(backend) as client:
        first = client.send("+12025550123", "one", reference="r-1")
        second = client.send("+12025550124", "two", channels="whatsapp")
    assert (first.id, first.reference, second.id) == ("1", "r-1", "2")
    assert [message.text for message in backend.messages] == ["one", "two"]
    assert (first.backend, first.protocol) == ("memory", "memory")


def test_it_works_without_aiohttp_too() -> None:
    async def run() -> str | None:
        async with AsyncClient.from_url("memory://") as client:
            return (await client.send("+12025550123", "one")).id

    assert asyncio.run(run()) == "1"


def test_it_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", never)
    Client(MemoryBackend()).send("+12025550123", "one")


def test_it_has_the_assertions_of_the_mock() -> None:
    backend = MemoryBackend()
    with Client(backend) as client:
        client.send("+12025550123", "one")
        client.send("+12025550123", "one")
    assert [message.text for message in backend.sent_to("+12025550123", count=2)] == ["one", "one"]
    backend.nothing_else_sent()
    assert backend.doubled() == backend.messages[1:]


@each(
    ("outcome", "reason", "kind", "taken"),
    [
        ("not_sent", None, NotSent, 0),
        ("rejected", None, Rejected, 0),
        ("rejected", "quota", Rejected, 0),
        ("rejected", "authentication", AuthenticationFailed, 0),
        ("unknown", None, OutcomeUnknown, 1),
    ],
)
def test_the_next_send_ends_as_a_test_asks_and_then_all_is_as_before(
    outcome: str, reason: str | None, kind: type[SendError], taken: int
) -> None:
    backend = MemoryBackend()
    backend.next(outcome, reason=reason)
    with Client(backend) as client:
        with pytest.raises(kind) as caught:
            client.send("+12025550123", "one")
        assert (type(caught.value), len(backend.messages)) == (kind, taken)
        if isinstance(caught.value, Rejected):
            assert caught.value.reason == (reason or "request")
        client.send("+12025550123", "two")
    assert backend.messages[-1].text == "two"


def test_a_report_is_the_status_and_a_reply_comes_in() -> None:
    backend = MemoryBackend()
    with Client(backend) as client:
        first, second = (client.send("+12025550123", text) for text in ("one", "two"))
        assert client.status(first).status is Status.SENT
        backend.report(first, "delivered")
        backend.report(backend.messages[1], Status.UNDELIVERED)
        assert client.wait(first).status is Status.DELIVERED
        assert client.status(second).status is Status.UNDELIVERED
        assert client.status("3").status is Status.UNKNOWN
        backend.reply(backend.sent_to("+12025550123", "one"), "Yes")
        (message,) = client.received()
        assert (message.sender, message.text) == ("+12025550123", "Yes")


def test_what_it_does_not_know_is_refused() -> None:
    backend = MemoryBackend()
    with Client(backend) as client:
        with pytest.raises(ConfigError, match="memory took no message with that id"):
            backend.report("1", "delivered")
        with pytest.raises(Unsupported, match="received by unread"):
            client.received(unread=True)
        with pytest.raises(Unsupported, match="sent"):
            list(client.sent())
