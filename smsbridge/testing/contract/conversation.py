"""Lets a client talk with the mock in process, and keeps all that was said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from smsbridge.client.aio import AsyncClient
from smsbridge.client.sync import Client
from smsbridge.errors import CallerError, NoAnswer, Outcome, SendError
from smsbridge.http.exchange import Broken, Left, Request, Response, Session
from smsbridge.serving.call import ReceivedCall, read_call
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

if TYPE_CHECKING:
    from smsbridge.message import Message
    from smsbridge.testing.contract.subject import Subject
    from smsbridge.testing.fixture.do import Do
    from smsbridge.testing.fixture.load import Fixture

Answer = Callable[[Request, ReceivedCall], Response | None]
GOOD = (Outcome.ACCEPTED, "answered")
_MOST_OF_A_WHY = 200
_UNTIL_THE_DEADLINE = ("silence", "never-reads", "connect-timeout", "drip-headers")


@dataclass
class Clock:
    """Monotonic seconds that pass only while something waits."""

    seconds: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@dataclass(kw_only=True)
class Conversation:
    """What a client was asked for and said, and how each of it ended.

    ``ends``: a `Submission`, rows, None or the error, for each thing that was asked; ``steps``:
    the requests of each. ``deadlines``: of every request, in seconds after the beginning of its
    step; ``left``: how much of each broken one had left. ``seconds``: how long each step took.
    """

    provider: Provider
    ends: list[Any] = field(default_factory=list)
    steps: list[list[Request]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def end(self) -> Any:
        """How the last ended."""
        return self.ends[-1]

    @property
    def requests(self) -> list[Request]:
        """Every request."""
        return [request for step in self.steps for request in step]

    @property
    def calls(self) -> list[Request]:
        """The requests, without those of a login or for a WSDL."""
        return [request for request in self.requests if request.share is None]


class _Carrier:
    """Carries requests to a provider in process, and writes down what it carries."""

    def __init__(self, talk: Conversation, clock: Clock, answer: Answer | None) -> None:
        self._talk = talk
        self._clock = clock
        self._answer = answer
        self._provider = talk.provider
        self._inner = InProcess(talk.provider)
        self._protocols = provider_protocols(talk.provider.backend)
        self.began = clock()

    def carry(self, request: Request, deadline: float) -> Response:
        self._talk.steps[-1].append(request)
        self._talk.deadlines.append(deadline - self.began)
        if self._answer and (answered := self._own_answer(request)):
            return answered
        try:
            return self._inner.send(request, deadline)
        except Broken as broken:
            self._talk.left.append(broken.left)
            if any(f"fault {name}:" in broken.why for name in _UNTIL_THE_DEADLINE):
                self._clock.seconds = max(self._clock.seconds, deadline)
            raise

    def _own_answer(self, request: Request) -> Response | None:
        backend, tokens = self._provider.backend, self._provider.scenario.tokens
        call = read_call(backend, self._protocols, request, tokens, lambda _: None)
        made = isinstance(call, ReceivedCall) and self._answer
        return made(request, call) if made and isinstance(call, ReceivedCall) else None


class _Sync(_Carrier):
    def send(self, request: Request, deadline: float) -> Response:
        return self.carry(request, deadline)

    def close(self) -> None:
        """Do nothing: nothing is open."""


class _Async(_Carrier):
    async def send(self, request: Request, deadline: float) -> Response:
        return self.carry(request, deadline)

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def converse(
    subject: Subject,
    *asked: Message | Do,
    fixture: Fixture | None = None,
    fault: str | None = None,
    answer: Answer | None = None,
    is_async: bool = False,
) -> Conversation:
    """Return what one client says that is asked for each thing in turn.

    ``fixture``: what the provider plays, else its tables answer. ``fault``: what each call that
    sends meets. ``answer`` answers a call itself, or leaves it to the provider with None.
    """
    clock = Clock()
    session = Session(now=lambda: subject.began, monotonic=clock, random=bytes)
    numbers = count(1)
    provider = Provider(
        subject.backend,
        fixture,
        session=Session(now=lambda: subject.began, monotonic=clock, random=bytes),
        new_id=lambda: f"{next(numbers):07x}".ljust(40, "c"),
    )
    provider.fault = fault
    talk = Conversation(provider=provider)
    if is_async:
        asyncio.run(_talk_async(subject, asked, talk, _Async(talk, clock, answer), session, clock))
    else:
        _talk_sync(subject, asked, talk, _Sync(talk, clock, answer), session, clock)
    return talk


def _talk_sync(  # noqa: PLR0913, PLR0917  (as above)
    subject: Subject,
    asked: Sequence[Message | Do],
    talk: Conversation,
    carrier: _Sync,
    session: Session,
    clock: Clock,
) -> None:
    with Client(subject.backend, transport=carrier, session=session, sleep=clock.sleep) as client:
        for one in asked:
            talk.steps.append([])
            carrier.began = clock()
            try:
                talk.ends.append(ask(client, one))
            except Exception as error:  # noqa: BLE001  (whatever it is, it is how this ended)
                talk.ends.append(error)
            talk.seconds.append(clock() - carrier.began)


async def _talk_async(  # noqa: PLR0913, PLR0917  (as above)
    subject: Subject,
    asked: Sequence[Message | Do],
    talk: Conversation,
    carrier: _Async,
    session: Session,
    clock: Clock,
) -> None:
    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    client = AsyncClient(subject.backend, transport=carrier, session=session, sleep=sleep)
    async with client:
        for one in asked:
            talk.steps.append([])
            carrier.began = clock()
            try:
                talk.ends.append(await ask_async(client, one))
            except Exception as error:  # noqa: BLE001  (whatever it is, it is how this ended)
                talk.ends.append(error)
            talk.seconds.append(clock() - carrier.began)


def ask(client: Client, asked: Message | Do) -> Any:
    """Return the result of what a client is asked for; of a question, its rows."""
    name, place, given = _call(asked)
    found = getattr(client, name)(*place, **given)
    if name == "sent":
        return list(found)
    return [found] if name == "status" else found


async def ask_async(client: AsyncClient, asked: Message | Do) -> Any:
    """Do the same with an async client."""
    name, place, given = _call(asked)
    found = getattr(client, name)(*place, **given)
    if name == "sent":
        return [row async for row in found]
    return [await found] if name == "status" else await found


def _call(asked: Message | Do) -> tuple[str, list[Any], dict[str, Any]]:
    from smsbridge.message import Message

    if isinstance(asked, Message):
        return "send", [asked], {}
    given = dict(asked.arguments)
    if asked.operation in ("status", "resend", "delete"):
        return asked.operation, [given.pop("id", None)], given
    return asked.operation, [], given


def describe(end: Any) -> str:
    """Return how something ended, without any value of it; of what was never tried, why."""
    if isinstance(end, CallerError):
        return f"{type(end).__name__} ({_cut(str(end))})"
    if isinstance(end, (SendError, NoAnswer)):
        return type(end).__name__
    if isinstance(end, Exception):
        return f"{type(end).__name__}, which is not an outcome"
    if isinstance(end, list):
        return f"{len(end)} rows"
    return "accepted" if end is not None else "done"


def tell_end(end: Any, wanted: str) -> str:
    """Return how something ended and should have; with why it didn't go well, where it should."""
    why = _cut(getattr(end, "why", "")) if wanted in GOOD else ""
    return f"it ends with {describe(end)}, not {wanted.replace('_', ' ')}{why and f': {why}'}"


def _cut(why: str) -> str:
    return why if len(why) <= _MOST_OF_A_WHY else f"{why[:_MOST_OF_A_WHY]}…"


def summary(end: Any) -> tuple[Any, ...]:
    """Return all that a caller can see of an end, to compare two of them."""
    names = ("id", "status", "provider_status", "answer", "reason", "code", "retry", "retry_after")
    words = tuple(getattr(end, name, None) for name in names)
    if isinstance(end, list):
        return ("rows", tuple(map(repr, end)), *(summary(row) for row in end))
    said = str(end) if isinstance(end, Exception) else ""
    return (type(end).__name__, said, *words)
