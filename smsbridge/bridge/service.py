"""A whole bridge: its store, its doors and its workers, from a config; without a socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsbridge.bridge.database import Database
from smsbridge.bridge.door import Door
from smsbridge.bridge.door_calls import Waiting
from smsbridge.bridge.event_delivery import EventDelivery, tellers_of
from smsbridge.bridge.event_queue import EventQueue
from smsbridge.bridge.event_store import EventStore
from smsbridge.bridge.inbound import Inbound
from smsbridge.bridge.lookup import Lookup
from smsbridge.bridge.message_queue import MessageQueue
from smsbridge.bridge.store import Store
from smsbridge.bridge.workers import ClientOf, Delivery, Sender, bridge_client
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.serving.rest import json_response

if TYPE_CHECKING:
    from smsbridge.bridge.config import BridgeConfig
    from smsbridge.bridge.database import At
    from smsbridge.bridge.stored_message import StoredMessage
    from smsbridge.client.sync import Client

Settled = Callable[["StoredMessage"], None]
_STOP_SECONDS = 18.0
_POLL_SECONDS = 2.0


@dataclass(slots=True)
class Listeners:
    """Who hears of each message whose outcome was recorded."""

    all: list[Settled] = field(default_factory=list)

    def tell(self, message: StoredMessage) -> None:
        """Tell all of them."""
        for one in self.all:
            one(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A running bridge. ``listeners`` hear of outcomes, in a worker's thread.

    ``inbound``: what comes in from providers.
    """

    store: Store
    doors: tuple[Door, ...]
    delivery: Delivery
    webhooks: EventDelivery
    listeners: Listeners
    inbound: Inbound

    def handle(self, request: Request, sender: str) -> Response | Waiting:
        """Return the answer to a request of a caller, or of a provider that reports.

        It is 404 where neither a door has such a call nor a provider reports there.
        """
        if reported := self.inbound.answer(request, sender):
            return reported
        for door in self.doors:
            answer = door.handle(request, sender)
            if answer is not None:
                self.delivery.wake()
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
        return waiting.answer(message) if message and is_over(message) else None


def is_over(message: StoredMessage) -> bool:
    """Return whether a send has ended, in whatever way."""
    return message.state not in ("stored", "handed_over")


@contextmanager
def serve_bridge(
    config: BridgeConfig,
    address: str,
    *,
    at: At | None = None,
    client_of: ClientOf = bridge_client,
) -> Iterator[Bridge]:
    """Run a bridge until the end of the block, then end what is being sent.

    ``address``: the base URL that callers use. ``at`` and ``client_of`` are for tests. Raises
    `ConfigError` where another process serves the store, or a dialect can't be spoken.
    """
    database = Database(config.store, at=at) if at else Database(config.store)
    session = Session()
    try:
        with database.lock():
            database.migrate()
            store = Store(database, time.time)
            doors = [
                Door(door, config.backends[door.to], store, session, address)
                for door in config.doors
            ]
            clients = {
                name: client_of(backend, session) for name, backend in config.backends.items()
            }
            listeners = Listeners()
            inbound = Inbound.of(
                config.events,
                EventStore(store, config.has_webhook),
                {**_other_clients(config, client_of, session), **clients},
                address,
                listeners.tell,
            )
            bridge = Bridge(
                store=store,
                doors=_in_order(doors, config),
                listeners=listeners,
                inbound=inbound,
                webhooks=EventDelivery(EventQueue(store), tellers_of(config.doors)),
                delivery=_delivery(config, store, clients, session, listeners),
            )
            bridge.delivery.start()
            bridge.webhooks.start()
            if config.events:
                inbound.polls.start()
            try:
                yield bridge
            finally:
                until = time.monotonic() + _STOP_SECONDS
                inbound.polls.end()
                bridge.webhooks.end()
                bridge.delivery.stop(_STOP_SECONDS)
                bridge.webhooks.stop(max(until - time.monotonic(), 0))
                inbound.polls.wait(_POLL_SECONDS)
    finally:
        database.close()


def _other_clients(
    config: BridgeConfig, client_of: ClientOf, session: Session
) -> dict[str, Client]:
    """Return what asks the parts of a failover, each with the session that the failover uses."""
    return {
        one.name: client_of(one.backend, session.of(one.name))
        for one in config.events
        if one.name not in config.backends
    }


def _delivery(
    config: BridgeConfig,
    store: Store,
    clients: Mapping[str, Client],
    session: Session,
    listeners: Listeners,
) -> Delivery:
    queue = MessageQueue(store)
    return Delivery(
        queue,
        Sender(backends=config.backends, clients=clients, session=session, now=store.now),
        lookup_of(config, queue, clients),
        workers=config.workers,
        keep=config.keep.total_seconds(),
        settled=listeners.tell,
    )


def lookup_of(config: BridgeConfig, queue: MessageQueue, clients: Mapping[str, Client]) -> Lookup:
    """Return what looks *unknown* messages up."""
    rules = {door.name: door.on_unknown for door in config.doors}
    return Lookup(queue=queue, clients=clients, rules=rules)


def _in_order(doors: list[Door], config: BridgeConfig) -> tuple[Door, ...]:
    """Return the doors, the longest path first; refuse two that hear the same call."""
    heard: dict[str, str] = {}
    for door in doors:
        for call in door.calls():
            if (other := heard.setdefault(call, door.config.name)) != door.config.name:
                both = f"{other} and {door.config.name}"
                raise ConfigError(f"the doors {both} hear the same calls: give each a path")
            path = f"{door.config.path}{call.rpartition(' ')[2]}".rstrip("/")
            for one in config.events:
                if one.path and path == one.path:
                    why = f"door {door.config.name} hears calls at the path of its webhook"
                    raise ConfigError(f"bridge.events.{one.name}: {why}: give another path")
    return tuple(sorted(doors, key=lambda door: -len(door.config.path)))
