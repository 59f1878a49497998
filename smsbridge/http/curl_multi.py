"""Many requests at once in one event loop, by libcurl's multi interface."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from smsbridge.errors import MissingExtra
from smsbridge.http import redirect
from smsbridge.http.address import origin
from smsbridge.http.curl_handle import Handle
from smsbridge.http.exchange import Request, Response
from smsbridge.http.transport import Network, Reach

try:
    import pycurl
except ImportError as missing:
    raise MissingExtra("fast", 'transport = "curl"') from missing

End = tuple[int, str]
"""libcurl's code for how a request ended, and what it says of it."""

_READS = frozenset({pycurl.POLL_IN, pycurl.POLL_INOUT})
_WRITES = frozenset({pycurl.POLL_OUT, pycurl.POLL_INOUT})


class CurlMultiTransport:
    """Carries requests for one client, in one event loop, each in flight by its own handle."""

    def __init__(self, backend: Reach, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Read issuers and proxies once. Connections are opened on first use, in its loop.

        ``monotonic``: the clock of the deadlines.
        """
        self._monotonic = monotonic
        self._backend = backend
        self._network: Network | None = None
        if redirect.current() is None:  # else a test needs neither its issuers nor its proxies
            self._network = Network.of(backend)
        self._free: defaultdict[str, list[Handle]] = defaultdict(list)
        self._multi: _Multi | None = None

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline``, or raise `Broken`.

        Raises `ConfigError`, before anything leaves, if the environment's proxy can't be used.
        """
        if answer := redirect.send(request, self._backend, deadline):
            return answer
        multi = self._multi = self._multi or _Multi()
        free = self._free[origin(request.url)]
        handle = free.pop() if free else self._handle(multi)
        try:
            handle.begin(request, deadline)
            return handle.end(*await multi.perform(handle.curl))
        finally:
            free.append(handle)

    def _handle(self, multi: _Multi) -> Handle:
        network = self._network = self._network or Network.of(self._backend)
        return Handle(self._backend, network, self._monotonic, multi.forget_socket)

    async def close(self) -> None:
        """Close the connections that are open; another request opens new ones."""
        multi, self._multi = self._multi, None
        for handles in self._free.values():
            while handles:
                handles.pop().close()
        if multi is not None:
            multi.close()


class _Multi:
    """A multi handle that an event loop drives.

    libcurl says what it waits for; a socket that it keeps stays registered meanwhile.
    """

    def __init__(self) -> None:
        """Open it in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._watched: set[int] = set()  # the sockets for which libcurl waits
        self._registered: dict[int, int] = {}  # what the loop waits for, by socket
        self._due: float | None = None  # when libcurl wants to be called
        self._timer: asyncio.TimerHandle | None = None
        self._flying: dict[pycurl.Curl, asyncio.Future[End]] = {}

    async def perform(self, curl: pycurl.Curl) -> End:
        """Return how the request of an easy handle ended."""
        flight = self._flying[curl] = self._loop.create_future()
        self._multi.add_handle(curl)
        try:
            end: End = await flight
        finally:
            if self._flying.pop(curl, None) is not None:  # cancelled
                self._multi.remove_handle(curl)
        return end

    def _act(self, number: int, what: int) -> None:
        """Let libcurl read or write."""
        if number in self._watched:
            _, running = self._multi.socket_action(number, what)
            if running < len(self._flying):
                self._collect()
        else:
            self.forget_socket(number)

    def _collect(self) -> None:
        queued = 1
        while queued:
            queued, whole, broken = self._multi.info_read()
            for curl, code, said in (*((curl, 0, "") for curl in whole), *broken):
                self._multi.remove_handle(curl)
                flight = self._flying.pop(curl)
                if not flight.done():
                    flight.set_result((code, said))

    def _watch(self, what: int, number: int, _multi: object, _data: object) -> None:
        """Wait for what libcurl waits for."""
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(number)
            return
        self._watched.add(number)
        if self._registered.get(number) == what:
            return
        self.forget_socket(number)
        if what in _READS:
            self._loop.add_reader(number, self._act, number, pycurl.CSELECT_IN)
        if what in _WRITES:
            self._loop.add_writer(number, self._act, number, pycurl.CSELECT_OUT)
        self._registered[number] = what

    def forget_socket(self, number: int) -> None:
        """Stop waiting for a socket: its number may now be that of a new one."""
        if self._registered.pop(number, None) is not None:
            with suppress(ValueError, OSError):
                self._loop.remove_reader(number)
                self._loop.remove_writer(number)

    def _set_timer(self, milliseconds: int) -> None:
        """Let libcurl be called; a call that is due earlier looks again."""
        self._due = None if milliseconds < 0 else self._loop.time() + milliseconds / 1000
        if self._due is None or (self._timer and self._timer.when() <= self._due):
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._loop.time():
            self._timer = self._loop.call_at(self._due, self._on_timer)
            return
        self._due = None
        _, running = self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        if running < len(self._flying):
            self._collect()

    def close(self) -> None:
        """Close what was opened."""
        if self._timer:
            self._timer.cancel()
        for number in list(self._registered):
            self.forget_socket(number)
        self._multi.close()
