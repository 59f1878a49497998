"""How often again, how fast, and how many at once: by the limits and retries of a config."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import (
    AsyncClient,
    Client,
    InvalidMessage,
    Limit,
    MissingExtra,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Retry,
    SendError,
    Submission,
    Unsupported,
    backend,
)
from smsbridge.backends.failover import Failover
from smsbridge.client.pacing import Pace, backoff
from smsbridge.http.exchange import Broken, Left, Request, Response, Session

from support.asking import (
    BUSY,
    GARBAGE,
    NOTHING,
    NUMBER,
    OK,
    REFUSED,
    SILENCE,
    TEXT,
    Answer,
    Gate,
    Make,
    Wire,
    World,
    end_of,
    page,
    row,
    submission,
)
from support.blocks import Clock, document, json_of
from support.each import each
from support.sending import OK as ACCEPTED
from support.sending import backend as to_send_by
from support.sending import said

THRICE = Gate(retry=Retry(attempts=3))


def most(count: int) -> bytes:
    return b"\xff" * count


def asked_to_wait(seconds: float) -> Response:
    return Response(status=429, headers={"Retry-After": str(seconds)})


# --- retry


@each("answer", [NOTHING, BUSY, asked_to_wait(5)])
def test_a_send_is_not_repeated_unless_the_config_says_so(make: Make, answer: Answer) -> None:
    wire, world = Wire(answer), World()
    assert type(end_of(lambda: make(Gate(), wire, world).send(NUMBER, TEXT))) is NotSent
    assert (len(wire.requests), world.slept) == (1, [])


def test_a_send_is_repeated_while_it_is_proved_that_nothing_was_taken(make: Make) -> None:
    wire, world = Wire(NOTHING, Response(status=425), OK), World()
    taken = make(THRICE, wire, world).send(NUMBER, TEXT, reference="r-1")
    assert taken.id == "m-1"
    assert [json_of(request)["ref"] for request in wire.requests] == ["r-1"] * 3
    assert len(world.slept) == 2


def test_each_try_is_an_attempt_of_its_own_time(make: Make) -> None:
    world = World()
    taken = make(THRICE, Wire(asked_to_wait(7), OK), world).send(NUMBER, TEXT)
    assert taken.attempt.started == world.now()
    assert world.slept == [7]


@each("attempts", [1, 2, 3, 4])
def test_it_is_tried_as_often_in_all_as_the_config_says(make: Make, attempts: int) -> None:
    wire = Wire(*[BUSY] * attempts)
    client = make(Gate(retry=Retry(attempts=attempts)), wire)
    assert type(end_of(lambda: client.send(NUMBER, TEXT))) is NotSent
    assert len(wire.requests) == attempts


@each(
    ("answer", "kind"),
    [
        (SILENCE, OutcomeUnknown),
        (GARBAGE, OutcomeUnknown),
        (Response(status=500), OutcomeUnknown),
        (Response(status=503, headers={"Retry-After": "5"}), OutcomeUnknown),
        (Response(status=408), OutcomeUnknown),
        (Response(status=301), OutcomeUnknown),
        (REFUSED, Rejected),
        (document(state="NO", code="20"), Rejected),
        (Response(status=403), Rejected),
        (Response(status=308), NotSent),
        (Broken(Left.NOTHING, "no such host", retry=False), NotSent),
    ],
)
def test_what_may_have_been_taken_or_would_fail_again_is_never_repeated(
    make: Make, answer: Answer, kind: type[SendError]
) -> None:
    for before in ([], [BUSY]):
        wire = Wire(*before, answer)
        assert isinstance(end_of(lambda: make(THRICE, wire).send(NUMBER, TEXT)), kind)  # noqa: B023  (called at once)
        assert len(wire.requests) == len(before) + 1


@each(
    ("kind", "more"),
    [
        (Unsupported, {"sender": "ACME"}),
        (InvalidMessage, {"send_at": World().now() - timedelta(hours=1)}),
    ],
)
def test_what_the_caller_did_wrong_is_never_repeated(
    make: Make, kind: type[Exception], more: Any
) -> None:
    wire, world = Wire(), World()
    with pytest.raises((kind, Unsupported)):
        make(THRICE, wire, world).send(NUMBER, TEXT, **more)
    assert (wire.requests, world.slept) == ([], [])


@each("seconds", [0, 1, 42, 3600])
def test_it_waits_as_long_as_the_provider_asks(make: Make, seconds: int) -> None:
    world = World(random=most)
    make(THRICE, Wire(asked_to_wait(seconds), OK), world).send(NUMBER, TEXT)
    assert world.slept == [seconds]


def test_else_it_waits_for_a_random_time_that_grows(make: Make) -> None:
    world = World(random=most)
    make(Gate(retry=Retry(attempts=4)), Wire(BUSY, BUSY, BUSY, OK), world).send(NUMBER, TEXT)
    assert world.slept == pytest.approx([1, 2, 4])
    assert all(slept < least for slept, least in zip(world.slept, [1, 2, 4], strict=True))


def test_it_may_wait_no_time_at_all(make: Make) -> None:
    world = World(random=bytes)
    make(THRICE, Wire(BUSY, BUSY, OK), world).send(NUMBER, TEXT)
    assert world.slept == [0, 0]


@given(tried=st.integers(1, 40), random=st.binary(min_size=4, max_size=4))
def test_a_wait_is_between_nothing_and_its_bound_and_never_above_5_minutes(
    tried: int, random: bytes
) -> None:
    waits = backoff(tried, Session(random=lambda _: random))
    assert 0 <= waits < min(2 ** (tried - 1), 300)


def test_a_wait_takes_the_whole_of_its_bound() -> None:
    half = Session(random=lambda count: b"\x80" + bytes(count - 1))
    assert [backoff(tried, half) for tried in (1, 2, 3, 9, 10, 20)] == [0.5, 1, 2, 128, 150, 150]


def test_each_try_has_its_whole_time(make: Make) -> None:
    wire = Wire(asked_to_wait(100), asked_to_wait(0), OK)
    make(Gate(timeout=30, retry=Retry(attempts=3)), wire).send(NUMBER, TEXT)
    assert wire.deadlines == [1030, 1130, 1130]


def test_a_token_and_its_send_have_one_time_together(make: Make) -> None:
    world = World()
    wire = Wire(partial(_slowly, world))
    make(Gate(protocol="oauth", timeout=30), wire, world).send(NUMBER, TEXT)
    assert wire.deadlines == [1030, 1030]


def _slowly(world: World, request: Request) -> Response:
    world.clock.seconds += 10
    return document(access_token="t-1") if request.path == "/token" else OK


def test_the_last_error_is_the_one_that_is_told(make: Make) -> None:
    client = make(THRICE, Wire(BUSY, NOTHING, asked_to_wait(9)))
    error = end_of(lambda: client.send(NUMBER, TEXT))
    assert (type(error), error.retry_after) == (NotSent, 9)


@each(
    ("answers", "ends", "tries"),
    [
        ([OK], Submission, 1),
        ([BUSY, OK], Submission, 2),
        ([REFUSED], Rejected, 1),
        ([BUSY, REFUSED], Rejected, 2),
        ([BUSY, NOTHING, SILENCE], OutcomeUnknown, 3),
        ([BUSY, NOTHING, BUSY], NotSent, 3),
        ([BUSY, Response(status=308)], NotSent, 2),
    ],
)
def test_the_end_of_a_send_tells_after_how_many_tries_it_came(
    make: Make, answers: list[Answer], ends: type, tries: int
) -> None:
    client = make(THRICE, Wire(*answers))
    end = end_of(lambda: client.send(NUMBER, TEXT))
    assert (type(end), end.tries) == (ends, tries)
    if isinstance(end, SendError):
        assert (f"), after {tries} tries. " in str(end)) == (tries > 1)


def test_a_question_without_an_answer_tells_how_often_it_was_asked(make: Make) -> None:
    client = make(THRICE, Wire(BUSY, BUSY, BUSY))
    end = end_of(lambda: client.status("m-1"))
    assert (type(end), end.tries) == (NoAnswer, 3)
    assert "(gate over rest), after 3 tries. Asking again" in str(end)


QUESTIONS: list[tuple[Any, list[Response]]] = [
    (lambda client: client.status("m-1").id, [document(**row())]),
    (lambda client: next(iter(client.sent())).id, [page(row())]),
    (lambda client: client.received()[0].id, [page({"id": "m-1"})]),
]
asked = pytest.mark.parametrize(("ask", "answers"), QUESTIONS, ids=["status", "sent", "received"])


@asked
@each("trouble", [NOTHING, SILENCE, BUSY, GARBAGE, Response(status=500)])
def test_a_question_is_repeated_after_any_answer_that_is_none(
    make: Make, ask: Any, answers: list[Response], trouble: Answer
) -> None:
    if trouble is GARBAGE:
        trouble = Response(status=200, body=b"<html>")
    wire, world = Wire(trouble, trouble, *answers), World()
    assert ask(make(THRICE, wire, world)) == "m-1"
    assert len(world.slept) == 2


@asked
def test_a_question_is_not_repeated_unless_the_config_says_so(
    make: Make, ask: Any, answers: list[Response]
) -> None:
    wire = Wire(BUSY)
    with pytest.raises(NoAnswer):
        ask(make(Gate(), wire))
    assert len(wire.requests) == 1


@asked
@each(
    "trouble",
    [
        Response(status=401),
        Response(status=308),
        Broken(Left.ALL, "HTTP 200, and the body is larger than 9 bytes", retry=False),
    ],
)
def test_a_question_that_fails_the_same_way_again_is_not_repeated(
    make: Make, ask: Any, answers: list[Response], trouble: Answer
) -> None:
    wire, world = Wire(trouble), World()
    with pytest.raises((NoAnswer, Rejected), match=r"fail the same way|Check the credentials"):
        ask(make(THRICE, wire, world))
    assert (len(wire.requests), world.slept) == (1, [])


@each("answer", [NOTHING, BUSY, SILENCE, Response(status=500)])
def test_a_resend_and_a_delete_are_never_repeated(make: Make, answer: Answer) -> None:
    wire, world = Wire(answer, answer), World()
    client = make(THRICE, wire, world)
    assert isinstance(end_of(lambda: client.resend(submission())), SendError)
    assert type(end_of(lambda: client.delete("m-1"))) is NoAnswer
    assert (wire.paths, world.slept) == (["/resend", "/delete"], [])


# --- limit


class Fed:
    """A pace by a clock that is set, and what it let through."""

    def __init__(self, per_second: float) -> None:
        self.clock = Clock()
        self.pace = Pace(per_second, self.clock)
        self.admitted: list[float] = []

    def call(self) -> None:
        """Make one call as a client does: wait as often as it must."""
        while seconds := self.pace.wait():
            self.clock.seconds += seconds
        self.admitted.append(self.clock.seconds)

    def most_within(self, seconds: float) -> int:
        """Return the most calls of any window that is as long."""
        return max(
            sum(begun <= other <= begun + seconds for other in self.admitted)
            for begun in self.admitted
        )


GAPS = st.lists(st.floats(0, 1.5), min_size=1, max_size=40)


@given(per_second=st.integers(1, 20), gaps=GAPS)
def test_of_a_whole_number_no_second_holds_more(per_second: int, gaps: list[float]) -> None:
    fed = Fed(per_second)
    for gap in gaps:
        fed.clock.seconds += gap
        fed.call()
    assert fed.most_within(1) <= per_second


@given(
    per_second=st.one_of(
        st.sampled_from([0.5, 2.5, 1 / 3, 0.333, 9.99]), st.floats(0.001, 50, exclude_min=True)
    ),
    gaps=GAPS,
)
def test_of_a_fraction_no_stretch_holds_more_than_its_share(
    per_second: float, gaps: list[float]
) -> None:
    fed = Fed(per_second)
    for gap in gaps:
        fed.clock.seconds += gap
        fed.call()
    for count in (1, 2, 5):
        if not float(per_second).is_integer():
            assert fed.most_within(count / per_second) <= count


@each(
    ("per_second", "begun"),
    [
        (1, [0, 1, 2, 3]),
        (2, [0, 0, 1, 1]),
        (0.5, [0, 2, 4, 6]),
        (2.5, [0, 0.4, 0.8, 1.2]),
        (0.3, [0, 3.33, 6.67, 10]),
        (0.0001, [0, 10_000, 20_000, 30_000]),
    ],
)
def test_calls_that_come_at_once_go_as_soon_as_they_may(
    per_second: float, begun: list[float]
) -> None:
    fed = Fed(per_second)
    for _ in begun:
        fed.call()
    assert [at - 1000 for at in fed.admitted] == pytest.approx(begun, abs=0.02)


def test_a_client_waits_before_a_call_that_is_too_many(make: Make) -> None:
    wire, world = Wire(lambda _: OK), World()
    client = make(Gate(limit=Limit(per_second=2)), wire, world)
    for number in range(5):
        client.send(NUMBER, f"text {number}")
    assert round(sum(world.slept), 1) == 2
    assert len(wire.requests) == 5


def test_questions_count_as_calls(make: Make) -> None:
    wire, world = Wire(OK, document(**row()), page()), World()
    client = make(Gate(limit=Limit(per_second=1)), wire, world)
    client.status(client.send(NUMBER, TEXT))
    client.received()
    assert round(sum(world.slept), 1) == 2


def test_a_retry_counts_as_a_call(make: Make) -> None:
    world = World(random=bytes)
    limited = Gate(limit=Limit(per_second=1), retry=Retry(attempts=3))
    make(limited, Wire(BUSY, BUSY, OK), world).send(NUMBER, TEXT)
    assert round(sum(world.slept), 1) == 2


def test_a_login_is_no_call(make: Make) -> None:
    wire, world = Wire(document(access_token="t-1"), OK, OK), World()
    client = make(Gate(protocol="oauth", limit=Limit(per_second=1, in_flight=1)), wire, world)
    client.send(NUMBER, "first")
    assert world.slept == []
    client.send(NUMBER, "second")
    assert round(sum(world.slept), 1) == 1
    assert wire.paths == ["/token", "/send", "/send"]


def test_a_wsdl_is_no_call(make: Make) -> None:
    contract = (files("smsbridge.wsdl") / "sendsms.wsdl").read_bytes()

    def answer(request: Request) -> Response:
        body = contract if request.method == "GET" else said("soap", ACCEPTED).encode()
        return Response(status=200, headers={"Content-Type": "text/xml"}, body=body)

    wire, world = Wire(answer), World()
    soap = to_send_by("soap", "https://sms.example", wsdl="https://sms.example/sms.wsdl")
    limit = Limit(per_second=1, in_flight=1)
    client = make(replace(soap, limit=limit), wire, world)
    client.send(NUMBER, "first")
    assert world.slept == []
    client.send(NUMBER, "second")
    assert round(sum(world.slept), 1) == 1
    assert [request.method for request in wire.requests] == ["GET", "POST", "POST"]


def test_a_wait_for_its_turn_takes_nothing_from_the_time_of_a_call(make: Make) -> None:
    wire = Wire(lambda _: OK)
    client = make(Gate(timeout=5, limit=Limit(per_second=0.1)), wire)
    for number in range(3):
        client.send(NUMBER, f"text {number}")
    assert wire.deadlines == pytest.approx([1005, 1015, 1025], abs=0.01)


def test_nor_where_a_token_was_fetched_before_that_wait(make: Make) -> None:
    world = World()
    wire = Wire(partial(_slowly, world))
    limited = Gate(protocol="oauth", timeout=30, limit=Limit(per_second=0.001))
    client = make(limited, wire, world)
    client.send(NUMBER, "first")
    client.send(NUMBER, "second")
    assert wire.paths == ["/token", "/send", "/send"]
    world.clock.seconds += 300  # the token's time is over, the wait for a turn is not
    client.send(NUMBER, "third")
    token, send = wire.deadlines[-2:]
    assert round(send - token) == round(world.slept[-1])


def test_limits_of_several_backends_are_each_ones_own(make: Make) -> None:
    @backend
    class Second(Gate):
        name = "second"
        url = "https://second.example"

    several = Failover(
        backends={
            "one": Gate(limit=Limit(per_second=1)),
            "two": Second(limit=Limit(per_second=0.1)),
        },
        expire=0,
    )
    wire, world = Wire(BUSY, OK, OK, OK, BUSY, OK), World()
    client = make(several, wire, world)
    client.send(NUMBER, "one is busy")
    assert world.slept == []
    client.send(NUMBER, "one")
    client.send(NUMBER, "one")
    assert round(sum(world.slept), 1) == 2
    client.send(NUMBER, "one is busy")
    assert round(sum(world.slept), 1) == 10


class Stepping:
    """A clock that threads share: a sleep lets it pass, and a look at it takes a millisecond.

    ``last.seen``: what it showed this thread last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self.last = threading.local()

    def __call__(self) -> float:
        with self._lock:
            self.last.seen = self._milliseconds / 1000
        return float(self.last.seen)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._milliseconds += 1 + int(seconds * 1000) // 32


def test_threads_share_a_limit() -> None:
    clock = Stepping()
    begun: list[float] = []
    pace = Pace(5, clock)
    gate = threading.Barrier(32)

    def call(_: int) -> None:
        gate.wait(20)
        for _ in range(3):
            while seconds := pace.wait():
                clock.sleep(seconds)
            begun.append(clock.last.seen)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(call, range(32)))
    assert len(begun) == 96
    begun.sort()
    assert all(later - first >= 1 for first, later in zip(begun, begun[5:], strict=False))


def test_a_thread_that_is_held_up_does_not_count_for_an_earlier_time() -> None:
    """The clock is read by who counts, not by who waits for its turn to count."""
    looking = 0

    def clock() -> float:
        nonlocal looking
        looking += 1
        time.sleep(0.002)  # let another thread look, if it can
        at_once.append(looking)
        looking -= 1
        return 0.0

    at_once: list[int] = []
    pace = Pace(1, clock)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: pace.wait(), range(16)))
    assert at_once == [1] * 16


class Counted:
    """A carrier that keeps how many requests are in it at once, and lets go when all have come."""

    def __init__(self, expected: int) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0
        self.full = threading.Event()
        self._expected = expected

    def begin(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
            if self._inside == self._expected:
                self.full.set()

    def end(self) -> None:
        with self._lock:
            self._inside -= 1

    def send(self, request: Request, _deadline: float) -> Response:
        if request.share:
            return document(access_token="t-1")
        self.begin()
        try:
            assert self.full.wait(20)
            return OK
        finally:
            self.end()

    def close(self) -> None: ...


class AsyncCounted(Counted):
    """The same for tasks."""

    async def send(self, request: Request, _deadline: float) -> Response:  # type: ignore[override]  # async
        if request.share:
            return document(access_token="t-1")
        self.begin()
        try:
            for _ in range(20):
                await asyncio.sleep(0)
            return OK
        finally:
            self.end()

    async def close(self) -> None: ...  # type: ignore[override]  # async


@each("protocol", ["rest", "oauth"])
def test_never_more_threads_are_in_flight_than_the_limit(protocol: str) -> None:
    counted = Counted(3)
    client = Client(Gate(protocol=protocol, limit=Limit(in_flight=3)), transport=counted)
    with ThreadPoolExecutor(32) as pool:
        done = list(pool.map(lambda n: client.send(NUMBER, f"text {n}"), range(64)))
    assert (len(done), counted.most) == (64, 3)


@each("protocol", ["rest", "oauth"])
def test_never_more_tasks_are_in_flight_than_the_limit(protocol: str) -> None:
    counted = AsyncCounted(3)

    async def run() -> list[Submission]:
        client = AsyncClient(
            Gate(protocol=protocol, limit=Limit(in_flight=3)),
            transport=counted,
        )
        return await asyncio.gather(*(client.send(NUMBER, f"text {n}") for n in range(64)))

    assert (len(asyncio.run(run())), counted.most) == (64, 3)


@each("answer", [NOTHING, SILENCE, REFUSED])
def test_a_send_that_fails_gives_its_place_free(make: Make, answer: Answer) -> None:
    client = make(Gate(limit=Limit(in_flight=1)), Wire(answer, OK))
    assert isinstance(end_of(lambda: client.send(NUMBER, "first")), SendError)
    assert client.send(NUMBER, "second").id == "m-1"


def test_a_task_that_is_cancelled_gives_its_place_free() -> None:
    async def run() -> None:
        counted = AsyncCounted(1)
        client = AsyncClient(Gate(limit=Limit(in_flight=1)), transport=counted)
        first = asyncio.create_task(client.send(NUMBER, "first"))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await client.send(NUMBER, "second")).id == "m-1"

    asyncio.run(run())


class Held:
    """What a thread is in until it is let go, or a process is another one."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.entered = threading.Event()
        self.let_go = threading.Event()

    def hold(self) -> None:
        if os.getpid() == self.process:
            self.entered.set()
            assert self.let_go.wait(20)


def test_a_limit_can_be_used_after_a_fork() -> None:
    """The child waits for no place and no lock that its parent holds."""
    answering, counting = Held(), Held()

    def answer(_: Request) -> Response:
        answering.hold()
        return OK

    def clock() -> float:
        counting.hold()
        return 0.0

    placed = Client(Gate(limit=Limit(in_flight=1)), transport=Unlocked(answer))
    paced = Client(
        Gate(limit=Limit(per_second=1000)),
        transport=Unlocked(lambda _: OK),
        session=Session(monotonic=clock),
    )
    with ThreadPoolExecutor(2) as pool:
        parents = [pool.submit(client.send, NUMBER, "parent") for client in (placed, paced)]
        assert answering.entered.wait(30)
        assert counting.entered.wait(30)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for client in (placed, paced):
                    client.send(NUMBER, "child")
                code = 7
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        answering.let_go.set()
        counting.let_go.set()
        assert [one.result(20).id for one in parents] == ["m-1", "m-1"]
    assert os.waitstatus_to_exitcode(status) == 7


class Unlocked:
    """A transport that answers by a function, with no lock that a fork could find held."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer = answer

    def send(self, request: Request, _deadline: float) -> Response:
        return self._answer(request)

    def close(self) -> None: ...


def test_a_limit_without_its_extra_names_it_and_sends_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrate_limiter", None)
    wire = Wire()
    with pytest.raises(MissingExtra, match=r"limit.per_second .*'\.\[limit\]'"):
        make(Gate(limit=Limit(per_second=1)), wire).send(NUMBER, TEXT)
    assert wire.requests == []


def test_places_in_flight_need_no_extra(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrate_limiter", None)
    assert make(Gate(limit=Limit(in_flight=1)), Wire(OK)).send(NUMBER, TEXT).id == "m-1"
