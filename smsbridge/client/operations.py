"""What each operation of a client does, as a course: for both clients, without any I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from smsbridge.backends.capabilities import table_to_ask
from smsbridge.backends.group_send import SentEnd, send_group
from smsbridge.client.log_filters import (
    check_word,
    deletion,
    is_between,
    is_wanted,
    pattern_of,
    received_filters,
    sent_filters,
    with_readable_times,
)
from smsbridge.client.logging import log_end, log_ends
from smsbridge.client.pacing import with_group_retries, with_retries
from smsbridge.client.paging import Pages
from smsbridge.client.polling import poll
from smsbridge.client.resolve import (
    LogReader,
    OtherSends,
    attempts_of,
    check_attempt,
    find_submission,
    known_ids,
    unknown_attempt,
)
from smsbridge.client.send_history import SendHistory
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    InvalidMessage,
    OutcomeUnknown,
    SmsbridgeError,
)
from smsbridge.http.exchange import Course, direct_to
from smsbridge.mapping.rows import AnswerRows, exchange_of, row_of
from smsbridge.message import (
    Message,
    MessageFields,
    ReceivedMessage,
    SentMessage,
    Status,
    Submission,
)
from smsbridge.text.frames import empty

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.errors import CallRecord
    from smsbridge.http.exchange import Session

Unknown = OutcomeUnknown | Attempt


class Operations:
    """The operations of one client, with its backend, its session, and the sends that it made."""

    def __init__(self, backend: Backend, session: Session) -> None:
        """Begin without a send."""
        self._backend = backend
        self._backends = backend.by_name()
        self._session = session
        self._history = SendHistory()

    def send(
        self, message: Message | str, text: str | None, more: MessageFields
    ) -> Course[Submission]:
        """Send one message."""
        whole = self._message(message, text, more)
        course = with_retries(
            lambda: self._backend.send(whole, self._session), self._backend.retry, self._session
        )
        return self._remember(course, "send", whole)

    def send_together(self, messages: Sequence[Message]) -> Course[Sequence[SentEnd]]:
        """Send messages by one call, and return how each ended; see `group_send.send_group`.

        For a single message the error may be raised, as `send` does.
        """
        if len(messages) == 1:
            return [(yield from self.send(messages[0], None, {}))]
        course = with_group_retries(
            lambda: send_group(self._backend, messages, self._session),
            self._backend.retry,
            self._session,
        )
        try:
            ends = yield from log_ends(course, "send", self._backend, self._session, messages)
        except SmsbridgeError:
            raise
        except BaseException:  # such as a task that is cancelled: they may have left
            for message in messages:
                self._history.add(None, self.attempt(message))
            raise
        for end in ends:
            if isinstance(end, Submission | OutcomeUnknown):
                self._history.add(getattr(end, "id", None), end.attempt)
        return ends

    def attempt(self, message: Message) -> Attempt:
        """Return an attempt to send a message, which begins now."""
        return self._backend.attempt(message, self._session)

    def resend(self, submission: Submission | str) -> Course[Submission]:
        """Ask the provider to send a message again."""
        known, member = self._provider_id(submission, "resend")
        reference = submission.reference if isinstance(submission, Submission) else ""
        backend, session = self._at(member)
        course = direct_to(member, backend.resend(known, reference, session))
        return self._remember(course, "resend", reference)

    def _remember(
        self, course: Course[Submission], operation: str, of: Message | str
    ) -> Course[Submission]:
        """Remember what was accepted, and what may have been: `resolve` needs both."""
        reference = of.reference if isinstance(of, Message) else of
        try:
            submission: Submission = yield from self._log(
                course, operation, self._backend, reference
            )
        except OutcomeUnknown as error:
            self._history.add(None, error.attempt)
            raise
        except SmsbridgeError:
            raise
        except BaseException:  # such as a task that is cancelled: it may have left
            if isinstance(of, Message):
                self._history.add(None, self.attempt(of))
            raise
        self._history.add(submission.id, submission.attempt)
        return submission

    def _log(
        self, course: Course[Any], operation: str, backend: Backend, reference: str = ""
    ) -> Course[Any]:
        return log_end(course, operation, backend, self._session, reference)

    def _at(self, name: str) -> tuple[Backend, Session]:
        """Return the backend of a name in ``Backend.by_name``, and its session."""
        return self._backends[name], self._session.of(name)

    def _ask(
        self, question: str, values: Mapping[str, Any], member: str = "", *, once: bool = False
    ) -> Course[list[Any]]:
        name = self._backend.who_answers(question, member)
        asked, session = self._at(name)
        retry = None if once else self._backend.retry
        course = with_retries(
            lambda: direct_to(name, asked.ask(question, values, session)), retry, self._session
        )
        return self._log(course, question, asked)

    def status(self, submission: Submission | str, *, once: bool = False) -> Course[SentMessage]:
        """Ask where a message stands; ``once``: without a retry."""
        known, rows = yield from self._status_rows(submission, once=once)
        return row_of(rows, known)

    def _status_rows(
        self, submission: Submission | str, *, once: bool
    ) -> Course[tuple[str, list[SentMessage]]]:
        known, member = self._provider_id(submission, "status")
        rows = yield from self._ask("status", {"id": known}, member, once=once)
        return known, rows

    def received(self, *, once: bool = False, **given: Any) -> Course[list[ReceivedMessage]]:
        """Ask for the messages that came in; ``once``: without a retry."""
        filters = received_filters(given)
        asked, session = self._at(self._backend.who_answers("received"))
        table = asked.question("received")
        here = {"after", "before"} - (table.carries() if table else set())
        values = {name: value for name, value in filters.items() if name not in here}
        once = once or "unread" in filters  # for the provider a lost answer was delivered
        found: list[ReceivedMessage] = yield from self._ask("received", values, once=once)
        rows = with_readable_times(found, "received", filters, asked, session)
        return AnswerRows((r for r in rows if is_between(r.at, filters)), exchange_of(found))

    def pages(self, **given: Any) -> Pages:
        """Return the pages of the log that filters ask for, of which none is read yet."""
        asked, _ = self._at(self._backend.who_answers("sent"))
        pages = Pages(asked.question("sent"), sent_filters(given, self._backend.number))
        table_to_ask(asked, "sent", pages.values())
        return pages

    def page(self, pages: Pages) -> Course[list[SentMessage]]:
        """Ask for the next page of the log."""
        rows = pages.take((yield from self._ask("sent", pages.values())))
        asked, session = self._at(self._backend.who_answers("sent"))
        return with_readable_times(rows, "sent", pages.filters, asked, session)

    def delete(
        self,
        submission: Submission | str | None,
        day: date | None,
        first: date | None,
        last: date | None,
    ) -> Course[None]:
        """Delete from the provider's log."""
        known, member = (
            self._provider_id(submission, "delete") if submission is not None else ("", "")
        )
        values = deletion(known, day, first, last)
        backend, session = self._at(member)
        return self._log(
            direct_to(member, backend.delete(values, session)), "delete", self._backend
        )

    def wait(self, submission: Submission | str, seconds: float) -> Course[SentMessage]:
        """Ask where a message stands until its status is final."""
        known, member = self._provider_id(submission, "status")
        asked, _ = self._at(self._backend.who_answers("status", member))
        ends = asked.ends(asked.question("status"))
        last = Status.UNKNOWN

        def ask() -> Course[tuple[SentMessage | None, Sequence[CallRecord]]]:
            nonlocal last
            _, rows = yield from self._status_rows(submission, once=True)
            row = row_of(rows, known)
            last = row.status
            return row if row.status in ends else None, exchange_of(rows)

        return poll(ask, lambda: f"{known} is still {last}", seconds, asked, self._session)

    def wait_received(
        self,
        sender: str | None,
        match: str | re.Pattern[str] | None,
        after: datetime | None,
        seconds: float,
    ) -> Course[ReceivedMessage]:
        """Ask for the messages that came in until one is from a sender and matches a pattern."""
        check_word("sender", sender)
        received_filters({"after": after})
        since = after if after is not None else self._session.now()
        pattern = pattern_of(match)

        def ask() -> Course[tuple[ReceivedMessage | None, Sequence[CallRecord]]]:
            rows = yield from self.received(after=since, once=True)
            wanted = next((row for row in rows if is_wanted(row, sender, pattern)), None)
            return wanted, exchange_of(rows)

        return poll(ask, lambda: "no such message came", seconds, self._backend, self._session)

    def resolve(
        self,
        unknown: Unknown,
        known: Collection[Submission | str],
        others: Collection[Unknown],
    ) -> Course[Submission]:
        """Look an unknown outcome up in the provider's log."""
        attempt = unknown_attempt(unknown)
        self._member(attempt, "made this attempt")
        sends = self._other_sends(known, others)
        return self._look_up(attempt, self._log_reader([attempt]), sends)

    def resolve_many(
        self,
        unknowns: Collection[Unknown],
        known: Collection[Submission | str],
        others: Collection[Unknown],
    ) -> Iterator[Course[Submission | OutcomeUnknown]]:
        """Return a course for each of several unknown outcomes, which share what they read."""
        attempts = attempts_of(unknowns, "unknowns")
        sends = self._other_sends(known, [*attempts_of(others, "others"), *attempts])
        reader = self._log_reader(attempts)
        return (self._look_up_one(attempt, reader, sends) for attempt in attempts)

    def _look_up_one(
        self, attempt: Attempt, reader: LogReader, sends: OtherSends
    ) -> Course[Submission | OutcomeUnknown]:
        """Look up one of several. Raises only what would happen to all the others too."""
        try:
            self._member(unknown_attempt(attempt), "made this attempt")
            return (yield from self._look_up(attempt, reader, sends))
        except OutcomeUnknown as error:
            return error
        except AuthenticationFailed:
            raise
        except SmsbridgeError as error:
            unknown = OutcomeUnknown(f"it could not be looked up: {error}", attempt)
            unknown.exchange = getattr(error, "exchange", ())
            empty(error)
            unknown.__cause__ = error.with_traceback(None)
            return unknown

    def _look_up(
        self, attempt: Attempt, reader: LogReader, sends: OtherSends
    ) -> Course[Submission]:
        course = find_submission(attempt, reader, sends)
        submission: Submission = yield from self._log(
            course, "resolve", self._backend, attempt.reference
        )
        self._history.add(submission.id, attempt)
        return submission

    def _log_reader(self, attempts: list[Attempt]) -> LogReader:
        return LogReader(self._backend, self._session, attempts)

    def _other_sends(
        self, known: Collection[Submission | str], others: Collection[Unknown]
    ) -> OtherSends:
        ids, nameless = known_ids(known)
        attempts = [*attempts_of(others, "others"), *nameless]
        rivals = [attempt for attempt in attempts if attempt.fingerprint]
        return OtherSends(ids=ids, attempts=rivals, history=self._history)

    def _message(self, message: Message | str, text: str | None, more: MessageFields) -> Message:
        if not isinstance(message, Message):
            number = self._backend.number(message)
            return Message(recipient=number, text=text or "", **more)  # type: ignore[arg-type]  # channels are normalised
        if text is not None or more:
            raise InvalidMessage("give a Message, or a recipient and a text, not both")
        return message

    def _provider_id(self, submission: Submission | str, operation: str) -> tuple[str, str]:
        """Return the provider's id of a message, and the member of the backend that took it."""
        known = submission.id if isinstance(submission, Submission) else submission
        if not isinstance(known, str) or not known.isprintable() or not known.strip():
            raise InvalidMessage(
                f"{operation} needs the provider's id of a message; this one has none"
            )
        if not isinstance(submission, Submission):
            return known, ""
        return known, self._member(submission.attempt, "took this message")

    def _member(self, attempt: Attempt, did: str) -> str:
        """Return the member of the backend that made an attempt; one of another is refused."""
        check_attempt(attempt)
        member = attempt.via if attempt.via in self._backend.members() else ""
        if attempt.backend != self._backends[member].name:
            raise InvalidMessage(
                f"{attempt.backend} {did}: ask that backend, not {self._backend.name}: "
                "give its block with --backend NAME"
            )
        return member
