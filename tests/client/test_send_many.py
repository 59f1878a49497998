"""Many messages: a result for each as it ends, little memory, and no send, thread or task lost."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import (
    Callable,
    Generator,
    Iterable,
)
from contextlib import closing, suppress
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    Client,
    InvalidMessage,
    Message,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Reason,
    Rejected,
    Submission,
    Unsupported,
)
from smsbridge.backends.memory import MemoryBackend
from smsbridge.client.message_group import MakeAttempt, Result
from smsbridge.client.send_many import send_by
from smsbridge.client.thread_driver import ThreadDriver
from smsbridge.errors import Attempt

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


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("smsbridge")]


# --- both: the same facts by threads and by tasks

Run = Callable[[Callable[[Message], Submission], Iterable[Message], int], list[Result]]


def send_in_threads(
    send: Callable[[Message], Submission], given: Any, most: int, attempt: MakeAttempt
) -> Generator[Result, None, None]:
    return send_by(
        lambda: ThreadDriver(lambda each: [send(one) for one in each]), given, most, attempt
    )


def by_threads(
    send: Callable[[Message], Submission], given: Iterable[Message], most: int
) -> list[Result]:
    return list(send_in_threads(send, given, most, attempted))


def by_tasks(
    send: Callable[[Message], Submission], given: Iterable[Message], most: int
) -> list[Result]:
    async def send_async(message: Message) -> Submission:
        await asyncio.sleep(0)
        return send(message)

    async def run() -> list[Result]:
        return [result async for result in tasks_of(send_async, given, most, attempted)]

    return asyncio.run(run())


@pytest.fixture(params=[by_threads, by_tasks], ids=["threads", "tasks"])
def run(request: pytest.FixtureRequest) -> Run:
    way: Run = request.param
    return way


@pytest.mark.parametrize("most", [1, 3, 8, 1000])
def test_each_message_has_one_result_with_its_index_and_reference(run: Run, most: int) -> None:
    results = run(accepted, messages(50), most)
    assert sorted(result.index for result in results) == list(range(50))
    assert {r.reference for r in results} == {f"r-{number}" for number in range(50)}
    assert all(r.submission and r.submission.id == f"text {r.index}" for r in results)
    assert all(r.recipient == message(r.index).recipient for r in results)
    assert threads() == []


def test_of_no_messages_there_are_no_results(run: Run) -> None:
    assert run(accepted, [], 8) == []


def test_a_result_shows_no_number() -> None:
    (result,) = by_threads(accepted, [message(23)], 1)
    assert "+1202" not in repr(result)


ENDS: dict[str, tuple[Callable[[Attempt], Exception], Outcome]] = {
    "not sent": (lambda a: NotSent("refused", a), Outcome.NOT_SENT),
    "rejected": (lambda a: Rejected("no", a, reason=Reason.CONTENT), Outcome.REJECTED),
    "authentication": (
        lambda a: AuthenticationFailed("key", a, reason=Reason.AUTHENTICATION),
        Outcome.REJECTED,
    ),
    "unknown": (lambda a: OutcomeUnknown("reset", a), Outcome.UNKNOWN),
    "unsupported": (lambda _: Unsupported("can't"), Outcome.NOT_SENT),
    "invalid": (lambda _: InvalidMessage("text"), Outcome.NOT_SENT),
}


@pytest.mark.parametrize(("made", "word"), ENDS.values(), ids=ENDS.keys())
def test_an_error_is_the_result_of_its_message_alone(
    run: Run, made: Callable[[Attempt], Exception], word: Outcome
) -> None:
    def send(message: Message) -> Submission:
        if message.reference == "r-2":
            raise made(attempted(message))
        return accepted(message)

    ends = {result.index: result for result in run(send, messages(5), 2)}
    assert {index for index, r in ends.items() if r.outcome == "accepted"} == {0, 1, 3, 4}
    assert ends[2].outcome is word
    assert type(ends[2].error) is type(made(attempted(message(2))))
    assert ends[2].submission is None


class Odd(BaseException):
    """What nobody catches by ``except Exception``."""


@pytest.mark.parametrize("odd", [ZeroDivisionError, asyncio.CancelledError])
def test_an_error_that_nobody_expects_is_unknown(run: Run, odd: type[BaseException]) -> None:
    def send(message: Message) -> Submission:
        if message.reference == "r-0":
            raise odd
        return accepted(message)

    ends = {result.index: result for result in run(send, messages(3), 2)}
    error = ends[0].error
    assert isinstance(error, OutcomeUnknown)
    assert (ends[0].outcome, error.attempt.reference) == (Outcome.UNKNOWN, "r-0")
    assert error.why == f"unexpected {odd.__name__} while it was being sent"
    assert ends[1].outcome == ends[2].outcome == "accepted"


def test_a_thread_loses_not_even_what_is_no_exception() -> None:
    def send(_message: Message) -> Submission:
        raise Odd

    (result,) = by_threads(send, [message(0)], 1)
    assert result.outcome is Outcome.UNKNOWN


@each("most", [0, -1, 1001, 2.0, True, "8", None])
@each("way", [send_in_threads, tasks_of])
def test_concurrency_is_a_whole_number_from_1_to_1000(way: Any, most: Any) -> None:
    with pytest.raises(InvalidMessage, match="from 1 to 1000"):
        way(accepted, [], most, attempted)


def test_when_the_messages_break_what_is_in_flight_comes_first(run: Run) -> None:
    seen: list[str] = []

    def send(message: Message) -> Submission:
        seen.append(message.reference)
        return accepted(message)

    with pytest.raises(LookupError):
        run(send, broken(3, LookupError()), 8)
    assert sorted(seen) == ["r-0", "r-1", "r-2"]


def test_the_results_before_a_break_are_all_yielded() -> None:
    results = send_in_threads(accepted, broken(3, LookupError()), 8, attempted)
    assert sorted(next(results).index for _ in range(3)) == [0, 1, 2]
    with pytest.raises(LookupError):
        next(results)


def test_what_is_no_message_is_refused_by_its_place(run: Run) -> None:
    given: Any = [message(0), "+12025550123"]
    with pytest.raises(InvalidMessage, match="number 1 of the messages is a str"):
        run(accepted, given, 1)


class OldSequence:
    """Messages as a sequence without ``__iter__``."""

    def __getitem__(self, index: int) -> Message:
        if index > 1:
            raise IndexError
        return message(index)


def test_a_sequence_of_the_old_kind_is_several_messages(run: Run) -> None:
    given: Any = OldSequence()
    assert sorted(result.index for result in run(accepted, given, 1)) == [0, 1]


@each("given", [5, None, message(0), object()])
@each("way", [send_in_threads, tasks_of])
def test_what_holds_no_messages_is_refused_at_once(way: Any, given: Any) -> None:
    with pytest.raises(InvalidMessage, match=f"messages: .* not a {type(given).__name__}"):
        way(accepted, given, 1, attempted)


@each("way", [send_in_threads, tasks_of])
def test_a_concurrency_that_may_be_a_number_is_not_shown(way: Any) -> None:
    for most in (12025550123, "12025550123", 10**5000):
        with pytest.raises(InvalidMessage, match="from 1 to 1000") as caught:
            way(accepted, [], most, attempted)
        assert "202555" not in str(caught.value)


@each("most", [1, 4, 64])
def test_no_more_is_taken_than_can_be_in_flight(most: int) -> None:
    given = Counted(300)
    results = send_in_threads(accepted, given, most, attempted)
    assert given.taken == 0
    ahead = [given.taken - number for number, _ in enumerate(results, 1)]
    assert max(ahead) <= most
    assert given.taken == 300


@pytest.mark.full
def test_memory_does_not_grow_with_the_messages(run: Run) -> None:
    few, many = 500, 10_000
    if run is by_tasks:
        peaks = [asyncio.run(_peak_async(count)) for count in (few, many)]
    else:
        peaks = [_peak(count) for count in (few, many)]
    # Bytes a message; a kept result takes hundreds. Coverage keeps some memory of its own.
    assert (peaks[1] - peaks[0]) / (many - few) < 44


def _peak(count: int) -> int:
    gc.collect()
    watching = threading.gettrace()
    threading.settrace(None)  # coverage keeps something of every thread
    tracemalloc.start()
    try:
        for _ in send_in_threads(accepted, messages(count), 8, attempted):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        threading.settrace(watching)


async def _peak_async(count: int) -> int:
    async def send(message: Message) -> Submission:
        return accepted(message)

    gc.collect()
    tracemalloc.start()
    async for _ in tasks_of(send, messages(count), 8, attempted):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


# --- threads


class Held:
    """A send that waits for its message's event."""

    def __init__(self, count: int) -> None:
        self.go = [threading.Event() for _ in range(count)]
        self.begun = [threading.Event() for _ in range(count)]
        self.ended: list[str] = []

    def __call__(self, message: Message) -> Submission:
        number = int(message.reference[2:])
        self.begun[number].set()
        assert self.go[number].wait(SECONDS)
        self.ended.append(message.reference)
        return accepted(message)


def test_results_come_in_the_order_in_which_sends_end() -> None:
    send = Held(4)
    results = send_in_threads(send, messages(4), 3, attempted)
    order = []
    for number in (1, 0, 3, 2):
        send.go[number].set()
        order.append(next(results).index)
    assert order == [1, 0, 3, 2]
    assert list(results) == []


def test_closing_begins_no_send_and_waits_for_those_in_flight() -> None:
    send, given = Held(10), Counted(10)

    def let_one_go() -> None:
        if all(begun.wait(SECONDS) for begun in send.begun[:3]):
            send.go[0].set()

    first = threading.Thread(target=let_one_go)
    first.start()
    with closing(send_in_threads(send, given, 3, attempted)) as results:
        assert next(results).index == 0
        later = threading.Timer(0.05, set_all, [send.go])
        later.start()
    assert sorted(send.ended) == ["r-0", "r-1", "r-2"]
    assert (given.taken, threads()) == (3, [])
    first.join()
    later.join()


def test_a_loop_that_is_left_by_an_error_leaves_nothing_behind() -> None:
    given = Counted(100)
    with suppress(KeyboardInterrupt):
        for _ in send_in_threads(accepted, given, 3, attempted):
            raise KeyboardInterrupt
    gc.collect()
    assert given.taken <= 3
    assert threads() == []


def test_ctrl_c_while_waiting_begins_no_send_and_waits_for_those_in_flight() -> None:
    ended: list[str] = []
    interrupted = threading.Event()

    def send(message: Message) -> Submission:
        if message.reference == "r-1":
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            interrupted.set()
        assert interrupted.wait(SECONDS)
        ended.append(message.reference)
        return accepted(message)

    given = Counted(100)
    results = send_in_threads(send, given, 2, attempted)
    with pytest.raises(KeyboardInterrupt):
        list(results)
    gc.collect()
    assert len(ended) == given.taken
    assert given.taken < 100
    assert threads() == []


def test_ctrl_c_while_waiting_gives_the_results_of_what_is_in_flight_first() -> None:
    interrupted = threading.Event()

    def send(message: Message) -> Submission:
        if message.reference == "r-1":
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            interrupted.set()
        assert interrupted.wait(SECONDS)
        return accepted(message)

    given = Counted(100)
    seen: set[int] = set()
    with pytest.raises(KeyboardInterrupt):
        seen.update(result.index for result in send_in_threads(send, given, 2, attempted))
    assert seen == set(range(given.taken))
    assert given.taken < 100


@pytest.fixture(params=[0, 1, 3])
def few_threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let so many threads start, and refuse more as a system does."""
    left, start = request.param, threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return int(request.param)


@pytest.mark.usefixtures("few_threads")
@each("most", [1, 2, 8])
def test_where_threads_cannot_start_each_message_is_sent_once_all_the_same(most: int) -> None:
    seen: list[str] = []

    def send(message: Message) -> Submission:
        seen.append(message.reference)
        return accepted(message)

    given = Counted(20)
    results = list(send_in_threads(send, given, most, attempted))
    assert sorted(result.index for result in results) == list(range(20))
    assert {result.outcome for result in results} == {"accepted"}
    assert sorted(seen) == sorted(f"r-{number}" for number in range(20))


def test_ctrl_c_in_a_send_of_the_caller_s_own_thread_is_unknown_and_raised_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    def send(_message: Message) -> Submission:
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", refuse)
    results = send_in_threads(send, messages(5), 2, attempted)
    assert (next(results).outcome) is Outcome.UNKNOWN
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_a_client_sends_many_and_may_be_used_beside_it() -> None:
    memory = MemoryBackend()
    with Client(memory) as client:
        results = client.send_many(messages(20), concurrency=4)
        first = next(results)
        client.send("+12025550123", "beside")
        assert len([first, *results]) == 20
    assert len(memory.messages) == 21


A_QUARTER_MILLION = """
import resource
from smsbridge import Client, Message
from smsbridge.http.exchange import Request, Response

ANSWER = Response(status=200, body=b'{"state": "OK", "id": "m-1"}')
KEYS = {
    "backend": "rest",
    "url": "https://api.example",
    "send": {
        "route": "POST /send",
        "fields": {"to": "{recipient}", "text": "{text}"},
        "accepted": {"when": {"state": "OK"}, "id": "id"},
    },
}

class Carrier:
    def send(self, request: Request, deadline: float) -> Response:
        return ANSWER

    def close(self) -> None: ...

def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

given = (Message(recipient="+12025550123", text=str(n)) for n in range(250_000))
with Client(Client.from_mapping(KEYS).backend, transport=Carrier()) as client:
    for count, result in enumerate(client.send_many(given), 1):
        assert result.outcome == "accepted"
        if count == 20_000:  # more than a client remembers of its sends
            before = peak()
print(count, peak() / before)
"""
"""A script that sends 250,000 messages in its own process, where nothing else takes memory."""


@pytest.mark.full
def test_a_quarter_million_messages_take_no_more_memory_than_some_thousands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", A_QUARTER_MILLION],
        capture_output=True,
        encoding="utf-8",
        timeout=500,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    count, growth = done.stdout.split()
    assert count == "250000"
    assert float(growth) < 1.1
