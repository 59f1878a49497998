"""What an application has sent, with assertions that read as sentences: for its tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar, overload

from smsbridge.errors import ConfigError, Outcome, Reason
from smsbridge.text.suggest import closest, nearest

_MOST = 20
_NEAR = 0.75


class Sent(Protocol):
    """What an outbox knows of each message."""

    @property
    def recipient(self) -> str:
        """The number."""

    @property
    def text(self) -> str:
        """The text."""


M = TypeVar("M", bound=Sent)


class Outbox(Generic[M]):
    """The messages that were taken, in ``messages``, oldest first, and what a test says of them.

    >>> submission = sms.send("+12025550123", "Hello")
    >>> smsbridge_mock.sent_to("+12025550123").text
    'Hello'
    >>> smsbridge_mock.nothing_else_sent()
    """

    messages: list[M]

    @overload
    def sent_to(self, recipient: str, text: str | re.Pattern[str] | None = None) -> M: ...
    @overload
    def sent_to(
        self, recipient: str, text: str | re.Pattern[str] | None = None, *, count: int
    ) -> list[M]: ...
    def sent_to(
        self,
        recipient: str,
        text: str | re.Pattern[str] | None = None,
        *,
        count: int | None = None,
    ) -> M | list[M]:
        """Return the one message to a number; with ``count``, a list of that many.

        ``text``: the whole text, or a compiled pattern to find in it. Raises `AssertionError`,
        which lists what was sent, if there are fewer or more.

        >>> submission = sms.send("+12025550123", "Your code is 4711")
        >>> smsbridge_mock.sent_to("+12025550123").text
        'Your code is 4711'
        >>> smsbridge_mock.sent_to("+12025550123", "Your code is 4712")
        Traceback (most recent call last):
            ...
        AssertionError: nothing was sent to +12025550123 with the text 'Your code is 4712'
        Sent, oldest first:
          to +12025550123: 'Your code is 4711'
        """
        to_it = [one for one in self.messages if one.recipient == recipient]
        found = [one for one in to_it if _has(one, text)]
        wanted = 1 if count is None else count
        if len(found) != wanted:
            raise AssertionError(self._failure(recipient, text, found, wanted))
        self.expectation().extend(found)
        return found if count is not None else found[0]

    def nothing_else_sent(self) -> None:
        """Assert that `sent_to` has returned every message; with no call of it, that there is none.

        >>> submission = sms.send("+12025550123", "Hello")
        >>> message = smsbridge_mock.sent_to("+12025550123")
        >>> smsbridge_mock.nothing_else_sent()
        """
        expected = {id(one) for one in self.expectation()}
        if more := [one for one in self.messages if id(one) not in expected]:
            said = "one more message was sent" if len(more) == 1 else f"{len(more)} more were sent"
            raise AssertionError("\n".join((f"{said}:", *_lines(more))))

    def doubled(self) -> list[M]:
        """Return each message that repeats an earlier one: same number, text and channels.

        >>> smsbridge_mock.doubled()
        []
        >>> for _ in range(2):
        ...     submission = sms.send("+12025550123", "Hello")
        >>> [message.text for message in smsbridge_mock.doubled()]
        ['Hello']
        """
        seen: set[object] = set()
        found: list[M] = []
        for one in self.messages:
            channels = tuple(sorted(map(str, getattr(one, "channels", ()))))
            key = (one.recipient, one.text, channels)
            if key in seen:
                found.append(one)
            seen.add(key)
        return found

    def expectation(self) -> list[M]:
        """Return the messages that `sent_to` has returned.

        >>> submission = sms.send("+12025550123", "Hello")
        >>> smsbridge_mock.sent_to("+12025550123") in smsbridge_mock.expectation()
        True
        """
        # a frozen backend has no field for them
        expected: list[M] = vars(self).setdefault("_asked_for", [])
        return expected

    def _failure(
        self, recipient: str, text: str | re.Pattern[str] | None, found: Sequence[M], wanted: int
    ) -> str:
        """Return the text of the error if there are more or fewer messages than ``wanted``."""
        with_text = "" if text is None else f" with the text {_show(text)}"
        to = f"sent to {recipient}{with_text}"
        if found or wanted > 1:
            said = f"{_count(len(found))} {to}, instead of {wanted}"
        elif not self.messages:
            return f"nothing was {to}: nothing was sent at all"
        else:
            said = f"nothing was {to}"
        numbers = {one.recipient for one in self.messages}
        near = closest(recipient, numbers, _NEAR)
        if near and recipient not in numbers:
            said += f"; the nearest number is {near[0]}"
        return "\n".join((said, "Sent, oldest first:", *_lines(self.messages)))


def wanted_end(outcome: Outcome | str, reason: Reason | str | None = None) -> Outcome | Reason:
    """Return how a send must end: an outcome, or the reason for which it is rejected.

    Raises `ConfigError` for another word, and for a reason of another outcome.
    """
    word = str(outcome).replace(" ", "_")
    if word not in list(Outcome):
        raise ConfigError(f"there is no outcome {str(outcome)!r}; {nearest(word, Outcome)}")
    if reason is None:
        return Outcome(word)
    if word != Outcome.REJECTED:
        raise ConfigError("reason: only a message that is rejected has one")
    if reason not in list(Reason):
        raise ConfigError(f"there is no reason {str(reason)!r}; {nearest(str(reason), Reason)}")
    return Reason(reason)


def _has(message: Sent, text: str | re.Pattern[str] | None) -> bool:
    if isinstance(text, re.Pattern):
        return text.search(message.text) is not None
    return text is None or message.text == text


def _show(text: str | re.Pattern[str]) -> str:
    return f"/{text.pattern}/" if isinstance(text, re.Pattern) else repr(text)


def _count(number: int) -> str:
    return "1 message was" if number == 1 else f"{number or 'no'} messages were"


def _lines(messages: Sequence[Sent]) -> Iterator[str]:
    yield from (f"  to {one.recipient}: {one.text!r}" for one in messages[:_MOST])
    if len(messages) > _MOST:
        yield f"  and {len(messages) - _MOST} more"
