"""An exchange is driven by two small drivers, and says nothing private by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from smsbridge.exchange import (
    Broken,
    Exchange,
    Left,
    Request,
    Response,
    Session,
    drive,
    drive_async,
)

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
