"""An exchange is driven by two small drivers, and says nothing private by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from smsbridge.http.exchange import (
    Broken,
    Course,
    Exchange,
    Left,
    Pause,
    Request,
    Response,
    Session,
    direct_to,
    drive,
    drive_async,
)

from support.blocks import NOW, Clock

FIRST = Request(method="POST", url="https://sms.example/a?b=c")
SECOND = Request(method="POST", url="https://sms.example/again")


def conversation() -> Exchange[list[object]]:
    """Ask twice; a broken first try is answered by the second."""
    try:
        first: object = (yield FIRST).status
    except Broken as broken:
        first = broken.left
    return [first, (yield SECOND).status]


def run_sync(carry: Callable[[Request], Response]) -> list[object]:
    return drive(conversation(), carry)


def run_async(carry: Callable[[Request], Response]) -> list[object]:
    async def carried(request: Request) -> Response:
        return carry(request)

    return asyncio.run(drive_async(conversation(), carried))


both = pytest.mark.parametrize("run", [run_sync, run_async])
Run = Callable[[Callable[[Request], Response]], list[object]]


@both
def test_a_driver_carries_each_request_and_returns_the_result(run: Run) -> None:
    carried: list[str] = []

    def carry(request: Request) -> Response:
        carried.append(request.path)
        return Response(status=200 + len(carried))

    assert run(carry) == [201, 202]
    assert carried == ["/a", "/again"]


@both
def test_a_driver_throws_what_broke_into_the_exchange(run: Run) -> None:
    def carry(request: Request) -> Response:
        if request is FIRST:
            raise Broken(Left.PART, "reset")
        return Response(status=200)

    assert run(carry) == [Left.PART, 200]


@both
def test_what_nobody_expects_passes_through(run: Run) -> None:
    def carry(_: Request) -> Response:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        run(carry)


def test_an_exchange_that_asks_nothing_returns_at_once() -> None:
    def silent() -> Exchange[int]:
        yield from ()
        return 7

    async def never(request: Request) -> Response:
        raise AssertionError(request)

    assert drive(silent(), lambda request: Response(status=int(request.url))) == 7
    assert asyncio.run(drive_async(silent(), never)) == 7


def test_headers_are_found_whatever_their_case() -> None:
    request = Request(method="GET", url="/", headers={"SOAPAction": '"x"'})
    assert request.header("soapaction") == '"x"'
    assert request.header("authorization") == ""


def test_path_and_query_are_the_urls() -> None:
    assert (FIRST.path, FIRST.query) == ("/a", "b=c")


def test_headers_and_body_are_not_in_a_repr() -> None:
    carried = {"headers": {"Authorization": "Bearer canary"}, "body": b"apikey=canary"}
    assert "canary" not in repr(Request(method="POST", url="/", **carried))  # type: ignore[arg-type]  # a mixed dict
    assert "canary" not in repr(Response(status=200, **carried))  # type: ignore[arg-type]  # a mixed dict


def test_a_share_is_the_same_until_its_turn_is_over() -> None:
    session = Session()
    first = session.share("token")
    assert session.share("token") == first
    session.turn(first)
    second = session.share("token")
    assert second != first
    session.turn(first)
    assert session.share("token") == second


def test_a_session_has_an_aware_clock() -> None:
    assert Session().now().utcoffset() is not None


# --- pauses


def course() -> Course[list[object]]:
    """Ask, wait twice, and ask again."""
    first = yield FIRST
    yield Pause(1.5)
    yield Pause(0)
    second = yield SECOND
    return [first.status, second.status]


def drive_sync(steps: Course[list[object]], happened: list[object]) -> list[object]:
    def carry(request: Request) -> Response:
        happened.append(request.path)
        return Response(status=200 + len(happened))

    return drive(steps, carry, happened.append)


def drive_in_a_loop(steps: Course[list[object]], happened: list[object]) -> list[object]:
    async def carry(request: Request) -> Response:
        happened.append(request.path)
        return Response(status=200 + len(happened))

    async def sleep(seconds: float) -> None:
        happened.append(seconds)

    return asyncio.run(drive_async(steps, carry, sleep))


driven = pytest.mark.parametrize("way", [drive_sync, drive_in_a_loop])
Way = Callable[[Course[list[object]], list[object]], list[object]]


@driven
def test_a_driver_sleeps_where_a_course_pauses(way: Way) -> None:
    happened: list[object] = []
    assert way(course(), happened) == [201, 204]
    assert happened == ["/a", 1.5, 0, "/again"]


@driven
def test_a_course_may_begin_and_end_with_a_pause(way: Way) -> None:
    def waits() -> Course[list[object]]:
        yield Pause(2)
        return ["done"]

    happened: list[object] = []
    assert way(waits(), happened) == ["done"]
    assert happened == [2]


class Interrupted(list[object]):
    """Something happens while a course sleeps."""

    def append(self, _: object) -> None:
        raise KeyboardInterrupt


@driven
def test_a_course_that_is_given_up_is_closed_at_once(way: Way) -> None:
    """Whoever holds on to the error must not hold on to what the course would give free."""
    ended: list[str] = []

    def waits() -> Course[list[object]]:
        try:
            yield Pause(1)
        finally:
            ended.append("closed")
        return []

    with pytest.raises(KeyboardInterrupt) as held:
        way(waits(), Interrupted())
    assert ended == ["closed"]
    assert held.tb is not None


# --- one of several backends


def test_each_request_names_the_backend_that_it_is_for_and_so_does_its_share() -> None:
    def asks() -> Exchange[int]:
        yield Request(method="POST", url="https://sms.example/token", share="token/0")
        answer = yield FIRST
        return answer.status

    steps = direct_to("one/log", asks())
    first = next(steps)
    assert (first.backend, first.share) == ("one/log", "one/log/token/0")
    second = steps.send(Response(status=200))
    assert (second.backend, second.share, second.url) == ("one/log", None, FIRST.url)
    with pytest.raises(StopIteration) as end:
        steps.send(Response(status=201))
    assert end.value.value == 201


def test_what_breaks_is_thrown_into_an_exchange_with_another_backend() -> None:
    steps = direct_to("one", conversation())
    next(steps)
    assert steps.throw(Broken(Left.PART, "reset")).path == "/again"
    with pytest.raises(StopIteration) as end:
        steps.send(Response(status=200))
    assert end.value.value == [Left.PART, 200]


def test_a_request_for_the_backend_itself_stays_as_it_is() -> None:
    assert next(direct_to("", conversation())) == FIRST


def test_each_backend_has_a_session_of_its_own_with_the_same_clocks() -> None:
    clock = Clock()
    session = Session(now=lambda: NOW, monotonic=clock, random=bytes)
    one, two = session.of("one"), session.of("two")
    one.kept["token"], two.kept["token"] = "t-1", "t-2"
    one.turn(one.share("token"))
    assert session.of("") is session
    assert session.of("one") is one
    assert (session.backend, one.backend) == ("", "one")
    assert (session.kept, one.kept, two.kept) == ({}, {"token": "t-1"}, {"token": "t-2"})
    assert (one.share("token"), two.share("token")) == ("token/1", "token/0")
    assert (one.now(), one.monotonic(), one.random(2)) == (NOW, clock(), bytes(2))
