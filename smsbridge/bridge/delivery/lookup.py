"""Resolves *unknown* messages: by the backend's log, else as their door's ``on_unknown`` says."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsbridge.bridge.doors.door_config import OnUnknown
from smsbridge.bridge.store.message_store import NoStep
from smsbridge.bridge.store.stored_message import AT_ONCE, End, State, StoredMessage
from smsbridge.errors import CallerError, SmsbridgeError
from smsbridge.message import Submission

if TYPE_CHECKING:
    from smsbridge.bridge.delivery.message_queue import MessageQueue
    from smsbridge.client.sync import Client
    from smsbridge.errors import Attempt

LOG = logging.getLogger("smsbridge.bridge")
WAITS = (1.0, 10.0, 60.0, 600.0)
"""The seconds between lookups, the first of which is immediate: a log may lag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """The result of a lookup: the outcome that the log proves, or why it proves none.

    Neither, if there is no log.
    """

    message: StoredMessage
    end: End | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Looks messages up. ``clients``: by block name; ``rules``: by door name."""

    queue: MessageQueue
    clients: Mapping[str, Client]
    rules: Mapping[str, OnUnknown]
    waits: tuple[float, ...] = WAITS

    def look_up(self, messages: Sequence[StoredMessage], actor: str) -> Iterator[StoredMessage]:
        """Look messages up once, and yield each with its new state; raises `StoreError`.

        A message whose state changed meanwhile is skipped.
        """
        for results in self._results(messages):
            now = self.queue.store.now()  # the same for all, so that they stay due together
            for result in results:
                try:
                    moved = self._move(result, now, actor)
                except NoStep as error:
                    LOG.info("a lookup came too late: %s", error, extra={"id": result.message.id})
                    continue
                LOG.info("looked up", extra={"id": moved.id, "state": str(moved.state)})
                yield moved

    def ask(self, messages: Sequence[StoredMessage]) -> Iterator[LookupResult]:
        """Yield what the backends' logs prove, without changing anything; raises `StoreError`."""
        for results in self._results(messages):
            yield from results

    def _move(self, result: LookupResult, now: float, actor: str) -> StoredMessage:
        message, move = result.message, self.queue.store.move
        if result.end is not None:
            return move(message, result.end, actor)
        looked = message.looked_up + 1
        if looked <= len(self.waits) and result.why is not None:
            due = now + self.waits[looked - 1]
            end = End(state=State.UNKNOWN, due=due, why=message.why)
        elif self.rules.get(message.door) is OnUnknown.RESEND and not message.resent:
            end = End(state=State.STORED, due=AT_ONCE, why="on_unknown: it may be sent twice")
            return move(message, end, actor, resent=1, tries=0, looked_up=0)
        else:
            end = End(state=State.UNKNOWN, why=message.why)
        return move(message, end, actor, looked_up=looked)

    def _results(self, messages: Sequence[StoredMessage]) -> Iterator[list[LookupResult]]:
        """Yield the results log by log; each log is read once for all its messages."""
        logs: dict[tuple[str, str], list[tuple[StoredMessage, Attempt]]] = defaultdict(list)
        for message in messages:
            attempt = message.attempt
            if message.backend in self.clients and attempt and attempt.fingerprint:
                logs[message.backend, attempt.via].append((message, attempt))
            else:
                yield [LookupResult(message=message)]
        for (backend, _), asked in logs.items():
            yield [*self._read(self.clients[backend], asked)]

    def _read(
        self, client: Client, asked: list[tuple[StoredMessage, Attempt]]
    ) -> Iterator[LookupResult]:
        alike = {attempt.fingerprint: message for message, attempt in asked}.values()
        others = {one.seq: one for like in alike for one in self.queue.others_like(like)}.values()
        known = [one.provider_id for one in others if one.provider_id]
        rivals = [
            one.attempt
            for one in others
            if one.attempt and one.attempt.fingerprint and not one.provider_id
        ]
        attempts = [attempt for _, attempt in asked]
        ends = _resolve(client, attempts, known, rivals)
        were = {one.attempt for one in others} | {*attempts}
        for (message, _), (end, why) in zip(asked, ends, strict=True):
            if end is not None and self._is_rivalled(message, end, were):
                yield LookupResult(message=message, why="an identical message was sent meanwhile")
            else:
                yield LookupResult(message=message, end=end, why=why)

    def _is_rivalled(self, message: StoredMessage, end: End, were: set[Attempt | None]) -> bool:
        """Return whether the row may belong to a send that began while the log was being read."""
        begun = [one for one in self.queue.others_like(message) if one.attempt not in were]
        return any(one.provider_id in (None, "", end.provider_id) for one in begun)


def _resolve(
    client: Client, attempts: list[Attempt], known: list[str], others: list[Attempt]
) -> list[tuple[End | None, str | None]]:
    """Return the outcome of each, or why it has none; a failed reading applies to all the rest."""
    ends: list[tuple[End | None, str | None]] = []
    try:
        for found in client.resolve_many(attempts, known=known, others=others):
            if isinstance(found, Submission):
                ends.append((End.of_submission(found), None))
            elif isinstance(found.__cause__, CallerError):  # there is no log for this attempt
                ends.append((None, None))
            elif found.__cause__ is not None:
                raise found.__cause__
            else:
                ends.append((None, found.why))
    except SmsbridgeError as error:
        why = getattr(error, "why", type(error).__name__)
        ends += [(None, why)] * (len(attempts) - len(ends))
    return ends
