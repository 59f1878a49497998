"""Sends many messages, at once, and yields a result for each as it ends."""

from __future__ import annotations

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
from typing import TYPE_CHECKING, Any, Protocol, Self

from smsbridge.errors import (
    CallerError,
    InvalidMessage,
    NotSent,
    Outcome,
    OutcomeUnknown,
    SendError,
)
from smsbridge.message import Message, show_value

if TYPE_CHECKING:
    import asyncio
    from collections import deque

    from smsbridge.errors import Attempt
    from smsbridge.message import Submission

CONCURRENCY = 8
MOST = 1000

MakeAttempt = Callable[[Message], "Attempt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the send of one of many messages ended.

    ``index`` is its place among them, from 0; ``reference`` and ``recipient`` are the message's.
    Either ``submission`` or ``error`` is there; a `CallerError` means that nothing left.

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
        """Return its result, by what its send returned or raised."""
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
        """Return its result where nothing of it has begun."""
        return self.result(NotSent(why, self.attempt(self.message)))


class Driver(Protocol):
    """What makes sends: threads, or an event loop.

    One thread begins sends, waits for them and takes what they came to.
    """

    ended: deque[Result]

    @property
    def idle(self) -> bool:
        """Whether no send is in flight; all results are then in ``ended``."""

    def begin(self, one: OneOfMany) -> None:
        """Send one; if an interrupt comes before it has begun, it is skipped."""

    def wait(self) -> None:
        """Wait until a send may have ended; then look at ``ended`` and ``idle``."""

    def close(self) -> None:
        """Wait until no send is in flight, and leave neither thread nor connection."""


def send_by(
    driver: Callable[[], Driver],
    messages: Iterable[Message],
    concurrency: int,
    attempt: MakeAttempt,
) -> Generator[Result, None, None]:
    """Send up to ``concurrency`` at once by a driver, and yield each result when it is there."""
    most = _check_concurrency(concurrency)
    _refuse_single(messages, isinstance(messages, Iterable))
    return _Many(iter(messages), most, attempt).results(driver)


class _Many:
    """Messages taken and results yielded, whatever makes the sends."""

    def __init__(self, messages: Iterator[Message], most: int, attempt: MakeAttempt) -> None:
        self._messages, self._most, self._attempt = messages, most, attempt
        self._taken = self._out = 0
        self._more = True
        self._failure: BaseException | None = None

    def results(self, make_driver: Callable[[], Driver]) -> Generator[Result, None, None]:
        driver = make_driver()
        try:
            # in this order: a result is in ``ended`` before ``idle`` is true
            while self._more or not driver.idle or driver.ended:
                try:
                    if driver.ended:
                        result = driver.ended[0]
                        del driver.ended[0]  # no call here: no interrupt before the yield
                        self._out -= 1
                        yield result
                    elif self._more and self._out < self._most:
                        self._begin(driver)
                    else:
                        driver.wait()
                except (Exception, KeyboardInterrupt, SystemExit) as error:
                    if self._failure is not None:
                        raise
                    self._more, self._failure = False, error  # raised after what is in flight
        finally:
            driver.close()
        if self._failure is not None:
            raise self._failure

    def _begin(self, driver: Driver) -> None:
        try:
            message = _message(next(self._messages), self._taken)
        except StopIteration:
            self._more = False
            return
        one = OneOfMany(index=self._taken, message=message, attempt=self._attempt)
        self._taken, self._out = self._taken + 1, self._out + 1
        driver.begin(one)


def send_in_tasks(
    send: Callable[[Message], Awaitable[Submission]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    attempt: MakeAttempt,
) -> AsyncGenerator[Result, None]:
    """Send in up to ``concurrency`` tasks, as `send_by` does by a driver."""
    most = _check_concurrency(concurrency)
    _refuse_single(messages, isinstance(messages, Iterable | AsyncIterable))
    given = aiter(messages) if isinstance(messages, AsyncIterable) else _Each(messages)
    return _results_of_tasks(send, given, most, attempt)


async def _results_of_tasks(
    send: Callable[[Message], Awaitable[Submission]],
    messages: AsyncIterator[Message],
    most: int,
    attempt: MakeAttempt,
) -> AsyncGenerator[Result, None]:
    import asyncio

    ended: asyncio.Queue[asyncio.Task[Any] | Result] = asyncio.Queue()
    slots = asyncio.Semaphore(most)
    flying: set[asyncio.Task[Any]] = set()

    async def run(one: OneOfMany) -> Result:
        try:
            return one.result(await send(one.message))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (lose no result)
            return one.result(error)

    async def feed() -> None:
        taken = 0
        await slots.acquire()
        async for given in messages:
            one = OneOfMany(index=taken, message=_message(given, taken), attempt=attempt)
            sending = run(one)
            try:
                start(sending)
            except Exception as error:  # noqa: BLE001  (the task factory may be the caller's own)
                sending.close()
                why = f"no task can be made: {type(error).__name__}"
                ended.put_nowait(one.skip(why))
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
        await _wait_for(flying)
    feeder.result()


async def _wait_for(tasks: set[asyncio.Task[Any]]) -> None:
    """Wait for tasks to end; if the waiting is cancelled, cancel them."""
    if not tasks:
        return
    import asyncio

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
    """Makes an async iterator of an iterator; it leaves nothing behind that must be closed."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = iter(messages)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        for message in self._messages:
            return message
        raise StopAsyncIteration


def _check_concurrency(concurrency: int) -> int:
    whole = isinstance(concurrency, int) and not isinstance(concurrency, bool)
    if not whole or not 1 <= concurrency <= MOST:
        raise InvalidMessage(
            f"concurrency {show_value(concurrency)}: give a whole number from 1 to {MOST}"
        )
    return concurrency


def _refuse_single(given: object, several: bool) -> None:  # noqa: FBT001  (what was looked at)
    """Refuse what can't be iterated; an old-style sequence has only ``__getitem__``."""
    if not several and not hasattr(type(given), "__getitem__"):
        raise InvalidMessage(
            f"messages: give several, such as a list, not a {type(given).__name__}"
        )


def _message(given: object, index: int) -> Message:
    if not isinstance(given, Message):
        raise InvalidMessage(f"number {index} of the messages is a {type(given).__name__}")
    return given
