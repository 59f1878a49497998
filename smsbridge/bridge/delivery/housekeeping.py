"""Background work besides sending: lookups, clearing, and what a clock that is set back needs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.retention import clear

if TYPE_CHECKING:
    from smsbridge.bridge.delivery.lookup import Lookup
    from smsbridge.bridge.delivery.message_queue import MessageQueue
    from smsbridge.bridge.store.stored_message import StoredMessage

LOG = logging.getLogger("smsbridge.bridge")
_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 5.0
_CLEAR_SECONDS = 3600.0
_TURN_SECONDS = 60


class Housekeeping:
    """The housekeeping thread of a store; only one process at a time does the work."""

    def __init__(
        self,
        queue: MessageQueue,
        lookup: Lookup,
        keep: float,
        settled: Callable[[StoredMessage], None],
    ) -> None:
        """``keep``: how many seconds to keep numbers and texts. ``settled`` gets each outcome."""
        self._queue, self._lookup, self._keep, self._settled = queue, lookup, keep, settled
        self._stop = threading.Event()
        self._cleared, self._seen = -_CLEAR_SECONDS, inf
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def end(self) -> None:
        """Take no more work."""
        self._stop.set()

    def stop(self, seconds: float) -> bool:
        """Take no more work, wait for what is in progress, and return whether it finished."""
        self.end()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._queue.store.database.alone("housekeeping", _TURN_SECONDS) as mine:
                    if mine:
                        self._clear()
                        self._hasten()
                        self._look_up()
            except StoreError as error:
                LOG.warning("the store can't be used: %s", error)
                self._stop.wait(_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001  (one message must not end the thread)
                LOG.error("housekeeping failed: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)
                self._stop.wait(_PAUSE_SECONDS)
            self._stop.wait(_POLL_SECONDS)

    def _clear(self) -> None:
        if time.monotonic() - self._cleared >= _CLEAR_SECONDS:
            self._cleared = time.monotonic()
            store = self._queue.store
            clear(store.database, store.now() - self._keep)

    def _hasten(self) -> None:
        """Hasten what would wait too long, at the start and after the clock was set back."""
        if (now := self._queue.store.now()) < self._seen:
            self._queue.hasten()
        self._seen = now

    def _look_up(self) -> None:
        while not self._stop.is_set() and (due := self._queue.due_unknown()):
            for moved in self._lookup.look_up(due, "lookup"):
                self._settled(moved)
