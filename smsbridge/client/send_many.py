"""Many messages through one `send`: by threads or by tasks, a result for each, as they end."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from smsbridge.errors import (
    CallerError,
    InvalidMessage,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
)
from smsbridge.message import Message, shown

if TYPE_CHECKING:
    from smsbridge.errors import Attempt
    from smsbridge.message import Submission

CONCURRENCY = 8
MOST = 1000

Attempted = Callable[[Message], "Attempt"]


class OutcomeWord(StrEnum):
    """The four ways in which a send ends, as words."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


_WORDS: tuple[tuple[type[Exception], OutcomeWord], ...] = (
    (CallerError, OutcomeWord.NOT_SENT),
    (NotSent, OutcomeWord.NOT_SENT),
    (Rejected, OutcomeWord.REJECTED),
)


def outcome_of(error: Exception | None) -> OutcomeWord:
    """Return how a send has ended that raised an error."""
    return next((word for kind, word in _WORDS if isinstance(error, kind)), OutcomeWord.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the send of one of many messages ended.

    ``index`` is its place among them, from 0; ``reference`` and ``recipient`` are the message's.
    Either ``submission`` or ``error`` is there; a `CallerError` says that nothing left.
    """

    index: int
    reference: str
    recipient: str = field(repr=False)
    submission: Submission | None = None
    error: SendError | CallerError | None = None

    @property
    def outcome(self) -> OutcomeWord:
        """One of ``accepted``, ``not_sent``, ``rejected``, ``unknown``."""
        if self.submission is not None:
            return OutcomeWord.ACCEPTED
        return outcome_of(self.error)


def in_threads(
    send: Callable[[Message], Submission],
    messages: Iterable[Message],
    concurrency: int,
    attempted: Attempted,
) -> Generator[Result, None, None]:
    """Send in up to ``concurrency`` threads, and yield each result when it is there.

    ``attempted`` makes the `Attempt` of a send that ended in an error that nobody expects.
    """
    most = _checked(concurrency)
    _refuse_single(messages, isinstance(messages, Iterable))
    return _in_threads(send, iter(messages), most, attempted)


def _in_threads(
    send: Callable[[Message], Submission],
    messages: Iterator[Message],
    most: int,
    attempted: Attempted,
) -> Generator[Result, None, None]:
    done: SimpleQueue[Future[Result]] = SimpleQueue()
    taken = flying = 0
    more = True
    failure: Exception | None = None

    def run(index: int, message: Message) -> Result:
        end = partial(_result, index, message, attempted)
        try:
            return end(send(message))
        except BaseException as error:  # noqa: BLE001  (whatever it is: lose no result)
            return end(error)

    pool = ThreadPoolExecutor(most, thread_name_prefix="smsbridge")
    try:
        while more or flying:
            if flying and (not more or flying == most or not done.empty()):
                ended = done.get()
                flying -= 1
                yield ended.result()
                continue
            try:
                message = _message(next(messages), taken)
            except StopIteration:
                more = False
            except Exception as error:  # noqa: BLE001  (raised below, after what is in flight)
                more, failure = False, error
            else:
                pool.submit(run, taken, message).add_done_callback(done.put)
                taken += 1
                flying += 1
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure


def in_tasks(
    send: Callable[[Message], Awaitable[Submission]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    attempted: Attempted,
) -> AsyncGenerator[Result, None]:
    """Send in up to ``concurrency`` tasks, as `in_threads` does in threads."""
    most = _checked(concurrency)
    _refuse_single(messages, isinstance(messages, Iterable | AsyncIterable))
    given = aiter(messages) if isinstance(messages, AsyncIterable) else _Each(messages)
    return _in_tasks(send, given, most, attempted)


async def _in_tasks(
    send: Callable[[Message], Awaitable[Submission]],
    messages: AsyncIterator[Message],
    most: int,
    attempted: Attempted,
) -> AsyncGenerator[Result, None]:
    ended: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    slots = asyncio.Semaphore(most)
    flying: set[asyncio.Task[Any]] = set()

    async def run(index: int, message: Message) -> Result:
        end = partial(_result, index, message, attempted)
        try:
            return end(await send(message))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (lose no result)
            return end(error)

    async def feed() -> None:
        taken = 0
        await slots.acquire()
        async for given in messages:
            start(run(taken, _message(given, taken)))
            taken += 1
            await slots.acquire()

    def start(coroutine: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(coroutine)
        flying.add(task)
        task.add_done_callback(ended.put_nowait)
        return task

    feeder = start(feed())
    try:
        while flying:
            task = await ended.get()
            flying.remove(task)
            if task is not feeder:
                yield task.result()
                slots.release()
    finally:
        feeder.cancel()
        await _over(flying)
    feeder.result()


async def _over(tasks: set[asyncio.Task[Any]]) -> None:
    """Wait for tasks to end; who is cancelled while waiting, cancels them."""
    if not tasks:
        return
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise
    finally:
        _ = [task.exception() for task in tasks if not task.cancelled()]  # now nobody logs it


class _Each:
    """An iterator as an async one, which leaves nothing behind that must be closed."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = iter(messages)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        for message in self._messages:
            return message
        raise StopAsyncIteration


def _checked(concurrency: int) -> int:
    whole = isinstance(concurrency, int) and not isinstance(concurrency, bool)
    if not whole or not 1 <= concurrency <= MOST:
        raise InvalidMessage(
            f"concurrency {shown(concurrency)}: give a whole number from 1 to {MOST}"
        )
    return concurrency


def _refuse_single(given: object, several: bool) -> None:  # noqa: FBT001  (what was looked at)
    """Refuse what holds no messages; a sequence of the old kind has items, and no ``__iter__``."""
    if not several and not hasattr(type(given), "__getitem__"):
        raise InvalidMessage(
            f"messages: give several, such as a list, not a {type(given).__name__}"
        )


def _message(given: object, index: int) -> Message:
    if not isinstance(given, Message):
        raise InvalidMessage(f"number {index} of the messages is a {type(given).__name__}")
    return given


def _result(
    index: int, message: Message, attempted: Attempted, ended: Submission | BaseException
) -> Result:
    if not isinstance(ended, BaseException):
        more: dict[str, Any] = {"submission": ended}
    elif isinstance(ended, SendError | CallerError):
        more = {"error": ended}
    else:
        why = f"unexpected {type(ended).__name__} while it was being sent"
        more = {"error": OutcomeUnknown(why, attempted(message))}
    return Result(index=index, reference=message.reference, recipient=message.recipient, **more)
