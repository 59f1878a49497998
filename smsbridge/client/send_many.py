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
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from smsbridge.client.threads import Threads
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
    return _ByThreads(send, iter(messages), most, attempted).results()


class _ByThreads:
    def __init__(
        self,
        send: Callable[[Message], Submission],
        messages: Iterator[Message],
        most: int,
        attempted: Attempted,
    ) -> None:
        self._send, self._messages, self._most, self._attempted = send, messages, most, attempted
        self._threads: Threads[Result] = Threads()
        self._taken = self._out = 0
        self._more = True
        self._failure: BaseException | None = None

    def results(self) -> Generator[Result, None, None]:
        threads = self._threads
        try:
            # in this order: what ends is in ``ended`` before it is idle
            while self._more or not threads.idle or threads.ended:
                try:
                    if threads.ended:
                        result = threads.ended[0]
                        del threads.ended[0]  # no call: no interrupt before the result is out
                        self._out -= 1
                        yield result
                    elif self._more and self._out < self._most:
                        self._begin()
                    else:
                        threads.wait()
                except (Exception, KeyboardInterrupt, SystemExit) as error:
                    if self._failure is not None:
                        raise
                    self._stop(error)
        finally:
            threads.close()
        if self._failure is not None:
            raise self._failure

    def _stop(self, error: BaseException) -> None:
        """Begin no more; the error is raised after the results of what is in flight."""
        self._more, self._failure = False, error

    def _begin(self) -> None:
        try:
            message = _message(next(self._messages), self._taken)
        except StopIteration:
            self._more = False
            return
        one = self._taken, message
        self._taken, self._out = self._taken + 1, self._out + 1
        unbegun = partial(_unbegun, *one, self._attempted)
        self._threads.begin(partial(self._run, *one), unbegun)

    def _run(self, index: int, message: Message) -> Result:
        end = partial(_result, index, message, self._attempted)
        try:
            return end(self._send(message))
        except KeyboardInterrupt as error:  # this is the thread of the caller
            self._stop(error)
            return end(error)
        except BaseException as error:  # noqa: BLE001  (whatever it is: lose no result)
            return end(error)


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
    ended: asyncio.Queue[asyncio.Task[Any] | Result] = asyncio.Queue()
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
            message = _message(given, taken)
            sending = run(taken, message)
            try:
                start(sending)
            except Exception as error:  # noqa: BLE001  (what makes tasks is the caller's own)
                sending.close()
                why = f"no task can be made: {type(error).__name__}"
                ended.put_nowait(_unbegun(taken, message, attempted, why))
            taken += 1
            await slots.acquire()

    def start(coroutine: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(coroutine)
        flying.add(task)
        task.add_done_callback(ended.put_nowait)
        return task

    feeder = start(feed())
    try:
        while flying or not ended.empty():
            one = await ended.get()
            if isinstance(one, asyncio.Task):
                flying.remove(one)
            if one is not feeder:
                yield one.result() if isinstance(one, asyncio.Task) else one
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


def _unbegun(
    index: int, message: Message, attempted: Attempted, why: str = "interrupted before it began"
) -> Result:
    return _result(index, message, attempted, NotSent(why, attempted(message)))


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
