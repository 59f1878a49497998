"""Requests of one share in the air: sent once, whatever the number of those who ask."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from smsbridge.http.exchange import Broken, Left, Response


class Flights:
    """Requests of one share, sent once: whichever thread else asks gets the same answer."""

    def __init__(self) -> None:
        """Begin without any."""
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[Response]] = {}
        self._process = os.getpid()

    def join(self, share: str, send: Callable[[], Response], deadline: float) -> Response:
        """Return the answer of a share, sent by whoever comes first; or raise `Broken`."""
        if self._process != os.getpid():  # a fork: a lock or a flight of the parent never ends here
            self._reset()
        flight: Future[Response] = Future()
        with self._lock:
            known = self._flights.get(share)
            if known is None:
                self._flights = {n: f for n, f in self._flights.items() if not f.done()}
                self._flights[share] = flight
        if known is None:
            _land(flight, send)
        try:
            return (known or flight).result(max(deadline - time.monotonic(), 0))
        except TimeoutError:
            raise _late() from None


def _land(flight: Future[Response], send: Callable[[], Response]) -> None:
    try:
        flight.set_result(send())
    except Exception as error:  # noqa: BLE001  (raised again by result(), for everybody)
        flight.set_exception(error)
    except BaseException:
        why = "the call that would have answered was interrupted"
        flight.set_exception(Broken(Left.NOTHING, why))
        raise


class TaskFlights:
    """Requests of one share, sent once, each by a task: whoever asks may be cancelled."""

    def __init__(self) -> None:
        """Begin without any."""
        self._flights: dict[str, asyncio.Task[Response]] = {}

    async def join(
        self, share: str, send: Callable[[], Coroutine[Any, Any, Response]], deadline: float
    ) -> Response:
        """Return the answer of a share; or raise `Broken`. To cancel it cancels it for nobody."""
        if share not in self._flights:
            self._flights = {name: task for name, task in self._flights.items() if not task.done()}
            self._flights[share] = asyncio.create_task(send())
            self._flights[share].add_done_callback(_looked_at)
        flight = self._flights[share]
        await asyncio.wait([flight], timeout=max(deadline - time.monotonic(), 0))
        if not flight.done():
            raise _late()
        if flight.cancelled():
            raise Broken(Left.NOTHING, "the client was closed", retry=False)
        return flight.result()

    async def close(self) -> None:
        """End what is in the air: no task is left behind."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)


def _looked_at(flight: asyncio.Task[Response]) -> None:
    """Take the error of a flight, which is logged where everybody was cancelled who waited."""
    if not flight.cancelled():
        flight.exception()


def _late() -> Broken:
    """Return the error for an answer that did not come in time."""
    return Broken(Left.NOTHING, "no answer in time to a call that others wait for too")
