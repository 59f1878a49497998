"""The memory backend keeps what it was sent."""

from __future__ import annotations

import asyncio

import pytest

from smsbridge import AsyncClient, Client
from smsbridge.backends.memory import Memory
from smsbridge.http.transport import Transport


def test_messages_are_kept_in_order_and_numbered() -> None:
    backend = Memory()
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
    def never(*_: object) -> Transport:
        raise AssertionError

    monkeypatch.setattr(Client, "_carrier", never)
    Client(Memory()).send("+12025550123", "one")
