"""Sends many messages in tasks of one event loop, and yields a result for each as it ends."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from operator import length_hint
from typing import TYPE_CHECKING, Any, Self

from smsbridge.client.message_group import (
    MakeAttempt,
    MessageGroup,
    OneOfMany,
    Result,
    groups_of,
)
from smsbridge.client.send_many import check_concurrency, check_message, refuse_single
from smsbridge.message import Message

if TYPE_CHECKING:
    import asyncio

    from smsbridge.backends.group_send import SentEnd


def send_in_tasks(
    send: Callable[[Sequence[Message]], Awaitable[Sequence[SentEnd]]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    attempt: MakeAttempt,
    together: int = 1,
) -> AsyncGenerator[Result, None]:
    """Send in up to ``concurrency`` tasks, as `send_by` does by a driver."""
    most = check_concurrency(concurrency)
    refuse_single(messages, Iterable, AsyncIterable)
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
                message = check_message(given, index)
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
    """Turns an iterator into an async iterator that leaves nothing to be closed."""

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
