"""`AsyncClient`: drives the same courses as `Client`, in one event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from smsbridge.backends.group_send import SentEnd, most_together
from smsbridge.client.base import ClientBase
from smsbridge.client.log_filters import Failed
from smsbridge.client.logging import log_answer
from smsbridge.client.message_group import Result
from smsbridge.client.send_in_tasks import send_in_tasks
from smsbridge.client.send_many import CONCURRENCY
from smsbridge.errors import CallerError
from smsbridge.http.exchange import Request, Response, Session, drive_async
from smsbridge.http.single_flight import TaskFlights
from smsbridge.message import Message, MessageFields, ReceivedMessage, SentMessage, Submission
from smsbridge.text.frames import forget_locals, forget_locals_of_methods

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.client.paging import Pages
    from smsbridge.errors import Attempt, OutcomeUnknown
    from smsbridge.http.exchange import Course
    from smsbridge.http.transport import AsyncTransport

T = TypeVar("T")


@forget_locals_of_methods
class AsyncClient(ClientBase):
    """Sends messages from one event loop: the one of its first call. Needs the extra ``async``.

    >>> import asyncio
    >>> async def main():
    ...     async with AsyncClient() as sms:
    ...         return await sms.send("+12025550123", "Hello")
    >>> asyncio.run(main()).status
    <Status.QUEUED: 'queued'>
    """

    def __init__(
        self,
        backend: Backend | None = None,
        *,
        transport: AsyncTransport | None = None,
        session: Session | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``transport``, ``session`` and ``sleep`` are for tests: another carrier, other clocks."""
        super().__init__(backend, session=session)
        self._given = transport
        self._sleep = sleep
        self._transports: dict[str, AsyncTransport] = {}
        self._places: dict[str, asyncio.BoundedSemaphore] = {}
        self._flights = TaskFlights()
        self._loops: dict[str, asyncio.AbstractEventLoop] = {}

    async def send(
        self, message: Message | str, text: str | None = None, **more: Unpack[MessageFields]
    ) -> Submission:
        """Send one message, as `Client.send` does."""
        return await self._run(self._operations.send(message, text, more))

    def send_many(
        self, messages: Iterable[Message] | AsyncIterable[Message], concurrency: int = CONCURRENCY
    ) -> AsyncGenerator[Result, None]:
        """Send many messages in tasks, as `Client.send_many` does in threads.

        If you may leave the loop early, wrap it in ``contextlib.aclosing``. Cancelling waits for
        the sends in flight; cancelling again cancels them too.
        """
        self._check_loop(running=False)
        together = most_together(self.backend)
        attempt = self._operations.attempt
        return send_in_tasks(self._send_together, messages, concurrency, attempt, together)

    async def _send_together(self, messages: Sequence[Message]) -> Sequence[SentEnd]:
        return await self._run(self._operations.send_together(messages))

    async def resend(self, submission: Submission | str) -> Submission:
        """Ask the provider to send a message again, as `Client.resend` does."""
        return await self._run(self._operations.resend(submission))

    async def status(self, submission: Submission | str) -> SentMessage:
        """Return where a message stands, as `Client.status` does."""
        return await self._run(self._operations.status(submission))

    async def wait(self, submission: Submission | str, timeout: float = 60.0) -> SentMessage:  # noqa: ASYNC109  (the word of the sync client)
        """Return the final status of a message, as `Client.wait` does."""
        return await self._run(self._operations.wait(submission, timeout))

    def sent(  # noqa: PLR0913  (each is a filter of the log)
        self,
        *,
        id: str | None = None,  # noqa: A002  (the word of the field)
        after: datetime | None = None,
        before: datetime | str | None = None,
        recipient: str | None = None,
        keyword: str | None = None,
        failed: Failed | None = None,
    ) -> AsyncIterator[SentMessage]:
        """Yield the provider's log of what was sent, as `Client.sent` does."""
        self._refuse_closed()
        pages = self._operations.pages(
            id=id, after=after, before=before, recipient=recipient, keyword=keyword, failed=failed
        )
        return self._rows(pages)

    async def received(
        self,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        device: str | None = None,
        unread: bool = False,
    ) -> list[ReceivedMessage]:
        """Return the messages that came in, as `Client.received` does."""
        return await self._run(
            self._operations.received(after=after, before=before, device=device, unread=unread)
        )

    async def wait_received(
        self,
        *,
        sender: str | None = None,
        match: str | re.Pattern[str] | None = None,
        after: datetime | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109  (the word of the sync client)
    ) -> ReceivedMessage:
        """Return the first message that comes in, as `Client.wait_received` does."""
        return await self._run(self._operations.wait_received(sender, match, after, timeout))

    async def delete(
        self,
        submission: Submission | str | None = None,
        *,
        day: date | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> None:
        """Delete from the provider's log, as `Client.delete` does."""
        await self._run(self._operations.delete(submission, day, first, last))

    async def resolve(
        self,
        unknown: OutcomeUnknown | Attempt,
        *,
        known: Collection[Submission | str] = (),
        others: Collection[OutcomeUnknown | Attempt] = (),
    ) -> Submission:
        """Return the submission behind an unknown outcome, as `Client.resolve` does."""
        return await self._run(self._operations.resolve(unknown, known, others))

    def resolve_many(
        self,
        unknowns: Collection[OutcomeUnknown | Attempt],
        *,
        known: Collection[Submission | str] = (),
        others: Collection[OutcomeUnknown | Attempt] = (),
    ) -> AsyncIterator[Submission | OutcomeUnknown]:
        """Yield what became of each of several unknown outcomes, as `Client.resolve_many` does."""
        self._refuse_closed()
        return self._each(self._operations.resolve_many(unknowns, known, others))

    async def _rows(self, pages: Pages) -> AsyncIterator[SentMessage]:
        while not pages.ended:
            for row in await self._run(self._operations.page(pages)):
                yield row

    async def _each(self, courses: Iterable[Course[T]]) -> AsyncIterator[T]:
        for course in courses:
            yield await self._run(course)

    def _check_loop(self, *, running: bool = True) -> None:
        """Refuse a closed client, and any event loop but that of the first call."""
        self._refuse_closed()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            if not running:
                return
            raise CallerError("AsyncClient needs a running asyncio event loop") from None
        if self._loops.setdefault("its own", loop) is not loop:  # at once: threads may race here
            raise CallerError(
                "this AsyncClient belongs to the event loop of its first call: make one "
                "in each loop, or share a Client between threads"
            )

    @forget_locals  # for those who ask page by page
    async def _run(self, course: Course[T]) -> T:
        self._check_loop()
        deadlines: dict[str, float] = {}

        async def sleep(seconds: float) -> None:
            deadlines.clear()  # after a pause another try begins
            await self._sleep(seconds)

        return await drive_async(course, lambda request: self._carry(request, deadlines), sleep)

    async def _carry(self, request: Request, deadlines: dict[str, float]) -> Response:
        asked = self._session.monotonic()
        for seconds in self._waits(request):
            await self._sleep(seconds)
        async with self._place(request):
            deadline = self._deadline(request, deadlines, asked)
            if request.share is None:
                return await self._send(request, deadline)
            left = deadline - self._session.monotonic()
            return await self._flights.join(
                request.share, lambda: self._send(request, deadline), left
            )

    @forget_locals  # asyncio logs the error of a task that nobody awaits
    async def _send(self, request: Request, deadline: float) -> Response:
        began = self._session.monotonic()
        response = await self._transport(request.backend).send(request, deadline)
        log_answer(request, response, self._session.monotonic() - began)
        return response

    def _place(self, request: Request) -> AbstractAsyncContextManager[object]:
        """Return the semaphore that is held while a request is in flight."""
        limit = self._limit(request)
        if limit is None or limit.in_flight is None:
            return nullcontext()
        return self._places.setdefault(request.backend, asyncio.BoundedSemaphore(limit.in_flight))

    def _transport(self, name: str) -> AsyncTransport:
        if self._given is not None:
            return self._given
        if name not in self._transports:
            from smsbridge.http.aiohttp_transport import AiohttpTransport

            made = AiohttpTransport(self._backends[name], self._session.monotonic)
            self._transports[name] = made
        return self._transports[name]

    async def close(self) -> None:
        """Close all connections, and end the tasks that remain.

        The outcome of a send in flight depends on how much had left. Afterwards nothing more
        leaves: every call raises `CallerError`. Closing it again does nothing.
        """
        if not self._closed:
            self._check_loop()
        self._closed = True
        await self._flights.close()
        for transport in (*self._transports.values(), *([self._given] if self._given else [])):
            await transport.close()

    async def __aenter__(self) -> Self:
        """Return the client; raises `CallerError` if it was closed, or belongs to another loop."""
        self._check_loop()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the client."""
        await self.close()
