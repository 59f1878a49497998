"""Sends what is stored: claims a message, sends it by a client, and records the outcome."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from smsbridge.bridge.store import NoStep, StoreError
from smsbridge.bridge.stored_message import End, State, StoredMessage
from smsbridge.client.pacing import backoff
from smsbridge.client.sync import Client
from smsbridge.errors import Attempt, CallerError, NotSent, Outcome, SendError

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.bridge.lookup import Lookup
    from smsbridge.bridge.message_queue import MessageQueue
    from smsbridge.http.exchange import Session

LOG = logging.getLogger("smsbridge.bridge")
_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 1.0
_CLEAR_SECONDS = 3600.0


ClientOf = Callable[["Backend", "Session"], Client]
"""Returns what sends by a backend."""


def bridge_client(backend: Backend, session: Session) -> Client:
    """Return the client of a backend; the tries of a message are the store's, not the client's."""
    return Client(replace(backend, retry=None), session=session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Makes one send of a message that was claimed, and says how it ended."""

    backends: Mapping[str, Backend]
    clients: Mapping[str, Client]
    session: Session
    now: Callable[[], float]

    def attempt(self, message: StoredMessage) -> Attempt:
        """Return the attempt that is about to be made."""
        backend, whole = self.backends.get(message.backend), message.message()
        if backend is not None and whole is not None:
            return backend.attempt(whole, self.session)
        return Attempt(
            backend=message.backend, protocol="", reference=message.id, started=self.session.now()
        )

    def send(self, message: StoredMessage) -> End:
        """Send it, and return how that ended; nothing but the outcome of a client decides."""
        client, whole = self.clients.get(message.backend), message.message()
        if client is None or whole is None:
            why = f"the config has no [backends.{message.backend}]" if whole else "it was cleared"
            return End(state=State.NOT_SENT, why=why)
        try:
            return End.of_submission(client.send(whole))
        except SendError as error:
            return self._end(message, error)
        except CallerError as error:
            return End(state=State.NOT_SENT, why=str(error))
        except Exception as error:  # noqa: BLE001  (it may have left, so nothing else is proved)
            why = f"it failed: {type(error).__name__}"
            return End(state=State.UNKNOWN, due=self.now(), why=why)

    def _end(self, message: StoredMessage, error: SendError) -> End:
        retry = self.backends[message.backend].retry
        if isinstance(error, NotSent) and error.retry and retry and message.tries < retry.attempts:
            wait = error.retry_after
            wait = backoff(message.tries, self.session) if wait is None else wait
            return replace(End.of_error(error, due=self.now() + wait), state=State.STORED)
        return End.of_error(error, due=self.now() if error.outcome is Outcome.UNKNOWN else None)


class Delivery:
    """The workers of a process. ``ended``: how many sends ended so, by block and outcome."""

    def __init__(  # noqa: PLR0913  (what sends, what looks up, and who hears of it)
        self,
        queue: MessageQueue,
        sender: Sender,
        lookup: Lookup,
        *,
        workers: int,
        keep: float,
        settled: Callable[[StoredMessage], None],
    ) -> None:
        """``keep``: for how many seconds numbers and texts stay. ``settled`` hears of each end."""
        self.ended: Counter[tuple[str, str]] = Counter()
        self._queue, self._sender, self._lookup = queue, sender, lookup
        self._keep, self._settled = keep, settled
        self._stop = threading.Event()
        self._give_up = threading.Event()
        self._news = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(f"worker {number}",), daemon=True)
            for number in range(1, workers + 1)
        ]
        self._threads.append(threading.Thread(target=self._look_after, daemon=True))

    def start(self) -> None:
        """Begin: what the last process was sending is *unknown* from now on."""
        if count := self._queue.recover("recovery"):
            LOG.warning("%d messages were being sent when the last process ended", count)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Let a worker look for a message at once."""
        with self._news:
            self._news.notify()

    def stop(self, seconds: float) -> bool:
        """Claim nothing more, and wait for what is being sent; return whether all of it ended."""
        self._stop.set()
        with self._news:
            self._news.notify_all()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        self._give_up.set()
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, actor: str) -> None:
        while not self._stop.is_set():
            try:
                message = self._queue.claim(actor, self._sender.attempt)
            except StoreError as error:
                LOG.error("the store can't be used: %s", type(error).__name__)  # noqa: TRY400  (its text has values)
                self._stop.wait(_PAUSE_SECONDS)
                continue
            except NoStep:  # it was cancelled meanwhile
                continue
            if message is None:
                with self._news:
                    self._news.wait(_POLL_SECONDS)
                continue
            at = self._queue.store.database.at
            at("send: begun")
            end = self._sender.send(message)
            at("send: answered")
            self._record(message, end, actor)

    def _record(self, message: StoredMessage, end: End, actor: str) -> None:
        """Record an end, for as long as it takes: only then is it known after a crash."""
        while not self._give_up.is_set():
            try:
                moved = self._queue.store.move(message, end, actor)
            except StoreError as error:
                LOG.error("an outcome can't be recorded: %s", type(error).__name__)  # noqa: TRY400  (its text has values)
                self._give_up.wait(_PAUSE_SECONDS)
                continue
            except NoStep as error:
                LOG.error("an outcome came too late: %s", error, extra={"id": message.id})  # noqa: TRY400  (nothing else is known)
                return
            outcome = "again" if moved.state is State.STORED else str(moved.state)
            with self._news:
                self.ended[message.backend, outcome] += 1
            said = {"id": message.id, "door": message.door, "backend": message.backend}
            LOG.info("sent: %s", outcome, extra={**said, "why": moved.why or ""})
            self._settled(moved)
            return

    def _look_after(self) -> None:
        """Look *unknown* messages up when they are due, and clear what is old."""
        cleared = -_CLEAR_SECONDS
        while not self._stop.is_set():
            try:
                if time.monotonic() - cleared >= _CLEAR_SECONDS:
                    cleared = time.monotonic()
                    self._queue.store.clear(self._queue.store.now() - self._keep)
                while not self._stop.is_set() and (due := self._queue.due_unknown()):
                    for moved in self._lookup.look_up(due, "lookup"):
                        self._settled(moved)
            except StoreError as error:
                LOG.warning("a look-up will be repeated: %s", type(error).__name__)
            self._stop.wait(_POLL_SECONDS)
