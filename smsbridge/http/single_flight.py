"""Requests of one share in the air: sent once, whatever the number of threads that ask."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from smsbridge.http.exchange import Broken, Left, Response


class Flights:
    """Requests of one share, sent once: whoever else asks gets the same answer."""

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
            raise late() from None


def _land(flight: Future[Response], send: Callable[[], Response]) -> None:
    try:
        flight.set_result(send())
    except Exception as error:  # noqa: BLE001  (raised again by result(), for everybody)
        flight.set_exception(error)
    except BaseException:
        why = "the call that would have answered was interrupted"
        flight.set_exception(Broken(Left.NOTHING, why))
        raise


def late() -> Broken:
    """Return the error for an answer that did not come in time."""
    return Broken(Left.NOTHING, "no answer in time to a call that others wait for too")
