"""A connection takes no answer but its own. Whole transports: test_all_transports.py."""

from __future__ import annotations

import asyncio
import socket
from threading import Event

from smsbridge.http.aiohttp_connection import end_connection
from smsbridge.http.aiohttp_transport import AiohttpTransport

from support.aiohttp_calls import OK, carry
from support.carrying import post, soon
from support.fault_server import FaultServer, answer


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next() -> None:
    async def two(transport: AiohttpTransport) -> int:
        await transport.send(post(f"{server.url}/a"), soon())
        return (await transport.send(post(f"{server.url}/a"), soon())).status

    with FaultServer([OK + answer(429), OK]) as server:
        assert carry(server.url, two) == 200


def test_an_answer_that_came_while_the_loop_was_busy_is_not_taken_for_the_next() -> None:
    came = Event()

    def late(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(OK)
        if server.connections > 1:
            return
        asked.wait(20)
        connection.sendall(answer(429))
        came.set()
        connection.recv(65_536)

    async def two(transport: AiohttpTransport) -> int:
        await transport.send(post(f"{server.url}/a"), soon())
        asked.set()
        assert came.wait(20)  # as a caller does that computes: the loop sees nothing of what comes
        return (await transport.send(post(f"{server.url}/a"), soon())).status

    asked = Event()
    with FaultServer(on_accept=late) as server:
        assert carry(server.url, two) == 200


def test_a_peer_that_goes_on_and_on_after_its_answer_is_cut_off() -> None:
    cut = Event()

    def flood(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(OK)
        try:
            while True:
                connection.sendall(b"x" * 65_536)
        except OSError:
            cut.set()

    async def one_and_wait(transport: AiohttpTransport) -> bool:
        assert (await transport.send(post(f"{server.url}/a"), soon())).status == 200
        return await asyncio.to_thread(cut.wait, 15)

    with FaultServer(on_accept=flood) as server:
        assert carry(server.url, one_and_wait)


class Lost(asyncio.Protocol):
    """Tells when its connection is gone."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def connection_lost(self, _: Exception | None) -> None:
        self.event.set()


def test_a_connection_is_ended_at_once_and_one_that_is_gone_stays_as_it_is() -> None:
    async def end(*, drained: bool) -> int:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        create = asyncio.get_running_loop().create_connection
        transport, lost = await create(Lost, sock=ours)
        transport.write(b"x" * 5_000_000)
        transport.close()
        if drained:
            await asyncio.to_thread(read_all, theirs)
            await lost.event.wait()
        end_connection(transport)
        await lost.event.wait()
        theirs.close()
        return transport.get_write_buffer_size()

    assert [asyncio.run(end(drained=one)) for one in (False, True)] == [0, 0]


def read_all(connection: socket.socket) -> None:
    connection.settimeout(10)
    while connection.recv(1_000_000):
        pass
