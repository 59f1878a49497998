"""The front door: one send, its arguments, threads, tasks and forks."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from smsbridge import (
    AsyncClient,
    Client,
    InvalidMessage,
    Limit,
    Message,
    MissingExtra,
    NotSent,
    OutcomeUnknown,
    Retry,
)
from smsbridge.auth.token import Token
from smsbridge.backends.memory import MemoryBackend
from smsbridge.http.exchange import Broken, Left, Request, Response, Session
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import AsyncInProcess, InProcess

from support.asking import Carrier, Gate, Wire, World, page, row
from support.blocks import document
from support.each import each
from support.fault_server import FaultServer, answer
from support.sending import OK, backend, said

NUMBER = "+12025550123"


def test_a_message_may_be_given_whole_or_in_parts() -> None:
    memory = MemoryBackend()
    client = Client(memory)
    client.send(Message(recipient=NUMBER, text="Hello", reference="r-1"))
    client.send(NUMBER, "Hello", reference="r-1")
    assert memory.messages[0] == memory.messages[1]


@each(("text", "more"), [("Hello", {}), (None, {"reference": "r"})])
def test_a_message_and_its_parts_together_are_refused(text: str | None, more: object) -> None:
    message = Message(recipient=NUMBER, text="Hello")
    with pytest.raises(InvalidMessage, match="not both"):
        Client(MemoryBackend()).send(message, text, **more)  # type: ignore[arg-type]  # the fault


def test_a_number_without_a_text_is_refused() -> None:
    with pytest.raises(InvalidMessage, match="text is empty"):
        Client(MemoryBackend()).send(NUMBER)


def test_a_client_says_its_backend_and_no_secret() -> None:
    assert repr(Client(sample_backend())) == "<Client smsmobileapi over rest>"


def test_a_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", "memory://")
    assert Client().backend.name == "memory"
    assert AsyncClient().backend.name == "memory"


@each("protocol", ["rest", "soap", "oauth"])
def test_sync_and_async_put_the_same_on_the_wire(protocol: str) -> None:
    table = backend(protocol, "https://sms.example")
    seen: list[list[tuple[str, bytes]]] = []
    for _ in range(2):
        provider = Provider(table, new_id=lambda: "t-1")
        message = Message(recipient=NUMBER, text="Hello", reference="r-1")
        if not seen:
            Client(table, transport=InProcess(provider)).send(message)
        else:
            asyncio.run(AsyncClient(table, transport=AsyncInProcess(provider)).send(message))
        seen.append([(request.url, request.body) for request in provider.requests])
    assert seen[0] == seen[1]
    assert seen[0]


def test_a_client_that_never_sent_closes() -> None:
    Client(sample_backend()).close()
    asyncio.run(AsyncClient(sample_backend()).close())


def test_many_threads_share_a_client() -> None:
    with FaultServer([answer(200, said("soap", OK))]) as server:
        with Client(backend("soap", server.url)) as client, ThreadPoolExecutor(16) as pool:
            done = list(pool.map(lambda n: client.send(NUMBER, f"text {n}"), range(64)))
        assert len(done) == len(server.sends) == 64


def test_async_client_without_aiohttp_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "smsbridge.http.aiohttp_transport", raising=False)
    with pytest.raises(MissingExtra, match=r"'\.\[async\]'"):
        asyncio.run(AsyncClient(sample_backend()).send(NUMBER, "Hello"))


def test_a_client_goes_on_after_a_fork() -> None:
    """The child doesn't write into its parent's connections."""
    session = Session()
    with FaultServer([answer(200, said("oauth", OK))]) as server:
        client = Client(backend("oauth", server.url), session=session)
        client.send(NUMBER, "parent")
        child = os.fork()
        if child == 0:
            session.kept.clear()
            code = 1
            try:
                client.send(NUMBER, "child")
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        client.send(NUMBER, "parent again")
        client.close()
        assert os.waitstatus_to_exitcode(status) == 0
        assert len(server.sends) == 3


class Slow:
    """A transport whose token call waits until it is told to go on, or breaks."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def send(self, request: Request, deadline: float) -> Response:
        if request.share is None:
            return Response(status=200, body=b'{"result": {"error": 0}}')
        self.asked.set()
        self.go_on.wait(30)
        return Response(status=200, body=b'{"access_token": "t-1"}')

    def close(self) -> None:
        self.go_on.set()


def test_who_waits_for_anothers_token_call_waits_no_longer_than_its_own_time() -> None:
    slow = Slow()
    table = backend("oauth", "https://sms.example", timeout=0.3)
    client = Client(table, transport=slow)
    leader = threading.Thread(target=client.send, args=(NUMBER, "first"))
    leader.start()
    assert slow.asked.wait(30)
    with pytest.raises(NotSent, match="other callers wait for"):
        client.send(NUMBER, "second")
    slow.go_on.set()
    leader.join(30)


def test_a_forked_client_does_not_wait_for_a_token_call_of_its_parent() -> None:
    slow = Slow()
    client = Client(backend("oauth", "https://sms.example"), transport=slow)
    leader = threading.Thread(target=client.send, args=(NUMBER, "parent"))
    leader.start()
    assert slow.asked.wait(30)
    child = os.fork()
    if child == 0:
        slow.go_on = threading.Event()  # a lock of the other may be held by the leader
        slow.go_on.set()
        code = 1
        try:
            client.send(NUMBER, "child")
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    slow.go_on.set()
    leader.join(30)
    assert os.waitstatus_to_exitcode(status) == 0


class Interrupted:
    """A transport in which the user presses Ctrl-C during the token call."""

    def send(self, request: Request, _deadline: float) -> Response:
        if request.share:
            raise KeyboardInterrupt
        return Response(status=200)

    def close(self) -> None: ...


def test_an_interrupt_reaches_the_one_who_was_interrupted() -> None:
    client = Client(backend("oauth", "https://sms.example"), transport=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        client.send(NUMBER, "Hello")


class AsyncSlow:
    """An async transport whose token call takes as long as the test says."""

    def __init__(self) -> None:
        self.calls = 0
        self.go_on = asyncio.Event()

    async def send(self, request: Request, _deadline: float) -> Response:
        if request.share is None:
            return Response(status=200, body=b'{"result": {"error": 0}}')
        self.calls += 1
        await self.go_on.wait()
        return Response(status=200, body=b'{"access_token": "t-1"}')

    async def close(self) -> None: ...


def test_a_cancelled_task_does_not_take_the_token_call_of_the_others_with_it() -> None:
    async def run() -> int:
        slow = AsyncSlow()
        client = AsyncClient(backend("oauth", "https://sms.example"), transport=slow)
        first = asyncio.create_task(client.send(NUMBER, "first"))
        second = asyncio.create_task(client.send(NUMBER, "second"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        slow.go_on.set()
        await second
        with pytest.raises(asyncio.CancelledError):
            await first
        return slow.calls

    assert asyncio.run(run()) == 1


def test_a_task_that_waits_too_long_for_a_token_is_not_sent() -> None:
    async def run() -> None:
        slow = AsyncSlow()
        table = backend("oauth", "https://sms.example", timeout=0.1)
        client = AsyncClient(table, transport=slow)
        with pytest.raises(NotSent, match="other callers wait for"):
            await client.send(NUMBER, "first")
        slow.go_on.set()
        await asyncio.sleep(0)

    asyncio.run(run())


def test_a_carrier_that_breaks_after_all_has_left_is_unknown() -> None:
    class Breaks(Interrupted):
        def send(self, _request: Request, _deadline: float) -> Response:
            raise Broken(Left.ALL, "reset")

    with pytest.raises(OutcomeUnknown):
        Client(backend("rest", "https://sms.example"), transport=Breaks()).send(NUMBER, "Hello")


def test_a_send_that_was_interrupted_may_have_been_taken() -> None:
    """Its row must not pass for that of another send of the same message."""
    interrupted = False

    def answer_of(request: Request) -> Response:
        nonlocal interrupted
        if request.path == "/sent":
            return page(row("m-1", at=started.isoformat())) if first_page(request) else page()
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt
        return Response(status=500)

    def first_page(request: Request) -> bool:
        return b"m-1" not in request.body

    client = Client(Gate(), transport=Carrier(Wire(answer_of)))
    with pytest.raises(KeyboardInterrupt):
        client.send(NUMBER, "Hello", reference="r-1")
    with pytest.raises(OutcomeUnknown) as second:
        client.send(NUMBER, "Hello", reference="r-2")
    started = second.value.attempt.started
    with pytest.raises(OutcomeUnknown, match="another send of the same message"):
        client.resolve(second.value)


def test_threads_share_what_is_retried_and_what_is_limited() -> None:
    """Each send of 64 is busy once, and is taken once."""
    seen: set[str] = set()

    def answer_of(request: Request) -> Response:
        text = json.loads(request.body)["text"]
        if text in seen:
            return document(state="OK", id=text)
        seen.add(text)
        return Response(status=429, headers={"Retry-After": "1"})

    wire = Wire(answer_of)
    limited = Gate(retry=Retry(attempts=2), limit=Limit(in_flight=4))
    client = Client(limited, transport=Carrier(wire), sleep=lambda _: None)
    with ThreadPoolExecutor(32) as pool:
        done = list(pool.map(lambda n: client.send(NUMBER, f"text {n}").id, range(64)))
    assert done == [f"text {n}" for n in range(64)]
    assert len(wire.requests) == 128


def test_a_forked_client_resolves_what_its_parent_is_unsure_of() -> None:
    """What a client keeps goes with it, and needs no lock."""
    unsure = Wire(Broken(Left.ALL, "silence"), page())
    client = Client(Gate(), transport=Carrier(unsure))
    with pytest.raises(OutcomeUnknown) as unknown:
        client.send(NUMBER, "Hello")
    child = os.fork()
    if child == 0:
        try:
            client.resolve(unknown.value)
        except OutcomeUnknown:
            os._exit(7)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


def test_a_token_call_takes_no_place_of_a_send_in_flight() -> None:
    world, sending, fetched = World(), threading.Event(), threading.Event()
    world.session.kept["token"] = Token("t-1", world.clock.seconds + 9, world.clock.seconds + 9)

    class Carries:
        def send(self, request: Request, _deadline: float) -> Response:
            if request.path == "/token":
                fetched.set()
                return document(access_token="t-2")
            sending.set()
            assert fetched.wait(30)
            return document(state="OK")

        def close(self) -> None: ...

    limited = Gate(protocol="oauth", limit=Limit(in_flight=1))
    client = Client(limited, transport=Carries(), session=world.session)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.send, NUMBER, "first")
        assert sending.wait(30)
        world.clock.seconds += 10
        second = pool.submit(client.send, NUMBER, "second")
        assert first.result(20).reference != second.result(20).reference
