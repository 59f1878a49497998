"""The bridge as a whole: its answers, and the parts that run in their own threads."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from smsbridge.bridge.store.stored_message import UNDER_WAY
from smsbridge.serving.rest import json_response

if TYPE_CHECKING:
    from smsbridge.bridge.delivery.housekeeping import Housekeeping
    from smsbridge.bridge.delivery.message_delivery import Delivery
    from smsbridge.bridge.doors.door import Door
    from smsbridge.bridge.doors.door_calls import Waiting
    from smsbridge.bridge.events.event_delivery import EventDelivery
    from smsbridge.bridge.events.inbound import Inbound
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.stored_message import StoredMessage
    from smsbridge.http.exchange import Request, Response

LOG = logging.getLogger("smsbridge.bridge")
Settled = Callable[["StoredMessage"], None]


@dataclass(slots=True)
class Listeners:
    """Callbacks for each message whose outcome was recorded."""

    all: list[Settled] = field(default_factory=list)

    def tell(self, message: StoredMessage) -> None:
        """Call all of them."""
        for one in self.all:
            one(message)


class BridgePart(Protocol):
    """A part of the bridge that runs in its own threads."""

    def start(self) -> None:
        """Start."""

    def end(self) -> None:
        """Take no more work."""

    def stop(self, seconds: float) -> bool:
        """Take no more work, wait for what is in progress, and return whether it all finished."""


class Workers(BridgePart, Protocol):
    """What sends messages in this process."""

    def wake(self) -> None:
        """Look for a message now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A running bridge. ``listeners`` are called with outcomes, in a worker's thread.

    ``inbound``: events from providers.
    """

    store: MessageStore
    doors: tuple[Door, ...]
    delivery: Delivery
    workers: Workers
    webhooks: EventDelivery
    housekeeping: Housekeeping
    listeners: Listeners
    inbound: Inbound

    def start(self) -> None:
        """Start sending, polling and posting webhooks."""
        for part in self._parts():
            part.start()

    def stop(self, seconds: float) -> bool:
        """Take no more work, wait for what is in progress, and return whether it all finished."""
        until = time.monotonic() + seconds
        for part in self._parts():
            part.end()
        left = [part.stop(max(until - time.monotonic(), 0)) for part in self._parts()]
        if not all(left):
            LOG.warning("not everything ended in time: a send in flight will be unknown")
        return all(left)

    def _parts(self) -> tuple[BridgePart, ...]:
        return (self.workers, self.webhooks, self.inbound.polls, self.housekeeping)

    def handle(self, request: Request, sender: str) -> Response | Waiting:
        """Return the answer to a request from a caller or a provider.

        That is 404 if it matches neither a door's call nor a webhook path.
        """
        if reported := self.inbound.answer(request, sender):
            return reported
        for door in self.doors:
            answer = door.handle(request, sender)
            if answer is not None:
                self.workers.wake()
                return answer
        return json_response(404, {"error": 404, "message": "no door takes this call"})

    def refuse(self, request: Request, status: int, why: str) -> Response:
        """Return the answer to an unreadable request."""
        answers = (door.refuse(request, status, why) for door in self.doors)
        refused = {"error": status, "message": why}
        return next((one for one in answers if one), None) or json_response(status, refused)

    def outcome(self, waiting: Waiting) -> Response | None:
        """Return the waiting answer if its outcome is known by now."""
        message = self.store.find(waiting.message.id)
        return waiting.answer(message) if message and message.state not in UNDER_WAY else None
