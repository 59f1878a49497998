"""Carries the webhooks of the mock provider over the network: at least once, in their order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from queue import Empty, Queue

from smsbridge.backends.console import Console
from smsbridge.http.exchange import Broken, Request
from smsbridge.http.requests_transport import RequestsTransport

_TRIES = 3
_SECONDS = 5.0
_PAUSE = 0.2
_POLL = 0.05
_END_SECONDS = 1.0


def _idle() -> None:
    """Do nothing."""


class WebhookDelivery:
    """Delivers what is in a queue until it is stopped: each up to three times, until a 2xx."""

    def __init__(self, outbox: Queue[Request], settle: Callable[[], None] = _idle) -> None:
        """``outbox``: what is to be delivered; ``settle`` is called often, and may add to it."""
        self._outbox = outbox
        self._settle = settle
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="smsbridge-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Stop at once, even if a receiver is silent; what has not been delivered is dropped."""
        self._over.set()
        self._thread.join(_END_SECONDS)

    def _work(self) -> None:
        with closing(RequestsTransport(Console())) as transport:
            while not self._over.is_set():
                self._settle()
                try:
                    request = self._outbox.get(timeout=_POLL)
                except Empty:
                    continue
                for tried in range(_TRIES):
                    if _is_taken(transport, request) or self._over.wait(_PAUSE * 2**tried):
                        break


def _is_taken(transport: RequestsTransport, request: Request) -> bool:
    try:
        status = transport.send(request, time.monotonic() + _SECONDS).status
    except Broken:
        return False
    return 200 <= status < 300  # noqa: PLR2004  (2xx)
