"""Delivers events to callers: threads that claim due events, post them, and record the results.

A process posts one event at a time to an endpoint, so events stay in order, and a hung endpoint
blocks only one thread. After a failure it gets nothing for as long as the failed request took, or
for its ``Retry-After`` (at most a minute), whichever is longer, which frees the threads for others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
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
_SETTLE_SECONDS = 10.0
_MOST_REST_SECONDS = 60.0
"""How long one ``Retry-After`` may pause a whole endpoint; the failed event may wait longer."""
_LEFT_OUT, _GIVEN_UP = "left_out", "given_up"


@dataclass(frozen=True, slots=True)
class Teller:
    """Builds and posts the webhooks of one endpoint."""

    request: EventRequest
    post: EventPost


def tellers_of(doors: Sequence[DoorConfig]) -> dict[Place, Teller]:
    """Return a teller for each endpoint of the doors, by door and caller."""
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
    """Posts due events to ``places``.

    ``ended``: the number of tries, by door, caller and result.
    """

    def __init__(
        self,
        queue: EventQueue,
        tellers: Mapping[Place, Teller],
        *,
        threads: int = _THREADS,
        jitter: Callable[[], float] = random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``tellers``: by endpoint. Without any, nothing runs.

        ``jitter`` returns 0 to 1, to spread the retries. ``clock`` measures an endpoint's pause.
        """
        self.ended: Counter[tuple[str, str, str]] = Counter()
        self.queue = queue
        self.places = tuple(tellers)
        self._tellers = tellers
        self._jitter, self._clock = jitter, clock
        self._seen, self._hastens_at = 0.0, 0.0
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
        """Start, if there are any endpoints."""
        for thread in (*self._workers, self._dispatcher):
            if self._workers:
                thread.start()

    def end(self) -> None:
        """Stop claiming."""
        self._stop.set()
        self._news.set()
        for _ in self._workers:
            self._jobs.put(None)

    def stop(self, seconds: float) -> bool:
        """Stop claiming, wait for posts in flight, and return whether all finished."""
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
        """Give each endpoint with a due event to a worker, unless one already has it."""
        while not self._stop.is_set():
            self._news.clear()
            try:
                self._follow_clock()
                due = self.queue.due_places(self._awake())
            except Exception as error:  # noqa: BLE001  (retry whatever happened)
                LOG.error("the store can't be used: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)
                self._stop.wait(_PAUSE_SECONDS)
                continue
            for place in due:
                with self._turn:
                    if place in self._busy:
                        continue
                    self._busy.add(place)
                self._jobs.put(place)
            self._news.wait(_POLL_SECONDS)

    def _follow_clock(self) -> None:
        """Hasten what would wait too long, at the start and after the clock was set back.

        In the latter case it waits until other processes have measured the store's clock again.
        """
        if (now := self.queue.store.now()) < self._seen:
            self._hastens_at = min(self._hastens_at, self._clock() + _SETTLE_SECONDS)
        self._seen = now
        if self._clock() >= self._hastens_at:
            self.queue.hasten(self.places)
            self._hastens_at = inf

    def _awake(self) -> list[Place]:
        """Return the endpoints that are not pausing after a failure."""
        now = self._clock()
        return [place for place in self.places if self._rests.get(place, now) <= now]

    def _work(self) -> None:
        while (place := self._jobs.get()) is not None:
            again = False
            try:
                again = self._tell(place)
            except Exception as error:  # noqa: BLE001  (one endpoint must not end the thread)
                LOG.error("an event can't be delivered now: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)
                self._stop.wait(_PAUSE_SECONDS)
            finally:
                with self._turn:
                    self._busy.discard(place)
                if again:
                    self._news.set()

    def _tell(self, place: Place) -> bool:
        """Post due events to an endpoint until one fails; return whether more may be due."""
        for _ in range(_AT_ONCE):
            if self._stop.is_set() or (claimed := self.queue.claim(place)) is None:
                return False
            at = self.queue.store.database.at
            at("event: claimed")
            begun = time.monotonic()
            posted = self._post(place, claimed)
            if posted is not None and posted.result is TryResult.FAILED:
                took = time.monotonic() - begun
                rest = max(took, min(posted.retry_after or 0.0, _MOST_REST_SECONDS))
                self._rests[place] = self._clock() + rest
            at("event: posted")
            self._record(claimed, posted)
            if posted is not None and posted.result is not TryResult.DELIVERED:
                return False
        return True

    def _post(self, place: Place, claimed: Claimed) -> Posted | None:
        """Return how a try ended; None for an event that can't be expressed."""
        teller, now = self._tellers[place], time_of(self.queue.store.now())
        try:
            request = teller.request.make(claimed.event, claimed.message, now)
            return teller.post.post(request) if request else None
        except Exception as error:  # noqa: BLE001  (one event must not end the thread)
            return Posted(result=TryResult.FAILED, why=f"it failed: {type(error).__name__}")

    def _record(self, claimed: Claimed, posted: Posted | None) -> None:
        """Record the result of a try, retrying until stored; else it would be posted again."""
        while not self._give_up.is_set():
            try:
                failed = self._write(claimed.event, posted)
            except StoreError as error:
                LOG.error("the result of a webhook can't be recorded: %s", error)  # noqa: TRY400  (its text contains no values)
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
        """Count and log the result of a try; log an error if it was the last."""
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
