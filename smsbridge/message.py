"""What is sent, and what the provider says about it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

from smsbridge.errors import InvalidMessage, Outcome
from smsbridge.text.frames import forget_locals_of_methods
from smsbridge.text.located import is_kind
from smsbridge.text.phone import E164, digits_of, mask_number, show_number

if TYPE_CHECKING:
    from smsbridge.errors import Attempt, CallRecord

UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_LEAST_DIGITS = 7
_MOST_PLAIN = 10 ** (_LEAST_DIGITS - 1)
_MOST_SHOWN = 40


class Channel(StrEnum):
    """The network that carries a message.

    >>> message = Message(recipient="+12025550123", text="Hello", channels="whatsapp")
    >>> Channel.WHATSAPP in message.channels
    True
    """

    SMS = "sms"
    WHATSAPP = "whatsapp"


_BY_SMS = frozenset({Channel.SMS})


class Status(StrEnum):
    """Where a message stands, in SMPP's terms. A word that we don't know becomes ``unknown``.

    >>> sms.send("+12025550123", "Hello").status is Status.QUEUED
    True
    """

    QUEUED = "queued"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """How far a message has got: of two reports, in any order, the higher one counts.

        A delivery outranks a failure: one part of a long message may fail and still arrive later.

        >>> max(Status.DELIVERED, Status.SENT, key=lambda status: status.rank)
        <Status.DELIVERED: 'delivered'>
        """
        return _RANKS[self]


_RANKS = {
    status: rank
    for rank, status in enumerate(
        (
            *(Status.UNKNOWN, Status.QUEUED, Status.ACCEPTED, Status.SENT, Status.REJECTED),
            *(Status.EXPIRED, Status.UNDELIVERED, Status.DELIVERED, Status.READ),
        )
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Base class of the options that only one provider knows; each subclass is a frozen dataclass.

    A field whose default is a bool takes a bool; any other takes text that can be sent, a whole
    number if its type says so, or None.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPIOptions
    >>> sms.send("+12025550123", "Hello", options=SMSMobileAPIOptions(sim=2)).status
    <Status.QUEUED: 'queued'>
    """

    def __post_init__(self) -> None:
        """Refuse a value of the wrong type."""
        for declared in fields(self):
            value = getattr(self, declared.name)
            allowed: tuple[type, ...] = (str, type(None))
            if isinstance(declared.default, bool):
                allowed = (bool,)
            elif "int" in str(declared.type):
                allowed = (int, type(None))
            if not is_kind(value, *allowed):
                words = " or ".join(kind.__name__ for kind in allowed)
                raise InvalidMessage(f"options.{declared.name}: give {words}")
            if isinstance(value, str) and (not value or UNSENDABLE.search(value)):
                raise InvalidMessage(f"options.{declared.name}: give text without NUL, or None")


class MessageFields(TypedDict, total=False):
    """The optional fields of a `Message`, as keyword arguments of ``send``."""

    channels: Channel | str | Iterable[Channel | str]
    send_at: datetime | None
    sender: str | None
    reference: str
    options: Options | None


def check_time(name: str, moment: object) -> None:
    """Refuse what is neither None nor an aware datetime."""
    if moment is None:
        return
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise InvalidMessage(
            f"{name} has no time zone: give an aware datetime, "
            "such as datetime(2027, 1, 31, 9, 0, tzinfo=UTC)"
        )


def show_value(value: object) -> str:
    """Return a value as an error may show it: shortened, and masked if it may be a phone number."""
    if not isinstance(value, str | int | float | None):
        return f"of type {type(value).__name__}"
    if isinstance(value, int) and abs(value) >= _MOST_PLAIN:
        return "a long number"
    text = str(value)
    if sum(map(str.isdigit, text)) >= _LEAST_DIGITS:
        return repr(mask_number(text))
    return repr(text[:_MOST_SHOWN] if isinstance(value, str) else value)


def fingerprint(recipient: str, text: str) -> str:
    """Return the fingerprint of a recipient and a text: 32 hex digits of a hash of both.

    It is the same however the number's digits are spaced or the text's lines end. It hides both,
    but anyone who can guess them can check the guess.
    """
    plus, rest = recipient[:1], recipient[1:]
    plain = plus == "+" and rest.isascii() and rest.isdigit()
    digits = rest.removeprefix("00") if plain else digits_of(recipient)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return hashlib.sha256(f"{digits}\0{lines}".encode(errors="replace")).hexdigest()[:32]


@forget_locals_of_methods
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient.

    ``recipient``: ``+`` and 5 to 15 digits (E.164). ``text``: not empty; no NUL, no lone surrogate.
    ``channels``: one or more of `Channel`; both are one submission. ``send_at``: an aware datetime,
    before which it isn't sent. ``sender``: if the provider lets you choose it. ``reference``: your
    own unique name; generated if absent. ``options``: what only one provider knows.

    Raises `InvalidMessage` for anything else, before any I/O.

    >>> message = Message(recipient="+12025550123", text="Hello", reference="order-4711")
    >>> sms.send(message).reference
    'order-4711'
    """

    recipient: str = field(repr=False)
    text: str = field(repr=False)
    channels: frozenset[Channel] = _BY_SMS
    send_at: datetime | None = None
    sender: str | None = None
    reference: str = field(default_factory=lambda: os.urandom(16).hex())
    options: Options | None = None

    def __post_init__(self) -> None:
        """Refuse what no provider could take."""
        if not isinstance(self.recipient, str) or not E164.fullmatch(self.recipient):
            given = show_number(self.recipient)
            raise InvalidMessage(
                f"recipient {given!r}: give + and 5 to 15 digits, such as +12025550123"
            )
        if not isinstance(self.text, str) or not self.text.strip():
            raise InvalidMessage("text is empty: give at least one visible character")
        if bad := UNSENDABLE.search(self.text):
            raise InvalidMessage(
                f"text has U+{ord(bad[0]):04X} at position {bad.start()}: "
                "NUL and lone surrogates can't be sent"
            )
        if self.channels is not _BY_SMS:
            object.__setattr__(self, "channels", _channels(self.channels))
        check_time("send_at", self.send_at)
        for name, value in (("reference", self.reference), ("sender", self.sender)):
            optional = value is None and name == "sender"
            if not optional and not (isinstance(value, str) and value and value.isprintable()):
                raise InvalidMessage(
                    f"{name} {show_value(value)}: give printable text, or leave it out"
                )
        if self.options is not None and not isinstance(self.options, Options):
            raise InvalidMessage("options: give the options object of a backend, or leave it out")


def _channels(given: Channel | str | Iterable[Channel | str]) -> frozenset[Channel]:
    allowed = f"give one or more of {', '.join(Channel)}"
    if not isinstance(given, Iterable):
        raise InvalidMessage(f"channels {show_value(given)}: {allowed}")
    words = [given] if isinstance(given, str) else list(given)
    for word in words:
        if word not in list(Channel):
            raise InvalidMessage(f"channels: {show_value(word)} is not a channel; {allowed}")
    if not words:
        raise InvalidMessage(f"channels is empty: {allowed}")
    return frozenset(map(Channel, words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The provider's confirmation that it has the message. Delivery comes later.

    ``id`` is the provider's; None if its answer had none. ``provider_status`` is the provider's own
    word for ``status``. ``answer`` is the provider's answer as it was read. ``attempt`` carries
    backend, protocol and reference, so that a later question goes to the backend that issued it.
    ``tries``: how many tries it took. ``exchange``: its requests and answers, masked; see
    `CallRecord`. For a send it is kept only while the logger ``smsbridge`` is at DEBUG.

    >>> submission = sms.send("+12025550123", "Hello", reference="order-4711")
    >>> submission.reference, submission.backend, submission.protocol, submission.status.value
    ('order-4711', 'smsmobileapi', 'rest', 'queued')
    """

    id: str | None
    attempt: Attempt
    status: Status = Status.ACCEPTED
    provider_status: str | None = field(default=None, repr=False)
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tries: int = 1
    exchange: Sequence[CallRecord] = field(default=(), repr=False, compare=False)
    outcome: ClassVar[Outcome] = Outcome.ACCEPTED

    @property
    def backend(self) -> str:
        """The name of the backend that took the message."""
        return self.attempt.backend

    @property
    def protocol(self) -> str:
        """The protocol that carried it."""
        return self.attempt.protocol

    @property
    def reference(self) -> str:
        """The message's own reference."""
        return self.attempt.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message that the provider was given to send, as its log or a webhook reports it.

    ``at`` is in UTC. ``provider_status`` is the provider's own word for ``status``, ``error`` its
    own word for what went wrong. ``answer`` is everything that the provider said about the message.

    >>> submission = sms.send("+12025550123", "Hello")
    >>> message = sms.status(submission)
    >>> message.status, message.text
    (<Status.SENT: 'sent'>, 'Hello')
    """

    id: str | None = None
    recipient: str | None = field(default=None, repr=False)
    sender: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    status: Status = Status.UNKNOWN
    provider_status: str | None = field(default=None, repr=False)
    at: datetime | None = None
    error: str | None = field(default=None, repr=False)
    reference: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message that somebody sent to us, as the provider's log or a webhook reports it.

    ``sender`` may be a word, such as ``MPESA``. ``at`` is in UTC. ``device`` is the provider's
    name for what received it. ``answer`` is everything that the provider said about the message.

    >>> smsbridge_mock.receive("+447700900123", "Yes")
    >>> message = sms.received()[-1]
    >>> message.sender, message.text
    ('+447700900123', 'Yes')
    """

    id: str | None = None
    sender: str | None = field(default=None, repr=False)
    recipient: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    at: datetime | None = None
    device: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
