"""One of many messages, the groups that one call sends, and a result for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsbridge.errors import CallerError, NotSent, Outcome, OutcomeUnknown, SendError
from smsbridge.message import Message
from smsbridge.text.phone import digits_of

if TYPE_CHECKING:
    from smsbridge.backends.group_send import SentEnd
    from smsbridge.errors import Attempt
    from smsbridge.message import Submission

MakeAttempt = Callable[[Message], "Attempt"]
SendTogether = Callable[[Sequence[Message]], "Sequence[SentEnd]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the send of one of many messages ended.

    ``index`` is its place among them, from 0; ``reference`` and ``recipient`` are the message's.
    Either ``submission`` or ``error`` is set; a `CallerError` means that nothing left.

    >>> for result in sms.send_many([Message(recipient="+12025550123", text="Hello")]):
    ...     print(result.index, result.outcome)
    0 accepted
    """

    index: int
    reference: str
    recipient: str = field(repr=False)
    submission: Submission | None = None
    error: SendError | CallerError | None = None

    @property
    def outcome(self) -> Outcome:
        """One of ``accepted``, ``not_sent``, ``rejected``, ``unknown``."""
        ended = self.submission or self.error
        return ended.outcome if ended else Outcome.UNKNOWN


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OneOfMany:
    """A message among many, at its place ``index``, and how its result is made.

    ``attempt`` makes the `Attempt` of a send that ended in an unexpected error.
    """

    index: int
    message: Message
    attempt: MakeAttempt

    def result(self, ended: Submission | BaseException) -> Result:
        """Return its result, from what its send returned or raised."""
        message = self.message
        if not isinstance(ended, BaseException):
            more: dict[str, Any] = {"submission": ended}
        elif isinstance(ended, SendError | CallerError):
            more = {"error": ended}
        else:
            why = f"unexpected {type(ended).__name__} while it was being sent"
            more = {"error": OutcomeUnknown(why, self.attempt(message))}
        return Result(
            index=self.index, reference=message.reference, recipient=message.recipient, **more
        )

    def skip(self, why: str = "interrupted before it began") -> Result:
        """Return its result if its send never began."""
        return self.result(NotSent(why, self.attempt(self.message)))


@dataclass(frozen=True, slots=True, eq=False)
class MessageGroup:
    """Messages that one call sends: one, or several where the table has ``{recipients}``."""

    each: Sequence[OneOfMany]

    @property
    def messages(self) -> list[Message]:
        """The messages, in their order."""
        return [one.message for one in self.each]

    def results(self, ended: Sequence[SentEnd] | BaseException) -> list[Result]:
        """Return their results, from what the call returned for each, or raised for all."""
        ends = [ended] * len(self.each) if isinstance(ended, BaseException) else ended
        return [one.result(end) for one, end in zip(self.each, ends, strict=True)]

    def skip(self, why: str = "interrupted before it began") -> list[Result]:
        """Return their results if their call never began."""
        return [one.skip(why) for one in self.each]


def groups_of(several: Iterable[OneOfMany], most: int) -> Iterator[MessageGroup]:
    """Yield groups of up to ``most`` consecutive messages that one call may send.

    They differ only in recipient and reference, and no number occurs twice.
    """
    if most == 1:
        yield from (MessageGroup([one]) for one in several)
        return
    group: list[OneOfMany] = []
    numbers: set[str] = set()
    for one in several:
        number = digits_of(one.message.recipient)
        fits = group and len(group) < most and number not in numbers
        if group and not (fits and _is_alike(group[0].message, one.message)):
            yield MessageGroup(group)
            group, numbers = [], set()
        group.append(one)
        numbers.add(number)
    if group:
        yield MessageGroup(group)


def _is_alike(one: Message, other: Message) -> bool:
    same = (one.text, one.channels, one.send_at, one.sender, one.options)
    return same == (other.text, other.channels, other.send_at, other.sender, other.options)
