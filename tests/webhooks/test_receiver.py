"""A receiver fails closed, calls a function once for each event, and answers only after it."""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import pickle
import re
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import ConfigError, Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.errors import WebhookRefused, WebhookUnreadable, WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.webhooks import Webhook, WebhookAnswer, WebhookKind
from smsbridge.webhooks.deduplication import Claim, Memory
from smsbridge.webhooks.event_reader import MOST_BYTES
from smsbridge.webhooks.events import Event, MessageReceived
from smsbridge.webhooks.receiver import Receiver

from support.each import each
from support.webhooking import (
    NEXT,
    NOW,
    NUMBER,
    SECRET,
    SIGNATURE,
    TABLES,
    TEXT,
    TIMESTAMP,
    happened,
    having,
    signed,
    unsigned,
)

PATH = "/sms/8f0c4be2a7d94c57"
NEAR = ["192.0.2.0/24", "2001:db8::/32"]


def receiver(**guards: Any) -> Receiver:
    given = guards or {"secrets": [SECRET]}
    return Receiver(SMSMobileAPI, **{"now": lambda: NOW, **given})


def at_path(request: Request, url: str) -> Request:
    return replace(request, url=url)


# What is refused before anything is received


def test_a_receiver_without_a_guard_is_a_config_error() -> None:
    unguarded: list[dict[str, Any]] = [{}, {"secrets": []}, {"path": ""}, {"networks": ()}]
    for guards in unguarded:
        with pytest.raises(ConfigError, match="secrets, a path that is secret, or networks"):
            Receiver(SMSMobileAPI, **guards)


@each(
    "guards",
    [
        {"secrets": [""]},
        {"secrets": [None]},
        {"secrets": ["\ud800"]},
        {"secrets": SECRET},
        {"secrets": Secret(SECRET)},
        {"path": "sms"},
        {"path": "/"},
        {"networks": "192.0.2.0/24"},
        {"networks": ["192.0.2.1/24"]},
        {"networks": ["everyone"]},
        {"networks": [""]},
        {"secrets": [SECRET], "networks": ["nope"]},
    ],
)
def test_a_guard_that_guards_nothing_is_a_config_error(guards: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        Receiver(SMSMobileAPI, **guards)
    assert "canary" not in str(caught.value)


BAD_GUARDS: list[tuple[str, Any]] = [
    ("secrets", None),
    ("secrets", 5),
    ("secrets", b"canary"),
    ("secrets", {"canary": "canary"}),
    ("secrets", ["  "]),
    ("secrets", [Secret(" ")]),
    ("secrets", [SECRET, 5]),
    ("networks", None),
    ("networks", 5),
    ("networks", [5]),
    ("networks", ["192.0.2.0/24", None]),
    ("networks", ["+12025550123"]),
    ("path", None),
    ("path", 5),
    ("path", Secret("/canary")),
    ("path", "/ "),
    ("path", "/sms/\ud800"),
]
ALLOWED = {"secrets": "texts or Secrets", "networks": "192.0.2.0/24", "path": "32 hex digits"}


@each(("name", "given"), BAD_GUARDS)
def test_a_guard_of_another_kind_is_refused_by_its_name(name: str, given: Any) -> None:
    guards: dict[str, Any] = {"secrets": [SECRET], "path": PATH, "networks": NEAR, name: given}
    with pytest.raises(ConfigError, match=f"^{name}: .*{ALLOWED[name]}") as caught:
        Receiver(SMSMobileAPI, **guards)
    assert caught.value.key == (name,)
    assert [word for word in ("canary", "2025550123") if word in str(caught.value)] == []


@each("source", [Memory, None, object()])
def test_a_backend_without_webhooks_is_a_config_error(source: Any) -> None:
    with pytest.raises(ConfigError, match="give a backend that has some"):
        Receiver(source, secrets=[SECRET])


def test_a_secret_for_a_provider_that_signs_nothing_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="provider doesn't sign"):
        Receiver([replace(one, signed=None) for one in TABLES], secrets=[SECRET])


def test_a_receiver_takes_the_table_itself() -> None:
    made = Receiver(TABLES, secrets=[Secret(SECRET)], now=lambda: NOW)
    assert isinstance(made.read(signed())[0], MessageReceived)


def test_the_clock_is_this_machine_s_by_default() -> None:
    made = Receiver(SMSMobileAPI, secrets=[SECRET])
    ago = (NOW - datetime.now(UTC)).total_seconds()
    assert made.read(signed(late=ago))[0].id == "event-1"


# What is read, and what is refused


def status_of(made: Receiver, request: Request, peer: str = "") -> int:
    with pytest.raises(WebhookRefused) as caught:
        made.read(request, peer)
    kind = WebhookUntrusted if caught.value.status in (401, 403, 404) else WebhookUnreadable
    assert isinstance(caught.value, kind)
    return caught.value.status


@each(
    "request_",
    [
        unsigned(),
        signed(secrets=[]),
        signed(secrets=[NEXT]),
        signed(late=301),
        replace(signed(), headers={}),
        having(unsigned(), **{TIMESTAMP: str(int(NOW.timestamp()))}),
    ],
)
def test_with_a_secret_what_is_not_signed_is_refused_with_401(request_: Request) -> None:
    assert status_of(receiver(), request_) == 401


@each("body", [b"\xff", b"", b"[" * 100_000])
def test_the_signature_is_looked_at_before_the_body(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smsbridge.webhooks.receiver.take", lambda *_: pytest.fail("it was parsed"))
    assert status_of(receiver(), replace(signed(), body=body)) == 401
    late = having(signed(late=301))
    assert status_of(receiver(), late) == 401


def test_either_of_two_secrets_will_do_while_they_are_rotated() -> None:
    made = receiver(secrets=[SECRET, Secret(NEXT)])
    for secrets in ([SECRET], [NEXT], [SECRET, NEXT]):
        assert made.read(signed(secrets=secrets))[0].id == "event-1"


@each("url", [PATH, f"http://a.example{PATH}?x=1", f"http://a.example{PATH}#x"])
def test_a_secret_path_lets_both_versions_in(url: str) -> None:
    made = receiver(path=PATH)
    for request in (unsigned(), signed(secrets=[]), signed(secrets=[NEXT], late=9999)):
        assert isinstance(made.read(at_path(request, url))[0], MessageReceived)


@each(
    "path",
    ["/", "/sms", PATH[:-1], f"{PATH}0", f"{PATH}/", f"/{PATH}", PATH.upper(), "", "//[", "*"],
)
def test_another_path_is_refused_with_404(path: str) -> None:
    assert status_of(receiver(path=PATH), at_path(unsigned(), path)) == 404
    assert status_of(receiver(path=PATH, secrets=[SECRET]), at_path(signed(), path)) == 404


def test_a_path_may_have_any_characters() -> None:
    request = at_path(unsigned(), "http://a.example/sm%C3%A9/a%20b")
    assert receiver(path="/smé/a b").read(request)[0].id is None


@each("peer", ["192.0.2.0", "192.0.2.255", "2001:db8::1", "::ffff:192.0.2.7", "2001:db8::1%eth0"])
def test_a_peer_of_the_networks_is_let_in(peer: str) -> None:
    made = receiver(networks=NEAR)
    assert isinstance(made.read(unsigned(), peer)[0], MessageReceived)
    assert isinstance(made.read(signed(secrets=[]), peer)[0], MessageReceived)


@each("peer", ["", "192.0.3.0", "::1", "2001:db9::1", "localhost", "192.0.2.7, 127.0.0.1", "\0"])
def test_any_other_peer_is_refused_with_403(peer: str) -> None:
    assert status_of(receiver(networks=NEAR), unsigned(), peer) == 403
    assert status_of(receiver(networks=NEAR, secrets=[SECRET]), signed(), peer) == 403


def test_what_a_header_says_of_the_peer_is_not_believed() -> None:
    request = having(unsigned(), **{"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"})
    assert status_of(receiver(networks=NEAR), request, "198.51.100.1") == 403


def test_each_guard_that_is_given_must_hold() -> None:
    made = receiver(networks=NEAR, path=PATH, secrets=[SECRET])
    good = at_path(signed(), PATH)
    assert made.read(good, "192.0.2.1")[0].id == "event-1"
    assert status_of(made, good, "198.51.100.1") == 403
    assert status_of(made, signed(), "192.0.2.1") == 404
    assert status_of(made, at_path(unsigned(), PATH), "192.0.2.1") == 401


@each("method", ["GET", "HEAD", "PUT", "post", ""])
def test_another_method_is_refused_with_405(method: str) -> None:
    made = receiver()
    assert status_of(made, replace(signed(), method=method)) == 405
    answer = made.answer(replace(signed(), method=method), pytest.fail)
    assert answer.header("Allow") == "POST"


def test_a_body_of_more_than_a_mebibyte_is_refused_with_413() -> None:
    request = replace(signed(), body=b" " * (MOST_BYTES + 1))
    assert status_of(receiver(), request) == 413
    assert status_of(receiver(path=PATH), at_path(request, PATH)) == 413


def test_what_is_theirs_and_can_t_be_read_is_refused_with_400() -> None:
    assert status_of(receiver(path=PATH), replace(at_path(unsigned(), PATH), body=b"{}")) == 400
    event = replace(happened(), id=" ")
    assert status_of(receiver(), signed(event)) == 400


@given(
    method=st.sampled_from(["POST", "GET"]) | st.text(max_size=5),
    url=st.just(PATH) | st.text(),
    headers=st.dictionaries(st.sampled_from([SIGNATURE, TIMESTAMP]) | st.text(), st.text()),
    body=st.binary(),
    peer=st.just("192.0.2.1") | st.text(),
)
def test_nothing_but_a_refusal_comes_of_any_request(
    method: str, url: str, headers: dict[str, str], body: bytes, peer: str
) -> None:
    request = Request(method=method, url=url, headers=headers, body=body)
    for guards in ({"secrets": [SECRET]}, {"path": PATH}, {"networks": NEAR}):
        assert receiver(**guards).answer(request, pytest.fail, peer).status in range(400, 414)


# What is answered, in each of the four ways to call a function

Way = Callable[[Receiver, Request, Callable[[Any], object]], int]


def by_answer(made: Receiver, request: Request, function: Callable[[Any], object]) -> int:
    return made.answer(request, function).status


def by_wsgi(made: Receiver, request: Request, function: Callable[[Any], object]) -> int:
    names = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in request.headers}
    environ: dict[str, Any] = {names[name]: value for name, value in request.headers.items()}
    environ |= {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.input": io.BytesIO(request.body),
    }
    setup_testing_defaults(environ)
    lines: list[str] = []
    assert list(made.wsgi(function)(environ, lambda line, _: lines.append(line)))
    return int(lines[0][:3])


async def asgi(made: Receiver, request: Request, function: Callable[[Any], object]) -> int:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    scope = {"type": "http", "method": request.method, "path": request.path, "headers": raw}
    await made.asgi(function)(scope, receive, send)
    return int(sent[0]["status"])


def by_asgi(made: Receiver, request: Request, function: Callable[[Any], object]) -> int:
    return asyncio.run(asgi(made, request, function))


def by_asgi_async(made: Receiver, request: Request, function: Callable[[Any], object]) -> int:
    async def awaited(event: Event) -> None:
        await asyncio.sleep(0)
        function(event)

    return asyncio.run(asgi(made, request, awaited))


WAYS = pytest.mark.parametrize("way", [by_answer, by_wsgi, by_asgi, by_asgi_async])


@WAYS
@each("guards", [{"secrets": [SECRET]}, {"path": PATH}])
def test_200_comes_after_the_function_was_called_with_the_event(
    way: Way, guards: dict[str, Any]
) -> None:
    got: list[Event] = []
    request = signed() if "secrets" in guards else at_path(unsigned(), PATH)
    assert way(receiver(**guards), request, got.append) == 200
    (event,) = got
    assert isinstance(event, MessageReceived)
    assert (event.message.sender, event.message.text) == (NUMBER, TEXT)


@WAYS
@each(
    ("request_", "status"),
    [
        (signed(secrets=[NEXT]), 401),
        (replace(signed(), method="PUT"), 405),
        (replace(signed(), body=b" " * (MOST_BYTES + 9)), 413),
        (signed(replace(happened(), type="")), 400),
    ],
)
def test_what_is_refused_does_not_reach_the_function(
    way: Way, request_: Request, status: int
) -> None:
    assert way(receiver(), request_, pytest.fail) == status


def failing(_: Event) -> None:
    raise LookupError(f"{NUMBER} {TEXT} {SECRET}")


@WAYS
def test_a_function_that_raises_is_500_and_the_event_may_come_again(way: Way) -> None:
    made, got = receiver(), list[Event]()
    assert way(made, signed(), failing) == 500
    assert way(made, signed(), failing) == 500
    assert way(made, signed(late=60), got.append) == 200
    assert way(made, signed(late=90), got.append) == 200
    assert len(got) == 1


@WAYS
def test_a_function_may_choose_how_its_failure_is_answered(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: Event) -> None:
        raise WebhookRefused("the disk is full", 503)

    made, got = receiver(), list[Event]()
    assert way(made, signed(), full) == 503
    assert caplog.messages == ["an event was not taken, HTTP 503: the disk is full"]
    assert way(made, signed(), got.append) == 200
    assert len(got) == 1


@WAYS
def test_a_duplicate_is_200_without_a_call(way: Way) -> None:
    made, got = receiver(), list[Event]()
    again = having(signed(late=60), **{"Idempotency-Key": "another", "X-Odd": "1"})
    message = signed(happened(event_id="event-2"))
    for request in (signed(), signed(), again, message):
        assert way(made, request, got.append) == 200
    assert len(got) == 1
    assert way(made, signed(happened(event_id="event-3", id="ab")), got.append) == 200
    assert len(got) == 2


@WAYS
@each("kind", ["call.missed", "sms.received", "sms.sent"])
def test_two_events_that_say_the_same_are_two(way: Way, kind: str) -> None:
    made, got = receiver(), list[Event]()
    for name in ("event-1", "event-2", "event-1"):
        assert way(made, signed(happened(kind, event_id=name, id=" ")), got.append) == 200
    assert [event.id for event in got] == ["event-1", "event-2"]


def test_a_message_that_comes_in_both_versions_is_one() -> None:
    memory, got = Memory(), list[Event]()
    by_path, by_secret = receiver(path=PATH, seen=memory), receiver(secrets=[SECRET], seen=memory)
    assert by_path.answer(at_path(unsigned(), PATH), got.append).status == 200
    assert by_secret.answer(signed(), got.append).status == 200
    assert len(got) == 1


@each("way", [by_answer, by_wsgi, by_asgi])
def test_a_duplicate_that_overtakes_the_first_is_503_and_may_come_again(way: Way) -> None:
    made = receiver()
    entered, leave, statuses = threading.Event(), threading.Event(), list[int]()

    def slow(_: Event) -> None:
        entered.set()
        assert leave.wait(30)

    first = threading.Thread(target=lambda: statuses.append(way(made, signed(), slow)))
    first.start()
    assert entered.wait(30)
    assert way(made, signed(late=30), pytest.fail) == 503
    assert way(made, signed(happened(event_id="event-2")), pytest.fail) == 503
    leave.set()
    first.join(30)
    assert statuses == [200]
    assert way(made, signed(late=60), pytest.fail) == 200


def test_an_async_duplicate_that_overtakes_the_first_is_503() -> None:
    async def both() -> tuple[int, int]:
        made, entered, leave = receiver(), asyncio.Event(), asyncio.Event()

        async def slow(_: Event) -> None:
            entered.set()
            await leave.wait()

        first = asyncio.create_task(asgi(made, signed(), slow))
        await entered.wait()
        second = await asgi(made, signed(late=30), slow)
        leave.set()
        return await first, second

    assert asyncio.run(both()) == (200, 503)


def test_of_many_at_once_one_reaches_the_function() -> None:
    made, together = receiver(), threading.Barrier(8)
    got, statuses = list[Event](), list[int]()

    def deliver() -> None:
        together.wait(30)
        statuses.append(made.answer(signed(), got.append).status)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(got) == 1
    assert len(statuses) == 8
    assert set(statuses) <= {200, 503}


def test_a_call_that_is_cancelled_may_come_again() -> None:
    async def cancelled() -> int:
        made, entered = receiver(), asyncio.Event()

        async def slow(_: Event) -> None:
            entered.set()
            await asyncio.Event().wait()

        async def quick(_: Event) -> None:
            pass

        first = asyncio.create_task(asgi(made, signed(), slow))
        await entered.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await asgi(made, signed(), quick)

    assert asyncio.run(cancelled()) == 200


def test_ctrl_c_in_the_function_goes_through_and_the_event_may_come_again() -> None:
    made, got = receiver(), list[Event]()

    def interrupted(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.answer(signed(), interrupted)
    assert made.answer(signed(), got.append).status == 200
    assert len(got) == 1


def test_under_asgi_a_function_that_is_not_async_does_not_hold_the_loop() -> None:
    async def meanwhile() -> int:
        go, loop_is_free = threading.Event(), asyncio.Event()
        task = asyncio.create_task(asgi(receiver(), signed(), lambda _: go.wait(30) or 1 / 0))
        asyncio.get_running_loop().call_soon(loop_is_free.set)
        await loop_is_free.wait()
        go.set()
        return await task

    assert asyncio.run(meanwhile()) == 200


class _Async:
    async def __call__(self, event: Event) -> None:
        raise AssertionError(event.type)


async def _two(_first: object, _second: Event) -> None:
    raise AssertionError


@each("function", [_Async(), _Async().__call__, functools.partial(_two, 1)])
def test_an_async_function_needs_asgi(function: Callable[[Any], object]) -> None:
    made = receiver()
    with pytest.raises(ConfigError, match="asgi"):
        made.wsgi(function)
    with pytest.raises(ConfigError, match="asgi"):
        made.answer(signed(), function)
    assert by_asgi(made, signed(), function) == 500


@each("way", [by_answer, by_wsgi, by_asgi])
def test_a_coroutine_that_nobody_awaits_is_never_taken_for_done(way: Way) -> None:
    made = receiver()
    assert way(made, signed(), lambda event: _two(1, event)) == 500
    assert way(made, signed(), lambda event: asyncio.Future(loop=_loop())) == 500
    assert way(made, signed(), lambda _: None) == 200


def _generator(event: Event) -> Any:
    yield event
    raise AssertionError


async def _async_generator(event: Event) -> Any:
    yield event
    raise AssertionError


NOT_RUN = re.compile("generator|give a function")


class _Generating:
    def __call__(self, event: Event) -> Any:
        yield event

    async def taken(self, event: Event) -> Any:
        yield event


@each(
    "function",
    [
        _generator,
        _async_generator,
        _Generating(),
        _Generating().taken,
        functools.partial(_generator),
        None,
        "take",
    ],
)
def test_what_a_call_would_not_run_is_not_mounted(function: Any) -> None:
    made = receiver()
    for mount in (made.wsgi, made.asgi, functools.partial(made.answer, signed())):
        with pytest.raises(ConfigError, match=NOT_RUN):
            mount(function)
    with pytest.raises(ConfigError, match=NOT_RUN):
        asyncio.run(made.answer_async(signed(), function))
    assert made.answer(signed(), lambda _: None).status == 200


@WAYS
@each("function", [_generator, _async_generator])
def test_a_generator_that_nobody_runs_is_never_taken_for_done(
    way: Way, function: Callable[[Event], object]
) -> None:
    made, got = receiver(), list[Event]()

    def returning(event: Event) -> object:
        return function(event)

    async def returning_async(event: Event) -> object:
        return function(event)

    if way is by_asgi_async:
        assert by_asgi(made, signed(), returning_async) == 500
    else:
        assert way(made, signed(), returning) == 500
    assert way(made, signed(), got.append) == 200
    assert len(got) == 1


def test_an_async_function_that_returns_a_coroutine_is_never_taken_for_done() -> None:
    async def returning(event: Event) -> object:
        return _two(1, event)

    made = receiver()
    assert by_asgi(made, signed(), returning) == 500
    assert by_asgi(made, signed(), lambda _: None) == 200


def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.close()
    return loop


class Failing(Memory):
    """A memory whose database is away."""

    def __init__(self, when: str) -> None:
        super().__init__()
        self.when = when

    def _fail(self, when: str) -> None:
        if self.when == when:
            raise OSError(SECRET)

    def claim(self, keys: Collection[str]) -> Claim:
        self._fail("claim")
        return super().claim(keys)

    def keep(self, keys: Collection[str]) -> None:
        self._fail("keep")
        super().keep(keys)

    def release(self, keys: Collection[str]) -> None:
        self._fail("release")
        super().release(keys)


@WAYS
def test_a_memory_that_fails_is_500_and_the_event_may_come_again(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Event] = []
    memory = Failing("claim")
    made = receiver(secrets=[SECRET], seen=memory)
    assert way(made, signed(), pytest.fail) == 500
    memory.when = "keep"
    assert way(made, signed(), got.append) == 500
    memory.when = "release"
    assert way(made, signed(), failing) == 500
    kinds = [record.getMessage().partition(" ")[0] for record in caplog.records]
    assert kinds[-2:] == ["OSError", "LookupError"]
    assert SECRET not in caplog.text


# What is logged


@WAYS
def test_what_is_logged_says_why_and_nothing_private(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET)
    made = receiver(secrets=[SECRET], path=PATH)
    theirs = at_path(signed(), PATH)
    way(made, theirs, failing)
    way(made, theirs, lambda _: None)
    way(made, theirs, lambda _: None)
    way(made, at_path(theirs, "/canary-path"), failing)
    for request in (
        having(theirs, **{SIGNATURE: "v1=canary"}),
        having(theirs, **{TIMESTAMP: "canary"}),
        replace(theirs, body=b"canary" + theirs.body),
        at_path(signed(replace(happened(), type="", data={"canary": TEXT})), PATH),
        at_path(signed(secrets=[NEXT]), PATH),
        replace(theirs, method="CANARY"),
    ):
        way(made, request, failing)
    ours = [record for record in caplog.records if record.name.startswith("smsbridge")]
    assert {record.name for record in ours} == {"smsbridge.webhooks"}
    assert [record.levelname for record in ours] == ["ERROR", *["WARNING"] * 7]
    assert not any(record.exc_info for record in ours)
    raised = rf"LookupError was raised at .*{re.escape(__file__)}, line [0-9]+, in failing: the"
    assert re.match(f"{raised} event will be accepted again$", ours[0].getMessage())
    told = " ".join(f"{one.getMessage()} {one.args}" for one in ours) + f"{made!r} {vars(made)}"
    values = (NUMBER, TEXT, SECRET, PATH, "canary", "CANARY", theirs.headers[SIGNATURE])
    assert [value for value in values if value in told] == []


def _raise_further_in(event: Event) -> None:
    failing(event)


@WAYS
def test_a_failure_is_logged_with_each_line_that_led_to_it_and_none_of_its_words(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    way(receiver(), signed(), _raise_further_in)
    (record,) = caplog.records
    told = record.getMessage()
    lines = re.findall(r"test_receiver\.py, line ([0-9]+), in (\w+)", told)
    assert [name for _, name in lines][-2:] == ["_raise_further_in", "failing"]
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert [source[int(line) - 1].strip().partition(" ")[0] for line, _ in lines][-2:] == [
        "failing(event)",
        "raise",
    ]
    assert TEXT not in told
    assert record.exc_info is None


def test_a_recursion_without_end_is_logged_in_a_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    def endless(event: Event) -> None:
        endless(event)

    assert receiver().answer(signed(), endless).status == 500
    assert caplog.text.count("in endless") == 10


# A proxy in front


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.9.9.9"])
@pytest.mark.parametrize("name", ["X_Forwarded_For", "Forwarded"])
def test_a_proxy_in_the_place_of_the_peer_is_warned_of_once(
    peer: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = receiver(networks=[*NEAR, "127.0.0.1/32"])
    request = having(unsigned(), **{name: "192.0.2.7"})
    for _ in range(3):
        made.answer(request, lambda _: None, peer)
    told = [one.getMessage() for one in caplog.records if "docs/webhooks.md" in one.getMessage()]
    assert len(told) == 1
    assert "192.0.2.7" not in told[0]


@pytest.mark.parametrize(
    ("guards", "headers", "peer"),
    [
        ({"networks": NEAR}, {}, "127.0.0.1"),
        ({"networks": NEAR}, {"X_Forwarded_For": "192.0.2.7"}, "192.0.2.7"),
        ({"networks": NEAR}, {"X_Forwarded_For": "192.0.2.7"}, ""),
        ({"path": PATH}, {"X_Forwarded_For": "192.0.2.7"}, "127.0.0.1"),
    ],
)
def test_where_no_network_is_compared_with_a_proxy_nothing_is_said(
    guards: dict[str, Any],
    headers: dict[str, str],
    peer: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver(**guards).answer(having(unsigned(), **headers), lambda _: None, peer)
    assert "proxy" not in caplog.text


def test_an_error_of_a_refusal_says_how_it_is_answered() -> None:
    with pytest.raises(WebhookRefused) as caught:
        receiver().read(signed(late=301))
    assert str(caught.value) == (
        "Webhook refused: the timestamp is more than 300 s from this clock. Answer with HTTP 401."
    )
    revived = pickle.loads(pickle.dumps(caught.value))
    assert (type(revived), revived.why, revived.status) == (
        WebhookUntrusted,
        caught.value.why,
        401,
    )


def test_a_clock_that_is_off_by_an_hour_refuses_everything() -> None:
    made = receiver(secrets=[SECRET], now=lambda: NOW + timedelta(hours=1))
    assert status_of(made, signed()) == 401


# Several messages in one request

ROWS = Webhook(
    kind=WebhookKind.REPORTED,
    rows="all",
    row={"id": "id", "status": "s"},
    answer=WebhookAnswer(status=202, body="took {id}", type="text/x-took"),
)
TWO = Request(
    method="POST", url=PATH, body=b'{"all": [{"id": "1", "s": "a"}, {"id": "2", "s": "b"}]}'
)


def test_each_message_of_a_request_is_handled_once_and_a_failure_brings_back_the_others() -> None:
    made, handled = Receiver(ROWS, path=PATH), list[str]()

    def take(event: Any) -> None:
        if event.message.id == "2" and "failed" not in handled:
            handled.append("failed")
            raise RuntimeError
        handled.append(event.message.id)

    assert made.answer(TWO, take).status == 500
    assert made.answer(TWO, take).status == 202
    assert made.answer(TWO, take).status == 202
    assert handled == ["1", "failed", "2"]


def test_the_answer_is_the_one_that_the_provider_wants() -> None:
    answer = Receiver(ROWS, path=PATH).answer(TWO, lambda _: None)
    assert (answer.status, answer.body) == (202, b"took 1")
    assert answer.headers == {"Content-Type": "text/x-took", "Content-Length": "6"}
    plain = Receiver(replace(ROWS, answer=WebhookAnswer()), path=PATH)
    answer = plain.answer(TWO, lambda _: None)
    assert (answer.status, answer.body) == (200, b"")
    made = Receiver(replace(ROWS, answer=WebhookAnswer(body="<a>{id|xml}</a>")), path=PATH)
    for known, body in (("<", b"<a>&lt;</a>"), ("\\u0001", b"")):
        one = replace(TWO, body=b'{"all": {"id": "%s", "s": "a"}}' % known.encode())
        answer = made.answer(one, lambda _: None)
        assert (answer.status, answer.body) == (200, body)
    none = replace(TWO, body=b'{"all": []}')
    assert plain.answer(none, lambda _: None).status == 200


def test_an_async_function_is_awaited_for_each() -> None:
    handled: list[str] = []

    async def take(event: Any) -> None:
        await asyncio.sleep(0)
        handled.append(event.message.id)

    made = Receiver(ROWS, path=PATH)
    for _ in range(2):
        assert asyncio.run(made.answer_async(TWO, take)).status == 202
    assert handled == ["1", "2"]


def test_a_report_without_an_id_of_its_own_that_comes_again_is_the_same_one() -> None:
    made, handled = Receiver(ROWS, path=PATH), list[str]()
    for status in ("a", "a", "b", "a"):
        one = replace(TWO, body=b'{"all": {"id": "1", "s": "%s"}}' % status.encode())
        made.answer(one, lambda event: handled.append(event.message.provider_status))
    assert handled == ["a", "b"]
