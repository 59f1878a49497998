"""The mock provider as a transport, in process and without any socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsbridge.exchange import Broken, Left, Request, Response
from smsbridge.testing.faults import Fault

if TYPE_CHECKING:
    from smsbridge.testing.provider import Provider


class InProcess:
    """Hands a client's requests to a provider."""

    def __init__(self, provider: Provider) -> None:
        """Let ``provider`` answer."""
        self._provider = provider

    def send(self, request: Request, _deadline: float) -> Response:
        """Return the answer; a fault of the wire breaks after the whole request had left."""
        return _carried(self._provider, request)

    def close(self) -> None:
        """Do nothing: nothing is open."""


class AsyncInProcess:
    """The same for an `AsyncClient`."""

    def __init__(self, provider: Provider) -> None:
        """Let ``provider`` answer."""
        self._provider = provider

    async def send(self, request: Request, _deadline: float) -> Response:
        """Return the answer; a fault of the wire breaks after the whole request had left."""
        return _carried(self._provider, request)

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def _carried(provider: Provider, request: Request) -> Response:
    answer = provider.handle(request)
    if isinstance(answer, Fault):
        raise Broken(Left.ALL, f"fault {answer.name}")
    return answer
