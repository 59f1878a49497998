"""Builds and runs a bridge from a config: store, doors and workers, but no socket."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smsbridge.bridge.bridge import Bridge, Listeners, Workers
from smsbridge.bridge.delivery.housekeeping import Housekeeping
from smsbridge.bridge.delivery.lookup import Lookup
from smsbridge.bridge.delivery.message_delivery import Delivery
from smsbridge.bridge.delivery.message_queue import MessageQueue, holder_name
from smsbridge.bridge.delivery.sender import ClientOf, Sender, bridge_client
from smsbridge.bridge.delivery.thread_workers import ThreadWorkers
from smsbridge.bridge.doors.door import Door
from smsbridge.bridge.doors.door_paths import check_door_paths
from smsbridge.bridge.events.event_delivery import EventDelivery, tellers_of
from smsbridge.bridge.events.event_queue import EventQueue
from smsbridge.bridge.events.inbound import Inbound
from smsbridge.bridge.store.database import nowhere
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.open_database import open_database
from smsbridge.http.exchange import Session

if TYPE_CHECKING:
    from smsbridge.bridge.config import BridgeConfig
    from smsbridge.bridge.store.database import At
    from smsbridge.client.sync import Client

LOG = logging.getLogger("smsbridge.bridge")
_STOP_SECONDS = 18.0


@contextmanager
def serve_bridge(
    config: BridgeConfig,
    address: str,
    *,
    doors: bool = True,
    at: At = nowhere,
    client_of: ClientOf = bridge_client,
) -> Iterator[Bridge]:
    """Run a bridge until the end of the block, then finish the sends in flight.

    ``address``: the base URL that callers use. ``doors``: whether to take calls; without, it only
    sends what other processes have stored. ``at`` and ``client_of`` are for tests. Raises
    `ConfigError` if another process serves the store, or a dialect can't be spoken.
    """
    database = open_database(config.store, at=at)
    session = Session()
    try:
        with database.lock():
            database.migrate()
            store = MessageStore(database, has_webhook=config.has_webhook)
            opened = open_doors(config, store, session, address) if doors else ()
            for door in opened:
                if door.warning:
                    LOG.warning("%s", door.warning, extra={"door": door.config.name})
            maker = _Maker(config, store, session, client_of, address)
            bridge = maker.bridge(opened)
            bridge.start()
            try:
                yield bridge
            finally:
                bridge.stop(_STOP_SECONDS)
    finally:
        database.close()


class _Maker:
    """Builds the parts of a bridge."""

    def __init__(
        self,
        config: BridgeConfig,
        store: MessageStore,
        session: Session,
        client_of: ClientOf,
        address: str,
    ) -> None:
        self._config, self._store, self._session = config, store, session
        self._client_of, self._address = client_of, address
        self._listeners = Listeners()
        self._clients = {name: client_of(one, session) for name, one in config.backends.items()}

    def bridge(self, doors: tuple[Door, ...]) -> Bridge:
        """Return the whole bridge."""
        config, store = self._config, self._store
        queue = MessageQueue(store, holder_name() if store.database.jobs else "")
        sender = Sender(
            backends=config.backends, clients=self._clients, session=self._session, now=store.now
        )
        delivery = Delivery(queue, sender, self._listeners.tell)
        lookup = lookup_of(config, queue, self._clients)
        keep = config.keep.total_seconds()
        return Bridge(
            store=store,
            doors=doors,
            listeners=self._listeners,
            delivery=delivery,
            workers=_workers(queue, delivery, config.workers),
            housekeeping=Housekeeping(queue, lookup, keep, self._listeners.tell),
            webhooks=EventDelivery(EventQueue(store), tellers_of(config.doors)),
            inbound=self._inbound(),
        )

    def _inbound(self) -> Inbound:
        config = self._config
        return Inbound.of(
            config.events,
            EventStore(self._store),
            {**self._other_clients(), **self._clients},
            self._address,
            self._listeners.tell,
        )

    def _other_clients(self) -> dict[str, Client]:
        """Return a client for each failover member, with the session that the failover uses."""
        return {
            one.name: self._client_of(one.backend, self._session.of(one.name))
            for one in self._config.events
            if one.name not in self._config.backends
        }


def _workers(queue: MessageQueue, delivery: Delivery, number: int) -> Workers:
    jobs = queue.store.database.jobs
    if jobs is None:
        return ThreadWorkers(queue, delivery, number)
    from smsbridge.bridge.delivery.job_workers import JobWorkers

    return JobWorkers(jobs, queue, delivery, number)


def lookup_of(config: BridgeConfig, queue: MessageQueue, clients: Mapping[str, Client]) -> Lookup:
    """Return the lookup of *unknown* messages."""
    rules = {door.name: door.on_unknown for door in config.doors}
    return Lookup(queue=queue, clients=clients, rules=rules)


def open_doors(
    config: BridgeConfig, store: MessageStore, session: Session, address: str
) -> tuple[Door, ...]:
    """Return the doors, longest path first.

    Raises `ConfigError` if a dialect can't be spoken, or if two doors take calls at one path.
    """
    doors = [Door(door, config.backends[door.to], store, session, address) for door in config.doors]
    check_door_paths(doors, [(one.name, one.path) for one in config.events if one.path])
    return tuple(sorted(doors, key=lambda door: -len(door.config.path)))
