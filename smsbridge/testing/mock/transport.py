"""The mock provider as a transport, in process and without any socket."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.transport import whole
from smsbridge.testing.faults.connection import PACE
from smsbridge.testing.faults.outcomes import Place
from smsbridge.testing.faults.table import Fault

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

_NEVER_AGAIN = {"no-such-host", "bad-tls"}
_LEFT = {"reset-on-accept": Left.NOTHING, "reset-mid-request": Left.PART}
_MORE = {"silence": " in time", "half-body": ", after HTTP 200"}
_ANSWERED = {"stale-connection", "token-race"}


class InProcess:
    """Hands a client's requests to a provider."""

    def __init__(self, provider: Provider) -> None:
        """Let ``provider`` answer."""
        self._provider = provider

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer, or raise `Broken` as a transport would for a fault of the wire."""
        return _carried(self._provider, request, deadline)

    def close(self) -> None:
        """Do nothing: nothing is open."""


class AsyncInProcess:
    """The same for an `AsyncClient`."""

    def __init__(self, provider: Provider) -> None:
        """Let ``provider`` answer."""
        self._provider = provider

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer, or raise `Broken` as a transport would for a fault of the wire."""
        return _carried(self._provider, request, deadline)

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def _carried(provider: Provider, request: Request, deadline: float) -> Response:
    answer = provider.handle(request)
    if isinstance(answer, Fault):
        answer = _after(answer, deadline)
    return whole(answer.status, answer.headers, answer.body, request)


def _after(fault: Fault, deadline: float) -> Response:
    """Return the answer that comes in spite of a fault, or raise `Broken` with what had left."""
    if fault.answer and fault.name in _ANSWERED:
        return fault.answer
    if fault.answer and fault.name == "drip-body":
        if time.monotonic() + PACE * len(fault.answer.body) < deadline:
            return fault.answer
        raise Broken(Left.ALL, f"fault {fault.name}: no whole answer came in time")
    alone = fault.entry.place is Place.ADDRESS
    left = Left.NOTHING if alone else _LEFT.get(fault.name, Left.ALL)
    retry = fault.name not in _NEVER_AGAIN
    why = f"fault {fault.word}: {fault.entry.what}{_MORE.get(fault.name, '')}"
    raise Broken(left, why, retry=retry)
