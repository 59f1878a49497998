"""A message in the store: its states, and the transitions between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from smsbridge.client.attempt_json import attempt_of, attempt_words
from smsbridge.errors import Attempt, Reason
from smsbridge.mapping.call_values import channels_word
from smsbridge.message import UNSENDABLE, Message, Status, fingerprint

if TYPE_CHECKING:
    from smsbridge.errors import SendError
    from smsbridge.message import Submission


class State(StrEnum):
    """The state of a stored message: first two of ours, then the outcome of its send.

    ``stored``: not sent yet. ``handed_over``: claimed by a worker, so it may have been sent.
    ``cancelled``: by a person.
    """

    STORED = "stored"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


STEPS: Mapping[State, frozenset[State]] = {
    State.STORED: frozenset({State.HANDED_OVER, State.CANCELLED}),
    State.HANDED_OVER: frozenset(
        {State.STORED, State.ACCEPTED, State.NOT_SENT, State.REJECTED, State.UNKNOWN}
    ),
    State.UNKNOWN: frozenset({State.UNKNOWN, State.ACCEPTED, State.STORED, State.CANCELLED}),
    State.NOT_SENT: frozenset({State.STORED, State.CANCELLED}),
    State.REJECTED: frozenset({State.STORED, State.CANCELLED}),
    State.ACCEPTED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""The allowed transitions, besides that to *accepted* which a report proves.

*Accepted* is final: nothing sends the message again.
"""

FIRST_NUMBER = 1_000_000_000
"""Added to the row number in dialects with numeric ids: a short number may be a code."""

AT_ONCE = 0.0
"""The due time of what is due immediately: setting the clock back doesn't delay it."""

UNDER_WAY = (State.STORED, State.HANDED_OVER)
"""The states of a send that has not ended."""

SETTLED = frozenset({State.ACCEPTED, State.NOT_SENT, State.REJECTED, State.CANCELLED})
"""The states in which nothing more happens automatically."""


_STATUSES: Mapping[State, Status] = {
    State.STORED: Status.QUEUED,
    State.HANDED_OVER: Status.QUEUED,
    State.NOT_SENT: Status.UNDELIVERED,
    State.REJECTED: Status.REJECTED,
    State.CANCELLED: Status.REJECTED,
    State.UNKNOWN: Status.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message submitted by a caller of a door, and the name of the block that sends it.

    ``key``: its idempotency key, or empty. ``same_within``: for how many seconds an equal message
    without a key is a repeat. ``others``: the other recipients of a call with a key.
    """

    message: Message
    door: str
    caller: str
    protocol: str
    backend: str
    reference: str = ""
    key: str = ""
    same_within: float = 0.0
    others: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """A hash of everything that a repeat must have in common with it, including its key.

        It outlives the number and text, so nobody may recover them from it without the key.
        """
        one = self.message
        said: dict[str, Any] = {
            "recipient": one.recipient,
            "text": one.text,
            "channels": channels_word(one.channels),
            "sender": one.sender,
            "send_at": one.send_at.timestamp() if one.send_at else None,
        }
        said |= {"others": self.others} if self.others else {}
        said |= {"key": self.key} if self.key else {}
        return _hash(json.dumps(said, sort_keys=True))

    @property
    def repeat_key(self) -> str | None:
        """A hash of its key, or None."""
        return _hash(self.key) if self.key else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A row of the store. ``recipient`` and ``text`` are None once cleared."""

    seq: int
    id: str
    door: str
    caller: str
    protocol: str
    reference: str | None
    recipient: str | None = field(repr=False)
    text: str | None = field(repr=False)
    sender: str | None = field(repr=False)
    channels: str
    send_at: float | None
    backend: str
    state: State
    due: float | None
    stored_at: float
    changed_at: float
    tries: int
    resent: int
    looked_up: int
    attempt: Attempt | None
    provider_id: str | None
    status: Status | None
    reason: Reason | None
    why: str | None

    @property
    def number(self) -> str:
        """Its id in dialects with numeric ids; fits 32 bits."""
        return str(FIRST_NUMBER + self.seq)

    @classmethod
    def of_row(cls, row: Any) -> StoredMessage:
        """Return the message in a row, a mapping of its columns."""
        given = {name: row[name] for name in cls.__slots__}
        return cls(
            **{
                **given,
                "state": State(row["state"]),
                "attempt": _attempt(row),
                "status": Status(row["status"]) if row["status"] else None,
                "reason": Reason(row["reason"]) if row["reason"] else None,
            }
        )

    def message(self) -> Message | None:
        """Return the message to send, with the row's id as reference; None once cleared.

        It has no send time: the bridge has already waited for it.
        """
        if self.recipient is None or self.text is None:
            return None
        return Message(
            recipient=self.recipient,
            text=self.text,
            channels=self.channels.split("+"),  # type: ignore[arg-type]  # they are normalised
            sender=self.sender,
            reference=self.id,
        )


def status_of(message: StoredMessage) -> Status:
    """Return the status of a message, as its caller is told it."""
    known = message.status if message.status is not Status.UNKNOWN else None
    return _STATUSES.get(message.state, known or Status.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a claim ended: the next state, and details. ``due``: when to continue."""

    state: State
    due: float | None = None
    attempt: Attempt | None = None
    provider_id: str | None = None
    status: Status | None = None
    reason: Reason | None = None
    why: str | None = None

    @classmethod
    def of_submission(cls, submission: Submission) -> End:
        """Return the end of an accepted send."""
        return cls(
            state=State.ACCEPTED,
            attempt=submission.attempt,
            provider_id=submission.id,
            status=submission.status,
        )

    @classmethod
    def of_error(cls, error: SendError, *, due: float | None = None) -> End:
        """Return the end of a send that failed."""
        return cls(
            state=State(error.outcome),
            due=due,
            attempt=error.attempt,
            reason=getattr(error, "reason", None),
            why=error.why,
        )


def storable(text: str | None) -> str | None:
    """Return a text that any database can store: providers and callers may send anything."""
    return UNSENDABLE.sub("\ufffd", text) if text else None


def attempt_text(attempt: Attempt) -> str:
    """Return an attempt as stored, without its fingerprint, which has its own column."""
    words = {name: word for name, word in attempt_words(attempt).items() if name != "fingerprint"}
    return json.dumps(words)


def _attempt(row: Any) -> Attempt | None:
    if not row["attempt"]:
        return None
    return attempt_of({**json.loads(row["attempt"]), "fingerprint": row["fingerprint"] or ""})


def time_of(seconds: float) -> datetime:
    """Return a time of the store as a datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def fingerprint_of(message: Message) -> str:
    """Return the fingerprint of a message."""
    return fingerprint(message.recipient, message.text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
