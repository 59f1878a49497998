"""Tells callers of events: threads that claim what is due, post it, and record what became of it.

Of one endpoint only one event is under way in a process, so they go in their order; an endpoint
that hangs holds one thread, for one post at a time. After a failure it gets nothing for as long as
it asked for, a minute at most, and as the failure took: others have the threads meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from random import random
from typing import TYPE_CHECKING

from smsbridge.bridge.doors.door import ids_of
from smsbridge.bridge.events.event_post import EventPost, Posted, TryResult
from smsbridge.bridge.events.event_request import EventRequest
from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.stored_message import time_of

if TYPE_CHECKING:
    from smsbridge.bridge.doors.door_config import DoorConfig
    from smsbridge.bridge.events.event_queue import Claimed, EventQueue, Failed, Place
    from smsbridge.bridge.store.stored_event import StoredEvent

LOG = logging.getLogger("smsbridge.bridge")
_THREADS = 8
_AT_ONCE = 50
_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 1.0
_MOST_REST_SECONDS = 60.0
"""For how long an endpoint may ask that it gets no other event either; each may wait longer."""
_LEFT_OUT, _GIVEN_UP = "left_out", "given_up"


@dataclass(frozen=True, slots=True)
class Teller:
    """What makes the webhooks of one endpoint, and what posts them."""

    request: EventRequest
    post: EventPost


def tellers_of(doors: Sequence[DoorConfig]) -> dict[Place, Teller]:
    """Return what tells the callers of doors of events, by door and caller."""
    found: dict[Place, Teller] = {}
    for door in doors:
        if not door.webhooks:
            continue
        id_of = ids_of(door)
        for caller, hook in door.webhooks.items():
            request = EventRequest(config=hook, dialect=door.callers[caller], id_of=id_of)
            found[door.name, caller] = Teller(request, EventPost(hook))
    return found


class EventDelivery:
    """Posts what is due to ``places``.

    ``ended``: how many tries ended so, by door, caller and result.
    """

    def __init__(
        self,
        queue: EventQueue,
        tellers: Mapping[Place, Teller],
        *,
        threads: int = _THREADS,
        jitter: Callable[[], float] = random,
    ) -> None:
        """``tellers``: of each endpoint. Without any, nothing runs.

        ``jitter`` returns from 0 to 1, so that not all waits end at once.
        """
        self.ended: Counter[tuple[str, str, str]] = Counter()
        self.queue = queue
        self.places = tuple(tellers)
        self._tellers = tellers
        self._jitter = jitter
        self._jobs: SimpleQueue[Place | None] = SimpleQueue()
        self._busy: set[Place] = set()
        self._rests: dict[Place, float] = {}
        self._turn = threading.Lock()
        self._news = threading.Event()
        self._stop = threading.Event()
        self._give_up = threading.Event()
        count = min(threads, len(tellers))
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        self._dispatcher = threading.Thread(target=self._hand_out, daemon=True)

    def start(self) -> None:
        """Begin, if there is anybody to tell."""
        for thread in (*self._workers, self._dispatcher):
            if self._workers:
                thread.start()

    def end(self) -> None:
        """Claim nothing more."""
        self._stop.set()
        self._news.set()
        for _ in self._workers:
            self._jobs.put(None)

    def stop(self, seconds: float) -> bool:
        """Claim nothing more, wait for what is under way; return whether all of it ended."""
        self.end()
        until = time.monotonic() + seconds
        threads = [one for one in (*self._workers, self._dispatcher) if one.is_alive()]
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
        self._give_up.set()
        for teller in self._tellers.values():
            teller.post.close()
        return not any(thread.is_alive() for thread in threads)

    def _hand_out(self) -> None:
        """Give each endpoint with something due to a worker, if none has it."""
        while not self._stop.is_set():
            self._news.clear()
            try:
                due = self.queue.due_places(self._awake())
            except Exception as error:  # noqa: BLE001  (whatever it is, it goes on)
                LOG.error("the store can't be used: %s", type(error).__name__)  # noqa: TRY400  (its text has values)
                self._stop.wait(_PAUSE_SECONDS)
                continue
            for place in due:
                with self._turn:
                    if place in self._busy:
                        continue
                    self._busy.add(place)
                self._jobs.put(place)
            self._news.wait(_POLL_SECONDS)

    def _awake(self) -> list[Place]:
        """Return the endpoints that don't rest after a failure."""
        now = self.queue.store.now()
        return [place for place in self.places if self._rests.get(place, 0.0) <= now]

    def _work(self) -> None:
        while (place := self._jobs.get()) is not None:
            again = False
            try:
                again = self._tell(place)
            except Exception as error:  # noqa: BLE001  (one endpoint must not end the thread)
                LOG.error("an event can't be delivered now: %s", type(error).__name__)  # noqa: TRY400  (its text has values)
                self._stop.wait(_PAUSE_SECONDS)
            finally:
                with self._turn:
                    self._busy.discard(place)
                if again:
                    self._news.set()

    def _tell(self, place: Place) -> bool:
        """Post what is due to an endpoint, until one fails; return whether more may be due."""
        for _ in range(_AT_ONCE):
            if self._stop.is_set() or (claimed := self.queue.claim(place)) is None:
                return False
            at = self.queue.store.database.at
            at("event: claimed")
            begun = time.monotonic()
            posted = self._post(place, claimed)
            took = time.monotonic() - begun
            at("event: posted")
            self._record(claimed, posted)
            if posted is not None and posted.result is not TryResult.DELIVERED:
                if posted.result is TryResult.FAILED:
                    rest = max(took, min(posted.retry_after or 0.0, _MOST_REST_SECONDS))
                    self._rests[place] = self.queue.store.now() + rest
                return False
        return True

    def _post(self, place: Place, claimed: Claimed) -> Posted | None:
        """Return how a try ended; None for an event that can't be told."""
        teller, now = self._tellers[place], time_of(self.queue.store.now())
        try:
            request = teller.request.make(claimed.event, claimed.message, now)
            return teller.post.post(request) if request else None
        except Exception as error:  # noqa: BLE001  (one event must not end the thread)
            return Posted(result=TryResult.FAILED, why=f"it failed: {type(error).__name__}")

    def _record(self, claimed: Claimed, posted: Posted | None) -> None:
        """Record the end of a try, for as long as it takes; else it is told once more."""
        while not self._give_up.is_set():
            try:
                failed = self._write(claimed.event, posted)
            except StoreError as error:
                LOG.error("the result of a webhook can't be recorded: %s", error)  # noqa: TRY400  (its text has no value)
                self._give_up.wait(_PAUSE_SECONDS)
                continue
            self._report(claimed.event, posted, failed)
            return

    def _write(self, event: StoredEvent, posted: Posted | None) -> Failed | None:
        if posted is None:
            self.queue.leave_out(event)
            return None
        if posted.result is TryResult.DELIVERED:
            self.queue.settle(event)
            return None
        return self.queue.fail(
            event,
            retry_after=posted.retry_after,
            gone=posted.result is TryResult.GONE,
            jitter=self._jitter(),
        )

    def _report(self, event: StoredEvent, posted: Posted | None, failed: Failed | None) -> None:
        """Count how a try ended, and log it; loudly if it was the last."""
        door, caller = event.door or "", event.caller or ""
        said = {"id": event.id, "door": door, "caller": caller}
        result = str(posted.result) if posted else _LEFT_OUT
        why = posted.why if posted else ""
        level = logging.WARNING if failed else logging.INFO
        LOG.log(level, "webhook: %s", result, extra={**said, "why": why})
        results = [result]
        if failed and failed.given_up:
            LOG.error("an event was given up after its last try", extra=said)
            results.append(_GIVEN_UP)
        if failed and failed.disabled:
            command = f"smsbridge outbox enable {door} {caller}"
            LOG.error("a webhook was disabled: fix it, then run %s", command, extra=said)
        with self._turn:
            self.ended.update((door, caller, one) for one in results)
