"""A gate that can do everything, and clients of it by scripted carriers: no sockets, no sleeping.

A test that takes the fixture ``make`` runs twice: by `Client`, and by `AsyncClient` as one.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from smsbridge import (
    AsyncClient,
    Attempt,
    Backend,
    Client,
    ClientCredentials,
    Fields,
    Operation,
    Protocol,
    Question,
    Reason,
    Rest,
    Secret,
    Status,
    Submission,
    When,
    backend,
)
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Broken, Left, Request, Response, Session
from smsbridge.message import fingerprint

from support.blocks import NOW, Clock, document

NUMBER = "+12025550123"
OTHER = "+447700900123"
TEXT = "Hello"
OK = document(state="OK", id="m-1")
BUSY = Response(status=429)
NOTHING = Broken(Left.NOTHING, "refused")
SILENCE = Broken(Left.ALL, "silence")
REFUSED = document(state="NO", code="12")
GARBAGE = document(state="?")

Answer = Response | Broken
Answering = Callable[[Request], Answer]

ROW = {"id": "id", "recipient": "to", "text": "text", "status": "state", "at": "at"}
SEND = Operation(
    "POST /send",
    {"to": "{recipient}", "text": "{text}", "ref": "{reference}"},
    accepted=When({"state": "OK"}, id="id"),
    rejected={"code": {"12": Reason.RECIPIENT, "20": Reason.QUOTA}},
)
STATUS = Question("GET /status?id={id}", {}, ROW)
SENT = Question(
    "POST /sent",
    {"before": "{before}", "keyword": "{keyword}"},
    {**ROW, "reference": "ref"},
    "rows",
    pages="id",
)
RECEIVED = Question(
    "POST /received",
    {"device": "{device}", "unread": {"{unread}": {"true": "1"}}},
    {"id": "id", "sender": "from", "text": "text", "at": "at"},
    "rows",
)
RESEND = Operation("POST /resend", {"id": "{id}"}, When({"state": "OK"}, id="id"))
DELETE = Operation(
    "POST /delete",
    {"id": "{id}", "first": "{first|date}", "last": "{last|date}"},
    When({"state": "OK"}),
)
ALL: Mapping[str, Any] = {
    "send": SEND,
    "status": STATUS,
    "sent": SENT,
    "received": RECEIVED,
    "resend": RESEND,
    "delete": DELETE,
}
BY_TOKEN = Fields({"token": "{token}"})
BY_OAUTH = ClientCredentials("POST /token", "client_id", "client_secret")
STATUSES = {
    "QUEUED": Status.QUEUED,
    "SENT": Status.SENT,
    "DELIVERED": Status.DELIVERED,
    "FAILED": Status.UNDELIVERED,
    "REJECTED": Status.REJECTED,
}


@backend
class Gate(Backend):
    """Can be asked everything, over its token or over OAuth2; ``mute`` can send only."""

    name = "gate"
    url = "https://gate.example"
    token: Secret | None = Secret("canary-token")
    client_id: str = "canary-client"
    client_secret: Secret | None = Secret("canary-secret")
    statuses = STATUSES
    protocols = {
        "rest": Protocol(Rest(body="json"), BY_TOKEN, **ALL),
        "oauth": Protocol(Rest(body="json"), BY_OAUTH, **ALL),
        "mute": Protocol(Rest(body="json"), BY_TOKEN, send=SEND),
    }


class Wire:
    """Answers each request from a list, or by a function, and keeps what it carried."""

    def __init__(self, *answers: Answer | Answering) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.deadlines: list[float] = []

    def carry(self, request: Request, deadline: float) -> Response:
        with self._lock:
            self.requests.append(request)
            self.deadlines.append(deadline)
            assert self._answers, f"{request.method} {request.path} was not expected"
            answer = self._answers[0]
            if isinstance(answer, Response | Broken):
                self._answers.pop(0)
            else:
                answer = answer(request)
        if isinstance(answer, Broken):
            raise answer
        return answer

    @property
    def hosts(self) -> list[str]:
        return [request.url.split("/")[2].partition(".")[0] for request in self.requests]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


class Carrier:
    """A wire as the transport of a `Client`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def send(self, request: Request, deadline: float) -> Response:
        return self._wire.carry(request, deadline)

    def close(self) -> None: ...


class AsyncCarrier:
    """A wire as the transport of an `AsyncClient`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(self, request: Request, deadline: float) -> Response:
        return self._wire.carry(request, deadline)

    async def close(self) -> None: ...


class World:
    """Clocks that pass only while a client sleeps, and the sleeps."""

    def __init__(self, random: Callable[[int], bytes] = bytes) -> None:
        self.clock = Clock()
        self.began = self.clock.seconds
        self.slept: list[float] = []
        self.session = Session(now=self.now, monotonic=self.clock, random=random)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.clock.seconds - self.began)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.seconds += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class AsOne:
    """An `AsyncClient` that is called as a `Client` is."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found) or name.startswith("_"):
            return found

        def call(*given: Any, **more: Any) -> Any:
            result = found(*given, **more)
            if inspect.isawaitable(result):
                return self._runner.run(_awaited(result))
            return self._each(result)

        return call

    def _each(self, rows: Any) -> Iterator[Any]:
        with suppress(StopAsyncIteration):
            while True:
                yield self._runner.run(_awaited(anext(rows)))


async def _awaited(result: Any) -> Any:
    return await result


class Make:
    """Makes clients: ``make(backend, wire, world)``."""

    def __init__(self, way: str, runner: asyncio.Runner) -> None:
        self.way = way
        self._runner = runner

    def __call__(self, backend: Backend, wire: Wire, world: World | None = None) -> Client:
        world = world or World()
        if self.way == "sync":
            return Client(
                backend, transport=Carrier(wire), session=world.session, sleep=world.sleep
            )
        client = AsyncClient(
            backend, transport=AsyncCarrier(wire), session=world.session, sleep=world.sleep_async
        )
        return cast("Client", AsOne(client, self._runner))


def end_of(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the error that it raises."""
    try:
        return call()
    except SmsbridgeError as error:
        return error


def attempt(reference: str = "r-1", **more: Any) -> Attempt:
    known = {"backend": "gate", "protocol": "rest", "started": NOW}
    made: dict[str, Any] = {**known, "fingerprint": fingerprint(NUMBER, TEXT), **more}
    return Attempt(reference=reference, **made)


def submission(known: str | None = "m-1", **more: Any) -> Submission:
    return Submission(id=known, attempt=attempt(**more))


def row(known: str | None = "m-1", **more: Any) -> dict[str, Any]:
    """Return a row of the log, of one message to one recipient; None leaves a word out."""
    words = {"id": known, "to": NUMBER, "text": TEXT, "state": "SENT", "at": NOW.isoformat()}
    return {name: word for name, word in {**words, **more}.items() if word is not None}


def page(*rows: Mapping[str, Any]) -> Response:
    return document(rows=list(rows))


def pages(*several: Sequence[Mapping[str, Any]]) -> list[Response]:
    """Return pages of a log, and the empty one that ends it."""
    return [*(page(*rows) for rows in several), page()]


def utc(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2030, 1, 1, hour, minute, second, tzinfo=UTC)
