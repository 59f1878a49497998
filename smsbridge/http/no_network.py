"""A block in which this process makes no connection: each attempt is refused, and counted."""

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
"""The audit events of Python that come before a byte leaves, a name is looked up, or a process
begins that could do so."""

_ACTIVE: list[NoNetwork] = []
_WATCHED: list[bool] = []


class NoNetwork:
    """While entered, it refuses every connection, name look-up and new process with an `OSError`.

    ``tries``: how many it refused. It covers all threads, and whatever connects with Python's own
    sockets.

    >>> with NoNetwork() as nothing_leaves:
    ...     nothing_leaves.tries
    0
    """

    def __init__(self) -> None:
        """Nothing is refused before it is entered."""
        self.tries = 0

    def __enter__(self) -> Self:
        """Begin to refuse."""
        if not _WATCHED:
            sys.addaudithook(_watch)  # it stays until the process ends, and does nothing meanwhile
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
        raise ConnectionRefusedError("nothing may leave now")
