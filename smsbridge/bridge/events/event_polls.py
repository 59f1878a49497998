"""Polls providers for statuses and incoming messages, and matches reports that came too early.

It has its own thread, so no send waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from smsbridge.bridge.events.reports import member_of
from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.stored_message import time_of
from smsbridge.errors import SmsbridgeError

if TYPE_CHECKING:
    from smsbridge.bridge.events.event_intake import EventIntake
    from smsbridge.bridge.events.reports import Reports
    from smsbridge.bridge.events.status_questions import StatusQuestions
    from smsbridge.bridge.store.stored_message import StoredMessage
    from smsbridge.client.sync import Client

LOG = logging.getLogger("smsbridge.bridge")
OVERLAP = timedelta(hours=1)
"""How far before the last poll a log is reread: rows may appear late."""
FIRST = timedelta(days=1)
"""How far back a log is read the first time."""

_TICK_SECONDS = 0.5
_EARLY_SECONDS = 120.0
_SWEEP_SECONDS = 600.0
_FORGET_SECONDS = 86_400.0
_MOST_QUESTIONS = 50
_QUESTION_SECONDS = 5.0
"""For how long questions for statuses are asked, before it is the turn of the logs again."""

_ALONE_SECONDS = 30.0
"""How long one process polls before another may take over."""

_TURN_SECONDS = 90
"""A process that holds its turn longer is hung. A tick may wait for a slow provider."""


@dataclass(slots=True)
class Poll:
    """Polls the provider of one block."""

    intake: EventIntake
    client: Client
    due: float = 0.0
    """When its log is read next, on the monotonic clock."""
    rests_until: float = 0.0
    """Until when it isn't polled: after a failure, for as long as the failure took."""

    _unread: datetime | None = None
    """From when on its log is still to be read; None once a poll has read it all."""

    @property
    def name(self) -> str:
        """The name of the block."""
        return self.intake.config.name

    @property
    def has_log(self) -> bool:
        """Whether it can be polled for incoming messages."""
        return self.client.backend.question("received") is not None

    def begin(self, now: float) -> None:
        """Note from when on its log is unread; raises `StoreError`.

        The last message that came in is not enough to tell: a webhook may have brought that, and
        missed earlier ones since the poll before.
        """
        last = self.intake.events.last_time(self.name)
        poll = timedelta(seconds=self.intake.config.poll)
        since = time_of(now) - FIRST if last is None else time_of(min(last, now)) - OVERLAP - poll
        self._unread = min(since, self._unread or since)

    def read_log(self, now: float) -> None:
        """Store what came in since the last poll; raises `SmsbridgeError`, `StoreError`."""
        self.begin(now)
        rows = self.client.received(after=self._unread)
        for row in sorted(rows, key=lambda one: one.at or time_of(now)):
            self.intake.take_row(row)
        self._unread = None

    def ask_status(self, message: StoredMessage) -> None:
        """Poll the status of a message; raises `SmsbridgeError`, `StoreError`."""
        self.intake.take_status(message, self.client.status(message.provider_id or ""))


@dataclass(slots=True)
class EventPolls:
    """The polling thread. ``proved`` gets each message that a report proves accepted.

    ``clock`` measures how long a provider takes to answer.
    """

    polls: Sequence[Poll]
    reports: Reports
    questions: StatusQuestions
    proved: Callable[[StoredMessage], None]
    clock: Callable[[], float] = time.monotonic
    _over: threading.Event = field(default_factory=threading.Event)
    _swept: float | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start, if any events are configured."""
        if not self.reports.routes:
            return
        for poll in self.polls:
            if poll.has_log:
                poll.begin(self.questions.store.now())
        self._thread = threading.Thread(target=self._work, name="smsbridge-events", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop polling."""
        self._over.set()

    def stop(self, seconds: float) -> bool:
        """Stop polling, wait for the answer in flight, and return whether it came."""
        self.end()
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._over.wait(_TICK_SECONDS):
            try:
                with self.questions.store.database.alone("questions", _TURN_SECONDS) as mine:
                    if mine:
                        self._tick_for(_ALONE_SECONDS)
                    else:
                        self._leave_to_another(time.monotonic())
            except StoreError as error:
                LOG.warning("events can't be stored: %s", error)
            except Exception as error:  # noqa: BLE001  (a plug-in's error must not stop the others)
                LOG.error("a poll failed: %s", type(error).__name__)  # noqa: TRY400  (its text may contain private values)

    def _tick_for(self, seconds: float) -> None:
        """Poll for a while: only the lock holder does, so more processes don't poll more often."""
        until = time.monotonic() + seconds
        while not self._over.is_set() and time.monotonic() < until:
            self.tick(time.monotonic())
            self._over.wait(_TICK_SECONDS)

    def _leave_to_another(self, monotonic: float) -> None:
        for poll in self.polls:
            poll.due = monotonic + poll.intake.config.poll

    def tick(self, monotonic: float) -> None:
        """Do what is due: match reports, read logs, poll statuses. Raises `StoreError`."""
        self._match(monotonic)
        for poll in self.polls:
            is_due = poll.has_log and monotonic >= poll.due and not self._rests(poll)
            if is_due and not self._over.is_set():
                poll.due = monotonic + poll.intake.config.poll
                self._ask(poll, lambda one: one.read_log(self.questions.store.now()))
        self._ask_statuses()

    def _ask_statuses(self) -> None:
        if not self.questions.rules:
            return
        by_name = {poll.name: poll for poll in self.polls}
        self.questions.begin()
        until = self.clock() + _QUESTION_SECONDS
        for _ in range(_MOST_QUESTIONS):
            message = None if self._over.is_set() else self.questions.next()
            if message is None or self.clock() >= until:
                return
            if not self.questions.claim(message):
                continue
            poll = by_name[member_of(message)]
            if not self._rests(poll):
                self._ask(poll, partial(Poll.ask_status, message=message))

    def _match(self, monotonic: float) -> None:
        now = self.questions.store.now()
        since = now - _EARLY_SECONDS
        if self._swept is None or monotonic - self._swept >= _SWEEP_SECONDS:
            self._swept, since = monotonic, now - _FORGET_SECONDS
            self.reports.forget(since)
        for message in self.reports.match(since):
            self.proved(message)

    def _rests(self, poll: Poll) -> bool:
        """Return whether a provider has just let us wait in vain: others have the time now."""
        return self.clock() < poll.rests_until

    def _ask(self, poll: Poll, question: Callable[[Poll], None]) -> None:
        begun = self.clock()
        try:
            question(poll)
        except SmsbridgeError as error:
            poll.rests_until = 2 * self.clock() - begun
            why = getattr(error, "why", type(error).__name__)
            LOG.warning("a poll got no answer", extra={"backend": poll.name, "why": why})
