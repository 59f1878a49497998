"""A backend's key ``transport``, and what is installed, choose what carries its requests."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from smsbridge.backends.memory import MemoryBackend
from smsbridge.client.transports import can_send_in_loop, make_loop_transport, make_transport

from support.asking import Gate
from support.each import each


@each(
    ("key", "one", "many"),
    [
        ("", "RequestsTransport", "AiohttpTransport"),
        ("curl", "CurlTransport", "CurlMultiTransport"),
    ],
)
def test_the_key_chooses_the_transport(key: str, one: str, many: str) -> None:
    gate = replace(Gate(), transport=key)
    transport = make_transport(gate, time.monotonic)
    transport.close()

    async def make_and_close() -> str:
        made = make_loop_transport(gate, time.monotonic)
        await made.close()
        return type(made).__name__

    assert (type(transport).__name__, asyncio.run(make_and_close())) == (one, many)


def test_a_backend_with_its_own_send_may_wait_so_it_sends_in_no_loop() -> None:
    assert can_send_in_loop(Gate())
    assert not can_send_in_loop(MemoryBackend())
