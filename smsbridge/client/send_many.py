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
    Sequence,
)
from dataclasses import dataclass, field
from operator import length_hint
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
from smsbridge.text.phone import digits_of

if TYPE_CHECKING:
    import asyncio
    from collections import deque

    from smsbridge.backends.group_send import SentEnd
    from smsbridge.errors import Attempt
    from smsbridge.message import Submission

CONCURRENCY = 8
MOST = 1000

MakeAttempt = Callable[[Message], "Attempt"]
SendTogether = Callable[[Sequence[Message]], "Sequence[SentEnd]"]


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


@dataclass(frozen=True, slots=True, eq=False)
class MessageGroup:
    """Messages that one call sends: one, or several where the table has ``{recipients}``."""

    each: Sequence[OneOfMany]

    @property
    def messages(self) -> list[Message]:
        """The messages, in their order."""
        return [one.message for one in self.each]

    def results(self, ended: Sequence[SentEnd] | BaseException) -> list[Result]:
        """Return their results, by what the call returned for each, or raised for all."""
        ends = [ended] * len(self.each) if isinstance(ended, BaseException) else ended
        return [one.result(end) for one, end in zip(self.each, ends, strict=True)]

    def skip(self, why: str = "interrupted before it began") -> list[Result]:
        """Return their results where nothing has begun."""
        return [one.skip(why) for one in self.each]


def groups_of(several: Iterable[OneOfMany], most: int) -> Iterator[MessageGroup]:
    """Yield groups of up to ``most`` messages that follow each other, and may be one call.

    They differ in recipient and reference alone, and each has a number of its own.
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


class Driver(Protocol):
    """What makes sends: threads, or an event loop.

    One thread begins sends, waits for them and takes what they came to.
    """

    ended: deque[Result]

    @property
    def idle(self) -> bool:
        """Whether no send is in flight; all results are then in ``ended``."""

    def begin(self, group: MessageGroup) -> None:
        """Send a group; if an interrupt comes before it has begun, it is skipped."""

    def wait(self) -> None:
        """Wait until a send may have ended; then look at ``ended`` and ``idle``."""

    def close(self) -> None:
        """Wait until no send is in flight, and leave neither thread nor connection."""


def send_by(
    driver: Callable[[], Driver],
    messages: Iterable[Message],
    concurrency: int,
    attempt: MakeAttempt,
    together: int = 1,
) -> Generator[Result, None, None]:
    """Send up to ``concurrency`` at once by a driver, and yield each result when it is there.

    One call sends up to ``together`` of the messages that are at hand: as many as the iterator has
    by its ``__length_hint__``, as that of a list has. Any other is asked for one at a time, since
    it may wait for something before it gives the next.
    """
    most = _check_concurrency(concurrency)
    _refuse_single(messages, isinstance(messages, Iterable))
    return _Many(iter(messages), most, attempt, together).results(driver)


class _Many:
    """Messages taken and results yielded, whatever makes the sends."""

    def __init__(
        self, messages: Iterator[Message], most: int, attempt: MakeAttempt, together: int
    ) -> None:
        self._messages, self._most, self._attempt = messages, most, attempt
        self._together = together
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
        """Take a message, with those at hand that there is room for, and begin their sends."""
        taken: list[OneOfMany] = []
        try:
            while (one := self._take()) is not None:
                taken.append(one)
                alone = self._together == 1 or self._out >= self._most
                if alone or not length_hint(self._messages):
                    break
        except (KeyboardInterrupt, SystemExit):
            driver.ended.extend(one.skip() for one in taken)
            raise
        except Exception:  # what was taken before it is sent
            self._begin_groups(driver, taken)
            raise
        self._begin_groups(driver, taken)

    def _begin_groups(self, driver: Driver, taken: list[OneOfMany]) -> None:
        left = list(groups_of(taken, self._together))
        try:
            while left:
                driver.begin(left.pop(0))
        except BaseException:
            driver.ended.extend(result for group in left for result in group.skip())
            raise

    def _take(self) -> OneOfMany | None:
        try:
            message = _message(next(self._messages), self._taken)
        except StopIteration:
            self._more = False
            return None
        one = OneOfMany(index=self._taken, message=message, attempt=self._attempt)
        self._taken, self._out = self._taken + 1, self._out + 1
        return one


def send_in_tasks(
    send: Callable[[Sequence[Message]], Awaitable[Sequence[SentEnd]]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    attempt: MakeAttempt,
    together: int = 1,
) -> AsyncGenerator[Result, None]:
    """Send in up to ``concurrency`` tasks, as `send_by` does by a driver."""
    most = _check_concurrency(concurrency)
    _refuse_single(messages, isinstance(messages, Iterable | AsyncIterable))
    given = aiter(messages) if isinstance(messages, AsyncIterable) else _Each(messages)
    return _Tasks(send, given, most, attempt, together).results()


class _Tasks:
    """Messages taken and results yielded in one event loop, each group sent by a task."""

    def __init__(
        self,
        send: Callable[[Sequence[Message]], Awaitable[Sequence[SentEnd]]],
        messages: AsyncIterator[Message],
        most: int,
        attempt: MakeAttempt,
        together: int,
    ) -> None:
        self._send, self._messages, self._attempt = send, messages, attempt
        self._most, self._together = most, together
        self._flying: set[asyncio.Task[Any]] = set()

    async def results(self) -> AsyncGenerator[Result, None]:
        import asyncio

        self._ended: asyncio.Queue[asyncio.Task[Any] | list[Result]] = asyncio.Queue()
        self._slots = asyncio.Semaphore(self._most)
        flying = self._flying
        feeder = self._start(self._feed())
        try:
            while flying or not self._ended.empty():
                one = await self._ended.get()
                if isinstance(one, asyncio.Task):
                    flying.remove(one)
                if one is feeder:
                    continue
                results = one.result() if isinstance(one, asyncio.Task) else one
                for result in results:
                    yield result
                for _ in results:  # all at once, so that as many can be one call again
                    self._slots.release()
        finally:
            feeder.cancel()
            await _wait_for(flying)
        feeder.result()

    async def _feed(self) -> None:
        index, taken = 0, list[OneOfMany]()
        await self._slots.acquire()
        try:
            async for given in self._messages:
                message = _message(given, index)
                taken.append(OneOfMany(index=index, message=message, attempt=self._attempt))
                index += 1
                alone = self._together == 1 or self._slots.locked()
                if alone or not length_hint(self._messages):
                    self._begin(taken)
                await self._slots.acquire()
        except Exception:  # what was taken before it is sent
            self._begin(taken)
            raise
        self._begin(taken)

    def _begin(self, taken: list[OneOfMany]) -> None:
        for group in groups_of(taken, self._together):
            sending = self._run(group)
            try:
                self._start(sending)
            except Exception as error:  # noqa: BLE001  (the task factory may be the caller's own)
                sending.close()
                why = f"no task can be made: {type(error).__name__}"
                self._ended.put_nowait(group.skip(why))
        taken.clear()

    def _start(self, coroutine: Any) -> asyncio.Task[Any]:
        import asyncio

        task = asyncio.create_task(coroutine)
        self._flying.add(task)
        task.add_done_callback(self._ended.put_nowait)
        return task

    async def _run(self, group: MessageGroup) -> list[Result]:
        import asyncio

        try:
            return group.results(await self._send(group.messages))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (lose no result)
            return group.results(error)


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

    def __length_hint__(self) -> int:
        return length_hint(self._messages)

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
