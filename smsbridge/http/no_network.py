"""Blocks this process from the network for a while: attempts are refused and counted."""

from __future__ import annotations

import sys
from typing import Any, Self, cast

_ACTIVE: list[NoNetwork] = []
_WATCHED: list[bool] = []


class _Event(str):
    """The name of an audit event that is refused: looking it up raises the error."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        """Refuse the event if it is this one."""
        if not str.__eq__(self, other):
            return False
        for one in _ACTIVE:
            one.tries += 1
        if _ACTIVE:
            raise ConnectionRefusedError("network access is blocked")
        return True


_REFUSED = {
    _Event(name): None
    for name in (
        *("socket.connect", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "socket.gethostbyname"),
        *("socket.gethostbyaddr", "socket.getnameinfo"),
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"),
    )
}
"""Python's audit events before a byte is sent, a name is looked up, or a process is started that
could do either.

The hook is this dictionary's ``get``, so that no Python code runs for any other event. Before
Python 3.12 such code would let another thread run in the middle of ``sys.settrace``, and a thread
that starts then fails: "Cannot install a trace function while another trace function is being
installed" (seen under coverage).
"""


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
            # it can't be removed, but refuses nothing while inactive
            sys.addaudithook(cast("Any", _REFUSED.get))
            _WATCHED.append(True)
        _ACTIVE.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop refusing."""
        _ACTIVE.remove(self)
