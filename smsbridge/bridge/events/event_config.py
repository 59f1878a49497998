"""The tables ``[bridge.events.NAME]``: how a block's events come in, and which caller gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsbridge.bridge.doors.received_owners import ANY, Owner, check_received, read_owners
from smsbridge.bridge.table_values import (
    OWN_PATHS,
    is_path,
    read_seconds,
    read_secret,
    read_secrets,
    read_texts,
)
from smsbridge.errors import ConfigError
from smsbridge.text.phone import digits_of
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest
from smsbridge.webhooks.deduplication import Claim
from smsbridge.webhooks.guard import origin_of
from smsbridge.webhooks.receiver import Receiver
from smsbridge.webhooks.table import WebhookKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from smsbridge.backends.base import Backend
    from smsbridge.bridge.doors.door_config import DoorConfig
    from smsbridge.config.load import ConfigDocument
    from smsbridge.text.located import Checker

_MOST_POLL = 86_400.0
_PROVE = (
    "nothing proves that a call is the provider's: give secrets, if it signs, or networks, or an "
    'unguessable path, as webhook = { env = "NAME" }'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsConfig:
    """The events of one block. ``routes``: the names in ``to`` of doors that send through it.

    ``webhook``: the path to which the provider posts; None for no webhook. ``poll``: the polling
    interval in seconds; 0 for no polling. ``private``: the path is a secret. ``owners``: who gets
    an incoming message, by the digits of its recipient number, or by `ANY`.
    """

    name: str
    backend: Backend
    routes: frozenset[str]
    owners: Mapping[str, Owner]
    webhook: Secret | None = None
    private: bool = False
    secrets: tuple[Secret, ...] = ()
    networks: tuple[str, ...] = ()
    poll: float = 0.0

    @property
    def path(self) -> str:
        """The path to which the provider posts; empty for no webhook."""
        return self.webhook.reveal() if self.webhook else ""

    def owner(self, number: str | None) -> Owner | None:
        """Return who gets an incoming message to one of our numbers."""
        return self.owners.get(digits_of(number or "")) or self.owners.get(ANY)


class _EachTime:
    """No deduplication in the receiver: the store does it."""

    def claim(self, _keys: Collection[str]) -> Claim:
        """Return that it is new."""
        return Claim.NEW

    def keep(self, _keys: Collection[str]) -> None:
        """Do nothing."""

    def release(self, _keys: Collection[str]) -> None:
        """Do nothing."""


def receiver_of(config: EventsConfig, address: str) -> Receiver:
    """Return the receiver of a block's webhooks. ``address``: the bridge's base URL."""
    return Receiver(
        config.backend,
        secrets=config.secrets,
        path=config.path if config.private else "",
        networks=config.networks,
        public_url=origin_of(config.backend.callback) or address,
        seen=_EachTime(),
    )


def read_events(
    document: ConfigDocument,
    own: Checker,
    doors: Sequence[DoorConfig],
    backends: Mapping[str, Backend],
) -> tuple[EventsConfig, ...]:
    """Return the events config. ``own``: the table ``[bridge]``; ``backends``: the doors'."""
    table = own.table("events", optional=True)
    made = tuple(_read(document, table, name, doors, backends) for name in table.values)
    _check_paths(table, made, doors)
    check_received(frozenset(to for one in made if one.owners for to in one.routes), doors)
    return made


def _read(
    document: ConfigDocument,
    table: Checker,
    name: str,
    doors: Sequence[DoorConfig],
    backends: Mapping[str, Backend],
) -> EventsConfig:
    members = _members(backends)
    if name not in members:
        what = f"no door sends through [backends.{name}]; {nearest(name, members)}"
        table.fail(what, name)
    routes = frozenset(to for to, one in backends.items() if name == to or name in one.members())
    own, backend = table.table(name), members[name]
    own.only("webhook", "secrets", "networks", "poll")
    if "webhook" not in own and "poll" not in own:
        own.fail("give webhook, poll, or both")
    poll = read_seconds(own, "poll", "0s")
    if "poll" in own and not 1 <= poll <= _MOST_POLL:
        own.fail("give 1s to 1d", "poll")
    comes = _arrives(own, backend, poll=bool(poll))
    config = EventsConfig(
        name=name,
        backend=backend,
        routes=routes,
        owners=read_owners(own, doors, routes) if comes else {},
        webhook=_webhook(document, own),
        private=isinstance(own.values.get("webhook"), Mapping),
        secrets=read_secrets(document, own),
        networks=read_texts(own, "networks", '["192.0.2.0/24"]'),
        poll=poll,
    )
    if config.webhook:
        _check_receiver(document, own, config)
    return config


def _members(backends: Mapping[str, Backend]) -> Mapping[str, Backend]:
    """Return the blocks that send for the doors, by name; a failover counts as its members."""
    found: dict[str, Backend] = {}
    for to, one in backends.items():
        found |= one.members() or {to: one}
    return found


def _arrives(own: Checker, backend: Backend, *, poll: bool) -> bool:
    """Return whether messages can come in from a block; refuse one without what is asked of it."""
    kinds = {one.kind for one in backend.webhooks}
    if "webhook" in own and not kinds & {WebhookKind.REPORTED, WebhookKind.ARRIVED}:
        own.fail(
            f"{backend.name} has no webhooks: its block has neither reported nor arrived", "webhook"
        )
    asks = [name for name in ("status", "received") if backend.question(name)]
    if poll and not asks:
        why = f"{backend.name} can answer neither status nor received"
        own.fail(f"{why} over {backend.protocol}", "poll")
    return ("webhook" in own and WebhookKind.ARRIVED in kinds) or (poll and "received" in asks)


def _webhook(document: ConfigDocument, own: Checker) -> Secret | None:
    if "webhook" not in own:
        return None
    path = read_secret(document, own, "webhook", own.values["webhook"])
    if not is_path(path.reveal()):
        own.fail('give a path, such as "/events/newcorp"', "webhook")
    return path


def _check_receiver(document: ConfigDocument, own: Checker, config: EventsConfig) -> None:
    """Refuse a webhook that anyone could call, or whose signature can't be checked."""
    bridge = document.values["bridge"].get("address")
    address = bridge if isinstance(bridge, str) else ""
    try:
        receiver_of(config, address or "http://localhost")
    except ConfigError as error:
        if "a receiver needs" in str(error):
            own.fail(_PROVE)
        key = next((one for one in ("secrets", "networks") if str(error).startswith(one)), "")
        own.fail(str(error).removeprefix(f"{key}: "), *([key] if key else []))


def _check_paths(
    table: Checker, events: Sequence[EventsConfig], doors: Sequence[DoorConfig]
) -> None:
    seen = {door.path: f"door {door.name}" for door in doors if door.path}
    seen |= dict.fromkeys(OWN_PATHS, "the bridge itself")
    for one in events:
        if one.path and one.path in seen:
            table.fail(f"that path already belongs to {seen[one.path]}", one.name, "webhook")
        seen[one.path] = f"[bridge.events.{one.name}]"
