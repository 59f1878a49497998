"""Many messages where one call takes several: which go together, and that each keeps its result."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from smsbridge import (
    AsyncClient,
    Backend,
    Client,
    Message,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Retry,
    Unsupported,
)
from smsbridge.client.message_group import Result
from smsbridge.config.load import from_mapping
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.serving.rest import json_response
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.blocks import REST_SEND, SEND_TO_EACH, document, json_of, rest
from support.each import each

BULK = rest(SEND_TO_EACH)
OK = {"code": "0", "id": "7"}
BUSY = {"code": "busy"}
Answer = Callable[[list[str]], Response]


def message(number: int, text: str = "Hello", **more: Any) -> Message:
    return Message(recipient=f"+120255501{number:02}", text=text, reference=f"r-{number}", **more)


def messages(*numbers: int) -> list[Message]:
    return [message(number) for number in numbers]


def rows(numbers: Iterable[str], words: dict[str, Any] = OK) -> Response:
    return document(messages=[{"to": number, **words} for number in numbers])


@dataclass
class Wire:
    """A transport that answers by a function of the numbers, and keeps these by request."""

    answer: Answer = rows
    asked: list[list[str]] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        to = json_of(request)["to"]
        self.asked.append([number[-2:] for number in to])
        return self.answer(to)

    def send(self, request: Request, _deadline: float) -> Response:
        return self.respond(request)

    def close(self) -> None:
        """Close nothing."""


class AsyncWire(Wire):
    async def send(self, request: Request, _deadline: float) -> Response:  # type: ignore[override]  # awaited
        await asyncio.sleep(0)
        return self.respond(request)

    async def close(self) -> None:  # type: ignore[override]  # awaited
        """Close nothing."""


@dataclass
class Run:
    """How messages are sent by one of the clients: ``asked`` has the numbers of each request."""

    wire: Wire
    results: list[Result] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def asked(self) -> list[list[str]]:
        return self.wire.asked

    @property
    def outcomes(self) -> list[Outcome]:
        return [one.outcome for one in sorted(self.results, key=lambda one: one.index)]


Send = Callable[..., Run]


def by_threads(given: Any, most: int = 100, answer: Answer = rows, of: Backend = BULK) -> Run:
    run = Run(Wire(answer))
    client = Client(of, transport=run.wire, sleep=lambda _: None)
    with client:
        try:
            run.results.extend(client.send_many(given, most))
        except LookupError as error:
            run.error = error
    return run


def by_tasks(given: Any, most: int = 100, answer: Answer = rows, of: Backend = BULK) -> Run:
    wire = AsyncWire(answer)
    run = Run(wire)

    async def go() -> None:
        async with AsyncClient(of, transport=wire, sleep=pause) as client:
            try:
                async for result in client.send_many(given, most):
                    run.results.append(result)
            except LookupError as error:
                run.error = error

    asyncio.run(go())
    return run


async def pause(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture(params=[by_threads, by_tasks], ids=["threads", "tasks"])
def send(request: pytest.FixtureRequest) -> Send:
    way: Send = request.param
    return way


# --- what goes together


def test_a_list_is_sent_by_one_request_and_each_message_has_its_own_result(send: Send) -> None:
    run = send(messages(1, 2, 3))
    assert run.asked == [["01", "02", "03"]]
    assert [(one.index, one.reference, one.recipient) for one in run.results] == [
        (number - 1, f"r-{number}", f"+1202555010{number}") for number in (1, 2, 3)
    ]
    assert [one.submission and one.submission.reference for one in run.results] == [
        "r-1",
        "r-2",
        "r-3",
    ]


@each(
    ("given", "asked"),
    [
        (messages(1, 2, 3, 4), [["01", "02", "03"], ["04"]]),
        ([message(1), message(2, "Bye"), message(3, "Bye")], [["01"], ["02", "03"]]),
        ([message(1), message(2, "Bye"), message(3)], [["01"], ["02"], ["03"]]),
        (messages(1, 2, 1, 3), [["01", "02"], ["01", "03"]]),
        (messages(1), [["01"]]),
        ([], []),
    ],
)
def test_a_group_has_messages_that_follow_each_other_and_differ_in_the_number_alone(
    given: list[Message], asked: list[list[str]]
) -> None:
    for way in (by_threads, by_tasks):
        run = way(given, 100)
        assert sorted(run.asked) == sorted(asked)
        assert sorted(one.index for one in run.results) == list(range(len(given)))


def test_no_more_go_together_than_may_be_in_flight(send: Send) -> None:
    run = send(messages(1, 2, 3, 4, 5), 2)
    assert run.asked == [["01", "02"], ["03", "04"], ["05"]]
    assert send(messages(1, 2), 1).asked == [["01"], ["02"]]


def test_a_generator_is_asked_for_one_at_a_time_since_it_may_wait(send: Send) -> None:
    assert sorted(send(one for one in messages(1, 2, 3)).asked) == [["01"], ["02"], ["03"]]


class Hinting:
    """An iterator that says how many it has at hand: two at a time."""

    def __init__(self, given: list[Message], error: BaseException | None = None) -> None:
        self.given, self.error = given, error
        self.taken = 0

    def __iter__(self) -> Iterator[Message]:
        return self

    def __length_hint__(self) -> int:
        return self.taken % 2

    def __next__(self) -> Message:
        if self.taken == len(self.given):
            if self.error is not None:
                raise self.error
            raise StopIteration
        self.taken += 1
        return self.given[self.taken - 1]


def test_an_iterator_may_say_how_many_it_has_at_hand(send: Send) -> None:
    assert sorted(send(Hinting(messages(1, 2, 3, 4))).asked) == [["01", "02"], ["03", "04"]]


def test_an_async_iterator_may_say_so_too() -> None:
    class Later:
        def __init__(self) -> None:
            self.inner = Hinting(messages(1, 2, 3, 4))

        def __length_hint__(self) -> int:
            return self.inner.__length_hint__()

        def __aiter__(self) -> AsyncIterator[Message]:
            return self

        async def __anext__(self) -> Message:
            await asyncio.sleep(0)
            for one in self.inner:
                return one
            raise StopAsyncIteration

    assert by_tasks(Later()).asked == [["01", "02"], ["03", "04"]]


def test_what_was_taken_before_the_messages_fail_is_sent(send: Send) -> None:
    run = send(Hinting(messages(1, 2, 3), LookupError("no more")))
    assert sorted(run.asked) == [["01", "02"], ["03"]]
    assert (run.outcomes, str(run.error)) == ([Outcome.ACCEPTED] * 3, "no more")


def test_what_was_taken_before_an_interrupt_is_not_sent() -> None:
    wire, results = Wire(), list[Result]()

    def run(client: Client) -> None:
        for one in client.send_many(Hinting(messages(1), KeyboardInterrupt())):
            results.append(one)

    with Client(BULK, transport=wire) as client, pytest.raises(KeyboardInterrupt):
        run(client)
    assert wire.asked == []
    assert [(one.index, one.outcome) for one in results] == [(0, Outcome.NOT_SENT)]


def test_without_several_recipients_nothing_goes_together() -> None:
    run = Run(Wire(lambda _: document(code="0")))
    with Client(rest(REST_SEND), transport=run.wire) as client:
        run.results.extend(client.send_many(messages(1, 2)))
    assert (len(run.asked), run.outcomes) == (2, [Outcome.ACCEPTED] * 2)


# --- how each ends


def mixed(numbers: list[str]) -> Response:
    rows = [{"to": numbers[0], **OK}, {"to": numbers[1], "code": 12}, {"to": numbers[2], **BUSY}]
    return document(messages=rows[: len(numbers)])


def test_each_has_the_outcome_of_its_own_row(send: Send) -> None:
    run = send(messages(1, 2, 3), answer=mixed)
    assert run.outcomes == [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NOT_SENT]


def test_what_was_not_sent_among_others_is_not_repeated(send: Send) -> None:
    run = send(messages(1, 2, 3), answer=mixed, of=replace(BULK, retry=Retry(attempts=3)))
    assert run.asked == [["01", "02", "03"]]
    assert [one.error and getattr(one.error, "tries", 0) for one in run.results] == [None, 1, 1]


def too_many(_: list[str]) -> Response:
    return json_response(429, {})


def reset(_: list[str]) -> Response:
    raise Broken(Left.PART, "reset")


def in_turn(answers: Iterator[Answer], numbers: list[str]) -> Response:
    return next(answers)(numbers)


@each("first", [lambda numbers: rows(numbers, BUSY), too_many, reset])
def test_a_group_of_which_all_were_not_sent_is_repeated(first: Answer) -> None:
    for way in (by_threads, by_tasks):
        answers = iter([first, rows])
        of = replace(BULK, retry=Retry(attempts=2))
        run = way(messages(1, 2), answer=partial(in_turn, answers), of=of)
        assert run.asked == [["01", "02"]] * 2
        assert [one.submission and one.submission.tries for one in run.results] == [2, 2]


def test_a_repeat_ends_with_the_tries_of_the_config(send: Send) -> None:
    of = replace(BULK, retry=Retry(attempts=2))
    run = send(messages(1, 2), answer=lambda numbers: rows(numbers, BUSY), of=of)
    assert run.asked == [["01", "02"]] * 2
    assert [type(one.error) for one in run.results] == [NotSent] * 2
    assert [getattr(one.error, "tries", 0) for one in run.results] == [2, 2]


def test_a_connection_that_breaks_after_all_has_left_makes_all_unknown_and_is_not_repeated(
    send: Send,
) -> None:
    def answer(_: list[str]) -> Response:
        raise Broken(Left.ALL, "reset")

    run = send(messages(1, 2), answer=answer, of=replace(BULK, retry=Retry(attempts=3)))
    assert (len(run.asked), run.outcomes) == (1, [Outcome.UNKNOWN] * 2)


def test_an_error_of_our_own_makes_each_unknown(send: Send) -> None:
    def answer(_: list[str]) -> Response:
        raise ZeroDivisionError

    run = send(messages(1, 2), answer=answer)
    assert [type(one.error) for one in run.results] == [OutcomeUnknown] * 2
    assert [getattr(one.error, "attempt", None) for one in run.results] != [None] * 2


def test_what_the_table_cant_carry_is_refused_for_each_before_anything_leaves(send: Send) -> None:
    run = send([message(number, sender="ACME") for number in (1, 2)])
    assert [type(one.error) for one in run.results] == [Unsupported] * 2
    assert run.asked == []


def test_each_message_of_a_group_is_told(send: Send, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "smsbridge")
    send(messages(1, 2, 3), answer=mixed)
    told = [vars(one) for one in caplog.records if hasattr(one, "operation")]
    assert [(one["reference"], one["outcome"]) for one in told] == [
        ("r-1", "accepted"),
        ("r-2", "rejected"),
        ("r-3", "not_sent"),
    ]


# --- over sockets, with each driver

REFUSED = Message(recipient="+447700900400", text="Hello", reference="r-9")


def bulk(url: str, **more: Any) -> Backend:
    send = {
        "route": "POST /sms",
        "fields": {"to": "{recipients|digits}", "body": "{text}"},
        "most": 100,
        "rows": "messages",
        "row": {"recipient": "to"},
        "accepted": {"when": {"code": "0"}, "id": "id"},
        "rejected": {"code": {"12": "recipient"}},
    }
    return from_mapping({"backend": "rest", "url": url, "body": "form", "send": send, **more})


def send_sync(backend: Backend, given: list[Message]) -> list[Result]:
    with Client(backend) as client:
        return list(client.send_many(given))


def send_async(backend: Backend, given: list[Message]) -> list[Result]:
    async def go() -> list[Result]:
        async with AsyncClient(backend) as client:
            return [result async for result in client.send_many(given)]

    return asyncio.run(go())


@pytest.mark.parametrize("driver", ["threads", "loop", "curl", "tasks"])
def test_three_messages_are_one_request_and_one_of_them_is_refused(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if driver == "threads":
        monkeypatch.setitem(sys.modules, "aiohttp", None)
    more = {"transport": "curl"} if driver == "curl" else {}
    run = send_async if driver == "tasks" else send_sync
    provider = Provider(bulk("http://127.0.0.1"))
    with MockServer(provider) as server:
        backend = bulk(server.url_for(""), **more)
        results = run(backend, [message(1), REFUSED, message(2)])
    assert [(one.reference, one.outcome) for one in results] == [
        ("r-1", "accepted"),
        ("r-9", "rejected"),
        ("r-2", "accepted"),
    ]
    assert len(provider.requests) == 1
    assert [one.recipient for one in provider.messages] == ["+12025550101", "+12025550102"]
    assert [one.submission and one.submission.id for one in results] == [
        provider.messages[0].id,
        None,
        provider.messages[1].id,
    ]
