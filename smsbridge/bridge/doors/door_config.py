"""The tables ``[doors.NAME]``: who may call a door, and which backend sends its messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from smsbridge.bridge.doors.received_owners import read_received
from smsbridge.bridge.doors.shadow import check_shadow
from smsbridge.bridge.doors.webhook_config import WebhookConfig, read_webhooks
from smsbridge.bridge.table_values import (
    OWN_PATHS,
    check_name,
    is_path,
    read_choice,
    read_seconds,
    read_texts,
)
from smsbridge.config.load import BadCredentials
from smsbridge.errors import ConfigError
from smsbridge.mapping.path import HEADER
from smsbridge.text.encodings import ENCODINGS, WIDE
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.config.load import ConfigDocument
    from smsbridge.text.located import Checker

_MOST_WAIT = 300


class AnswerWhen(StrEnum):
    """When a caller gets its answer: once the message is stored, or once its outcome is known."""

    STORED = "stored"
    OUTCOME = "outcome"


class OnUnknown(StrEnum):
    """What to do with a message that stays *unknown*: wait for a person, or send it once more."""

    HOLD = "hold"
    RESEND = "resend"


class Undeclared(StrEnum):
    """What to do with a field that no contract declares, if it can't be passed on."""

    DROP = "drop"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorConfig:
    """One door. ``callers``: the backend whose requests it takes, with each caller's credentials.

    ``path``: empty for the old service's own. ``to``: the name of the block that sends the
    messages. ``wait``: how many seconds an answer may wait for an outcome. ``same_within``: for how
    many seconds equal messages without a reference count as one; 0 for never. ``shadow``: the name
    of the block to compare with ``to``; empty for none. ``received``: which caller gets incoming
    messages, by recipient number; empty if the door doesn't say. ``webhooks``: by caller.
    ``ignore``: the fields, as paths without indexes, that are dropped if they can't be passed on;
    ``*`` for all. A send with any other is refused, unless no contract declares it and
    ``undeclared`` says to drop it.
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
    ignore: tuple[str, ...] = ()
    undeclared: Undeclared = Undeclared.DROP

    def ignores(self, name: str, *, is_declared: bool) -> bool:
        """Return whether a field may be dropped; ``is_declared``: whether the contract has it.

        A SOAP header always may: a call with one that must be understood is refused before.
        """
        if name.partition(".")[0] == HEADER or not {name, "*"}.isdisjoint(self.ignore):
            return True
        return not is_declared and self.undeclared is Undeclared.DROP


def read_doors(document: ConfigDocument, doors: Checker) -> tuple[DoorConfig, ...]:
    """Return the doors of ``[doors]``; raises `ConfigError`."""
    if not doors.values:
        doors.fail("give at least one door, such as [doors.old-shop]")
    made = tuple(_door(document, doors, name) for name in doors.values)
    _check_paths(made)
    return made


def read_backends(document: ConfigDocument, doors: tuple[DoorConfig, ...]) -> Mapping[str, Backend]:
    """Return the backends that the doors send through, by the names in ``to``."""
    return {door.to: _target(document, door, "to") for door in doors}


def read_shadows(
    document: ConfigDocument, table: Checker, doors: tuple[DoorConfig, ...]
) -> Mapping[str, Backend]:
    """Return the shadow backends by the names in ``shadow``. ``table``: ``[doors]``."""
    return {door.shadow: _shadow(document, table, door) for door in doors if door.shadow}


def _door(document: ConfigDocument, doors: Checker, name: str) -> DoorConfig:
    check_name(doors, name, "door")
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
        "ignore",
        "undeclared",
    )
    speaks = _block(document, own, "speaks")
    callers = own.table("callers")
    if not callers.values:
        own.fail("give at least one caller, with its credentials", "callers")
    wait = read_seconds(own, "wait", "20s")
    if not 0 < wait <= _MOST_WAIT:
        own.fail(f"give 1s to {_MOST_WAIT}s", "wait")
    known = _callers(document, callers, speaks)
    return DoorConfig(
        name=name,
        callers=known,
        path=_path(own),
        to=_block(document, own, "to"),
        answer=read_choice(own, "answer", AnswerWhen.STORED),
        wait=wait,
        same_within=read_seconds(own, "same_within", "0s"),
        on_unknown=read_choice(own, "on_unknown", OnUnknown.HOLD),
        charset=_charset(own),
        ignore=read_texts(own, "ignore", '["request.priority"]'),
        undeclared=read_choice(own, "undeclared", Undeclared.DROP),
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
                    f"it has the same credentials as {other}, so they can't be told apart", name
                )
        found[name] = one
    return found


def _caller(document: ConfigDocument, callers: Checker, name: str, speaks: str) -> Backend:
    """Return the backend that a door speaks, with one caller's credentials."""
    check_name(callers, name, "caller")
    try:
        backend = document.backend(speaks, callers.table(name).values)
    except BadCredentials as error:
        callers.fail(f"speaks {speaks}: {error}", name)
    if not backend.protocols:
        callers.fail(
            f"{speaks} is {backend.name}, which no door can speak: it has no protocol", name
        )
    return backend


def _target(document: ConfigDocument, door: DoorConfig, key: str) -> Backend:
    """Return the backend of the block that a key of a door names."""
    return document.backend(getattr(door, key))


def _shadow(document: ConfigDocument, doors: Checker, door: DoorConfig) -> Backend:
    """Return the backend of a door's shadow, which must be comparable with that of ``to``."""
    own = doors.table(door.name)
    if door.shadow == door.to:
        own.fail(f"{door.to} is already the block in to: give another one", "shadow")
    for key in ("to", "shadow"):
        backend = _target(document, door, key)
        try:
            check_shadow(backend)
        except ConfigError as error:
            own.fail(f"[backends.{getattr(door, key)}] can't be compared: {error}", "shadow")
    return backend


def _charset(own: Checker) -> str:
    charset: str = own.of("charset", str, "").lower()
    if charset and (charset not in ENCODINGS or charset.startswith(WIDE)):
        own.fail('give a legacy encoding, such as "windows-1252"', "charset")
    return charset


def _path(own: Checker) -> str:
    path: str = own.of("path", str, "").rstrip("/")
    if path and not is_path(path):
        own.fail('give a path, such as "/services/oldcorp"', "path")
    if path in OWN_PATHS:
        own.fail(f"{path} is used by the bridge itself", "path")
    return path


def _check_paths(doors: tuple[DoorConfig, ...]) -> None:
    seen: dict[str, str] = {}
    for door in doors:
        if door.path and door.path in seen:
            why = f"doors.{door.name}.path: {door.path} is already the path of {seen[door.path]}"
            raise ConfigError(why, ("doors", door.name, "path"))
        seen[door.path] = door.name
