"""The workers of one of several processes: jobs distribute the work, leases detect dead ones."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from sqlalchemy import (
    Float,
    String,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    table,
    update,
)

from smsbridge.bridge.delivery.message_queue import LEASE_SECONDS, first_numbers
from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.job_queue import BEAT_SECONDS
from smsbridge.bridge.store.message_store import MOST_IN_JOB
from smsbridge.bridge.store.store_tables import MESSAGES
from smsbridge.bridge.store.stored_message import State

if TYPE_CHECKING:
    from smsbridge.bridge.delivery.message_delivery import Delivery
    from smsbridge.bridge.delivery.message_queue import MessageQueue
    from smsbridge.bridge.store.job_queue import JobQueue

LOG = logging.getLogger("smsbridge.bridge")
_PAUSE_SECONDS = 1.0
_MOST_AGAIN = 1000
_TURN_SECONDS = 10
_JOBS = table("procrastinate_jobs", column("id"), column("status"), column("scheduled_at"))
_STATUS = cast(_JOBS.c.status, String)
_LATE = 60.0


class JobWorkers:
    """Delivers the messages named by the store's jobs, ``workers`` at a time.

    Renews its leases every few seconds. One process at a time also makes *unknown* what a dead one
    was sending, and reissues jobs for due messages without one.
    """

    def __init__(
        self, jobs: JobQueue, queue: MessageQueue, delivery: Delivery, workers: int
    ) -> None:
        """Nothing is claimed before `start`."""
        self._jobs, self._queue, self._delivery = jobs, queue, delivery
        self._workers = workers
        self._stop, self._over = threading.Event(), threading.Event()
        self._well_since = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._main: asyncio.Task[None] | None = None
        self._threads = [
            threading.Thread(target=self._run, daemon=True),
            threading.Thread(target=self._beat, daemon=True),
        ]

    def start(self) -> None:
        """Start taking jobs."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Do nothing: jobs notify their workers."""

    def end(self) -> None:
        """Stop claiming."""
        if not self._stop.is_set():  # a second cancel would not wait for sends in flight
            self._stop.set()
            self._loop.call_soon_threadsafe(self._cancel)

    def stop(self, seconds: float) -> bool:
        """Stop claiming, wait for sends in flight, and return whether all finished."""
        self.end()
        jobs, beat = self._threads
        jobs.join(seconds + _PAUSE_SECONDS)
        self._delivery.give_up()
        self._over.set()
        beat.join(_PAUSE_SECONDS)
        return not jobs.is_alive()

    def _cancel(self) -> None:
        if self._main:
            self._main.cancel()

    def _run(self) -> None:
        self._main = self._loop.create_task(self._take_jobs())
        with closing(self._loop), suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._main)

    async def _take_jobs(self) -> None:
        """Take jobs until cancelled; reconnect after a server outage."""
        while not self._stop.is_set():
            try:
                await self._jobs.run(self._deliver, concurrency=self._workers, seconds=15.0)
            except Exception as error:  # noqa: BLE001  (retry whatever happened)
                LOG.error("jobs can't be fetched: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)
            await asyncio.sleep(_PAUSE_SECONDS)

    def _deliver(self, ids: Sequence[str]) -> None:
        """Deliver the messages of a job, and those queued behind them for the same recipient."""
        recipient: str | None = None
        while not self._stop.is_set():
            sent = self._delivery.deliver(
                f"worker {self._queue.holder}", ids=ids, recipient=recipient
            )
            if sent is None:
                return
            recipient = sent.recipient

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                database = self._queue.store.database
                database.prepare()
                self._queue.renew()
                with database.alone("upkeep of claims", _TURN_SECONDS) as mine:
                    if mine and time.monotonic() - self._well_since > LEASE_SECONDS:
                        self._mend()
            except StoreError as error:
                self._well_since = time.monotonic()
                LOG.error("the store can't be used: %s", error)  # noqa: TRY400  (its text contains no values)
            except Exception as error:  # noqa: BLE001  (leases must still be renewed)
                LOG.error("leases can't be renewed: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)

    def _mend(self) -> None:
        if count := self._queue.recover("recovery"):
            LOG.warning("%d messages are unknown: the process that was sending them died", count)
        if count := issue_again(self._queue):
            LOG.info("reissued jobs for %d due messages", count)


def issue_again(queue: MessageQueue) -> int:
    """Reissue jobs for due messages that have none; return for how many."""
    now, database = queue.store.now(), queue.store.database
    with database.write("issue") as connection:
        found = connection.execute(_WITHOUT_JOB, {"now": now}).scalars().all()
        for start in range(0, len(found), MOST_IN_JOB):
            ids = found[start : start + MOST_IN_JOB]
            job = database.issue(connection, ids, 0.0)
            connection.execute(update(MESSAGES).where(MESSAGES.c.id.in_(ids)).values(job=job))
    return len(found)


_NOW = bindparam("now", type_=Float)
_LIVES = exists().where(
    _JOBS.c.id == MESSAGES.c.job,
    or_(_STATUS == "todo", and_(_STATUS == "doing", MESSAGES.c.changed_at > _NOW - _LATE)),
    or_(
        _JOBS.c.scheduled_at.is_(None),
        func.extract("epoch", _JOBS.c.scheduled_at) <= _NOW,
    ),
)
"""If the job tables were recreated, a job with that number may belong to another message. A job
that has been running for long may have died unrecorded. A surplus job does no harm.
"""

_FIRST = first_numbers().add_columns(MESSAGES.c.recipient).group_by(MESSAGES.c.recipient).subquery()
_WITHOUT_JOB = (
    select(MESSAGES.c.id)
    .outerjoin_from(MESSAGES, _FIRST, _FIRST.c.recipient == MESSAGES.c.recipient)
    .where(
        MESSAGES.c.state == State.STORED,
        MESSAGES.c.due <= _NOW,
        or_(_FIRST.c.seq.is_(None), _FIRST.c.seq >= MESSAGES.c.seq),
        ~_LIVES,
        ~MESSAGES.c.changed_at.between(_NOW - BEAT_SECONDS, _NOW),
    )
    .order_by(MESSAGES.c.due)
    .limit(_MOST_AGAIN)
    .with_for_update(of=MESSAGES, skip_locked=True)
)
"""`claimable` for all at once: per row it is far too slow if many wait for one recipient."""
