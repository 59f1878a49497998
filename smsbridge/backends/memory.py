"""A backend that keeps what it was sent: for tests of an application, without any network."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smsbridge.backends.base import Backend, backend
from smsbridge.backends.outbox import Outbox, wanted_end
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    ConfigError,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    Unsupported,
)
from smsbridge.message import Message, ReceivedMessage, SentMessage, Status, Submission

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session

_WHY = "the test asked for it"


@backend
class MemoryBackend(Outbox[Message], Backend):
    """Accepts every message; ``messages`` are those it was sent, oldest first.

    ``coming``: how the next sends end. ``reported``: the status that a message has now, by its id.
    ``replies``: what came in.

    >>> from smsbridge.backends.memory import MemoryBackend
    >>> memory = MemoryBackend()
    >>> submission = Client(memory).send("+12025550123", "Hello")
    >>> memory.sent_to("+12025550123").text
    'Hello'
    >>> memory.nothing_else_sent()
    """

    name = "memory"
    protocol = "memory"

    messages: list[Message] = field(default_factory=list, repr=False, init=False)
    coming: deque[Outcome | Reason] = field(default_factory=deque, repr=False, init=False)
    reported: dict[str, Status] = field(default_factory=dict, repr=False, init=False)
    replies: list[ReceivedMessage] = field(default_factory=list, repr=False, init=False)

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Keep the message; its id is its position in the list, from 1."""
        yield from ()
        wanted: Outcome | Reason = Outcome.ACCEPTED
        with suppress(IndexError):  # of two threads one may be late
            wanted = self.coming.popleft()
        attempt = self.attempt(message, session)
        if wanted in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            self.messages.append(message)
        if wanted is not Outcome.ACCEPTED:
            raise _error(wanted, attempt)
        return Submission(id=str(len(self.messages)), attempt=attempt)

    def next(
        self, outcome: Outcome | str, *, reason: Reason | str | None = None, times: int = 1
    ) -> None:
        """Make the next send end in an outcome; after that everything is accepted again.

        ``reason``: why it is rejected. ``times``: how many sends. Further calls queue more. A
        message whose outcome is unknown was taken.

        >>> from smsbridge.backends.memory import MemoryBackend
        >>> memory = MemoryBackend()
        >>> memory.next("rejected", reason="quota")
        >>> messages = [Message(recipient="+12025550123", text="Hello")] * 2
        >>> with Client(memory) as client:
        ...     [one.outcome.value for one in client.send_many(messages, concurrency=1)]
        ['rejected', 'accepted']
        """
        self.coming.extend([wanted_end(outcome, reason)] * times)

    def report(self, message: Message | Submission | str, status: Status | str) -> None:
        """Give a message a status, by its id: `Client.status` says so from now on.

        >>> from smsbridge.backends.memory import MemoryBackend
        >>> memory = MemoryBackend()
        >>> with Client(memory) as client:
        ...     submission = client.send("+12025550123", "Hello")
        ...     memory.report(submission, "delivered")
        ...     client.status(submission).status
        <Status.DELIVERED: 'delivered'>
        """
        if isinstance(message, Message):
            known = str(self.messages.index(message) + 1)
        else:
            known = message if isinstance(message, str) else message.id or ""
        if self._message(known) is None:
            raise ConfigError("report: memory took no message with that id")
        self.reported[known] = Status(status)

    def reply(self, to: Message | str, text: str) -> None:
        """Make a message come in, from the recipient of another or from a number.

        >>> from smsbridge.backends.memory import MemoryBackend
        >>> memory = MemoryBackend()
        >>> memory.reply("+447700900123", "Yes")
        >>> [message.text for message in Client(memory).received()]
        ['Yes']
        """
        sender = to if isinstance(to, str) else to.recipient
        known = f"in-{len(self.replies) + 1}"
        came = ReceivedMessage(id=known, sender=sender, text=text, at=datetime.now(UTC))
        self.replies.append(came)

    def ask(self, question: str, values: Mapping[str, Any], session: Session) -> Exchange[Any]:
        """Answer ``status`` and ``received`` from what is kept."""
        if question == "received" and not values:
            return list(self.replies)
        if question != "status":
            filters = f" by {', '.join(values)}" if values else ""
            raise Unsupported(f"memory can't answer {question}{filters}")
        yield from ()
        known = values["id"]
        found = self._message(known)
        if found is None:
            return []
        row = SentMessage(
            id=known,
            recipient=found.recipient,
            text=found.text,
            status=self.reported.get(known, Status.SENT),
            reference=found.reference,
            at=session.now(),
        )
        return [row]

    def _message(self, known: str) -> Message | None:
        place = int(known) if known.isdecimal() else 0
        return self.messages[place - 1] if 1 <= place <= len(self.messages) else None


def _error(wanted: Outcome | Reason, attempt: Attempt) -> SendError:
    if wanted is Outcome.NOT_SENT:
        return NotSent(_WHY, attempt)
    if wanted is Outcome.UNKNOWN:
        return OutcomeUnknown(_WHY, attempt)
    reason = wanted if isinstance(wanted, Reason) else Reason.REQUEST
    kind = AuthenticationFailed if reason is Reason.AUTHENTICATION else Rejected
    return kind(_WHY, attempt, reason=reason)
