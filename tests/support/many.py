"""Many messages, and what tests of sending them at once share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from datetime import UTC, datetime
from typing import Any

from smsbridge import Message, Submission
from smsbridge.client.message_group import MakeAttempt, Result
from smsbridge.client.send_in_tasks import send_in_tasks
from smsbridge.errors import Attempt

SECONDS = 20


def message(number: int) -> Message:
    return Message(
        recipient=f"+120255501{number % 100:02}", text=f"text {number}", reference=f"r-{number}"
    )


def messages(count: int) -> Iterator[Message]:
    return map(message, range(count))


def attempted(message: Message) -> Attempt:
    return Attempt(
        backend="b", protocol="p", reference=message.reference, started=datetime.now(UTC)
    )


def accepted(message: Message) -> Submission:
    return Submission(id=message.text, attempt=attempted(message))


def broken(count: int, error: Exception) -> Iterator[Message]:
    yield from messages(count)
    raise error


class Counted:
    """Messages that count how many were taken."""

    def __init__(self, count: int) -> None:
        self.taken = 0
        self._given = messages(count)

    def __iter__(self) -> Iterator[Message]:
        for one in self._given:
            self.taken += 1
            yield one


def set_all(events: Iterable[threading.Event | asyncio.Event]) -> None:
    for event in events:
        event.set()


def tasks_of(
    send: Callable[[Message], Awaitable[Submission]], given: Any, most: int, attempt: MakeAttempt
) -> AsyncGenerator[Result, None]:
    async def send_each(messages: Sequence[Message]) -> list[Submission]:
        return [await send(one) for one in messages]

    return send_in_tasks(send_each, given, most, attempt)
