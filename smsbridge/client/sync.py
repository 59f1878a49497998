"""The front door: `Client`, which drives the courses of `smsbridge.client.base`."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from smsbridge.client.base import Front
from smsbridge.client.log_filters import Failed
from smsbridge.client.logging import carried
from smsbridge.client.send_many import CONCURRENCY, Result, in_threads
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.http.single_flight import Flights
from smsbridge.message import Message, MessageFields, ReceivedMessage, SentMessage, Submission
from smsbridge.text.frames import forget_locals, forget_locals_of_methods

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.client.paging import Pages
    from smsbridge.errors import Attempt, OutcomeUnknown
    from smsbridge.http.exchange import Course
    from smsbridge.http.transport import Transport

T = TypeVar("T")


@forget_locals_of_methods
class Client(Front):
    """Sends messages. Safe to share between threads, and usable after a fork, until it is closed.

    Without a backend it is configured by ``SMSBRIDGE_URL``, else by ``smsbridge.toml``.
    """

    def __init__(
        self,
        backend: Backend | None = None,
        *,
        transport: Transport | None = None,
        session: Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``transport``, ``session`` and ``sleep`` are for tests: another carrier, other clocks."""
        super().__init__(backend, session=session)
        self._given = transport
        self._sleep = sleep
        self._transports: dict[tuple[str, ...], Transport] = {}
        self._slots: dict[tuple[object, ...], threading.BoundedSemaphore] = {}
        self._flights = Flights()

    def send(
        self, message: Message | str, text: str | None = None, **more: Unpack[MessageFields]
    ) -> Submission:
        """Send one message, ``send(message)`` or ``send("+12025550123", "Hello")``.

        Returns the `Submission` that the provider answered. Raises `NotSent`, `Rejected` or
        `OutcomeUnknown` for the three other ends, and `CallerError` before any I/O. It repeats a
        send only where the config has ``retry``, and only after `NotSent`.
        """
        return self._run(self._sending(message, text, more))

    def send_many(
        self, messages: Iterable[Message], concurrency: int = CONCURRENCY
    ) -> Generator[Result, None, None]:
        """Send many messages, so many at once (1 to 1000), and yield a `Result` for each.

        Results come as sends end; what ends in an error is a result too. No message is taken
        before there is room for it. An error of ``messages`` itself is raised after the results
        of what is in flight. Closing the iterator begins no send, and waits for those in flight.
        """
        self._refuse_closed()
        return in_threads(self.send, messages, concurrency, self._attempted)

    def resend(self, submission: Submission | str) -> Submission:
        """Let the provider send a message again that it has, by its submission or its id.

        It is a second send, by intent: it ends in one of the four ways, and is never repeated.
        """
        return self._run(self._resending(submission))

    def status(self, submission: Submission | str) -> SentMessage:
        """Return where a message stands, by its submission or the provider's id.

        A message that the provider doesn't know has the status ``unknown``. Raises `NoAnswer`,
        `Rejected`, or `CallerError` before any I/O; so do `received`, `sent` and `delete`.
        """
        return self._run(self._standing(submission))

    def wait(self, submission: Submission | str, timeout: float = 60.0) -> SentMessage:
        """Return where a message stands at last, asked again and again for so many seconds.

        Raises `NoAnswer` when the time is up.
        """
        return self._run(self._waiting(submission, timeout))

    def sent(  # noqa: PLR0913  (each is a filter of the log)
        self,
        *,
        id: str | None = None,  # noqa: A002  (the word of the field)
        after: datetime | None = None,
        before: datetime | str | None = None,
        recipient: str | None = None,
        keyword: str | None = None,
        failed: Failed | None = None,
    ) -> Iterator[SentMessage]:
        """Yield the provider's log of what was sent, page by page, to its end.

        ``before``: a time, or the id of a message. ``keyword``: in the recipient or the text.
        ``failed``: those that failed at the ``request``, or on the ``phone``.
        """
        self._refuse_closed()
        pages = self._pages(
            id=id, after=after, before=before, recipient=recipient, keyword=keyword, failed=failed
        )
        return self._paged(pages)

    def received(
        self,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        device: str | None = None,
        unread: bool = False,
    ) -> list[ReceivedMessage]:
        """Return the messages that came in. ``unread``: only those that nobody has asked for."""
        return self._run(self._receiving(after=after, before=before, device=device, unread=unread))

    def wait_received(
        self,
        *,
        sender: str | None = None,
        match: str | re.Pattern[str] | None = None,
        after: datetime | None = None,
        timeout: float = 60.0,
    ) -> ReceivedMessage:
        """Return the first message that comes in ``after`` a time, by default from now on.

        ``sender``: from whom. ``match``: a regular expression that its text holds. Raises
        `NoAnswer` when so many seconds have passed.
        """
        return self._run(self._awaiting(sender, match, after, timeout))

    def delete(
        self,
        submission: Submission | str | None = None,
        *,
        day: date | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> None:
        """Delete from the provider's log: one message, one day, or from ``first`` to ``last``.

        Without a selector nothing is deleted: it raises `InvalidMessage`, before any I/O.
        """
        self._run(self._deleting(submission, day, first, last))

    def resolve(
        self,
        unknown: OutcomeUnknown | Attempt,
        *,
        known: Collection[Submission | str] = (),
        others: Collection[OutcomeUnknown | Attempt] = (),
    ) -> Submission:
        """Return the submission that an unknown outcome was, if the provider's log proves it.

        It does for the reference of the message, or for the one row of the time of the send with
        its recipient and text that no known submission owns. ``known``: more submissions, or
        ids, than this client has got itself; ``others``: more attempts whose outcome is unknown.
        Raises `OutcomeUnknown` where the log does not prove it: never a guess.
        """
        return self._run(self._resolving(unknown, known, others))

    def _paged(self, pages: Pages) -> Iterator[SentMessage]:
        while not pages.ended:
            yield from self._run(self._page(pages))

    @forget_locals  # for those who ask page by page
    def _run(self, course: Course[T]) -> T:
        self._refuse_closed()
        deadlines: dict[tuple[str, ...], float] = {}

        def sleep(seconds: float) -> None:
            deadlines.clear()  # after a pause another try begins
            self._sleep(seconds)

        return drive(course, lambda request: self._carry(request, deadlines), sleep)

    def _carry(self, request: Request, deadlines: dict[tuple[str, ...], float]) -> Response:
        asked = time.monotonic()
        pace = self._pace(request)
        while pace and (seconds := pace.wait()):
            self._sleep(seconds)
        with self._slot(request):
            self._hold_open()
            deadline = self._deadline(request, deadlines, asked)
            if request.share is None:
                return self._send(request, deadline)
            return self._flights.join(
                request.share, lambda: self._send(request, deadline), deadline
            )

    def _send(self, request: Request, deadline: float) -> Response:
        began = time.monotonic()
        response = self._carrier(request.via).send(request, deadline)
        carried(request, response, time.monotonic() - began)
        return response

    def _slot(self, request: Request) -> AbstractContextManager[object]:
        """Return what is held while a request is in the air."""
        limit = self.backend.at(request.via).limit
        if request.share is not None or limit is None or limit.in_flight is None:
            return nullcontext()
        key = (os.getpid(), *request.via)  # a fork must not meet what its parent holds
        return self._slots.setdefault(key, threading.BoundedSemaphore(limit.in_flight))

    def _carrier(self, via: tuple[str, ...]) -> Transport:
        if self._given is not None:
            return self._given
        if via not in self._transports:
            from smsbridge.http.requests_transport import RequestsTransport

            # no lock, which a fork could leave locked: of two that are made, the first is kept
            self._transports.setdefault(via, RequestsTransport(self.backend.at(via)))
        return self._transports[via]

    def close(self) -> None:
        """Close the connections that are open. What is in flight in another thread ends as ever.

        Nothing more leaves then: every call raises `CallerError`. To close it again does nothing.
        """
        self._closed = True
        for transport in (*self._transports.values(), *([self._given] if self._given else [])):
            transport.close()

    def __enter__(self) -> Self:
        """Return the client; raises `CallerError` if it was closed."""
        self._refuse_closed()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()
