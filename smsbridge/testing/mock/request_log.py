"""What came in at a lane: each request, what it was taken for, and why it was refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request, Response
    from smsbridge.serving.call import ReceivedCall
    from smsbridge.testing.mock.verdict import Miss

MOST_KEPT = 1000
"""How many requests of a lane are kept: the last ones."""

MOST_BYTES = 4 * 1024 * 1024
"""How many bytes their bodies may have together."""


@dataclass(slots=True, kw_only=True)
class KeptRequest:
    """One request, as it came in.

    ``taken_for``: an operation such as ``send``; ``token`` for a token call, a login or a
    challenge, ``wsdl``, ``sample`` for an operation that only a WSDL has; empty for nothing.
    ``interaction``: that of the scenario which answered. ``refused``: why it was; empty if it
    wasn't. ``near``: what it nearly was, if it was nothing, the nearest first. ``fault``: the word
    of the fault that it met. ``message``: the id of the message that was accepted by it. ``notes``:
    the leniencies that it needed. ``private``: what it says of credentials, right or wrong.
    ``account``: the backend whose credentials it had to have. ``call``: the same as it was read.
    ``answer``: None while it is answered, or where a fault came instead.
    """

    id: str
    at: datetime
    request: Request
    taken_for: str = ""
    protocol: str = ""
    interaction: str = ""
    refused: str = ""
    near: Sequence[Miss] = ()
    fault: str = ""
    message: str = ""
    notes: list[str] = field(default_factory=list)
    private: tuple[str, ...] = field(default=(), repr=False)
    answer: Response | None = None
    account: Backend | None = field(default=None, repr=False)
    call: ReceivedCall | None = field(default=None, repr=False)


class RequestLog:
    """The requests of a lane, oldest first; ``dropped``: how many are no longer kept."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` is the clock of the lane."""
        self._now = now
        self._last = 0
        self._bytes = 0
        self.requests: list[KeptRequest] = []
        self.dropped = 0

    def begin(self, request: Request) -> KeptRequest:
        """Keep a request that came in, under a number that no other has, even after `forget`."""
        self._last += 1
        kept = KeptRequest(id=str(self._last), at=self._now(), request=request)
        self.requests.append(kept)
        self._bytes += _size(request)
        while len(self.requests) > MOST_KEPT or (
            self._bytes > MOST_BYTES and len(self.requests) > 1
        ):
            self._bytes -= _size(self.requests.pop(0).request)
            self.dropped += 1
        return kept

    def forget(self) -> None:
        """Forget them all."""
        self.requests = []
        self._bytes = self.dropped = 0

    def find(self, known: str) -> KeptRequest | None:
        """Return the request of an id, or None."""
        return next((kept for kept in self.requests if kept.id == known), None)


def _size(request: Request) -> int:
    return len(request.body) + len(request.url) + sum(len(one) for one in request.headers.values())
