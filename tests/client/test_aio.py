"""The front door for one event loop: the same courses, in tasks that may be cancelled."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from smsbridge import AsyncClient, Client, InvalidMessage, Limit, OutcomeUnknown, Submission
from smsbridge.auth.token import Token
from smsbridge.http.exchange import Request, Response

from support.asking import NUMBER, OK, TEXT, AsyncCarrier, Gate, Wire, World, page, pages, row
from support.blocks import document


def client_of(wire: Any, world: World | None = None, backend: Gate | None = None) -> AsyncClient:
    world = world or World()
    carrier = AsyncCarrier(wire) if isinstance(wire, Wire) else wire
    return AsyncClient(
        backend or Gate(), transport=carrier, session=world.session, sleep=world.sleep_async
    )


def public(client: type) -> dict[str, Any]:
    return {
        name: method
        for name, method in inspect.getmembers(client, callable)
        if not name.startswith("_")
    }


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    assert public(Client).keys() == public(AsyncClient).keys()
    for name, method in public(Client).items():
        own = list(inspect.signature(public(AsyncClient)[name]).parameters.values())
        for one, other in zip(inspect.signature(method).parameters.values(), own, strict=True):
            assert (one.name, one.kind, one.default) == (other.name, other.kind, other.default)


def test_a_client_is_closed_by_its_with() -> None:
    class Closing(AsyncCarrier):
        closed = False

        async def close(self) -> None:
            self.closed = True

    async def run() -> bool:
        carrier = Closing(Wire(OK))
        async with AsyncClient(Gate(), transport=carrier) as client:
            await client.send(NUMBER, TEXT)
        return carrier.closed

    assert asyncio.run(run())


def test_the_log_is_read_by_async_for() -> None:
    async def run() -> list[str | None]:
        wire = Wire(*pages([row("b")], [row("a")]))
        return [one.id async for one in client_of(wire).sent()]

    assert asyncio.run(run()) == ["b", "a"]


def test_a_filter_is_refused_before_the_loop_over_the_log_begins() -> None:
    with pytest.raises(InvalidMessage, match="keyword"):
        client_of(Wire()).sent(keyword="")


class Held:
    """A carrier that keeps every request until it is told to let go."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.carried: list[Request] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def send(self, request: Request, _deadline: float) -> Response:
        self.carried.append(request)
        self.begun.set()
        await self.go_on.wait()
        return self.answers.pop(0)

    async def close(self) -> None: ...


def test_a_send_that_was_cancelled_may_have_been_taken() -> None:
    """Its row must not pass for that of another send of the same message."""

    async def run() -> None:
        held = Held(Response(status=500), page(row("m-1")), page())
        client = client_of(held)
        sending = asyncio.create_task(client.send(NUMBER, TEXT, reference="r-1"))
        await held.begun.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        held.go_on.set()
        with pytest.raises(OutcomeUnknown) as second:
            await client.send(NUMBER, TEXT, reference="r-2")
        with pytest.raises(OutcomeUnknown, match="another send of the same message"):
            await client.resolve(second.value)

    asyncio.run(run())


def test_a_cancelled_token_call_lets_the_next_one_begin() -> None:
    async def run() -> list[str]:
        held = Held(document(access_token="t-1"), document(access_token="t-2"), OK)
        client = client_of(held, backend=Gate(protocol="oauth"))
        first = asyncio.create_task(client.send(NUMBER, "first"))
        await held.begun.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        held.go_on.set()
        assert (await client.send(NUMBER, "second")).id == "m-1"
        return [request.path for request in held.carried]

    assert asyncio.run(run()) == ["/token", "/token", "/send"]


def test_a_cancelled_token_call_is_over_when_the_client_is_closed() -> None:
    async def run() -> None:
        held = Held()
        async with client_of(held, backend=Gate(protocol="oauth")) as client:
            first = asyncio.create_task(client.send(NUMBER, "first"))
            await held.begun.wait()
            first.cancel()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_wait_can_be_cancelled_while_it_sleeps() -> None:
    async def run() -> None:
        asleep = asyncio.Event()

        async def sleep(_seconds: float) -> None:
            asleep.set()
            await asyncio.Event().wait()

        wire = Wire(document(id="m-1", state="QUEUED"))
        client = AsyncClient(Gate(), transport=AsyncCarrier(wire), sleep=sleep)
        waiting = asyncio.create_task(client.wait("m-1"))
        await asleep.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(run())


def test_many_tasks_share_a_client_and_one_token() -> None:
    def answer(request: Request) -> Response:
        return document(access_token="t-1") if request.path == "/token" else OK

    async def run() -> tuple[list[Submission], Wire]:
        wire = Wire(answer)
        client = client_of(wire, backend=Gate(protocol="oauth"))
        sends = (client.send(NUMBER, f"text {number}") for number in range(64))
        return await asyncio.gather(*sends), wire

    done, wire = asyncio.run(run())
    assert len(done) == 64
    assert wire.paths.count("/token") == 1


def test_while_one_task_waits_for_its_turn_another_goes_on() -> None:
    async def run() -> list[str]:
        order: list[str] = []
        turn = asyncio.Event()

        async def sleep(_seconds: float) -> None:
            order.append("waits")
            await turn.wait()
            world.clock.seconds += 2

        world = World()
        wire = Wire(lambda _: OK)
        slow = Gate(limit=Limit(per_second=1))
        client = AsyncClient(slow, transport=AsyncCarrier(wire), session=world.session, sleep=sleep)
        await client.send(NUMBER, "first")
        second = asyncio.create_task(client.send(NUMBER, "second"))
        await asyncio.sleep(0)
        order.append("something else")
        turn.set()
        await second
        return order

    assert asyncio.run(run()) == ["waits", "something else"]


def test_a_token_call_takes_no_place_of_a_send_in_flight() -> None:
    async def run() -> list[str]:
        held = Held(OK, OK)
        world = World()
        world.session.kept["token"] = Token("t-1", world.clock.seconds + 9, world.clock.seconds + 9)
        limited = Gate(protocol="oauth", limit=Limit(in_flight=1))
        client = client_of(held, world, limited)
        first = asyncio.create_task(client.send(NUMBER, "first"))
        await held.begun.wait()
        world.clock.seconds += 10
        held.begun.clear()
        held.answers.insert(0, document(access_token="t-2"))
        second = asyncio.create_task(client.send(NUMBER, "second"))
        await held.begun.wait()
        paths = [request.path for request in held.carried]
        first.cancel()
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        return paths

    assert asyncio.run(run()) == ["/send", "/token"]
