"""The workers of a store that one process serves: threads that poll for due messages."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from smsbridge.bridge.store.database import StoreError

if TYPE_CHECKING:
    from smsbridge.bridge.delivery.message_delivery import Delivery
    from smsbridge.bridge.delivery.message_queue import MessageQueue

LOG = logging.getLogger("smsbridge.bridge")
_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 1.0


class ThreadWorkers:
    """A pool of delivery threads."""

    def __init__(
        self, queue: MessageQueue, delivery: Delivery, workers: int, poll: float = _POLL_SECONDS
    ) -> None:
        """Nothing is claimed before `start`. ``poll``: the seconds between polls if not woken."""
        self._queue, self._delivery, self._poll = queue, delivery, poll
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._woken = 0
        self._threads = [
            threading.Thread(target=self._work, args=(f"worker {number}",), daemon=True)
            for number in range(1, workers + 1)
        ]

    def start(self) -> None:
        """Start, and make *unknown* what the last process was sending when it died."""
        if count := self._queue.recover("recovery"):
            LOG.warning("%d messages are unknown: the last process died while sending them", count)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Wake a worker to look for a message now."""
        with self._news:
            self._woken += 1
            self._news.notify()

    def end(self) -> None:
        """Stop claiming."""
        self._stop.set()
        with self._news:
            self._news.notify_all()

    def stop(self, seconds: float) -> bool:
        """Stop claiming, wait for sends in flight, and return whether all finished."""
        self.end()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        self._delivery.give_up()
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, actor: str) -> None:
        while not self._stop.is_set():
            woken = self._woken
            try:
                delivered = self._delivery.deliver(actor)
            except StoreError as error:
                LOG.error("the store can't be used: %s", error)  # noqa: TRY400  (its text contains no values)
                self._stop.wait(_PAUSE_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001  (one message must not end the thread)
                LOG.error("a delivery failed: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)
                self._stop.wait(_PAUSE_SECONDS)
                continue
            if delivered is None:
                self._wait(woken)

    def _wait(self, woken: int) -> None:
        """Wait to be woken, unless that happened since the count was ``woken``."""
        with self._news:
            if self._woken == woken and not self._stop.is_set():
                self._news.wait(self._poll)
