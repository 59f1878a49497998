"""One thread waits for the next request of every connection that is kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from smsbridge.http.exchange import Request, Response
from smsbridge.serving.request_reading import BadRequest
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.idle_connections import IdleConnections
from smsbridge.testing.mock.mock_connection import Answer, MockConnection

GET = b"GET /a HTTP/1.1\r\n\r\n"
SECONDS = 30


class NamingThreads:
    """Answers with the name of the thread that asks."""

    def early(self, _head: Request, _peek: Callable[[], bytes]) -> Fault | None:
        return None

    def answer(self, _request: Request) -> Answer:
        return Response(status=200, body=threading.current_thread().name.encode())

    def refuse(self, _head: Request, refused: BadRequest) -> Response:
        return Response(status=refused.status)

    def end(self, _sock: socket.socket, _fault: Fault) -> None:
        raise AssertionError

    def may_keep(self) -> bool:
        return True

    def park(self, _connection: MockConnection) -> bool:
        return False

    def answers_at_once(self, target: str) -> bool:
        return target == "/a"


@dataclass
class Waiting:
    """Connections that wait, and those that were handed over."""

    idle: IdleConnections
    served: list[MockConnection]

    def connect(self) -> tuple[socket.socket, bool]:
        """Return a client, and whether its connection is waited for."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            client = socket.create_connection(listening.getsockname(), SECONDS)
            server = listening.accept()[0]
        taken = self.idle.add(MockConnection(sock=server, host=NamingThreads()))
        if not taken:
            server.close()
        return client, taken


@contextmanager
def waiting() -> Iterator[Waiting]:
    served: list[MockConnection] = []
    idle = IdleConnections(served.append)
    idle.start()
    yield Waiting(idle, served)
    idle.stop()


def test_the_requests_of_many_are_answered_by_one_thread() -> None:
    names = set()
    with waiting() as here, ExitStack() as clients:
        every = [clients.enter_context(here.connect()[0]) for _ in range(20)]
        for client in every * 3:
            client.sendall(GET)
            names.add(client.recv(65_536).rpartition(b"\r\n\r\n")[2])
        assert here.served == []
    assert len(names) == 1
    assert names != {threading.current_thread().name.encode()}


def test_a_request_that_takes_time_is_handed_over_with_its_connection() -> None:
    with waiting() as here, here.connect()[0] as slow, here.connect()[0] as quick:
        slow.sendall(GET.replace(b"/a", b"/slow"))
        while not here.served:
            quick.sendall(GET)
            assert quick.recv(65_536)
        here.idle.end()
        assert quick.recv(1) == b""
        assert not here.served[0].serve()
        here.served[0].sock.close()
        assert slow.recv(65_536).startswith(b"HTTP/1.1 200 OK")


def test_at_its_end_every_connection_is_closed_and_none_is_taken() -> None:
    with waiting() as here:
        client, taken = here.connect()
    with client:
        assert taken
        assert client.recv(1) == b""
    late, taken = here.connect()
    late.close()
    assert not taken
