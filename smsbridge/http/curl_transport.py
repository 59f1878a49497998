"""The transport by libcurl, for those who send many: ``transport = "curl"``, the extra ``fast``."""

from __future__ import annotations

import os
import time
from collections import defaultdict, deque
from collections.abc import Callable

from smsbridge.errors import MissingExtra
from smsbridge.http import redirect
from smsbridge.http.address import origin
from smsbridge.http.curl_handle import Handle
from smsbridge.http.exchange import Broken, Request, Response
from smsbridge.http.transport import Network, Reach

try:
    import pycurl
except ImportError as missing:
    raise MissingExtra("fast", 'transport = "curl"') from missing


class CurlTransport:
    """Carries requests for one client, over connections that it keeps for a few idle seconds.

    Each thread that sends takes its own handle, with its own connection.
    """

    def __init__(self, backend: Reach, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Read issuers and proxies once. Connections are opened on first use.

        ``monotonic``: the clock of the deadlines.
        """
        self._monotonic = monotonic
        self._backend = backend
        self._network: Network | None = None
        self._free: defaultdict[str, deque[Handle]] = defaultdict(deque)
        self._process = os.getpid()
        self._closed = False
        if redirect.current() is None:  # else a test needs neither its issuers nor its proxies
            self._network = Network.of(backend)

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline``, or raise `Broken`.

        Raises `ConfigError`, before anything leaves, if the environment's proxy can't be used.
        """
        if answer := redirect.send(request, self._backend, deadline):
            return answer
        handle = self._take(request)
        try:
            handle.begin(request, deadline)
            try:
                handle.curl.perform()
            except pycurl.error as error:
                code, said = error.args[:2]
            else:
                code, said = 0, ""
            response = handle.end(code, said)
        except Broken:
            self._give_back(request, handle)
            raise
        self._give_back(request, handle)
        return response

    def _take(self, request: Request) -> Handle:
        if self._process != os.getpid():
            self._forget_parent()
        try:
            return self._free[origin(request.url)].pop()
        except IndexError:
            return self.handle()

    def handle(self, opened: Callable[[int], None] | None = None) -> Handle:
        """Return a new handle; ``opened`` as it takes it."""
        network = self._network = self._network or Network.of(self._backend)
        return Handle(self._backend, network, self._monotonic, opened)

    def _give_back(self, request: Request, handle: Handle) -> None:
        if self._closed:
            handle.close()
        else:
            self._free[origin(request.url)].append(handle)

    def _forget_parent(self) -> None:
        """Leave to the parent of a fork what it keeps."""
        for handles in self._free.values():
            for handle in handles:
                handle.leave_to_parent()
        self._free = defaultdict(deque)
        self._process = os.getpid()

    def close(self) -> None:
        """Close the connections that are open; one in use is closed when its request has ended."""
        self._closed = True
        for handles in self._free.values():
            while handles:
                handles.pop().close()
