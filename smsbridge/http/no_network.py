"""Blocks this process from the network for a while: attempts are refused and counted."""

from __future__ import annotations

import sys
from typing import Self

_EVENTS = frozenset(
    {
        *("socket.connect", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "socket.gethostbyname"),
        *("socket.gethostbyaddr", "socket.getnameinfo"),
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"),
    }
)
"""Python's audit events before a byte is sent, a name is looked up, or a process is started that
could do either."""

_ACTIVE: list[NoNetwork] = []
_WATCHED: list[bool] = []


class NoNetwork:
    """A context that refuses each connection, name lookup and new process with an `OSError`.

    ``tries``: how many there were. It applies to all threads, but only to Python's own sockets.

    >>> with NoNetwork() as nothing_leaves:
    ...     nothing_leaves.tries
    0
    """

    def __init__(self) -> None:
        """Nothing is refused until it is entered."""
        self.tries = 0

    def __enter__(self) -> Self:
        """Start refusing."""
        if not _WATCHED:
            sys.addaudithook(_watch)  # it can't be removed, but does nothing while inactive
            _WATCHED.append(True)
        _ACTIVE.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop refusing."""
        _ACTIVE.remove(self)


def _watch(event: str, _: object) -> None:
    if _ACTIVE and event in _EVENTS:
        for one in _ACTIVE:
            one.tries += 1
        raise ConnectionRefusedError("network access is blocked")
