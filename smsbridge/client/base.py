"""What both clients share: where the backend comes from, and the course of each operation."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from smsbridge.backends.base import Backend
from smsbridge.backends.limits import Pace, retried
from smsbridge.client.log_filters import (
    hold_word,
    is_between,
    is_wanted,
    pattern_of,
    received_filters,
    selected,
    sent_filters,
    with_readable_times,
)
from smsbridge.client.logging import told
from smsbridge.client.paging import Pages
from smsbridge.client.polling import waited
from smsbridge.client.resolve import (
    Known,
    hold_attempt,
    known_ids,
    resolved,
    unknown_attempt,
    unknown_attempts,
)
from smsbridge.client.send_history import Remembered
from smsbridge.config.load import from_environment, from_file, from_mapping
from smsbridge.config.url import from_url
from smsbridge.errors import (
    Attempt,
    CallerError,
    ConfigError,
    InvalidMessage,
    OutcomeUnknown,
    SendError,
    SmsbridgeError,
)
from smsbridge.http.exchange import Broken, Course, Left, Session, routed
from smsbridge.mapping.rows import row_of
from smsbridge.message import (
    Message,
    MessageFields,
    ReceivedMessage,
    SentMessage,
    Status,
    Submission,
)
from smsbridge.text.frames import forget_locals

if TYPE_CHECKING:
    from pathlib import Path

    from smsbridge.http.exchange import Request


class Front:
    """A backend, and what a client keeps of it."""

    @forget_locals
    def __init__(self, backend: Backend | None = None, *, session: Session | None = None) -> None:
        """Without a backend it is configured by ``SMSBRIDGE_URL``, else by ``smsbridge.toml``."""
        if backend is not None and not isinstance(backend, Backend):
            raise ConfigError("give a Backend; a block by its name: Client.from_config(NAME)")
        self.backend = backend or from_environment()
        self._session = session or Session()
        self._remembered = Remembered()
        self._paces: dict[tuple[object, ...], Pace] = {}
        self._closed = False

    @classmethod
    @forget_locals
    def from_url(cls, url: str) -> Self:
        """Create a client from a URL: ``smsmobileapi+rest://KEY@api.smsmobileapi.com``."""
        return cls(from_url(url))

    @classmethod
    @forget_locals
    def from_config(cls, name: str | None = None, path: Path | str | None = None) -> Self:
        """Create a client from a block of the config file, its ``default`` if no name is given."""
        return cls(from_file(name, path))

    @classmethod
    @forget_locals
    def from_mapping(cls, keys: Mapping[str, Any]) -> Self:
        """Create a client from the keys that a block of the config file would have."""
        return cls(from_mapping(keys))

    def __repr__(self) -> str:
        """Show which backend it speaks to."""
        return f"<{type(self).__name__} {self.backend.name} over {self.backend.protocol}>"

    def _refuse_closed(self) -> None:
        if self._closed:
            raise CallerError(f"this {type(self).__name__} is closed: make another one")

    def _hold_open(self) -> None:
        """Let nothing more leave once the client is closed, whatever goes on."""
        if self._closed:
            raise Broken(Left.NOTHING, "the client was closed", retry=False)

    def _deadline(
        self, request: Request, deadlines: dict[tuple[str, ...], float], asked: float
    ) -> float:
        """Return the one deadline of a try; waiting for a turn since ``asked`` puts it off."""
        known = deadlines.get(request.via, asked + self.backend.at(request.via).timeout)
        deadlines[request.via] = known + time.monotonic() - asked
        return deadlines[request.via]

    def _pace(self, request: Request) -> Pace | None:
        """Return what counts the calls of a backend; a login and a WSDL are not calls."""
        limit = self.backend.at(request.via).limit
        if request.share is not None or limit is None or limit.per_second is None:
            return None
        key = (os.getpid(), *request.via)  # a fork must not meet a lock of its parent
        if key not in self._paces:
            self._paces.setdefault(key, Pace(limit.per_second, self._session.monotonic))
        return self._paces[key]

    def _sending(
        self, message: Message | str, text: str | None, more: MessageFields
    ) -> Course[Submission]:
        whole = self._message(message, text, more)
        course = retried(
            lambda: self.backend.send(whole, self._session), self.backend.retry, self._session
        )
        return self._kept(course, "send", whole)

    def _attempted(self, message: Message) -> Attempt:
        return self.backend.attempt(message, self._session)

    def _resending(self, submission: Submission | str) -> Course[Submission]:
        known, part = self._known(submission, "resend")
        reference = submission.reference if isinstance(submission, Submission) else ""
        via = (part,) if part else ()
        course = routed(self.backend.at(via).resend(known, reference, self._session.at(via)), via)
        return self._kept(_by(course, part), "resend", reference)

    def _kept(
        self, course: Course[Submission], operation: str, of: Message | str
    ) -> Course[Submission]:
        """Remember what was accepted, and what may have been: `resolve` needs both."""
        reference = of.reference if isinstance(of, Message) else of
        try:
            submission = yield from told(course, operation, self.backend, self._session, reference)
        except OutcomeUnknown as error:
            self._remembered.add(None, error.attempt)
            raise
        except SmsbridgeError:
            raise
        except BaseException:  # such as a task that is cancelled: it may have left
            if isinstance(of, Message):
                self._remembered.add(None, self._attempted(of))
            raise
        self._remembered.add(submission.id, submission.attempt)
        return submission

    def _asking(
        self, question: str, values: Mapping[str, Any], part: str = "", *, once: bool = False
    ) -> Course[list[Any]]:
        whose = self.backend.answering(question, part)
        asked = self.backend.at(whose)
        course = retried(
            lambda: routed(asked.ask(question, values, self._session.at(whose)), whose),
            None if once else self.backend.retry,
            self._session,
        )
        return told(course, question, asked, self._session)

    def _standing(self, submission: Submission | str, *, once: bool = False) -> Course[SentMessage]:
        known, part = self._known(submission, "status")
        rows = yield from self._asking("status", {"id": known}, part, once=once)
        return row_of(rows, known)

    def _receiving(self, *, once: bool = False, **given: Any) -> Course[list[ReceivedMessage]]:
        filters = received_filters(given)
        whose = self.backend.answering("received")
        asking, session = self.backend.at(whose), self._session.at(whose)
        table = asking.question("received")
        here = {"after", "before"} - (table.carries() if table else set())
        asked = {name: value for name, value in filters.items() if name not in here}
        once = once or "unread" in filters  # an answer that got lost was read, for the provider
        rows: list[ReceivedMessage] = yield from self._asking("received", asked, once=once)
        rows = with_readable_times(rows, "received", filters, asking, session)
        return [row for row in rows if is_between(row.at, filters)]

    def _pages(self, **given: Any) -> Pages:
        asked = self.backend.at(self.backend.answering("sent"))
        pages = Pages(asked.question("sent"), sent_filters(given, self.backend.number))
        asked.askable("sent", pages.values())
        return pages

    def _page(self, pages: Pages) -> Course[list[SentMessage]]:
        rows = pages.take((yield from self._asking("sent", pages.values())))
        whose = self.backend.answering("sent")
        asked, session = self.backend.at(whose), self._session.at(whose)
        return with_readable_times(rows, "sent", pages.filters, asked, session)

    def _deleting(
        self,
        submission: Submission | str | None,
        day: date | None,
        first: date | None,
        last: date | None,
    ) -> Course[None]:
        known, part = self._known(submission, "delete") if submission is not None else ("", "")
        values = selected(known, day, first, last)
        via = (part,) if part else ()
        course = routed(self.backend.at(via).delete(values, self._session.at(via)), via)
        return told(course, "delete", self.backend, self._session)

    def _waiting(self, submission: Submission | str, seconds: float) -> Course[SentMessage]:
        known, part = self._known(submission, "status")
        asked = self.backend.at(self.backend.answering("status", part))
        ends = asked.ends(asked.question("status"))
        last = Status.UNKNOWN

        def ask() -> Course[SentMessage | None]:
            nonlocal last
            row = yield from self._standing(submission, once=True)
            last = row.status
            return row if row.status in ends else None

        return waited(ask, lambda: f"{known} is still {last}", seconds, asked, self._session)

    def _awaiting(
        self,
        sender: str | None,
        match: str | re.Pattern[str] | None,
        after: datetime | None,
        seconds: float,
    ) -> Course[ReceivedMessage]:
        hold_word("sender", sender)
        received_filters({"after": after})
        since = after if after is not None else self._session.now()
        pattern = pattern_of(match)

        def ask() -> Course[ReceivedMessage | None]:
            rows = yield from self._receiving(after=since, once=True)
            return next((row for row in rows if is_wanted(row, sender, pattern)), None)

        return waited(ask, lambda: "no such message came", seconds, self.backend, self._session)

    def _resolving(
        self,
        unknown: OutcomeUnknown | Attempt,
        known: Collection[Submission | str],
        others: Collection[OutcomeUnknown | Attempt],
    ) -> Course[Submission]:
        attempt = unknown_attempt(unknown)
        self._part(attempt, "made this attempt")
        ids, nameless = known_ids(known)
        known_all = Known(
            ids={*ids, *self._remembered.ids(but=attempt)},
            others=[*unknown_attempts(others), *nameless, *self._remembered.open()],
            since=self._remembered.forgotten,
        )
        course = resolved(self.backend, attempt, self._session, known_all)
        submission = yield from told(
            course, "resolve", self.backend, self._session, attempt.reference
        )
        self._remembered.add(submission.id, attempt)
        return submission

    def _message(self, message: Message | str, text: str | None, more: MessageFields) -> Message:
        if not isinstance(message, Message):
            number = self.backend.number(message)
            return Message(recipient=number, text=text or "", **more)  # type: ignore[arg-type]  # channels are normalised
        if text is not None or more:
            raise InvalidMessage("give a Message, or a recipient and a text, not both")
        return message

    def _known(self, submission: Submission | str, operation: str) -> tuple[str, str]:
        """Return the provider's id of a message, and the part of the backend that took it."""
        known = submission.id if isinstance(submission, Submission) else submission
        if not isinstance(known, str) or not known.isprintable() or not known.strip():
            raise InvalidMessage(
                f"{operation} needs the provider's id of a message; this one has none"
            )
        if not isinstance(submission, Submission):
            return known, ""
        return known, self._part(submission.attempt, "took this message")

    def _part(self, attempt: Attempt, did: str) -> str:
        """Return the part of the backend that made an attempt; one of another is refused."""
        hold_attempt(attempt)
        part = attempt.via if attempt.via in self.backend.parts() else ""
        whose = self.backend.at((part,) if part else ())
        if attempt.backend != whose.name:
            raise InvalidMessage(
                f"{attempt.backend} {did}: ask it, and not {self.backend.name}: "
                "give its block with --backend NAME"
            )
        return part


def _by(course: Course[Submission], part: str) -> Course[Submission]:
    """Name the part of the backend in how a course ends."""
    try:
        submission = yield from course
    except SendError as error:
        error.by(part)
        raise
    return replace(submission, attempt=replace(submission.attempt, via=part))
