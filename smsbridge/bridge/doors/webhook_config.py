"""The table ``webhooks`` of a door: where and how to post each caller's events."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from smsbridge.bridge.table_values import (
    errors_at,
    read_choice,
    read_secret,
    read_secrets,
    read_texts,
)
from smsbridge.http.address import check_address, ip_address
from smsbridge.http.public_address import Network, may_connect
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.config.load import ConfigDocument
    from smsbridge.text.located import Checker

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_SECRET_RULE = f"give {_PREFIX} and 24 to 64 random bytes in base64"
_HOW = "openssl rand -base64 32 makes them"


class Shape(StrEnum):
    """How an event is written: in the dialect that the door speaks, or in our JSON."""

    DIALECT = "dialect"
    STANDARD = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """Where to post one caller's events.

    ``secrets``: each event has a signature of Standard Webhooks with each. ``dialect_secret``: the
    secret with which the dialect's provider signs, if it is the receiver's. ``networks``: private
    networks that are allowed, also without TLS.
    """

    url: str = field(repr=False)
    secrets: Sequence[Secret]
    networks: Sequence[Network] = ()
    shape: Shape = Shape.STANDARD
    dialect_secret: Secret | None = None


_KEYS = tuple(one.name for one in fields(WebhookConfig))


def read_webhooks(
    document: ConfigDocument, door: Checker, callers: Mapping[str, Backend]
) -> Mapping[str, WebhookConfig]:
    """Return the webhooks of a door by caller; `ConfigError` names the key."""
    table = door.table("webhooks", optional=True)
    for name in table.values:
        if name not in callers:
            table.fail(f"not a caller of this door; {nearest(name, callers)}", name)
    return {name: _webhook(document, table.table(name), callers[name]) for name in table.values}


def webhook_places(document: ConfigDocument) -> Collection[tuple[str, str]]:
    """Return the doors and callers that have a webhook, for commands that open no doors.

    Nothing but the names is read, so no secret needs to be there.
    """
    doors = _tables(document.values.get("doors"))
    return [
        (door, caller) for door, own in doors.items() for caller in _tables(own.get("webhooks"))
    ]


def _tables(given: object) -> Mapping[str, Mapping[str, object]]:
    """Return the tables in a table by name; ``smsbridge serve`` refuses anything else."""
    values = given if isinstance(given, Mapping) else {}
    return {name: one for name, one in values.items() if isinstance(one, Mapping)}


def _webhook(document: ConfigDocument, own: Checker, dialect: Backend) -> WebhookConfig:
    own.only(*_KEYS)
    networks = _networks(own)
    return WebhookConfig(
        url=_url(own, networks),
        secrets=_secrets(document, own),
        networks=networks,
        shape=_shape(own, dialect),
        dialect_secret=_read_optional(document, own, "dialect_secret"),
    )


def _url(own: Checker, networks: Sequence[Network]) -> str:
    url: str = own.of("url", str)
    with errors_at(own, "url"):
        parts = check_address("url", url)
    if parts.fragment:
        own.fail("remove the fragment (#): it is not sent", "url")
    if parts.scheme == "http" and not networks:
        own.fail("use https; http is only allowed with networks", "url")
    address = ip_address(parts.hostname or "")
    if address is not None and not may_connect(
        str(address), networks, public=parts.scheme == "https"
    ):
        also = "a public address, or " if parts.scheme == "https" else ""
        own.fail(f"its address is not allowed: use {also}one in networks", "url")
    return url


def _networks(own: Checker) -> Sequence[Network]:
    such_as = '["10.0.0.0/8", "fd00::/8"]'
    return tuple(_network(own, one, such_as) for one in read_texts(own, "networks", such_as))


def _network(own: Checker, given: str, such_as: str) -> Network:
    try:
        return ipaddress.ip_network(given)
    except ValueError:
        own.fail(f"{given!r} is not a network, such as {such_as}", "networks")


def _shape(own: Checker, dialect: Backend) -> Shape:
    has_own = bool(dialect.webhooks)
    said = read_choice(own, "shape", Shape.DIALECT if has_own else Shape.STANDARD)
    if said is Shape.DIALECT and not has_own:
        own.fail(f"{dialect.name} has no webhooks of its own: remove this key", "shape")
    return said


def _secrets(document: ConfigDocument, own: Checker) -> Sequence[Secret]:
    secrets = read_secrets(document, own)
    if not secrets:
        own.fail(f"secrets is missing: {_SECRET_RULE} for each; {_HOW}")
    if not all(_is_key(one.reveal()) for one in secrets):
        own.fail(f"{_SECRET_RULE} for each; {_HOW}", "secrets")
    return secrets


def _is_key(given: str) -> bool:
    try:
        key = base64.b64decode(given.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return given.startswith(_PREFIX) and len(key) in _KEY_BYTES


def _read_optional(document: ConfigDocument, own: Checker, key: str) -> Secret | None:
    return read_secret(document, own, key, own.values[key]) if key in own else None
