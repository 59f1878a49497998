"""Delivers stored messages: claims one, sends it, and records the outcome."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.message_store import NoStep
from smsbridge.bridge.store.stored_message import State

if TYPE_CHECKING:
    from smsbridge.bridge.delivery.message_queue import MessageQueue
    from smsbridge.bridge.delivery.sender import Sender
    from smsbridge.bridge.store.stored_message import End, StoredMessage

LOG = logging.getLogger("smsbridge.bridge")
_PAUSE_SECONDS = 1.0
_TRIES = 5


class Delivery:
    """Delivers one message at a time. Thread-safe.

    ``ended``: the number of sends by this process, by block and outcome.
    """

    def __init__(
        self, queue: MessageQueue, sender: Sender, settled: Callable[[StoredMessage], None]
    ) -> None:
        """``settled`` is called with each recorded outcome."""
        self.ended: Counter[tuple[str, str]] = Counter()
        self._queue, self._sender, self._settled = queue, sender, settled
        self._turn = threading.Lock()
        self._give_up = threading.Event()

    def deliver(
        self, actor: str, *, ids: Sequence[str] = (), recipient: str | None = None
    ) -> StoredMessage | None:
        """Deliver the next due message, and return it as claimed; None if there is none.

        ``ids`` and ``recipient`` are those of `MessageQueue.claim`. Raises `StoreError` if the
        claim fails.
        """
        try:
            message = self._queue.claim(actor, self._sender.attempt, ids=ids, recipient=recipient)
        except NoStep:  # it was cancelled meanwhile
            return self.deliver(actor, ids=ids, recipient=recipient)
        if message is None:
            return None
        at = self._queue.store.database.at
        try:
            at("send: begun")
            if not self._queue.holds(message):
                LOG.error("a claim was lost before the send", extra={"id": message.id})
                return message
            end = self._sender.send(message)
            at("send: answered")
            self._record(message, end, actor)
        finally:
            self._queue.release(message)
        return message

    def give_up(self) -> None:
        """Stop retrying to record outcomes."""
        self._give_up.set()

    def _record(self, message: StoredMessage, end: End, actor: str) -> None:
        """Record an outcome, retrying until it is stored: only then does it survive a crash."""
        while not self._give_up.is_set():
            try:
                moved = self._move(message, end, actor)
            except StoreError as error:
                LOG.error("an outcome can't be recorded: %s", error)  # noqa: TRY400  (its text contains no values)
                self._give_up.wait(_PAUSE_SECONDS)
                continue
            except NoStep as error:
                LOG.error("an outcome came too late: %s", error, extra={"id": message.id})  # noqa: TRY400  (nothing else is known)
                return
            outcome = "retry" if moved.state is State.STORED else str(moved.state)
            with self._turn:
                self.ended[message.backend, outcome] += 1
            said = {"id": message.id, "door": message.door, "backend": message.backend}
            LOG.info("a send ended: %s", outcome, extra={**said, "why": moved.why or ""})
            self._settled(moved)
            return

    def _move(self, message: StoredMessage, end: End, actor: str) -> StoredMessage:
        """Record an outcome, unless it already is: the answer of a commit may have been lost.

        An acceptance is recorded even if the message has become *unknown*, since it is proof.
        """
        store, was = self._queue.store, message
        for _ in range(_TRIES - 1):
            try:
                return store.move(was, end, actor)
            except NoStep:
                found = store.find(message.id)
                if found is None:
                    raise
                if (found.state, found.tries) == (end.state, message.tries):
                    return found
                if end.state is not State.ACCEPTED or found.state is not State.UNKNOWN:
                    raise
                was = found  # a lookup may be running, so this may fail too
        return store.move(was, end, actor)
