"""An operation as a conversation that does no I/O itself.

An `Exchange` is a generator: it yields a `Request`, is sent a `Response` or thrown a `Broken`, and
returns the result. A `Course` may also yield a `Pause`: it waits between calls. `drive` and
`drive_async` are their two drivers; the functions that carry and sleep are passed in.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from smsbridge.errors import CallerError

T = TypeVar("T")
MOST_WAIT = 3600.0
_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")
HEADER_RULE = "takes printable ASCII only, and no blanks at its ends"


class Left(StrEnum):
    """How much of a request left this machine: counted, not inferred."""

    NOTHING = "nothing"
    PART = "part"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeadersAndBody:
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """Return the value of a header, whatever the case of its name; empty if absent."""
        wanted = name.lower()
        for key, value in self.headers.items():
            if key.lower() == wanted:
                return value
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(_HeadersAndBody):
    """A request to the provider, or from it.

    ``share``: a request with a share is sent once, and everyone who yields the same share gets its
    answer. ``most``: how many bytes an answer may have, decoded; ``most_key``: the config key that
    sets it, if one does. ``backend``: the name of the backend that it is for, see
    ``Backend.by_name``. ``prefix``: what a server took off the beginning of its path.
    """

    method: str
    url: str = field(repr=False)
    share: str | None = None
    most: int = 1024 * 1024
    most_key: str = ""
    backend: str = ""
    prefix: str = ""

    @property
    def called(self) -> str:
        """The URL as it was called: with what a server took off its path."""
        parts = urlsplit(self.url)
        return parts._replace(path=self.prefix + parts.path).geturl() if self.prefix else self.url

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        """The query of the URL, still encoded."""
        return urlsplit(self.url).query


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(_HeadersAndBody):
    """What came back: a status, headers and a body, decoded from any Content-Encoding.

    ``left``: how much of the request had left when it came.
    """

    status: int
    left: Left = Left.ALL

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds of Retry-After, a number or a date (RFC 9110 §10.2.3), at most 1 h.

        None if it is absent or can't be read.
        """
        given = self.header("retry-after").strip()
        if _SECONDS.fullmatch(given):
            return min(float(given), MOST_WAIT)
        from email.utils import parsedate_to_datetime

        with suppress(ValueError, OverflowError):
            date = parsedate_to_datetime(given)
            if date.tzinfo is not None:
                seconds = (date.astimezone(now.tzinfo) - now).total_seconds()
                return min(max(seconds, 0.0), MOST_WAIT)
        return None


def is_header(value: str) -> bool:
    """Return whether a text can be the value of a header, by `HEADER_RULE`."""
    return value.isascii() and value.isprintable() and value == value.strip()


class Broken(Exception):
    """The only error of a transport: no complete answer came.

    ``left`` is how much of the request had left; ``why`` is for readers; ``retry`` is False when
    the same call would break again; ``retry_after`` the seconds that the other side asked us to
    wait.
    """

    def __init__(
        self, left: Left, why: str, *, retry: bool = True, retry_after: float | None = None
    ) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(left, why)
        self.left = left
        self.why = why
        self.retry = retry
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds before going on."""

    seconds: float


Exchange = Generator[Request, Response, T]
Course = Generator[Request | Pause, Response, T]


class Session:
    """What a client keeps from one exchange to the next (a token, a WSDL), and its clocks."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """``now`` returns an aware datetime; ``monotonic`` returns seconds that never go back.

        ``random`` returns the given number of unguessable bytes.
        """
        self.now = now
        self.monotonic = monotonic
        self.random = random
        self.kept: dict[str, Any] = {}
        self.hidden: deque[str] = deque(maxlen=8)  # tokens, which no error may show
        self._turns: Counter[str] = Counter()
        self.backend = ""
        self._others: dict[str, Session] = {}

    def of(self, backend: str) -> Session:
        """Return the session of a backend, by its name in ``Backend.by_name``; same clocks."""
        if backend == self.backend:
            return self
        made = Session(self.now, self.monotonic, self.random)
        made.backend = backend
        return self._others.setdefault(backend, made)

    def share(self, name: str) -> str:
        """Return the share of a name's next request; call this before looking at ``kept``."""
        return f"{name}/{self._turns[name]}"

    def turn(self, share: str) -> None:
        """End a share: its answer is in ``kept``, or it failed; the next request is a new one."""
        name, _, number = share.rpartition("/")
        self._turns[name] = max(self._turns[name], int(number) + 1)


def drive(
    exchange: Exchange[T] | Course[T],
    carry: Callable[[Request], Response],
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Run an exchange to its end. ``carry`` returns a whole answer or raises `Broken`."""
    try:
        step = next(exchange)
        while True:
            if isinstance(step, Pause):
                sleep(step.seconds)
                step = next(exchange)
                continue
            try:
                response = carry(step)
            except (Broken, CallerError) as error:
                step = exchange.throw(error)
            else:
                step = exchange.send(response)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        exchange.close()


async def drive_async(
    exchange: Exchange[T] | Course[T],
    carry: Callable[[Request], Awaitable[Response]],
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> T:
    """Run an exchange to its end, as `drive` does; by default it sleeps by ``asyncio.sleep``."""
    if sleep is None:
        import asyncio

        sleep = asyncio.sleep
    try:
        step = next(exchange)
        while True:
            if isinstance(step, Pause):
                await sleep(step.seconds)
                step = next(exchange)
                continue
            try:
                response = await carry(step)
            except (Broken, CallerError) as error:
                step = exchange.throw(error)
            else:
                step = exchange.send(response)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        exchange.close()


def direct_to(backend: str, exchange: Exchange[T]) -> Exchange[T]:
    """Run an exchange whose requests are for a backend, by its name in ``Backend.by_name``."""
    try:
        request = next(exchange)
        while True:
            share = f"{backend}/{request.share}" if backend and request.share else request.share
            try:
                response = yield replace(request, backend=backend, share=share)
            except (Broken, CallerError) as error:
                request = exchange.throw(error)
            else:
                request = exchange.send(response)
    except StopIteration as end:
        return cast("T", end.value)
