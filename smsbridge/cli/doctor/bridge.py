"""Doctor's checks of a bridge: whether ``smsbridge serve`` would start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.cli.doctor.finding import Finding
from smsbridge.config.choose import URL_VARIABLE
from smsbridge.config.load import read_document
from smsbridge.errors import ConfigError, SmsbridgeError

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.bridge.config import BridgeConfig
    from smsbridge.bridge.doors.door_config import DoorConfig
    from smsbridge.bridge.store.message_store import MessageStore


def find_bridge(config: str | None = None) -> BridgeConfig | None:
    """Return the bridge in the config file, or None; raises `ConfigError`."""
    if config is None and os.environ.get(URL_VARIABLE):
        return None
    try:
        document = read_document(config)
    except ConfigError:  # reported when the backend is chosen
        return None
    if not {"bridge", "doors"} & document.values.keys():
        return None
    from smsbridge.bridge.config import read_bridge

    return read_bridge(document)


def senders_of(config: BridgeConfig) -> Mapping[str, Backend]:
    """Return the backends that a bridge sends through, by block; a failover as its members."""
    found: dict[str, Backend] = {}
    for name, one in config.backends.items():
        found |= one.members() or {name: one}
    return found


def examine_bridge(config: BridgeConfig) -> Iterator[Finding]:
    """Yield the findings about each door and the store; raises `MissingExtra`."""
    from smsbridge.cli.outbox_store import bridge_modules

    bridge_modules()
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.open_database import open_database

    with closing(open_database(config.store)) as database:
        store = MessageStore(database)
        yield from _examine_doors(config, store)
        yield _examine_store(config, store)


def _examine_doors(config: BridgeConfig, store: MessageStore) -> Iterator[Finding]:
    from smsbridge.bridge.serve_bridge import open_doors
    from smsbridge.bridge.uvicorn_server import base_url
    from smsbridge.cli.local_doors import local_doors
    from smsbridge.http.exchange import Session

    address = config.address or base_url(config.host, config.port)
    well: list[DoorConfig] = []
    with ExitStack() as stack:
        for door in config.doors:
            speaks = next(iter(door.callers.values())).name
            try:
                alone = local_doors(replace(config, doors=(door,)), stack)
                (opened,) = open_doors(alone, store, Session(), address)
            except SmsbridgeError as error:
                yield _failure("door", str(error))
                continue
            well += alone.doors
            said = f"{door.name} speaks {speaks}, and sends through {door.to}"
            more = f"; {opened.warning}" if opened.warning else ""
            yield Finding(name="door", said=said + more, warns=bool(more))
        try:
            open_doors(replace(config, doors=tuple(well)), store, Session(), address)
        except ConfigError as error:
            yield _failure("door", str(error))


def _examine_store(config: BridgeConfig, store: MessageStore) -> Finding:
    from smsbridge.bridge.store.database import OlderStore, StoreError
    from smsbridge.bridge.store.write_check import check_writable

    database = store.database
    try:
        if not database.is_there():
            return _new_store(config.store, database.name)
        database.check()
        check_writable(database)
    except OlderStore as error:
        return Finding(name="store", said=str(error))
    except ConfigError as error:
        return _failure("store", str(error))
    except StoreError as error:
        return _failure("store", str(database.trouble(error)))
    return Finding(name="store", said=f"{database.name} can be written")


def _new_store(place: Path | str, name: str) -> Finding:
    if isinstance(place, Path):
        folder = next(one for one in place.parents if one.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            return _failure("store", f"{name} can't be created in {folder}")
    return Finding(name="store", said=f"{name} doesn't exist yet: smsbridge serve creates it")


def _failure(name: str, said: str) -> Finding:
    return Finding(name=name, said=said, todo="fix it: smsbridge serve would not start")
