"""The connections that clients keep open: one thread waits for the next request of all of them."""

from __future__ import annotations

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from smsbridge.testing.mock.mock_connection import MockConnection, Next


class IdleConnections:
    """Waits for the next request of each connection, and answers what takes no time.

    Many threads that wait for one lock of Python cost more than their requests; one thread answers
    those that came whole. Any other request gets its own thread.
    """

    def __init__(self, serve: Callable[[MockConnection], None]) -> None:
        """``serve`` gives a thread to a connection whose request takes time."""
        self._serve = serve
        self._lock = threading.Lock()
        self._over = True
        self._connections: set[MockConnection] = set()
        self._new: deque[MockConnection] = deque()

    def start(self) -> None:
        """Begin to wait."""
        self._over = False
        self._selector = selectors.DefaultSelector()
        self._ear, self._bell = socket.socketpair()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close them all, and stop waiting."""
        with self._lock:
            self._over = True
        self._bell.send(b"x")
        self._thread.join()
        for connection in self._connections:
            connection.sock.close()
        self._connections.clear()
        self._selector.close()
        self._ear.close()
        self._bell.close()

    def add(self, connection: MockConnection) -> bool:
        """Wait for its next request; return whether it may wait."""
        with self._lock:
            if self._over:
                return False
            connection.sock.setblocking(False)
            self._connections.add(connection)
            self._new.append(connection)
            self._bell.send(b"x")
        return True

    def end(self) -> None:
        """End them all: the next client opens a new connection."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def _wait(self) -> None:
        while not self._over:
            for key, _ in self._selector.select():
                if isinstance(key.data, MockConnection):
                    self._look(key.data)
                    continue
                self._ear.recv(1024)
                while self._new:
                    new = self._new.popleft()
                    self._selector.register(new.sock, selectors.EVENT_READ, new)

    def _look(self, connection: MockConnection) -> None:
        """Answer the request of a connection that can be read, if that takes no time."""
        following = connection.answer_at_once()
        if following is Next.WAIT:
            return
        self._selector.unregister(connection.sock)
        with self._lock:
            self._connections.discard(connection)
        if following is Next.SERVE:
            self._serve(connection)
        else:
            connection.sock.close()
