"""What can go wrong, as a tree.

::

    SmsbridgeError
    ├── CallerError            the call or the config is wrong; nothing was tried
    │   ├── InvalidMessage     a value that no provider could take
    │   ├── ConfigError        a config that can't be used
    │   ├── Unsupported        this backend can't do that over this protocol
    │   └── MissingExtra       an optional dependency isn't installed
    ├── NoAnswer               a question got no usable answer: ask again
    ├── WebhookRefused         an incoming request was refused; ``.status`` answers it
    │   ├── WebhookUntrusted   nothing shows that the provider sent it
    │   └── WebhookUnreadable  it can't be read
    └── SendError              a send was tried; ``.attempt`` says which, ``.outcome`` how it ended
        ├── NotSent            proved never taken: a repeat is safe
        ├── Rejected           proved refused: fix the cause, then repeat
        │   └── AuthenticationFailed
        └── OutcomeUnknown     it may have been taken: never repeat blindly
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from datetime import datetime


class Outcome(StrEnum):
    """The four ways a send can end.

    >>> [result] = sms.send_many([Message(recipient="+447700900429", text="Hello")])
    >>> result.outcome
    <Outcome.NOT_SENT: 'not_sent'>
    """

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a provider refused a message: a closed set, shared by all backends.

    >>> Reason.QUOTA.elsewhere, Reason.RECIPIENT.elsewhere
    (True, False)
    """

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
        """Whether another backend may still take the message."""
        return self in _ELSEWHERE


_ELSEWHERE = frozenset(
    {Reason.SENDER, Reason.AUTHENTICATION, Reason.ACCOUNT, Reason.QUOTA, Reason.RATE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to send one message: what to look up at the provider if its outcome is unknown.

    ``reference`` is the message's; empty for a question, which sends nothing. ``started`` is in
    UTC. ``fingerprint`` identifies recipient and text without showing either. ``via``: the part
    that it went through, if the backend has several, as ``failover`` has.

    >>> attempt = sms.send("+12025550123", "Hello", reference="order-4711").attempt
    >>> attempt.backend, attempt.protocol, attempt.reference
    ('smsmobileapi', 'rest', 'order-4711')
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
    """Return a word that is safe for a log or a terminal: escaped unless it is printable."""
    return word if word.isprintable() else ascii(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One request of an exchange and what came back, with every secret, number and text masked.

    ``left``: how much of the request had left: ``nothing``, ``part`` or ``all``; empty if that
    isn't known. ``status`` is None if no complete answer came; ``why`` then says what was seen. A
    body has at most 4096 characters.

    >>> try:
    ...     sms.send("+447700900503", "Hello")
    ... except SendError as error:
    ...     print(error.exchange[-1].body)
    recipients=•••&message=•••&apikey=•••
    """

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    left: str = ""
    why: str = ""
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer_body: str = ""

    def __str__(self) -> str:
        """Show both line by line: what was sent after ``>``, what came back after ``<``."""
        return "\n".join((*self._request_lines(), *self._answer_lines()))

    def _request_lines(self) -> Iterator[str]:
        yield f"> {self.method} {self.address}"
        yield from _message_lines(">", self.headers, self.body)

    def _answer_lines(self) -> Iterator[str]:
        if self.status is not None:
            yield f"< HTTP {self.status}"
            yield from _message_lines("<", self.answer_headers, self.answer_body)
            return
        left = f", {self.left} of the request had left" if self.left else ""
        yield f"< no answer{left}: {self.why}"


def _message_lines(sign: str, headers: Mapping[str, str], body: str) -> Iterator[str]:
    for name, value in headers.items():
        yield f"{sign} {name}: {value}"
    if body:
        yield sign
        yield from (f"{sign} {line}".rstrip() for line in body.splitlines())


class SmsbridgeError(Exception):
    """Base of every error that smsbridge raises on purpose.

    >>> try:
    ...     Client.from_config("nowhere")
    ... except SmsbridgeError as error:
    ...     print(type(error).__name__)
    ConfigError
    """


class CallerError(SmsbridgeError):
    """The call or the config is wrong. Nothing was tried, nothing left this machine.

    >>> try:
    ...     sms.send("0123", "Hello")
    ... except CallerError as error:
    ...     print(error)
    recipient '•••': give + and 5 to 15 digits, such as +12025550123
    """

    outcome: ClassVar[Outcome] = Outcome.NOT_SENT


class InvalidMessage(CallerError, ValueError):
    """A message that no provider could take. Names the field and what is allowed.

    >>> try:
    ...     Message(recipient="+12025550123", text="")
    ... except InvalidMessage as error:
    ...     print(error)
    text is empty: give at least one visible character
    """


class ConfigError(CallerError, ValueError):
    """A config that can't be used. Names the key and what is allowed, never a secret.

    ``key``: the path of the wrong key in its block, by which its line in the file can be found.

    >>> try:
    ...     Client.from_mapping({"backend": "smsmobileapi", "protocl": "soap"})
    ... except ConfigError as error:
    ...     print(error.key)
    ('protocl',)
    """

    def __init__(self, why: str, key: tuple[str, ...] = ()) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why)
        self.key = key


class Unsupported(CallerError):
    """This backend can't do that over this protocol. Names the protocols that can.

    >>> try:
    ...     Client.from_mapping({"backend": "console"}).status("an id")
    ... except Unsupported as error:
    ...     print(error)
    console can't answer status
    """


class MissingExtra(CallerError, ImportError):
    """An optional dependency isn't installed.

    ``command`` installs the extra that provides it, in a checkout of smsbridge.

    >>> print(MissingExtra("phone", "default_region"))
    default_region needs the extra 'phone'; from a checkout of smsbridge: pip install '.[phone]'
    """

    def __init__(self, extra: str, what: str) -> None:
        """``extra`` is pip's name for it; ``what`` is the feature that needs it."""
        self.command = f"pip install '.[{extra}]'"
        super().__init__(
            f"{what} needs the extra '{extra}'; from a checkout of smsbridge: {self.command}"
        )
        self.extra = extra
        self._what = what

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the error, so that it can cross a process boundary."""
        return type(self), (self.extra, self._what)


class NoAnswer(SmsbridgeError):
    """A question (status, sent, received), or a ``delete``, got no usable answer.

    Asking again is safe, and so is repeating a ``delete``.

    ``retry`` says whether the same question may be answered later; ``retry_after`` is the number of
    seconds the provider asked us to wait (at most 3600), or None. ``tries``: how often it was
    asked. ``exchange``: its requests and answers, masked; see `CallRecord`.

    >>> smsbridge_mock.play("smsmobileapi/status/reset-after-request")
    >>> try:
    ...     sms.status("g-1")
    ... except NoAnswer as error:
    ...     print(error.retry, error.backend)
    True smsmobileapi
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
        self.exchange: Sequence[CallRecord] = ()

    def __str__(self) -> str:
        """Say what happened, at which backend, and what may be done next."""
        again = "Asking again is safe" if self.retry else "Asking again will fail the same way"
        wait = f" after {self.retry_after:g} s" if self.retry_after is not None else ""
        where = f"{self.backend} over {self.protocol}" if self.protocol else self.backend
        return f"No answer: {self.why} ({where}){_after(self.tries)}. {again}{wait}."


class WebhookRefused(SmsbridgeError):
    """An incoming request was refused. ``status`` is the HTTP status to answer it with.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.errors import WebhookRefused
    >>> from smsbridge.http.exchange import Request
    >>> from smsbridge.webhooks import parse
    >>> try:
    ...     parse(SMSMobileAPI.webhooks, Request(method="POST", url="/", body=b"no JSON"))
    ... except WebhookRefused as error:
    ...     print(error.status)
    400
    """

    def __init__(self, why: str, status: int) -> None:
        """``why`` is what was seen, without any secret, number or text."""
        super().__init__(why, status)
        self.why = why
        self.status = status

    def __str__(self) -> str:
        """Say what happened, and which HTTP status to answer with."""
        return f"Webhook refused: {self.why}. Answer with HTTP {self.status}."


class WebhookUntrusted(WebhookRefused):
    """Nothing shows that the provider sent it: 401, 403, or 404 for another path.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.errors import WebhookUntrusted
    >>> from smsbridge.http.exchange import Request
    >>> from smsbridge.webhooks import Receiver
    >>> receiver = Receiver(SMSMobileAPI, secrets=["SECRET"])
    >>> try:
    ...     receiver.read(Request(method="POST", url="/", body=b"{}"))
    ... except WebhookUntrusted as error:
    ...     print(error.status)
    401
    """


class WebhookUnreadable(WebhookRefused):
    """It can't be read: 400, 405 for another method, 413 if it is too large.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.errors import WebhookUnreadable
    >>> from smsbridge.http.exchange import Request
    >>> from smsbridge.webhooks import parse
    >>> try:
    ...     parse(SMSMobileAPI.webhooks, Request(method="POST", url="/", body=b"no JSON"))
    ... except WebhookUnreadable as error:
    ...     print(error.status)
    400
    """


class SendError(SmsbridgeError):
    """A send that was tried ``tries`` times and was not accepted.

    ``exchange``: the requests and answers of the last try, masked; see `CallRecord`.

    >>> try:
    ...     sms.send("+447700900503", "Hello")
    ... except SendError as error:
    ...     print(type(error).__name__, error.attempt.backend, error.tries)
    OutcomeUnknown smsmobileapi 1
    """

    headline = "Failed"
    outcome: ClassVar[Outcome] = Outcome.UNKNOWN

    def __init__(self, why: str, attempt: Attempt) -> None:
        """``why`` is what was seen, without any secret, number or text."""
        super().__init__(why, attempt)
        self.why = why
        self.attempt = attempt
        self.tries = 1
        self.exchange: Sequence[CallRecord] = ()

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        raise TypeError

    def __str__(self) -> str:
        """Say what happened, to which backend, and what may be done next."""
        where = f"({whereabouts(self.attempt)}){_after(self.tries)}"
        return f"{self.headline}: {self.why} {where}. {self.advice}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the error: a task queue's worker passes it to another process."""
        return _revive, (type(self), vars(self))


class NotSent(SendError):
    """The provider never took the message.

    ``retry`` says whether the same call may succeed later; ``retry_after`` is the number of seconds
    the provider asked us to wait (at most 3600), or None.

    >>> try:
    ...     sms.send("+447700900429", "Hello")
    ... except NotSent as error:
    ...     print(error.retry_after, error.advice)
    7.0 Nothing was sent; a repeat is safe after 7 s.
    """

    headline = "Not sent"
    outcome = Outcome.NOT_SENT

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
            return "Nothing was sent, and a repeat will fail the same way until the cause is fixed."
        if self.retry_after is None:
            return "Nothing was sent; a repeat is safe."
        return f"Nothing was sent; a repeat is safe after {self.retry_after:g} s."


class Rejected(SendError):
    """The provider refused the message. ``code`` is the provider's own word for it, if any.

    >>> try:
    ...     sms.send("+447700900400", "Hello")
    ... except Rejected as error:
    ...     print(error.reason, error.code)
    request 400
    """

    headline = "Rejected"
    outcome = Outcome.REJECTED

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
        return f"{sent}eason: {self.reason}. Fix the cause, then repeat."


class AuthenticationFailed(Rejected):
    """The provider refused the credentials; ``reason`` is always ``authentication``.

    >>> try:
    ...     sms.send("+447700900401", "Hello")
    ... except AuthenticationFailed as error:
    ...     print(error.advice)
    Nothing was sent. Check the credentials in the config.
    """

    headline = "Authentication failed"

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        sent = "Nothing was sent. " if self.attempt.reference else ""
        return f"{sent}Check the credentials in the config."


class OutcomeUnknown(SendError):
    """The provider may or may not have taken the message: nothing proves either.

    >>> try:
    ...     sms.send("+447700900002", "Hello")
    ... except OutcomeUnknown as error:
    ...     print(error.advice)
    The message may have been sent: resolve it, or look it up, before any repeat.
    """

    headline = "Outcome unknown"
    outcome = Outcome.UNKNOWN

    @property
    def advice(self) -> str:
        """What the caller may do next."""
        return "The message may have been sent: resolve it, or look it up, before any repeat."


def _after(tries: int) -> str:
    return f", after {tries} tries" if tries > 1 else ""


def _revive(kind: type[SendError], state: dict[str, Any]) -> SendError:
    error = kind.__new__(kind, state["why"], state["attempt"])
    vars(error).update(state)
    return error
