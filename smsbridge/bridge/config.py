"""The tables ``[bridge]`` and ``[doors.NAME]`` of a config file; each error has its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.bridge.event_config import EventsConfig, read_events, read_received
from smsbridge.bridge.shadow import check_shadow
from smsbridge.bridge.webhook_config import WebhookConfig, read_webhooks
from smsbridge.config.values import fetch_value
from smsbridge.errors import ConfigError
from smsbridge.http.address import check_address
from smsbridge.text.encodings import ENCODINGS, WIDE
from smsbridge.text.located import Checker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsbridge.backends.base import Backend
    from smsbridge.config.load import ConfigDocument

_SQLITE = "sqlite:///"
_POSTGRES = "postgresql://"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^\[\]:/ ]+)):(?P<port>[0-9]{1,5})")
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_OWN_PATHS = ("/livez", "/readyz", "/metrics")
_MOST_PORT = 65_535
_MOST_WORKERS = 64
_MOST_WAIT = 300


class AnswerWhen(StrEnum):
    """When a caller gets its answer: once the message is stored, or once its outcome is known."""

    STORED = "stored"
    OUTCOME = "outcome"


class OnUnknown(StrEnum):
    """What is done with a message whose outcome stays unknown: it waits, or goes out once more."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorConfig:
    """One door. ``callers``: the backend whose requests it hears, with the credentials of each.

    ``path``: empty for where that service has it. ``to``: the name of the block that carries what
    comes in. ``wait``: how many seconds an answer may wait for an outcome. ``same_within``: for how
    many seconds equal messages without a reference count as one; 0 for never. ``shadow``: the name
    of the block that is compared with ``to``; empty for none. ``received``: which caller gets what
    comes in, by the number to which it went; empty if the door doesn't say. ``webhooks``: where the
    events of its callers go, by the names of those that have one.
    """

    name: str
    callers: Mapping[str, Backend]
    to: str
    path: str = ""
    answer: AnswerWhen = AnswerWhen.STORED
    wait: float = 20.0
    same_within: float = 0.0
    on_unknown: OnUnknown = OnUnknown.HOLD
    charset: str = ""
    shadow: str = ""
    received: Mapping[str, str] = field(default_factory=dict)
    webhooks: Mapping[str, WebhookConfig] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeConfig:
    """A whole bridge. ``backends``: those it sends through.

    ``store``: the file of its store, or the URL of a database of PostgreSQL, password included.

    ``shadows``: those that are compared with them, and never sent through.
    ``address``: the base URL that callers use, if not ``host`` and ``port``. ``proxies``: addresses
    and networks whose ``X-Forwarded-For`` is believed. ``keep``: how long the numbers and texts of
    a message stay. ``workers``: how many sends are in flight at most. ``events``: what comes in,
    and how.
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
        """Return whether a caller is told of its events by a webhook."""
        return any(one.name == door and caller in one.webhooks for one in self.doors)


def read_bridge(document: ConfigDocument) -> BridgeConfig:
    """Return the bridge that a config file describes; raises `ConfigError` with file and line."""
    with _lines(document):
        own, doors = _table(document, "bridge"), _table(document, "doors")
        own.only("store", "listen", "address", "proxies", "keep", "workers", "events")
        host, port = _listen(own)
        if not doors.values:
            doors.fail("give at least one door, such as [doors.old-shop]")
        made = tuple(_door(document, doors, name) for name in doors.values)
        _check_paths(made)
        backends = {door.to: _target(document, doors, door, "to") for door in made}
        return BridgeConfig(
            store=_store(document, own),
            host=host,
            port=port,
            address=_address(own),
            proxies=_proxies(own),
            keep=timedelta(seconds=_seconds(own, "keep", "90d")),
            workers=_workers(own),
            doors=made,
            backends=backends,
            shadows={door.shadow: _shadow(document, doors, door) for door in made if door.shadow},
            events=read_events(document, own, made, backends, _seconds),
        )


def read_store(document: ConfigDocument) -> Path | str:
    """Return the store alone, as `BridgeConfig` has it: for commands that open no door."""
    with _lines(document):
        return _store(document, _table(document, "bridge"))


def _store(document: ConfigDocument, own: Checker) -> Path | str:
    """Return the file that ``store`` names, relative to the folder of the config, or the URL."""
    folder = document.file.parent
    given = own.values.get("store", f"{_SQLITE}bridge.db")
    if isinstance(given, Mapping):
        try:
            given = fetch_value("store", given, document.environ, folder)
        except ConfigError as error:
            own.fail(str(error).removeprefix("store: "), "store")
    store = str(given)
    if store.startswith(_POSTGRES):
        return _postgres_url(own, store)
    name = store.removeprefix(_SQLITE)
    if not store.startswith(_SQLITE) or not name or "?" in name or name == ":memory:":
        own.fail(
            f"give {_SQLITE} and the path of a file, such as {_SQLITE}bridge.db, or the URL of a "
            f"database, such as {_POSTGRES}bridge@db.example/bridge",
            "store",
        )
    return folder / name


def _postgres_url(own: Checker, store: str) -> str:
    try:
        parts = urlsplit(store)
        named = parts.path.strip("/") and (parts.port or True)
    except ValueError:
        named = False
    if not named:
        own.fail(
            f"give a URL with a database, such as {_POSTGRES}bridge@db.example/bridge", "store"
        )
    return store


@contextmanager
def _lines(document: ConfigDocument) -> Iterator[None]:
    """Name the file and the line in an error of these tables."""
    try:
        yield
    except ConfigError as error:
        if not error.key or error.key[0] not in ("bridge", "doors"):
            raise
        line = document.values.line_of(error.key)
        raise ConfigError(f"{document.file.name}, line {line}: {error}", error.key) from None


def _table(document: ConfigDocument, name: str) -> Checker:
    if name not in document.values:
        raise ConfigError(
            f"{document.file.name} has no [{name}]: a bridge needs [bridge] and [doors.NAME]"
        )
    return Checker(document.values).table(name)


def _door(document: ConfigDocument, doors: Checker, name: str) -> DoorConfig:
    if not _NAME.fullmatch(name):
        doors.fail("the name of a door has letters, digits, - and _", name)
    own = doors.table(name)
    own.only(
        "speaks",
        "path",
        "to",
        "callers",
        "received",
        "webhooks",
        "answer",
        "wait",
        "same_within",
        "on_unknown",
        "shadow",
        "charset",
    )
    speaks = _block(document, own, "speaks")
    callers = own.table("callers")
    if not callers.values:
        own.fail("name at least one caller, with its credentials", "callers")
    wait = _seconds(own, "wait", "20s")
    if not 0 < wait <= _MOST_WAIT:
        own.fail(f"give 1s to {_MOST_WAIT}s", "wait")
    known = _callers(document, callers, speaks)
    return DoorConfig(
        name=name,
        callers=known,
        path=_path(own),
        to=_block(document, own, "to"),
        answer=AnswerWhen(_choice(own, "answer", AnswerWhen)),
        wait=wait,
        same_within=_seconds(own, "same_within", "0s"),
        on_unknown=OnUnknown(_choice(own, "on_unknown", OnUnknown)),
        charset=_charset(own),
        shadow=_block(document, own, "shadow") if "shadow" in own else "",
        received=read_received(own, callers.values),
        webhooks=read_webhooks(document, own, known),
    )


def _block(document: ConfigDocument, own: Checker, key: str) -> str:
    name: str = own.of(key, str)
    if name not in document.blocks:
        own.fail(f"there is no [backends.{name}]; {_hint(name, document.blocks)}", key)
    return name


def _hint(name: str, blocks: Collection[str]) -> str:
    from smsbridge.backends.registry import find
    from smsbridge.text.suggest import nearest

    try:
        find(name)
    except ConfigError:
        return nearest(name, blocks)
    return f'add one, with backend = "{name}"'


def _callers(document: ConfigDocument, callers: Checker, speaks: str) -> dict[str, Backend]:
    found: dict[str, Backend] = {}
    for name in callers.values:
        one = _caller(document, callers, name, speaks)
        for other, backend in found.items():
            if one.credentials() == backend.credentials():
                callers.fail(
                    f"it has the credentials of {other}: nobody could tell them apart", name
                )
        found[name] = one
    return found


def _caller(document: ConfigDocument, callers: Checker, name: str, speaks: str) -> Backend:
    """Return the backend that a door speaks, with the credentials of one caller."""
    if not _NAME.fullmatch(name):
        callers.fail("the name of a caller has letters, digits, - and _", name)
    given: Mapping[str, Any] = callers.table(name).values
    auth = document.block(speaks).get("auth")
    more = {"auth": {**auth, **given}} if isinstance(auth, Mapping) else dict(given)
    line = document.values.line_of((*callers.at, name))
    try:
        backend = document.backend(speaks, more, line=line)
    except ConfigError as error:
        callers.fail(f"speaks {speaks}: {error}", name)
    if not backend.protocols:
        callers.fail(
            f"{speaks} is {backend.name}, which nobody can speak: it has no protocol", name
        )
    return backend


def _target(document: ConfigDocument, doors: Checker, door: DoorConfig, key: str) -> Backend:
    """Return the backend of the block that a key of a door names."""
    line = document.values.line_of((*doors.at, door.name, key))
    return document.backend(getattr(door, key), line=line)


def _shadow(document: ConfigDocument, doors: Checker, door: DoorConfig) -> Backend:
    """Return the backend of a door's shadow; it can be compared with that of ``to``."""
    own = doors.table(door.name)
    if door.shadow == door.to:
        own.fail(f"{door.to} is the block in to: give another one", "shadow")
    for key in ("to", "shadow"):
        backend = _target(document, doors, door, key)
        try:
            check_shadow(backend)
        except ConfigError as error:
            own.fail(f"[backends.{getattr(door, key)}] can't be compared: {error}", "shadow")
    return backend


def _choice(own: Checker, key: str, words: type[AnswerWhen | OnUnknown]) -> str:
    first = next(iter(words))
    said: str = own.of(key, str, str(first))
    if said not in list(words):
        own.fail(f"give {' or '.join(words)}", key)
    return said


def _charset(own: Checker) -> str:
    charset: str = own.of("charset", str, "").lower()
    if charset and (charset not in ENCODINGS or charset.startswith(WIDE)):
        own.fail('give an encoding of old programs, such as "windows-1252"', "charset")
    return charset


def _seconds(own: Checker, key: str, default: str) -> float:
    found = duration_of(own.of(key, str, default))
    if found is None:
        own.fail('give a whole number and s, m, h or d, such as "20s"', key)
    return found


def duration_of(text: str) -> float | None:
    """Return the seconds of a duration, such as ``7d``; None if it is none."""
    found = _DURATION.fullmatch(text)
    return float(int(found[1]) * _UNITS[found[2]]) if found else None


def _path(own: Checker) -> str:
    path: str = own.of("path", str, "").rstrip("/")
    if path and not _PATH.fullmatch(path):
        own.fail('give a path, such as "/services/oldcorp"', "path")
    if path in _OWN_PATHS:
        own.fail(f"{path} is the bridge's own", "path")
    return path


def _check_paths(doors: tuple[DoorConfig, ...]) -> None:
    seen: dict[str, str] = {}
    for door in doors:
        if door.path and door.path in seen:
            why = f"doors.{door.name}.path: {door.path} is that of {seen[door.path]} already"
            raise ConfigError(why, ("doors", door.name, "path"))
        seen[door.path] = door.name


def _listen(own: Checker) -> tuple[str, int]:
    return read_listen(own.of("listen", str, "127.0.0.1:8780")) or own.fail(
        'give a host and a port, such as "127.0.0.1:8780"', "listen"
    )


def read_listen(text: str) -> tuple[str, int] | None:
    """Return the host and the port of a text; None if it has others, or none."""
    found = _LISTEN.fullmatch(text)
    if found is None or int(found["port"]) > _MOST_PORT:
        return None
    return found["six"] or found["host"], int(found["port"])


def _address(own: Checker) -> str:
    address: str = own.of("address", str, "").rstrip("/")
    if address:
        try:
            check_address("address", address)
        except ConfigError as error:
            own.fail(str(error).removeprefix("address: "), "address")
        if urlsplit(address).query:
            own.fail("give a base URL, without a query", "address")
    return address


def _proxies(own: Checker) -> tuple[str, ...]:
    given = own.values.get("proxies", [])
    for one in given if isinstance(given, list) else [None]:
        try:
            ip_network(one if isinstance(one, str) else "")
        except ValueError:
            own.fail('give a list of addresses or networks, such as ["10.0.0.0/8"]', "proxies")
    return tuple(given)


def _workers(own: Checker) -> int:
    workers: int = own.of("workers", int, 8)
    if not 0 < workers <= _MOST_WORKERS:
        own.fail(f"give 1 to {_MOST_WORKERS}", "workers")
    return workers
