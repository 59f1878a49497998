"""The front door: `Client` and `AsyncClient`, two drivers of the same exchanges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from smsbridge.backend import Backend
from smsbridge.config import from_environment, from_file, from_mapping, from_url
from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.exchange import Request, Response, Session, drive, drive_async
from smsbridge.flights import Flights, late
from smsbridge.message import E164, Message, MessageFields, Submission
from smsbridge.rows import Row, row_of

if TYPE_CHECKING:
    from pathlib import Path

    from smsbridge.transports import AsyncTransport, Transport


_MADE = "made"


class _Front:
    """What both clients share: where the backend comes from."""

    def __init__(self, backend: Backend | None = None, *, session: Session | None = None) -> None:
        if backend is not None and not isinstance(backend, Backend):
            raise ConfigError("give a Backend; a block by its name: Client.from_config(NAME)")
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
        self._flights = Flights()

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

    def status(self, submission: Submission | str) -> Row:
        """Return where a message stands, by its submission or the provider's id.

        A message that the provider doesn't know has the status ``unknown``. Raises `NoAnswer`,
        `Rejected`, or `CallerError` before any I/O; so do `received` and `sent`.
        """
        known = _id(submission)
        return row_of(self._ask("status", {"id": known}), known)

    def received(
        self, *, after: datetime | None = None, before: datetime | None = None
    ) -> list[Row]:
        """Return the messages that came in, as the provider's table lets them be asked for."""
        return self._ask("received", _times(after=after, before=before))

    def sent(
        self,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        recipient: str | None = None,
    ) -> list[Row]:
        """Return the provider's log of what was sent."""
        return self._ask("sent", _times(after=after, before=before) | _to(recipient))

    def _ask(self, question: str, values: Mapping[str, Any]) -> list[Row]:
        deadline = self._deadline()
        return drive(
            self.backend.ask(question, values, self._session),
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

    async def status(self, submission: Submission | str) -> Row:
        """Return where a message stands, as `Client.status` does."""
        known = _id(submission)
        return row_of(await self._ask("status", {"id": known}), known)

    async def received(
        self, *, after: datetime | None = None, before: datetime | None = None
    ) -> list[Row]:
        """Return the messages that came in, as `Client.received` does."""
        return await self._ask("received", _times(after=after, before=before))

    async def sent(
        self,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        recipient: str | None = None,
    ) -> list[Row]:
        """Return the provider's log of what was sent."""
        return await self._ask("sent", _times(after=after, before=before) | _to(recipient))

    async def _ask(self, question: str, values: Mapping[str, Any]) -> list[Row]:
        deadline = self._deadline()
        return await drive_async(
            self.backend.ask(question, values, self._session),
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
            raise late() from None

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


def _message(message: Message | str, text: str | None, more: MessageFields) -> Message:
    if not isinstance(message, Message):
        return Message(recipient=message, text=text or "", **more)  # type: ignore[arg-type]  # channels are normalised
    if text is not None or more:
        raise InvalidMessage("give a Message, or a recipient and a text, not both")
    return message


def _id(submission: Submission | str) -> str:
    known = submission.id if isinstance(submission, Submission) else submission
    if not isinstance(known, str) or not known.isprintable() or not known.strip():
        raise InvalidMessage("status needs the provider's id of a message; this one has none")
    return known


def _times(**given: datetime | None) -> dict[str, Any]:
    times = {name: moment for name, moment in given.items() if moment is not None}
    for name, moment in times.items():
        if not isinstance(moment, datetime) or moment.utcoffset() is None:
            raise InvalidMessage(f"{name} has no time zone: give an aware datetime")
    return times


def _to(recipient: str | None) -> dict[str, Any]:
    if recipient is not None and not (isinstance(recipient, str) and E164.fullmatch(recipient)):
        raise InvalidMessage("recipient: give + and 5 to 15 digits, such as +12025550123")
    return {} if recipient is None else {"recipient": recipient}
