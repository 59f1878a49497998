"""Single flight: requests of one share are sent once, however many callers ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from smsbridge.http.exchange import Broken, Left, Response

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future


class Flights:
    """Requests of one share, sent once: every other thread that asks gets the same answer."""

    def __init__(self) -> None:
        """Create it empty."""
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[Response]] = {}
        self._process = os.getpid()

    def join(self, share: str, send: Callable[[], Response], seconds: float) -> Response:
        """Return the answer of a share; the first caller sends the request. Raises `Broken`.

        ``seconds``: how long to wait for another's.
        """
        flight, leads = self.board(share)
        if leads:
            _land(flight, send)
        try:
            flight.exception(max(seconds, 0))
        except TimeoutError:
            raise late() from None
        return answer_of(flight)

    def board(self, share: str) -> tuple[Future[Response], bool]:
        """Return what the answer of a share will be in, and whether this caller must send it."""
        if self._process != os.getpid():  # a fork: a lock or a flight of the parent never ends here
            self._reset()
        from concurrent.futures import Future

        flight: Future[Response] = Future()
        with self._lock:
            known = self._flights.get(share)
            if known is None:
                self._flights = {n: f for n, f in self._flights.items() if not f.done()}
                self._flights[share] = flight
        return known or flight, known is None


def _land(flight: Future[Response], send: Callable[[], Response]) -> None:
    try:
        flight.set_result(send())
    except BaseException as error:
        _fail(flight, error)
        if not isinstance(error, Exception):
            raise


def _fail(flight: Future[Response], error: BaseException) -> None:
    """Let a flight end with an error, which is raised for everyone waiting for it."""
    if not isinstance(error, Exception):
        error = Broken(Left.NOTHING, "the call that would have answered was interrupted")
    flight.set_exception(error)


def answer_of(flight: Future[Response] | asyncio.Future[Response]) -> Response:
    """Return the answer of a flight that has ended, or raise its error.

    Each caller gets its own `Broken`. An error that all shared would hold the frames of each,
    and one that clears its values (`smsbridge.text.frames`) would end those that go on: before
    Python 3.13, to clear the frame of a coroutine that waits closes it, and nothing wakes its task.
    """
    error = flight.exception()
    if isinstance(error, Broken):
        raise Broken(error.left, error.why, retry=error.retry, retry_after=error.retry_after)
    return flight.result()


async def land_async(flight: Future[Response], answer: Coroutine[Any, Any, Response]) -> None:
    """Let a flight end as a coroutine does, for everyone waiting for it, in any thread."""
    try:
        flight.set_result(await answer)
    except BaseException as error:
        _fail(flight, error)
        if not isinstance(error, Exception):
            raise


class TaskFlights:
    """Requests of one share, sent once, each by a task, so that any caller may be cancelled."""

    def __init__(self) -> None:
        """Create it empty."""
        self._flights: dict[str, asyncio.Task[Response]] = {}

    async def join(
        self, share: str, send: Callable[[], Coroutine[Any, Any, Response]], seconds: float
    ) -> Response:
        """Return the answer of a share; or raise `Broken`. Cancelling affects only the caller."""
        import asyncio

        if share not in self._flights:
            self._flights = {name: task for name, task in self._flights.items() if not task.done()}
            self._flights[share] = asyncio.create_task(send())
            self._flights[share].add_done_callback(_take_error)
        flight = self._flights[share]
        await asyncio.wait([flight], timeout=max(seconds, 0))
        if not flight.done():
            raise late()
        if flight.cancelled():
            raise Broken(Left.NOTHING, "the client was closed", retry=False)
        return answer_of(flight)

    async def close(self) -> None:
        """Cancel the requests in flight: no task is left behind."""
        import asyncio

        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)


def _take_error(flight: asyncio.Task[Response]) -> None:
    """Retrieve the error of a flight: asyncio would log it if all who waited were cancelled."""
    if not flight.cancelled():
        flight.exception()


def late() -> Broken:
    """Return the error for an answer that did not come in time."""
    return Broken(Left.NOTHING, "no answer in time to a call that other callers wait for too")
