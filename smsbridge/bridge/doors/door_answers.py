"""Writes a door's answers in the words of its dialect, never claiming more than is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smsbridge.bridge.store.stored_message import (
    FIRST_NUMBER,
    State,
    StoredMessage,
    status_of,
    time_of,
)
from smsbridge.errors import Attempt, ConfigError, Reason
from smsbridge.http.exchange import Request, Session
from smsbridge.mapping.codec import Unwritable
from smsbridge.mapping.filters import TIME_FILTERS
from smsbridge.message import Message, Status, Submission, fingerprint
from smsbridge.serving.answers import AnswerWriter, status_words
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.example_answers import ExampleAnswers
from smsbridge.serving.table_answers import FAILURES, TableAnswers, fits_id, number_in, writer_of

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.bridge.store.stored_event import StoredEvent
    from smsbridge.http.exchange import Response
    from smsbridge.serving.provider_protocol import ProviderProtocol

_SAMPLE_ID = "0123456789abcdef0123456789abcdef01234567"
_SAMPLE_NUMBER = str(FIRST_NUMBER + 7)
_SAMPLE = Message(recipient="+12025550123", text="Hello")
_LESS: Mapping[Status, tuple[Status, ...]] = {
    Status.READ: (Status.DELIVERED, Status.SENT, Status.ACCEPTED, Status.QUEUED),
    Status.DELIVERED: (Status.SENT, Status.ACCEPTED, Status.QUEUED),
    Status.SENT: (Status.ACCEPTED, Status.QUEUED),
    Status.ACCEPTED: (Status.QUEUED,),
    Status.QUEUED: (Status.ACCEPTED,),
    Status.EXPIRED: (Status.UNDELIVERED,),
    Status.REJECTED: (Status.UNDELIVERED,),
    Status.UNDELIVERED: (Status.REJECTED,),
}
"""Weaker statuses, also true, to use if the dialect has no word for a status."""

_NOT_YET = (Status.QUEUED, Status.ACCEPTED, Status.UNKNOWN)


def true_word(statuses: Mapping[str, Status], status: Status | None) -> str | None:
    """Return a dialect's word for a status, or for a weaker one that is also true; else None."""
    if status is None:
        return None
    words = status_words(statuses)
    return next((words[one] for one in true_statuses(status) if one in words), None)


def true_statuses(status: Status) -> tuple[Status, ...]:
    """Return a status, and then the weaker ones that are also true."""
    return (status, *_LESS.get(status, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAnswers:
    """Writes the answers of a door. ``by_number``: the protocols with numeric ids."""

    answers: TableAnswers
    by_number: frozenset[str]

    @classmethod
    def of(
        cls, accounts: Collection[Backend], protocols: tuple[ProviderProtocol, ...]
    ) -> DoorAnswers:
        """Return the writer for a backend; `ConfigError` if its clients couldn't read a yes."""
        backend = next(iter(accounts))
        answers = TableAnswers(
            statuses=backend.statuses,
            status_word=true_word,
            zone=backend.zone(),
            examples=ExampleAnswers.of(backend),
        )
        found = {one.name for one in protocols if one.table.send and _needs_number(one, answers)}
        for one in protocols:
            if one.table.send:
                _check_yes(
                    _account_of(one, accounts),
                    one,
                    answers,
                    _SAMPLE_NUMBER if one.name in found else _SAMPLE_ID,
                )
        return cls(answers=answers, by_number=frozenset(found))

    def id_of(self, call: ReceivedCall, message: StoredMessage | StoredEvent) -> str:
        """Return the id of a message or event, as callers of a protocol know it."""
        return self.known_id(call.protocol.name, message)

    def known_id(self, protocol: str, message: StoredMessage | StoredEvent) -> str:
        """Do the same, by the name of the protocol."""
        return message.number if protocol in self.by_number else message.id

    def accept(self, request: Request, call: ReceivedCall, message: StoredMessage) -> Response:
        """Return the answer that a message was accepted, with its status."""
        known = self.id_of(call, message)
        return self.answers.acceptance(request, call, known, status_of(message))

    def first(
        self, request: Request, call: ReceivedCall, messages: Sequence[StoredMessage]
    ) -> Response:
        """Return the answer to stored messages; a repeat gets the same one."""
        if not getattr(call.table, "rows", "") or call.operation != "send":
            known = self.id_of(call, messages[0])
            return self.answers.acceptance(request, call, known, Status.QUEUED)
        taken = [(one.recipient or "", self.id_of(call, one)) for one in messages]
        return self.answers.acceptances(request, call, taken, Status.QUEUED)

    def accept_command(self, request: Request, call: ReceivedCall, known: str) -> Response:
        """Return the answer to a successful command."""
        return self.answers.acceptance(request, call, known, None)

    def end(self, request: Request, call: ReceivedCall, message: StoredMessage) -> Response:
        """Return the answer with the outcome of a message; a fault if it is unknown."""
        if message.state is State.ACCEPTED:
            return self.accept(request, call, message)
        if message.state is State.REJECTED:
            reason = message.reason or Reason.OTHER
            return self.refuse(request, call, reason, Reason.OTHER)
        if message.state is State.NOT_SENT:
            not_sent = getattr(call.table, "not_sent", {})
            for path, words in not_sent.items():
                for word in words:
                    return _no_writer(request, call).answer({path: word}, {})
            return self.fault(request, call, "the message was not sent")
        return self.fault(request, call, "it is not known whether the message was sent")

    def refuse(self, request: Request, call: ReceivedCall, *reasons: Reason) -> Response:
        """Return the refusal of a call, for the first of the reasons that has a word.

        A word in a fault is preferred: no client mistakes a fault for something else.
        """
        rejected = call.table.rejected
        faults = {path: words for path, words in rejected.items() if path.startswith("fault.")}
        writer = _no_writer(request, call)
        if call.operation == "send":
            writer = replace(writer, examples=self.answers.examples)
        return writer.refusal({**faults, **rejected}, reasons)

    def fault(self, request: Request, call: ReceivedCall, why: str) -> Response:
        """Return the dialect's server fault, which leaves the outcome open."""
        return call.protocol.codec.fault(request, "Server", why)

    def rows(
        self, request: Request, call: ReceivedCall, messages: Sequence[StoredMessage]
    ) -> Response:
        """Return the answer with rows, omitting those whose status the dialect can't express.

        A question about a single such message gets a fault.
        """
        table: Any = call.table
        said = [message for message in messages if self._can_say(table, message)]
        if call.operation == "status" and len(said) < len(messages):
            return self.fault(request, call, "the status of the message is not known")
        if not said and not table.rows:
            return self.refuse(request, call, Reason.REQUEST, Reason.OTHER)
        return self.answers.rows(request, call, [self._row(call, message) for message in said])

    def received(
        self, request: Request, call: ReceivedCall, events: Sequence[StoredEvent]
    ) -> Response:
        """Return the answer with incoming messages."""
        rows = [
            {
                "id": self.id_of(call, one),
                "recipient": one.recipient or "",
                "sender": one.sender or "",
                "text": one.text or "",
                "device": "",
                "at": TIME_FILTERS["iso"](time_of(one.at)),
                "status": None,
            }
            for one in events
        ]
        return self.answers.rows(request, call, rows)

    def _status_of(self, table: Any, message: StoredMessage) -> Status:
        """Return a status that a table has: *undelivered* for *expired* if that has no word."""
        status = status_of(message)
        words = status_words(table.statuses or self.answers.statuses)
        expired = status is Status.EXPIRED and status not in words
        return Status.UNDELIVERED if expired else status

    def _can_say(self, table: Any, message: StoredMessage) -> bool:
        status = self._status_of(table, message)
        if status in FAILURES and (table.failed.match or table.refused.match):
            return True
        word = true_word(table.statuses or self.answers.statuses, status)
        return word is not None or "status" not in table.row

    def _row(self, call: ReceivedCall, message: StoredMessage) -> dict[str, Any]:
        status = self._status_of(call.table, message)
        ended = status if message.state is State.ACCEPTED else message.state
        return {
            "id": self.id_of(call, message),
            "recipient": number_in(call.protocol.table.send, message.recipient or ""),
            "sender": message.sender or "",
            "text": message.text or "",
            "reference": message.reference or "",
            "at": TIME_FILTERS["iso"](time_of(message.stored_at)),
            "status": status,
            "error": str(message.reason or ended) if status in FAILURES else "",
        }


def _no_writer(request: Request, call: ReceivedCall) -> AnswerWriter:
    """Return a writer for negative answers, which have no id."""
    accepted = getattr(call.table, "accepted", None)
    return replace(writer_of(request, call), without=accepted.id or "" if accepted else "")


def _account_of(protocol: ProviderProtocol, accounts: Collection[Backend]) -> Backend:
    """Return an account with the credentials for a protocol."""
    needed = set(protocol.table.auth.credentials)
    return next(one for one in accounts if needed <= one.credentials().keys())


def _call_of(protocol: ProviderProtocol) -> ReceivedCall:
    table = protocol.table.send
    if table is None:
        raise TypeError(f"{protocol.name} sends nothing")
    return ReceivedCall(
        protocol=protocol,
        operation="send",
        table=table,
        given={},
        known=True,
        message=_SAMPLE,
        own=frozenset(),
    )


def _request(backend: Backend) -> Request:
    return Request(method="POST", url=backend.url or "http://localhost/")


def _needs_number(protocol: ProviderProtocol, answers: TableAnswers) -> bool:
    call = _call_of(protocol)
    if not fits_id(protocol.codec, call.table, _SAMPLE_ID):  # type: ignore[arg-type]  # it sends
        return True
    try:
        answers.acceptance(
            Request(method="POST", url="http://localhost/"), call, _SAMPLE_ID, Status.QUEUED
        )
    except Unwritable:
        return True
    return False


def _check_yes(
    backend: Backend, protocol: ProviderProtocol, answers: TableAnswers, known: str
) -> None:
    """Refuse a dialect in which no answer can be written that its own clients read as yes."""
    call, session = _call_of(protocol), Session(now=lambda: datetime.now(UTC))
    attempt = Attempt(
        backend=backend.name,
        protocol=protocol.name,
        reference=_SAMPLE.reference,
        started=session.now(),
        fingerprint=fingerprint(_SAMPLE.recipient, _SAMPLE.text),
    )
    over = replace(backend, protocol=protocol.name)
    try:
        answer = answers.acceptance(_request(backend), call, known, Status.QUEUED)
    except Unwritable as error:
        raise ConfigError(
            f"{backend.name} over {protocol.name}: no answer can say yes: {error}"
        ) from None
    end = over.outcome(call.table, _SAMPLE, answer, session, attempt)
    if not isinstance(end, Submission) or end.id not in (known, None):
        why = getattr(end, "why", "its id can't be read")
        raise ConfigError(f"{backend.name} over {protocol.name}: no answer can say yes: {why}")
    if end.status not in _NOT_YET:
        why = f"its yes would say {end.status}, before the message is sent"
        raise ConfigError(f"{backend.name} over {protocol.name}: {why}")
