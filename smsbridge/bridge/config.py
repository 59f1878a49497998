"""The ``[bridge]`` table of a config file, and the whole bridge; errors give the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.bridge.doors.door_config import DoorConfig, read_backends, read_doors, read_shadows
from smsbridge.bridge.events.event_config import EventsConfig, read_events
from smsbridge.bridge.store.store_config import find_store
from smsbridge.bridge.table_values import (
    error_lines,
    errors_at,
    read_seconds,
    read_texts,
    whole_table,
)
from smsbridge.http.address import check_address

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.config.load import ConfigDocument
    from smsbridge.text.located import Checker

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^\[\]:/ ]+)):(?P<port>[0-9]{1,5})")
_MOST_PORT = 65_535
_MOST_WORKERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeConfig:
    """A whole bridge. ``backends``: those it sends through.

    ``store``: its SQLite file, or a PostgreSQL URL including the password.

    ``shadows``: backends to compare with them, never sent through. ``address``: the base URL that
    callers use, if not ``host`` and ``port``. ``proxies``: addresses and networks of trusted
    reverse proxies, whose ``X-Forwarded-For`` is used. ``keep``: how long numbers and texts are
    kept. ``workers``: the most sends in flight. ``events``: incoming events, and how they come.
    """

    store: Path | str = field(repr=False)
    doors: tuple[DoorConfig, ...]
    backends: Mapping[str, Backend]
    shadows: Mapping[str, Backend] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 8780
    address: str = ""
    proxies: tuple[str, ...] = ()
    keep: timedelta = timedelta(days=90)
    workers: int = 8
    events: tuple[EventsConfig, ...] = ()

    def has_webhook(self, door: str, caller: str) -> bool:
        """Return whether a caller has a webhook for its events."""
        return any(one.name == door and caller in one.webhooks for one in self.doors)


def read_bridge(document: ConfigDocument) -> BridgeConfig:
    """Return the bridge of a config file; raises `ConfigError` with file and line."""
    with error_lines(document):
        own, table = whole_table(document, "bridge"), whole_table(document, "doors")
        own.only("store", "listen", "address", "proxies", "keep", "workers", "events")
        host, port = _listen(own)
        doors = read_doors(document, table)
        backends = read_backends(document, doors)
        return BridgeConfig(
            store=find_store(document, own),
            host=host,
            port=port,
            address=_address(own),
            proxies=_proxies(own),
            keep=timedelta(seconds=read_seconds(own, "keep", "90d")),
            workers=_workers(own),
            doors=doors,
            backends=backends,
            shadows=read_shadows(document, table, doors),
            events=read_events(document, own, doors, backends),
        )


def _listen(own: Checker) -> tuple[str, int]:
    return read_listen(own.of("listen", str, "127.0.0.1:8780")) or own.fail(
        'give a host and port, such as "127.0.0.1:8780"', "listen"
    )


def read_listen(text: str) -> tuple[str, int] | None:
    """Return the host and port in a text; None if it is anything else."""
    found = _LISTEN.fullmatch(text)
    if found is None or int(found["port"]) > _MOST_PORT:
        return None
    return found["six"] or found["host"], int(found["port"])


def _address(own: Checker) -> str:
    address: str = own.of("address", str, "").rstrip("/")
    if address:
        with errors_at(own, "address"):
            check_address("address", address)
        if urlsplit(address).query:
            own.fail("give a base URL, without a query", "address")
    return address


def _proxies(own: Checker) -> tuple[str, ...]:
    proxies = read_texts(own, "proxies", '["10.0.0.0/8"]')
    for one in proxies:
        try:
            ip_network(one)
        except ValueError:
            own.fail(f"{one!r} is not an address or a network", "proxies")
    return proxies


def _workers(own: Checker) -> int:
    workers: int = own.of("workers", int, 8)
    if not 0 < workers <= _MOST_WORKERS:
        own.fail(f"give 1 to {_MOST_WORKERS}", "workers")
    return workers
