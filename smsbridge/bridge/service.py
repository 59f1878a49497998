"""A whole bridge: its store, its doors and its workers, from a config; without a socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from smsbridge.bridge.database import nowhere
from smsbridge.bridge.door import Door
from smsbridge.bridge.door_calls import Waiting
from smsbridge.bridge.housekeeping import Housekeeping
from smsbridge.bridge.lookup import Lookup
from smsbridge.bridge.message_delivery import Delivery
from smsbridge.bridge.message_queue import MessageQueue, holder_name
from smsbridge.bridge.open_database import open_database
from smsbridge.bridge.sender import ClientOf, Sender, bridge_client
from smsbridge.bridge.store import Store
from smsbridge.bridge.thread_workers import ThreadWorkers
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


@dataclass(slots=True)
class Listeners:
    """Who hears of each message whose outcome was recorded."""

    all: list[Settled] = field(default_factory=list)

    def tell(self, message: StoredMessage) -> None:
        """Tell all of them."""
        for one in self.all:
            one(message)


class Workers(Protocol):
    """What sends in this process."""

    def start(self) -> None:
        """Begin."""

    def wake(self) -> None:
        """Look for a message at once."""

    def stop(self, seconds: float) -> bool:
        """Claim nothing more, and wait for what is being sent; return whether all of it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A running bridge. ``listeners`` hear of outcomes, in a worker's thread."""

    store: Store
    doors: tuple[Door, ...]
    delivery: Delivery
    workers: Workers
    housekeeping: Housekeeping
    listeners: Listeners

    def start(self) -> None:
        """Begin to send."""
        self.workers.start()
        self.housekeeping.start()

    def stop(self, seconds: float) -> bool:
        """Begin nothing more, and wait for what is being done; return whether all of it ended."""
        until = time.monotonic() + seconds
        ended = self.workers.stop(seconds)
        self.delivery.give_up()
        return self.housekeeping.stop(max(until - time.monotonic(), 0)) and ended

    def handle(self, request: Request, sender: str) -> Response | Waiting:
        """Return the answer to a request of a caller; 404 where no door has such a call."""
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
        return waiting.answer(message) if message and is_over(message) else None


def is_over(message: StoredMessage) -> bool:
    """Return whether a send has ended, in whatever way."""
    return message.state not in ("stored", "handed_over")


@contextmanager
def serve_bridge(
    config: BridgeConfig,
    address: str,
    *,
    doors: bool = True,
    at: At = nowhere,
    client_of: ClientOf = bridge_client,
) -> Iterator[Bridge]:
    """Run a bridge until the end of the block, then end what is being sent.

    ``address``: the base URL that callers use. ``doors``: whether it hears them; without, it only
    sends what others have stored. ``at`` and ``client_of`` are for tests. Raises
    `ConfigError` where another process serves the store, or a dialect can't be spoken.
    """
    database = open_database(config.store, at=at)
    session = Session()
    try:
        with database.lock():
            database.migrate()
            store = Store(database)
            opened = [
                Door(door, config.backends[door.to], store, session, address)
                for door in (config.doors if doors else ())
            ]
            clients = {
                name: client_of(backend, session) for name, backend in config.backends.items()
            }
            bridge = _bridge(config, store, opened, clients, session)
            bridge.start()
            try:
                yield bridge
            finally:
                bridge.stop(_STOP_SECONDS)
    finally:
        database.close()


def _bridge(
    config: BridgeConfig,
    store: Store,
    doors: list[Door],
    clients: Mapping[str, Client],
    session: Session,
) -> Bridge:
    _check_calls(doors)
    listeners = Listeners()
    queue = MessageQueue(store, holder_name() if store.database.jobs else "")
    sender = Sender(backends=config.backends, clients=clients, session=session, now=store.now)
    delivery = Delivery(queue, sender, listeners.tell)
    return Bridge(
        store=store,
        doors=tuple(sorted(doors, key=lambda door: -len(door.config.path))),
        listeners=listeners,
        delivery=delivery,
        workers=_workers(queue, delivery, config.workers),
        housekeeping=Housekeeping(
            queue,
            lookup_of(config, queue, clients),
            config.keep.total_seconds(),
            listeners.tell,
        ),
    )


def _workers(queue: MessageQueue, delivery: Delivery, number: int) -> Workers:
    jobs = queue.store.database.jobs
    if jobs is None:
        return ThreadWorkers(queue, delivery, number)
    from smsbridge.bridge.job_workers import JobWorkers

    return JobWorkers(jobs, queue, delivery, number)


def lookup_of(config: BridgeConfig, queue: MessageQueue, clients: Mapping[str, Client]) -> Lookup:
    """Return what looks *unknown* messages up."""
    rules = {door.name: door.on_unknown for door in config.doors}
    return Lookup(queue=queue, clients=clients, rules=rules)


def _check_calls(doors: list[Door]) -> None:
    """Refuse two doors that hear the same call."""
    heard: dict[str, str] = {}
    for door in doors:
        for call in door.calls():
            if (other := heard.setdefault(call, door.config.name)) != door.config.name:
                both = f"{other} and {door.config.name}"
                raise ConfigError(f"the doors {both} hear the same calls: give each a path")
