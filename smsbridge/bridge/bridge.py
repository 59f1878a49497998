"""A bridge as a whole: what it answers, and what it does in threads of its own."""

from __future__ import annotations

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

Settled = Callable[["StoredMessage"], None]


@dataclass(slots=True)
class Listeners:
    """Who hears of each message whose outcome was recorded."""

    all: list[Settled] = field(default_factory=list)

    def tell(self, message: StoredMessage) -> None:
        """Tell all of them."""
        for one in self.all:
            one(message)


class BridgePart(Protocol):
    """What a bridge does in threads of its own."""

    def start(self) -> None:
        """Begin."""

    def end(self) -> None:
        """Begin nothing more."""

    def stop(self, seconds: float) -> bool:
        """End, wait for what is being done, and return whether all of it ended."""


class Workers(BridgePart, Protocol):
    """What sends in this process."""

    def wake(self) -> None:
        """Look for a message at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A running bridge. ``listeners`` hear of outcomes, in a worker's thread.

    ``inbound``: what comes in from providers.
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
        """Begin to send, to ask and to tell."""
        for part in self._parts():
            part.start()

    def stop(self, seconds: float) -> bool:
        """Begin nothing more, and wait for what is being done; return whether all of it ended."""
        until = time.monotonic() + seconds
        for part in self._parts():
            part.end()
        left = [part.stop(max(until - time.monotonic(), 0)) for part in self._parts()]
        return all(left)

    def _parts(self) -> tuple[BridgePart, ...]:
        return (self.workers, self.webhooks, self.inbound.polls, self.housekeeping)

    def handle(self, request: Request, sender: str) -> Response | Waiting:
        """Return the answer to a request of a caller, or of a provider that reports.

        It is 404 where neither a door has such a call nor a provider reports there.
        """
        if reported := self.inbound.answer(request, sender):
            return reported
        for door in self.doors:
            answer = door.handle(request, sender)
            if answer is not None:
                self.workers.wake()
                return answer
        return json_response(404, {"error": 404, "message": "no door has this call"})

    def refuse(self, request: Request, status: int, why: str) -> Response:
        """Return the answer to a request that can't be read at all."""
        answers = (door.refuse(request, status, why) for door in self.doors)
        refused = {"error": status, "message": why}
        return next((one for one in answers if one), None) or json_response(status, refused)

    def outcome(self, waiting: Waiting) -> Response | None:
        """Return the answer that waited, if the outcome is known by now."""
        message = self.store.find(waiting.message.id)
        return waiting.answer(message) if message and message.state not in UNDER_WAY else None
