"""`Client`: drives the courses of `smsbridge.client.operations`."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from smsbridge.backends.group_send import SentEnd, most_together
from smsbridge.client.base import ClientBase
from smsbridge.client.log_filters import Failed
from smsbridge.client.logging import log_answer
from smsbridge.client.message_group import Result
from smsbridge.client.send_many import CONCURRENCY, Driver, send_by
from smsbridge.client.thread_driver import ThreadDriver
from smsbridge.client.transports import can_send_in_loop, make_loop_transport, make_transport
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.http.single_flight import Flights
from smsbridge.message import Message, MessageFields, ReceivedMessage, SentMessage, Submission
from smsbridge.text.frames import forget_locals, forget_locals_of_methods

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.client.loop_driver import Rules
    from smsbridge.client.paging import Pages
    from smsbridge.errors import Attempt, OutcomeUnknown
    from smsbridge.http.exchange import Course
    from smsbridge.http.transport import AsyncTransport, Transport

T = TypeVar("T")


@forget_locals_of_methods
class Client(ClientBase):
    """Sends messages. Safe to share between threads, and usable after a fork, until it is closed.

    Without a backend, it is configured by ``SMSBRIDGE_URL``, else by ``smsbridge.toml``.

    >>> with Client() as sms:
    ...     submission = sms.send("+12025550123", "Hello", reference="order-4711")
    >>> submission.reference
    'order-4711'
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
        self._transports: dict[str, Transport] = {}
        self._places: dict[tuple[int, str], threading.BoundedSemaphore] = {}
        self._flights = Flights()

    def send(
        self, message: Message | str, text: str | None = None, **more: Unpack[MessageFields]
    ) -> Submission:
        """Send one message, ``send(message)`` or ``send("+12025550123", "Hello")``.

        Returns the `Submission` that the provider answered. Raises `NotSent`, `Rejected` or
        `OutcomeUnknown` for the three other outcomes, and `CallerError` before any I/O. It repeats
        a send only if the config has ``retry``, and only after `NotSent`.

        >>> sms.send("+12025550123", "Hello").status
        <Status.QUEUED: 'queued'>
        >>> sms.send(Message(recipient="+12025550123", text="Hello", channels="whatsapp")).status
        <Status.QUEUED: 'queued'>
        """
        return self._run(self._operations.send(message, text, more))

    def send_many(
        self, messages: Iterable[Message], concurrency: int = CONCURRENCY
    ) -> Generator[Result, None, None]:
        """Send messages, up to ``concurrency`` (1 to 1000) at once, and yield a `Result` for each.

        Results come as sends end; a send that fails gives a result too. A message is taken from
        ``messages`` only when its send can start. An error raised by ``messages`` itself comes
        after the results of what is in flight. Closing the iterator starts no further send, and
        waits for those in flight.

        >>> messages = [Message(recipient=f"+1202555010{n}", text="Hello") for n in range(3)]
        >>> for result in sms.send_many(messages, concurrency=1):
        ...     print(result.index, result.outcome)
        0 accepted
        1 accepted
        2 accepted
        """
        self._refuse_closed()
        together = most_together(self.backend)
        return send_by(self._driver, messages, concurrency, self._operations.attempt, together)

    def resend(self, submission: Submission | str) -> Submission:
        """Ask the provider to send a message again, by its submission or its id.

        This is a deliberate second send: it ends in one of the four ways, and is never repeated.

        >>> smsbridge_mock.play("smsmobileapi/resend/accepted-rest")
        >>> sms.resend("g-1").status
        <Status.ACCEPTED: 'accepted'>
        """
        return self._run(self._operations.resend(submission))

    def status(self, submission: Submission | str) -> SentMessage:
        """Return where a message stands, by its submission or the provider's id.

        A message that the provider doesn't know has the status ``unknown``. Raises `NoAnswer`,
        `Rejected`, or `CallerError` before any I/O; so do `received`, `sent` and `delete`.

        >>> submission = sms.send("+12025550123", "Hello")
        >>> sms.status(submission).status
        <Status.SENT: 'sent'>
        >>> sms.status("an id that nobody knows").status
        <Status.UNKNOWN: 'unknown'>
        """
        return self._run(self._operations.status(submission))

    def wait(self, submission: Submission | str, timeout: float = 60.0) -> SentMessage:
        """Return the final status of a message, asking repeatedly for up to ``timeout`` seconds.

        Raises `NoAnswer` when the time is up.

        >>> submission = sms.send("+447700900000", "Hello")
        >>> sms.wait(submission, timeout=30).status
        <Status.SENT: 'sent'>
        """
        return self._run(self._operations.wait(submission, timeout))

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

        >>> submission = sms.send("+12025550123", "Hello")
        >>> [message.text for message in sms.sent(recipient="+12025550123")]
        ['Hello']
        """
        self._refuse_closed()
        pages = self._operations.pages(
            id=id, after=after, before=before, recipient=recipient, keyword=keyword, failed=failed
        )
        return self._rows(pages)

    def received(
        self,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        device: str | None = None,
        unread: bool = False,
    ) -> list[ReceivedMessage]:
        """Return the messages that came in. ``unread``: only those not asked for before.

        >>> smsbridge_mock.receive("+447700900123", "Yes")
        >>> [message.text for message in sms.received(unread=True)][-1]
        'Yes'
        """
        return self._run(
            self._operations.received(after=after, before=before, device=device, unread=unread)
        )

    def wait_received(
        self,
        *,
        sender: str | None = None,
        match: str | re.Pattern[str] | None = None,
        after: datetime | None = None,
        timeout: float = 60.0,
    ) -> ReceivedMessage:
        """Return the first message that comes in ``after`` a time, by default from now on.

        ``sender``: who it is from. ``match``: a regular expression to find in its text. Raises
        `NoAnswer` after ``timeout`` seconds.

        >>> from datetime import UTC, datetime
        >>> asked = datetime.now(UTC)
        >>> smsbridge_mock.receive("+447700900123", "Your code is 4711")
        >>> sms.wait_received(match="[0-9]{4}", after=asked, timeout=10).text
        'Your code is 4711'
        """
        return self._run(self._operations.wait_received(sender, match, after, timeout))

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

        >>> submission = sms.send("+12025550123", "Hello")
        >>> sms.delete(submission)
        >>> sms.status(submission).status
        <Status.UNKNOWN: 'unknown'>
        """
        self._run(self._operations.delete(submission, day, first, last))

    def resolve(
        self,
        unknown: OutcomeUnknown | Attempt,
        *,
        known: Collection[Submission | str] = (),
        others: Collection[OutcomeUnknown | Attempt] = (),
    ) -> Submission:
        """Return the submission behind an unknown outcome, if the provider's log proves it.

        The proof is a row with the reference of the message, or the only row at the time of the
        send with its recipient and text that belongs to no known submission. ``known``:
        submissions, or ids, besides those that this client made; ``others``: other attempts whose
        outcome is unknown. Raises `OutcomeUnknown` if the log doesn't prove it; it never guesses.

        >>> try:
        ...     sms.send("+447700900002", "Hello", reference="order-4711")
        ... except OutcomeUnknown as error:
        ...     print(sms.resolve(error).reference)
        order-4711
        """
        return self._run(self._operations.resolve(unknown, known, others))

    def resolve_many(
        self,
        unknowns: Collection[OutcomeUnknown | Attempt],
        *,
        known: Collection[Submission | str] = (),
        others: Collection[OutcomeUnknown | Attempt] = (),
    ) -> Iterator[Submission | OutcomeUnknown]:
        """Yield what became of each of several unknown outcomes, in their order, as `resolve` does.

        The log is read once for all that are close in time. If it can't be read, an outcome stays
        unknown, and its error says why; its ``__cause__`` is what went wrong.

        >>> messages = [Message(recipient="+447700900002", text=text) for text in ("One", "Two")]
        >>> unknown = [result.error for result in sms.send_many(messages)]
        >>> [end.outcome.value for end in sms.resolve_many(unknown)]
        ['accepted', 'accepted']
        """
        self._refuse_closed()
        return self._each(self._operations.resolve_many(unknowns, known, others))

    def _rows(self, pages: Pages) -> Iterator[SentMessage]:
        while not pages.ended:
            yield from self._run(self._operations.page(pages))

    def _each(self, courses: Iterable[Course[T]]) -> Iterator[T]:
        for course in courses:
            yield self._run(course)

    @forget_locals  # for those who ask page by page
    def _run(self, course: Course[T]) -> T:
        self._refuse_closed()
        deadlines: dict[str, float] = {}

        def sleep(seconds: float) -> None:
            deadlines.clear()  # after a pause another try begins
            self._sleep(seconds)

        return drive(course, lambda request: self._carry(request, deadlines), sleep)

    def _carry(self, request: Request, deadlines: dict[str, float]) -> Response:
        asked = self._session.monotonic()
        for seconds in self._waits(request):
            self._sleep(seconds)
        with self._place(request):
            deadline = self._deadline(request, deadlines, asked)
            if request.share is None:
                return self._send(request, deadline)
            left = deadline - self._session.monotonic()
            return self._flights.join(request.share, lambda: self._send(request, deadline), left)

    def _send(self, request: Request, deadline: float) -> Response:
        began = self._session.monotonic()
        response = self._transport(request.backend).send(request, deadline)
        log_answer(request, response, self._session.monotonic() - began)
        return response

    def _driver(self) -> Driver:
        """Return what makes many sends: an event loop, if one can make them all."""
        senders = self.backend.members().values() or (self.backend,)
        own = self._given is None and self._sleep is time.sleep  # nothing is a test's
        if own and all(map(can_send_in_loop, senders)):
            from smsbridge.client.loop_driver import LoopDriver

            return LoopDriver(self._rules())
        return ThreadDriver(lambda messages: self._run(self._course(messages)))

    def _rules(self) -> Rules:
        from smsbridge.client.loop_driver import Rules

        return Rules(
            course=self._course,
            flights=self._flights,
            monotonic=self._session.monotonic,
            waits=self._waits,
            limit=self._limit,
            semaphore=self._semaphore,
            deadline=self._deadline,
            transport=self._loop_transport,
        )

    def _course(self, messages: Sequence[Message]) -> Course[Sequence[SentEnd]]:
        self._refuse_closed()
        return self._operations.send_together(messages)

    def _loop_transport(self, name: str) -> AsyncTransport:
        return make_loop_transport(self._backends[name], self._session.monotonic)

    def _place(self, request: Request) -> AbstractContextManager[object]:
        return self._semaphore(request) or nullcontext()

    def _semaphore(self, request: Request) -> threading.BoundedSemaphore | None:
        """Return the semaphore that is held while a request is in flight, if there is a limit."""
        limit = self._limit(request)
        if limit is None or limit.in_flight is None:
            return None
        key = (os.getpid(), request.backend)  # a forked child must not use what its parent holds
        return self._places.setdefault(key, threading.BoundedSemaphore(limit.in_flight))

    def _transport(self, name: str) -> Transport:
        if self._given is not None:
            return self._given
        if name not in self._transports:
            made = make_transport(self._backends[name], self._session.monotonic)
            # no lock, which a fork could leave locked: of two that are made, the first is kept
            self._transports.setdefault(name, made)
        return self._transports[name]

    def close(self) -> None:
        """Close all connections. What is in flight in another thread ends normally.

        Afterwards nothing more leaves: every call raises `CallerError`. Closing it again does
        nothing.

        >>> sms.close()
        >>> sms.send("+12025550123", "Hello")
        Traceback (most recent call last):
            ...
        smsbridge.errors.CallerError: this Client is closed: make another one
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
