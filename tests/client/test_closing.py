"""A closed client, and an async one of another event loop, refuse every call before any I/O."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from smsbridge import AsyncClient, CallerError, Client, Message, NoAnswer, NotSent, Retry
from smsbridge.http.exchange import Broken, Request, Response

from support.asking import (
    NOTHING,
    NUMBER,
    OK,
    TEXT,
    AsyncCarrier,
    Carrier,
    Gate,
    Make,
    Wire,
    attempt,
    page,
    row,
)
from support.blocks import document
from support.each import each

SECONDS = 20
CALLS: dict[str, Callable[[Any], Any]] = {
    "send": lambda client: client.send(NUMBER, TEXT),
    "send_many": lambda client: client.send_many([Message(recipient=NUMBER, text=TEXT)]),
    "resend": lambda client: client.resend("m-1"),
    "status": lambda client: client.status("m-1"),
    "wait": lambda client: client.wait("m-1"),
    "sent": lambda client: client.sent(),
    "received": lambda client: client.received(),
    "wait_received": lambda client: client.wait_received(),
    "delete": lambda client: client.delete("m-1"),
    "resolve": lambda client: client.resolve(attempt()),
    "resolve_many": lambda client: client.resolve_many([attempt()]),
}


def test_the_calls_are_all_that_a_client_has() -> None:
    methods = {name for name in vars(Client) if not name.startswith("_")}
    assert methods - {"close"} == CALLS.keys()
    assert {name for name in vars(AsyncClient) if not name.startswith("_")} == methods


@each("call", CALLS.values())
def test_a_closed_client_refuses_every_call_and_says_what_to_do(
    make: Make, call: Callable[[Any], Any]
) -> None:
    wire = Wire()
    client = make(Gate(), wire)
    for _ in range(2):
        client.close()
    with pytest.raises(CallerError, match="is closed: make another one"):
        call(client)
    assert wire.requests == []


def test_a_closed_client_is_not_entered_again() -> None:
    with Client(Gate()) as client:
        pass
    with pytest.raises(CallerError, match="this Client is closed"), client:
        pass

    async def run() -> None:
        async with AsyncClient(Gate()) as client:
            pass
        with pytest.raises(CallerError, match="this AsyncClient is closed"):
            async with client:
                pass

    asyncio.run(run())


def test_iterators_of_before_the_close_ask_and_send_nothing_more(make: Make) -> None:
    wire = Wire(page(row("b")))
    client = make(Gate(), wire)
    log, many = client.sent(), client.send_many([Message(recipient=NUMBER, text=TEXT)] * 3)
    assert next(log).id == "b"
    client.close()
    with pytest.raises(CallerError, match="is closed"):
        next(log)
    results = list(many)
    assert [result.outcome for result in results] == ["not_sent"] * 3
    assert all(isinstance(result.error, CallerError) for result in results)
    assert len(wire.requests) == 1


ENDS = [("send", NotSent, NOTHING), ("wait", NoAnswer, document(id="m-1", state="QUEUED"))]


@each(("name", "error", "answer"), ENDS)
def test_what_is_closed_while_it_pauses_lets_nothing_more_leave(
    name: str, error: type[NotSent | NoAnswer], answer: Response | Broken
) -> None:
    wire = Wire(answer)
    gate = Gate(retry=Retry(attempts=3))
    client = Client(gate, transport=Carrier(wire), sleep=lambda _: client.close())
    with pytest.raises(error, match="the client was closed") as caught:
        CALLS[name](client)
    end: Any = caught.value
    assert (end.retry, len(wire.requests)) == (False, 1)


@each(("name", "error", "answer"), ENDS)
def test_what_is_closed_while_it_pauses_in_a_task_lets_nothing_more_leave(
    name: str, error: type[NotSent | NoAnswer], answer: Response | Broken
) -> None:
    async def run() -> None:
        wire = Wire(answer)
        gate = Gate(retry=Retry(attempts=3))
        carrier = AsyncCarrier(wire)
        client = AsyncClient(gate, transport=carrier, sleep=lambda _: client.close())
        with pytest.raises(error, match="the client was closed") as caught:
            await CALLS[name](client)
        end: Any = caught.value
        assert (end.retry, len(wire.requests)) == (False, 1)

    asyncio.run(run())


class Held:
    """A carrier that keeps a request until it is told to let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def send(self, _request: Request, _deadline: float) -> Response:
        self.begun.set()
        assert self.go_on.wait(SECONDS)
        return OK

    def close(self) -> None: ...


def test_a_send_in_flight_in_another_thread_ends_as_ever() -> None:
    held = Held()
    client = Client(Gate(), transport=held)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(client.send, NUMBER, TEXT)
        assert held.begun.wait(SECONDS)
        client.close()
        held.go_on.set()
        assert sending.result(SECONDS).id == "m-1"


def test_closing_while_many_are_sent_loses_no_result() -> None:
    held = Held()
    client = Client(Gate(), transport=held)
    given = [Message(recipient=NUMBER, text=str(number)) for number in range(5)]
    with closing(client.send_many(given, 2)) as results, ThreadPoolExecutor(1) as pool:
        ends = pool.submit(list, results)
        assert held.begun.wait(SECONDS)
        client.close()
        held.go_on.set()
        words = [result.outcome for result in ends.result(SECONDS)]
    assert len(words) == 5
    assert set(words) == {"accepted", "not_sent"}


# --- event loops


def refused(call: Callable[[], Awaitable[Any]]) -> None:
    async def run() -> None:
        with pytest.raises(CallerError, match="belongs to the event loop of its first call"):
            await call()

    asyncio.run(run())


async def called(call: Callable[[Any], Any], client: AsyncClient) -> Any:
    result = call(client)
    return [one async for one in result] if hasattr(result, "__anext__") else await result


@each("call", CALLS.values())
def test_a_second_event_loop_is_refused_before_anything_leaves(
    call: Callable[[Any], Any],
) -> None:
    wire = Wire(OK)
    client = AsyncClient(Gate(), transport=AsyncCarrier(wire))
    asyncio.run(called(CALLS["send"], client))
    refused(lambda: called(call, client))
    refused(client.close)
    refused(client.__aenter__)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(refused, lambda: called(call, client)).result(SECONDS)
    assert wire.paths == ["/send"]


def test_a_client_may_be_made_where_no_loop_runs() -> None:
    client = AsyncClient(Gate(), transport=AsyncCarrier(Wire(OK)))
    assert asyncio.run(called(CALLS["send"], client)).id == "m-1"


def test_without_a_loop_of_asyncio_a_call_is_refused() -> None:
    with pytest.raises(CallerError, match="needs a running asyncio event loop"):
        AsyncClient(Gate()).send(NUMBER, TEXT).send(None)
