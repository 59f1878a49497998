"""Delivers what is stored: claims a message, sends it, and records the outcome."""

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
    """Delivers one message after the other. Safe to share between threads.

    ``ended``: how many sends of this process ended so, by block and outcome.
    """

    def __init__(
        self, queue: MessageQueue, sender: Sender, settled: Callable[[StoredMessage], None]
    ) -> None:
        """``settled`` hears of each end that was recorded."""
        self.ended: Counter[tuple[str, str]] = Counter()
        self._queue, self._sender, self._settled = queue, sender, settled
        self._turn = threading.Lock()
        self._give_up = threading.Event()

    def deliver(
        self, actor: str, *, ids: Sequence[str] = (), recipient: str | None = None
    ) -> StoredMessage | None:
        """Deliver the next message that is due, and return it as it was claimed; None if none is.

        ``ids`` and ``recipient`` are those of `MessageQueue.claim`. Raises `StoreError` where
        nothing can be claimed.
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
                LOG.error("a claim ended before it was sent", extra={"id": message.id})
                return message
            end = self._sender.send(message)
            at("send: answered")
            self._record(message, end, actor)
        finally:
            self._queue.release(message)
        return message

    def give_up(self) -> None:
        """Record no more outcomes that the store doesn't take."""
        self._give_up.set()

    def _record(self, message: StoredMessage, end: End, actor: str) -> None:
        """Record an end, for as long as it takes: only then is it known after a crash."""
        while not self._give_up.is_set():
            try:
                moved = self._move(message, end, actor)
            except StoreError as error:
                LOG.error("an outcome can't be recorded: %s", error)  # noqa: TRY400  (its text has no value)
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
        """Record an end, unless it was: the answer of a commit may have been lost.

        A yes is recorded also if the message counts as *unknown* by now, since it is proof.
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
                was = found  # it may be looked up just now, so this may be in vain too
        return store.move(was, end, actor)
