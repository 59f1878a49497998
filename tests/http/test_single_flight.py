"""Of all who ask for one share, one sends, and all get its answer or its error."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from smsbridge.http.exchange import Broken, Left, Response
from smsbridge.http.single_flight import Flights, TaskFlights
from smsbridge.text.frames import empty

from support.each import each

SECONDS = 20.0
ANSWER = Response(status=200, body=b"token")


def said(share: str) -> Response:
    return Response(status=200, body=share.encode())


def test_many_who_ask_at_once_are_answered_by_one_request() -> None:
    flights, sent = Flights(), 0
    asking = threading.Barrier(16)

    def send() -> Response:
        nonlocal sent
        sent += 1
        return ANSWER

    def ask(_: int) -> Response:
        asking.wait(20)
        return flights.join("token/0", send, SECONDS)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert (answers, sent) == ([ANSWER] * 16, 1)


def test_another_share_is_another_request() -> None:
    flights = Flights()
    shares = ["token/0", "token/1", "token/0"]
    sent = [flights.join(share, partial(said, share), SECONDS) for share in shares]
    assert [answer.body for answer in sent] == [b"token/0", b"token/1", b"token/0"]


def test_an_error_is_everybodys() -> None:
    flights = Flights()

    def send() -> Response:
        raise Broken(Left.PART, "the connection was reset")

    for _ in range(2):
        with pytest.raises(Broken, match="reset"):
            flights.join("token/0", send, SECONDS)


def test_who_clears_the_values_of_its_error_ends_nobody_who_goes_on() -> None:
    flights = Flights()

    def send() -> Response:
        raise Broken(Left.NOTHING, "refused", retry=False, retry_after=3.0)

    async def ask() -> Broken:
        try:
            return Broken(Left.ALL, str(flights.join("token/0", send, SECONDS)))
        except Broken as error:
            await asyncio.sleep(0)
            return error

    async def run() -> None:
        going_on = asyncio.create_task(ask())
        await asyncio.sleep(0)
        with pytest.raises(Broken) as caught:
            flights.join("token/0", send, SECONDS)
        empty(caught.value)
        error = await asyncio.wait_for(going_on, SECONDS)
        assert (error.left, error.why, error.retry) == (Left.NOTHING, "refused", False)
        assert error.retry_after == 3.0

    asyncio.run(run())


def test_who_waits_longer_than_the_deadline_is_told_that_nothing_left() -> None:
    flights, begun, over = Flights(), threading.Event(), threading.Event()

    def send() -> Response:
        begun.set()
        over.wait(20)
        return ANSWER

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flights.join, "token/0", send, SECONDS)
        begun.wait(20)
        with pytest.raises(Broken, match="other callers wait for too") as late:
            flights.join("token/0", send, 0)
        over.set()
        assert first.result(20) == ANSWER
    assert late.value.left is Left.NOTHING


def test_an_interrupted_request_is_told_to_the_others_and_raised_to_its_own() -> None:
    flights = Flights()

    def send() -> Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flights.join("token/0", send, SECONDS)
    with pytest.raises(Broken, match="interrupted"):
        flights.join("token/0", lambda: ANSWER, SECONDS)


# --- tasks


class Call:
    """A request of a task that waits until it may go on, and then answers or breaks."""

    def __init__(self, end: Response | Broken = ANSWER) -> None:
        self.end, self.count = end, 0
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> Response:
        self.count += 1
        self.begun.set()
        await self.go_on.wait()
        if isinstance(self.end, Broken):
            raise self.end
        return self.end


def join(flights: TaskFlights, call: Call) -> asyncio.Task[Response]:
    return asyncio.create_task(flights.join("token/0", call, SECONDS))


@each("cancelled", [0, 1])
def test_whoever_of_several_is_cancelled_the_others_get_the_answer(cancelled: int) -> None:
    async def run() -> None:
        flights, call = TaskFlights(), Call()
        waiting = [join(flights, call) for _ in range(3)]
        await call.begun.wait()
        waiting.pop(cancelled).cancel()
        await asyncio.sleep(0)
        call.go_on.set()
        assert (await asyncio.gather(*waiting), call.count) == ([ANSWER] * 2, 1)

    asyncio.run(run())


@each("waits", [True, False])
def test_no_task_is_left_behind_by_a_close(waits: bool) -> None:  # noqa: FBT001  (pytest's way)
    async def run() -> None:
        flights, call = TaskFlights(), Call()
        waiting = join(flights, call)
        await call.begun.wait()
        if not waits:
            waiting.cancel()
            await asyncio.wait([waiting])
        await flights.close()
        if waits:
            with pytest.raises(Broken, match="the client was closed") as caught:
                await waiting
            assert (caught.value.left, caught.value.retry) == (Left.NOTHING, False)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_an_error_for_which_nobody_waits_any_more_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        flights, call = TaskFlights(), Call(Broken(Left.NOTHING, "refused"))
        waiting = join(flights, call)
        await call.begun.wait()
        waiting.cancel()
        call.go_on.set()
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(run())
    gc.collect()
    assert caplog.records == []


def test_who_waits_longer_than_the_deadline_in_a_task_ends_nothing() -> None:
    async def run() -> None:
        flights, call = TaskFlights(), Call()
        first = join(flights, call)
        await call.begun.wait()
        with pytest.raises(Broken, match="other callers wait for too"):
            await flights.join("token/0", call, 0)
        call.go_on.set()
        assert await first == ANSWER

    asyncio.run(run())
