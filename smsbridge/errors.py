"""What can go wrong, drawn as a tree.

::

    SmsbridgeError
    ├── CallerError            the call or the config is wrong; nothing was tried
    │   ├── InvalidMessage     a value that no provider could take
    │   ├── ConfigError        a config that can't be used
    │   ├── Unsupported        this backend can't do that over this protocol
    │   └── MissingExtra       an optional dependency isn't installed
    ├── NoAnswer               a question got no usable answer: ask again
    ├── WebhookRefused         what came in was not taken; ``.status`` answers it
    │   ├── WebhookUntrusted   nothing shows that the provider sent it
    │   └── WebhookUnreadable  it can't be read
    └── SendError              a send was tried; ``.attempt`` says which
        ├── NotSent            proved never taken: a repeat is safe
        ├── Rejected           proved refused: a repeat helps after a fix
        │   └── AuthenticationFailed
        └── OutcomeUnknown     it may have been taken: never repeat blindly
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


class Reason(StrEnum):
    """Why a provider refused a message: a closed set, the same for every backend."""

    RECIPIENT = "recipient"
    SENDER = "sender"
    CONTENT = "content"
    AUTHENTICATION = "authentication"
    ACCOUNT = "account"
    QUOTA = "quota"
    RATE = "rate"
    REQUEST = "request"
    OTHER = "other"

    @property
    def elsewhere(self) -> bool:
        """Whether another backend may take the message all the same."""
        return self in _ELSEWHERE


_ELSEWHERE = frozenset(
    {Reason.SENDER, Reason.AUTHENTICATION, Reason.ACCOUNT, Reason.QUOTA, Reason.RATE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to send one message: what to look for at the provider if its outcome is unknown.

    ``reference`` is that of the message, and empty for a question, which sends none. ``started``
    is in UTC. ``fingerprint`` stands for recipient and text, without showing either. ``via``: by
    which part of a backend that is made of several, such as ``failover``.
    """

    backend: str
    protocol: str
    reference: str
    started: datetime
    fingerprint: str = ""
    via: str = ""


def whereabouts(attempt: Attempt) -> str:
    """Return who made an attempt, and its reference: ``first, acme over rest, reference r-1``."""
    part = f"{writable(attempt.via)}, " if attempt.via else ""
    named = f", reference {writable(attempt.reference)}" if attempt.reference else ""
    return f"{part}{writable(attempt.backend)} over {writable(attempt.protocol)}{named}"


def writable(word: str) -> str:
    """Return a word as a log or a terminal can take it: escaped unless all of it is printable."""
    return word if word.isprintable() else ascii(word)


class SmsbridgeError(Exception):
    """Base of every error that smsbridge raises on purpose."""


class CallerError(SmsbridgeError):
    """The call or the config is wrong. Nothing was tried, nothing left this machine."""


class InvalidMessage(CallerError, ValueError):
    """A message that no provider could take. Names the field and what is allowed."""


class ConfigError(CallerError, ValueError):
    """A config that can't be used. Names the key and what is allowed, never a secret.

    ``key``: the steps to what is wrong in a block, for whoever knows the lines of the file.
    """

    def __init__(self, why: str, key: tuple[str, ...] = ()) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why)
        self.key = key


class Unsupported(CallerError):
    """This backend can't do that over this protocol. Names the protocols that can."""


class MissingExtra(CallerError, ImportError):
    """An optional dependency isn't installed. Names the extra that brings it."""

    def __init__(self, extra: str, what: str) -> None:
        """``extra`` as pip knows it; ``what`` needs it."""
        super().__init__(f"{what} needs the extra '{extra}': install 'smsbridge[{extra}]'")
        self.extra = extra
        self._what = what

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a process boundary."""
        return type(self), (self.extra, self._what)


class NoAnswer(SmsbridgeError):
    """A question (status, sent, received), or a ``delete``, got no usable answer.

    To ask again does no harm, and nor does a ``delete`` that is repeated.

    ``retry`` says whether the same question may be answered later; ``retry_after`` is the number
    of seconds that the provider asked to wait (at most 3600), or None. ``tries``: how often it was
    asked.
    """

    def __init__(
        self,
        why: str,
        backend: str,
        *,
        protocol: str = "",
        retry: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """``why`` is what was seen, without any secret, number or text."""
        super().__init__(why, backend)
        self.why = why
        self.backend = backend
        self.protocol = protocol
        self.retry = retry
        self.retry_after = retry_after
        self.tries = 1

    def __str__(self) -> str:
        """Say what happened, at which backend, and what may be done next."""
        again = "To ask again does no harm" if self.retry else "Asking again fails the same way"
        wait = f" after {self.retry_after:g} s" if self.retry_after is not None else ""
        where = f"{self.backend} over {self.protocol}" if self.protocol else self.backend
        return f"No answer: {self.why} ({where}){_after(self.tries)}. {again}{wait}."


class WebhookRefused(SmsbridgeError):
    """A request that came in was not taken. ``status`` is the HTTP status that answers it."""

    def __init__(self, why: str, status: int) -> None:
        """``why`` is what was seen, without any secret, number or text."""
        super().__init__(why, status)
        self.why = why
        self.status = status

    def __str__(self) -> str:
        """Say what happened, and how it is answered."""
        return f"Webhook refused: {self.why}. It is answered with HTTP {self.status}."


class WebhookUntrusted(WebhookRefused):
    """Nothing shows that the provider sent it: 401, 403, or 404 for another path."""


class WebhookUnreadable(WebhookRefused):
    """It can't be read: 400, 405 for another method, 413 where it is too large."""


class SendError(SmsbridgeError):
    """A send that was tried, ``tries`` times, and did not end in acceptance."""

    headline = "Failed"

    def __init__(self, why: str, attempt: Attempt) -> None:
        """``why`` is what was seen, without any secret, number or text."""
        super().__init__(why, attempt)
        self.why = why
        self.attempt = attempt
        self.tries = 1

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        raise TypeError

    def __str__(self) -> str:
        """Say what happened, to which backend, and what may be done next."""
        where = f"({whereabouts(self.attempt)}){_after(self.tries)}"
        return f"{self.headline}: {self.why} {where}. {self.advice}"

    def by(self, via: str) -> None:
        """Name the part of a backend that made the attempt."""
        self.attempt = replace(self.attempt, via=via)
        self.args = (self.why, self.attempt)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a process boundary, as an error of a task queue's worker must."""
        return _revived, (type(self), vars(self))


class NotSent(SendError):
    """The provider never took the message.

    ``retry`` says whether the same call may succeed later; ``retry_after`` is the number of
    seconds that the provider asked to wait (at most 3600), or None.
    """

    headline = "Not sent"

    def __init__(
        self,
        why: str,
        attempt: Attempt,
        *,
        retry: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why, attempt)
        self.retry = retry
        self.retry_after = retry_after

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        if not self.retry:
            return "Nothing was sent, and a repeat fails the same way until the cause is mended."
        if self.retry_after is None:
            return "Nothing was sent; a repeat is safe."
        return f"Nothing was sent; a repeat is safe after {self.retry_after:g} s."


class Rejected(SendError):
    """The provider refused the message. ``code`` is the provider's own word for it, if any."""

    headline = "Rejected"

    def __init__(
        self, why: str, attempt: Attempt, *, reason: Reason, code: str | None = None
    ) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why, attempt)
        self.reason = reason
        self.code = code

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        sent = "Nothing was sent; r" if self.attempt.reference else "R"
        return f"{sent}eason: {self.reason}. Repeat it after a fix."


class AuthenticationFailed(Rejected):
    """The provider refused the credentials; ``reason`` is always ``authentication``."""

    headline = "Authentication failed"

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        sent = "Nothing was sent. " if self.attempt.reference else ""
        return f"{sent}Check the credentials in the config."


class OutcomeUnknown(SendError):
    """The provider may have taken the message, or may not: nothing proves either."""

    headline = "Outcome unknown"

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        return "The message may have been sent: resolve it, or look it up, before any repeat."


def _after(tries: int) -> str:
    return f", after {tries} tries" if tries > 1 else ""


def _revived(kind: type[SendError], state: dict[str, Any]) -> SendError:
    error = kind.__new__(kind, state["why"], state["attempt"])
    vars(error).update(state)
    return error
