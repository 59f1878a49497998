"""The front door: `Client` and `AsyncClient`, two drivers of the same exchanges."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self, Unpack

from smsbridge.config import from_environment, from_file, from_mapping, from_url
from smsbridge.errors import InvalidMessage
from smsbridge.exchange import Broken, Left, Request, Response, Session, drive, drive_async
from smsbridge.message import Message, MessageFields, Submission

if TYPE_CHECKING:
    from pathlib import Path

    from smsbridge.backend import Backend
    from smsbridge.transports import AsyncTransport, Transport


_MADE = "made"


class _Front:
    """What both clients share: where the backend comes from."""

    def __init__(self, backend: Backend | None = None, *, session: Session | None = None) -> None:
        self.backend = backend or from_environment()
        self._session = session or Session()

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Create a client from a URL: ``smsmobileapi+rest://KEY@api.smsmobileapi.com``."""
        return cls(from_url(url))

    @classmethod
    def from_config(cls, name: str | None = None, path: Path | str | None = None) -> Self:
        """Create a client from a block of the config file, its ``default`` if no name is given."""
        return cls(from_file(name, path))

    @classmethod
    def from_mapping(cls, keys: Mapping[str, Any]) -> Self:
        """Create a client from the keys that a block of the config file would have."""
        return cls(from_mapping(keys))

    def _deadline(self) -> float:
        return time.monotonic() + self.backend.timeout

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.backend.name} over {self.backend.protocol}>"


class Client(_Front):
    """Sends messages. Safe to share between threads, and usable after a fork.

    Without a backend it is configured by ``SMSBRIDGE_URL``, else by ``smsbridge.toml``.
    """

    def __init__(
        self,
        backend: Backend | None = None,
        *,
        transport: Transport | None = None,
        session: Session | None = None,
    ) -> None:
        """``transport`` and ``session`` are for tests: another carrier, other clocks."""
        super().__init__(backend, session=session)
        self._transport = {_MADE: transport} if transport else {}
        self._flights = _Flights()

    def send(
        self, message: Message | str, text: str | None = None, **more: Unpack[MessageFields]
    ) -> Submission:
        """Send one message, ``send(message)`` or ``send("+12025550123", "Hello")``.

        Returns the `Submission` that the provider answered. Raises `NotSent`, `Rejected` or
        `OutcomeUnknown` for the three other ends, and `CallerError` before any I/O. It never
        repeats a send by itself.
        """
        deadline = self._deadline()
        return drive(
            self.backend.send(_message(message, text, more), self._session),
            lambda request: self._carry(request, deadline),
        )

    def _carry(self, request: Request, deadline: float) -> Response:
        if request.share is None:
            return self._carrier().send(request, deadline)
        return self._flights.join(
            request.share, lambda: self._carrier().send(request, deadline), deadline
        )

    def _carrier(self) -> Transport:
        if not self._transport:
            from smsbridge.transports.blocking import RequestsTransport

            # no lock, which a fork could leave locked: of two that are made, the first is kept
            self._transport.setdefault(_MADE, RequestsTransport(self.backend))
        return self._transport[_MADE]

    def close(self) -> None:
        """Close the connections that are open."""
        for transport in self._transport.values():
            transport.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()


class AsyncClient(_Front):
    """Sends messages from one event loop, to which it belongs. Needs the extra ``async``."""

    def __init__(
        self,
        backend: Backend | None = None,
        *,
        transport: AsyncTransport | None = None,
        session: Session | None = None,
    ) -> None:
        """``transport`` and ``session`` are for tests: another carrier, other clocks."""
        super().__init__(backend, session=session)
        self._transport = transport
        self._flights: dict[str, asyncio.Task[Response]] = {}

    async def send(
        self, message: Message | str, text: str | None = None, **more: Unpack[MessageFields]
    ) -> Submission:
        """Send one message, as `Client.send` does."""
        deadline = self._deadline()
        return await drive_async(
            self.backend.send(_message(message, text, more), self._session),
            lambda request: self._carry(request, deadline),
        )

    async def _carry(self, request: Request, deadline: float) -> Response:
        if request.share is None:
            return await self._carrier().send(request, deadline)
        if request.share not in self._flights:
            self._flights = {name: task for name, task in self._flights.items() if not task.done()}
            sending = self._carrier().send(request, deadline)
            self._flights[request.share] = asyncio.ensure_future(sending)
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0)):
                return await asyncio.shield(self._flights[request.share])
        except TimeoutError:
            raise _late() from None

    def _carrier(self) -> AsyncTransport:
        if self._transport is None:
            from smsbridge.transports.aio import AiohttpTransport

            self._transport = AiohttpTransport(self.backend)
        return self._transport

    async def close(self) -> None:
        """Close the connections that are open."""
        if self._transport is not None:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the client."""
        await self.close()


class _Flights:
    """Requests of one share, sent once: whoever else asks gets the same answer."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[Response]] = {}
        self._process = os.getpid()

    def join(self, share: str, send: Callable[[], Response], deadline: float) -> Response:
        if self._process != os.getpid():  # a fork: a lock or a flight of the parent never ends here
            self._reset()
        flight: Future[Response] = Future()
        with self._lock:
            known = self._flights.get(share)
            if known is None:
                self._flights = {n: f for n, f in self._flights.items() if not f.done()}
                self._flights[share] = flight
        if known is None:
            _land(flight, send)
        try:
            return (known or flight).result(max(deadline - time.monotonic(), 0))
        except TimeoutError:
            raise _late() from None


def _land(flight: Future[Response], send: Callable[[], Response]) -> None:
    try:
        flight.set_result(send())
    except Exception as error:  # noqa: BLE001  (raised again by result(), for everybody)
        flight.set_exception(error)
    except BaseException:
        why = "the call that would have answered was interrupted"
        flight.set_exception(Broken(Left.NOTHING, why))
        raise


def _late() -> Broken:
    return Broken(Left.NOTHING, "no answer in time to a call that others wait for too")


def _message(message: Message | str, text: str | None, more: MessageFields) -> Message:
    if not isinstance(message, Message):
        return Message(recipient=message, text=text or "", **more)  # type: ignore[arg-type]  # channels are normalised
    if text is not None or more:
        raise InvalidMessage("give a Message, or a recipient and a text, not both")
    return message
