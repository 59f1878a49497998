"""Many messages in tasks: what is taken, waited for and cancelled."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from smsbridge import AsyncClient, Client, Message, NotSent, Submission
from smsbridge.backends.memory import MemoryBackend
from smsbridge.client.message_group import Result

from support.each import each
from support.many import (
    SECONDS,
    Counted,
    accepted,
    attempted,
    broken,
    message,
    messages,
    set_all,
    tasks_of,
)


async def everything(results: AsyncIterator[Result]) -> list[int]:
    return [result.index async for result in results]


def tasks() -> int:
    return len(asyncio.all_tasks()) - 1


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  (what is waited for sets no event)
        await asyncio.sleep(0)


class AsyncHeld:
    """A send of a task that waits for its message's event."""

    def __init__(self, count: int) -> None:
        self.go = [asyncio.Event() for _ in range(count)]
        self.begun: list[int] = []
        self.ended: list[int] = []

    async def __call__(self, message: Message) -> Submission:
        number = int(message.reference[2:])
        self.begun.append(number)
        await self.go[number].wait()
        self.ended.append(number)
        return accepted(message)


def timed(test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(SECONDS):
            await test()
        assert tasks() == 0

    asyncio.run(run())


def test_results_of_tasks_come_in_the_order_in_which_they_end() -> None:
    async def test() -> None:
        send = AsyncHeld(4)
        results = tasks_of(send, messages(4), 3, attempted)
        order = []
        for number in (1, 0, 3, 2):
            send.go[number].set()
            order.append((await anext(results)).index)
        assert order == [1, 0, 3, 2]
        assert await everything(results) == []

    timed(test)


def test_a_result_is_there_while_the_next_message_is_still_to_come() -> None:
    async def test() -> None:
        more = asyncio.Event()

        async def given() -> AsyncIterator[Message]:
            yield message(0)
            await more.wait()
            yield message(1)

        results = AsyncClient(MemoryBackend()).send_many(given())
        assert (await anext(results)).index == 0
        more.set()
        assert await everything(results) == [1]

    timed(test)


def test_when_async_messages_break_what_is_in_flight_comes_first() -> None:
    async def test() -> None:
        async def given() -> AsyncIterator[Message]:
            yield message(0)
            raise LookupError

        results = AsyncClient(MemoryBackend()).send_many(given())
        assert (await anext(results)).index == 0
        with pytest.raises(LookupError):
            await anext(results)

    timed(test)


def test_closing_waits_for_the_tasks_in_flight() -> None:
    async def test() -> None:
        send, given = AsyncHeld(10), Counted(10)
        async with aclosing(tasks_of(send, given, 3, attempted)) as results:
            send.go[0].set()
            assert (await anext(results)).index == 0
            asyncio.get_running_loop().call_later(0.02, set_all, send.go)
        assert sorted(send.ended) == sorted(send.begun) == [0, 1, 2]
        assert tasks() == 0

    timed(test)


def test_a_break_without_aclosing_is_cleaned_up_by_the_loop() -> None:
    async def test() -> None:
        given = Counted(100)
        async for _ in AsyncClient(MemoryBackend()).send_many(given, 3):
            break
        gc.collect()
        await until(lambda: not tasks())
        assert given.taken <= 4

    timed(test)


def test_cancelling_waits_for_the_tasks_in_flight() -> None:
    async def test() -> None:
        send, given = AsyncHeld(10), Counted(10)
        whole = asyncio.create_task(everything(tasks_of(send, given, 3, attempted)))
        await until(lambda: len(send.begun) == 3)
        whole.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not whole.done()
        for go in send.go:
            go.set()
        with pytest.raises(asyncio.CancelledError):
            await whole
        assert sorted(send.ended) == [0, 1, 2]
        assert given.taken == 3

    timed(test)


def test_cancelling_again_cancels_the_tasks_in_flight() -> None:
    async def test() -> None:
        send = AsyncHeld(10)
        whole = asyncio.create_task(everything(tasks_of(send, messages(10), 3, attempted)))
        await until(lambda: len(send.begun) == 3)
        for _ in range(2):
            whole.cancel()
            for _ in range(5):
                await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await whole
        assert send.ended == []

    timed(test)


def test_closing_before_the_first_result_sends_nothing() -> None:
    async def test() -> None:
        memory = MemoryBackend()
        await AsyncClient(memory).send_many(messages(3)).aclose()
        assert memory.messages == []

    timed(test)
    memory = MemoryBackend()
    Client(memory).send_many(messages(3)).close()
    assert memory.messages == []


@each("most", [1, 4, 64])
def test_no_more_is_taken_than_can_be_in_flight_of_tasks(most: int) -> None:
    async def run() -> None:
        given = Counted(300)
        number = 0
        async for _ in AsyncClient(MemoryBackend()).send_many(given, most):
            number += 1
            await asyncio.sleep(0)
            assert given.taken - number <= most + 1
        assert number == given.taken == 300

    asyncio.run(run())


def test_where_no_task_can_be_made_each_message_is_not_sent() -> None:
    async def test() -> None:
        loop, made = asyncio.get_running_loop(), 0

        def few(loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
            nonlocal made
            made += 1
            if made > 3:
                raise MemoryError
            return asyncio.Task(coroutine, loop=loop, **more)

        memory = MemoryBackend()
        results = AsyncClient(memory).send_many(messages(6), 2)
        loop.set_task_factory(few)
        try:
            ends = {result.index: result async for result in results}
        finally:
            loop.set_task_factory(None)
        assert sorted(ends) == list(range(6))
        words = [ends[index].outcome for index in range(6)]
        assert words == ["accepted"] * 2 + ["not_sent"] * 4
        assert len(memory.messages) == 2
        error = ends[5].error
        assert isinstance(error, NotSent)
        assert error.why == "no task can be made: MemoryError"

    timed(test)


def test_a_failed_feed_is_not_logged_when_nobody_looks(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        send = AsyncHeld(2)
        async with aclosing(tasks_of(send, broken(2, LookupError()), 5, attempted)) as results:
            send.go[0].set()
            assert (await anext(results)).index == 0
            send.go[1].set()

    timed(test)
    gc.collect()
    assert caplog.records == []
