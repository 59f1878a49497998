"""What becomes of an *unknown* message: looked up in the backend's log, else as its door says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsbridge.bridge.config import OnUnknown
from smsbridge.bridge.stored_message import End, State, StoredMessage
from smsbridge.errors import CallerError, SmsbridgeError

if TYPE_CHECKING:
    from smsbridge.bridge.message_queue import MessageQueue
    from smsbridge.client.sync import Client
    from smsbridge.errors import Attempt
    from smsbridge.message import Submission

LOG = logging.getLogger("smsbridge.bridge")
WAITS = (1.0, 10.0, 60.0, 600.0)
"""The seconds until each look-up after the first, which is at once: a log may be late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Looks messages up. ``clients``: by the name of the block; ``rules``: by that of the door."""

    queue: MessageQueue
    clients: Mapping[str, Client]
    rules: Mapping[str, OnUnknown]
    waits: tuple[float, ...] = WAITS

    def look_up(self, message: StoredMessage, actor: str) -> StoredMessage:
        """Look a message up once, and return it as it is then; raises `NoStep`, `StoreError`."""
        found, why = self.ask(message)
        if found is not None:
            return self._move(message, found, actor)
        looked = message.looked_up + 1
        store = self.queue.store
        if looked <= len(self.waits) and why is not None:
            due = store.now() + self.waits[looked - 1]
            end = End(state=State.UNKNOWN, due=due, why=message.why)
        elif self.rules.get(message.door) is OnUnknown.RESEND and not message.resent:
            end = End(state=State.STORED, due=store.now(), why="on_unknown: it may be sent twice")
            return self._move(message, end, actor, resent=1, tries=0, looked_up=0)
        else:
            end = End(state=State.UNKNOWN, why=message.why)
        return self._move(message, end, actor, looked_up=looked)

    def ask(self, message: StoredMessage) -> tuple[End | None, str | None]:
        """Return the end that the log of the backend proves, or why it proves none.

        Neither: there is no log to ask.
        """
        client = self.clients.get(message.backend)
        if client is None or message.attempt is None or not message.attempt.fingerprint:
            return None, None
        others = self.queue.others_like(message)
        known = [one.provider_id for one in others if one.provider_id]
        rivals = [
            one.attempt
            for one in others
            if one.attempt and one.attempt.fingerprint and not one.provider_id
        ]
        return _resolve(client.resolve, message.attempt, known, rivals)

    def _move(self, message: StoredMessage, end: End, actor: str, **more: int) -> StoredMessage:
        moved = self.queue.store.move(message, end, actor, **more)
        LOG.info("looked up", extra={"id": message.id, "state": str(moved.state)})
        return moved


def _resolve(
    resolve: Callable[..., Submission], attempt: Attempt, known: list[str], others: list[Attempt]
) -> tuple[End | None, str | None]:
    try:
        return End.of_submission(resolve(attempt, known=known, others=others)), None
    except CallerError:  # no log, or not for this attempt
        return None, None
    except SmsbridgeError as error:
        return None, getattr(error, "why", type(error).__name__)
