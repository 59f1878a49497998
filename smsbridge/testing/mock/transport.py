"""The mock provider as a transport, in process and without any socket."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.transport import whole
from smsbridge.testing.faults.connection import PACE
from smsbridge.testing.faults.table import Fault, Place

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

_NEVER_AGAIN = {"no-such-host", "bad-tls"}
_LEFT = {"reset-on-accept": Left.NOTHING, "reset-mid-request": Left.PART}
_MORE = {"silence": " in time", "half-body": ", after HTTP 200"}
_ANSWERED = {"stale-connection", "token-race"}


class InProcess:
    """Hands a client's requests to a provider.

    >>> from smsbridge.testing import InProcess, Provider
    >>> with Client(sms.backend, transport=InProcess(Provider(sms.backend))) as client:
    ...     client.send("+12025550123", "Hello").status
    <Status.QUEUED: 'queued'>
    """

    def __init__(self, provider: Provider) -> None:
        """Let ``provider`` answer."""
        self._provider = provider

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer, or raise `Broken` as a transport would for a fault of the wire."""
        answer, seconds = _carry(self._provider, request, deadline)
        time.sleep(seconds)
        return answer

    def close(self) -> None:
        """Do nothing: nothing is open."""


class AsyncInProcess:
    """The same for an `AsyncClient`.

    >>> import asyncio
    >>> from smsbridge.testing import AsyncInProcess, Provider
    >>> carrier = AsyncInProcess(Provider(sms.backend))
    >>> async def main():
    ...     async with AsyncClient(sms.backend, transport=carrier) as client:
    ...         return await client.send("+12025550123", "Hello")
    >>> asyncio.run(main()).status
    <Status.QUEUED: 'queued'>
    """

    def __init__(self, provider: Provider) -> None:
        """Let ``provider`` answer."""
        self._provider = provider

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer, or raise `Broken` as a transport would for a fault of the wire."""
        answer, seconds = _carry(self._provider, request, deadline)
        await asyncio.sleep(seconds)
        return answer

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def _carry(provider: Provider, request: Request, deadline: float) -> tuple[Response, float]:
    """Return the answer, and for how many seconds the lane keeps it back; or raise `Broken`."""
    route = provider.route(request)
    answer = route.provider.answer(route)
    seconds = 0.0 if route.is_control else route.provider.delay
    if time.monotonic() + seconds > deadline:
        raise Broken(Left.ALL, "no answer came in time: the mock's delay is longer")
    return answer_in_process(answer, request, deadline), seconds


def answer_in_process(answer: Response | Fault, request: Request, deadline: float) -> Response:
    """Return the answer of a provider as a transport would, or raise `Broken` for a fault."""
    if isinstance(answer, Fault):
        answer = _after(answer, deadline)
    return whole(answer.status, answer.headers, answer.body, request)


def _after(fault: Fault, deadline: float) -> Response:
    """Return the answer that comes despite a fault, or raise `Broken` with how much had left."""
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
