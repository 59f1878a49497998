"""An operation as a conversation, without any I/O of its own.

An `Exchange` is a generator: it yields a `Request`, is sent a `Response` or thrown a `Broken`, and
returns the result. `drive` and `drive_async` are its two drivers; what carries is passed in.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """Return the value of a header, whatever the case of its name; empty if absent."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(_Carried):
    """What goes to the provider, or comes to us.

    ``share``: requests of one share are sent once, and everybody who yields one gets that answer.
    ``most``: how many bytes an answer may have, decoded.
    """

    method: str
    url: str = field(repr=False)
    share: str | None = None
    most: int = 1024 * 1024

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        """The query of the URL, still encoded."""
        return urlsplit(self.url).query


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(_Carried):
    """What came back: a status, headers and a body, decoded from any Content-Encoding."""

    status: int


class Left(StrEnum):
    """How much of a request left this machine, counted and never concluded."""

    NOTHING = "nothing"
    PART = "part"
    ALL = "all"


class Broken(Exception):
    """The one error of a transport: no whole answer came.

    ``left`` is how much of the request had left; ``why`` is for readers; ``retry`` is False when
    the same call would break again.
    """

    def __init__(self, left: Left, why: str, *, retry: bool = True) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(left, why)
        self.left = left
        self.why = why
        self.retry = retry


Exchange = Generator[Request, Response, T]


class Session:
    """What a client keeps from one exchange to the next (a token, a WSDL), and its clocks."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """``now`` returns an aware datetime; ``monotonic`` seconds that never go back.

        ``random`` returns that many bytes that nobody can guess.
        """
        self.now = now
        self.monotonic = monotonic
        self.random = random
        self.kept: dict[str, Any] = {}
        self.hidden: deque[str] = deque(maxlen=8)  # tokens, which no error may show
        self._turns: Counter[str] = Counter()

    def share(self, name: str) -> str:
        """Return the share of the next request of that name: ask before looking at ``kept``."""
        return f"{name}/{self._turns[name]}"

    def turn(self, share: str) -> None:
        """End a share: its answer is in ``kept``, or it failed; the next request is a new one."""
        name, _, number = share.rpartition("/")
        self._turns[name] = max(self._turns[name], int(number) + 1)


def drive(exchange: Exchange[T], carry: Callable[[Request], Response]) -> T:
    """Run an exchange to its end. ``carry`` returns a whole answer or raises `Broken`."""
    try:
        request = next(exchange)
        while True:
            try:
                response = carry(request)
            except Broken as broken:
                request = exchange.throw(broken)
            else:
                request = exchange.send(response)
    except StopIteration as end:
        return cast("T", end.value)


async def drive_async(exchange: Exchange[T], carry: Callable[[Request], Awaitable[Response]]) -> T:
    """Run an exchange to its end, as `drive` does."""
    try:
        request = next(exchange)
        while True:
            try:
                response = await carry(request)
            except Broken as broken:
                request = exchange.throw(broken)
            else:
                request = exchange.send(response)
    except StopIteration as end:
        return cast("T", end.value)
