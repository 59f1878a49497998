"""Whether a request comes from the provider: by its path, its network, and its signature."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from smsbridge.errors import ConfigError, WebhookUntrusted
from smsbridge.http.address import check_address, ip_address, is_loopback
from smsbridge.http.exchange import Request
from smsbridge.message import UNSENDABLE, show_value
from smsbridge.text.frames import forget_locals_of_methods
from smsbridge.text.secrets import Secret, same
from smsbridge.webhooks.event_reader import admit
from smsbridge.webhooks.signatures import SECRET, Signature, check_signature
from smsbridge.webhooks.table import Webhook

_LOG = logging.getLogger("smsbridge.webhooks")
_SECRETS = "texts or Secrets, not blank"
_NETWORKS = "texts such as 192.0.2.0/24 or 2001:db8::/32"
_OF_THE_ADDRESS = frozenset({"url", "address"})
_FORWARDED = ("X-Forwarded-For", "Forwarded")


@forget_locals_of_methods
class Guard:
    """The guards of a receiver; a request must satisfy all that are given.

    ``credentials`` returns those of the backend, with which a provider may sign.
    """

    def __init__(  # noqa: PLR0913  (each is a separate setting)
        self,
        tables: Sequence[Webhook],
        credentials: Callable[[], Mapping[str, str]],
        *,
        secrets: Collection[Secret | str],
        path: str,
        networks: Collection[str],
        public_url: str,
        now: Callable[[], datetime],
    ) -> None:
        """Refuse what would protect nothing; see `Receiver`."""
        self._tables = tables
        self._credentials = credentials
        self._secrets = [_secret(one) for one in _list_of("secrets", secrets, _SECRETS)]
        _check_path(path)
        self._path = Secret(path) if path else None
        self._networks = [_network(one) for one in _list_of("networks", networks, _NETWORKS)]
        self._now = now
        self._has_warned = False
        self._signatures = self._usable_signatures()
        if public_url:
            check_address("public_url", public_url)
        self._public_url = public_url.rstrip("/")
        if not (self._signatures or path or self._networks):
            raise ConfigError("a receiver needs secrets, a path that is secret, or networks")
        if not public_url and any(one.covers & _OF_THE_ADDRESS for one in self._signatures):
            why = "public_url: the signature covers the address: give it, as https://app.example"
            raise ConfigError(why, ("public_url",))

    def _usable_signatures(self) -> list[Signature]:
        """Return the signatures that are checked: those for which the key is known."""
        found = [table.signed for table in self._tables if table.signed is not None]
        signatures = [one for place, one in enumerate(found) if one not in found[:place]]
        if self._secrets and not any(SECRET in one.names for one in signatures):
            by = sorted({name for one in signatures for name in one.names})
            why = f"signs with {' and '.join(by)} of the backend" if by else "doesn't sign"
            raise ConfigError(f"secrets: this provider {why}; give path or networks")
        by_secret = [one for one in signatures if SECRET in one.names and self._secrets]
        by_credential = [one for one in signatures if SECRET not in one.names]
        for one in by_secret + by_credential:
            if lacking := sorted(one.names - self._credentials().keys() - {SECRET}):
                why = f"the provider signs with {' and '.join(lacking)}: give the backend that has"
                raise ConfigError(f"signed: {why} {'it' if len(lacking) == 1 else 'them'}")
        return by_secret + by_credential

    def check(self, request: Request, peer: str) -> Sequence[Webhook]:
        """Return the tables that a request may be read by: those whose signature it has.

        Raises `WebhookUntrusted`, before the body is read.
        """
        if self._networks:
            self._warn_of_proxy(request, peer)
        if self._networks and not self._is_in_networks(peer):
            raise WebhookUntrusted("the peer is not in any of the networks", 403)
        if self._path and not same(_path(request), self._path.reveal()):
            raise WebhookUntrusted("the path is wrong", 404)
        admit(self._tables, request)
        if not self._signatures:
            return self._tables
        called = _at_public_url(request, self._public_url)
        refused: WebhookUntrusted | None = None
        valid: list[Signature] = []
        for one in self._signatures:
            try:
                check_signature(one, called, self._secrets, self._now(), self._credentials())
                valid.append(one)
            except WebhookUntrusted as error:
                refused = refused or error
        if refused is not None and not valid:
            raise refused
        return [table for table in self._tables if table.signed in valid]

    def _warn_of_proxy(self, request: Request, peer: str) -> None:
        """Warn once if the peer is a proxy on this machine."""
        if self._has_warned or not is_loopback(peer) or not any(map(request.header, _FORWARDED)):
            return
        self._has_warned = True
        _LOG.warning(
            "networks are compared with the address of a proxy on this machine, since the server "
            "does not take the caller's address from the proxy: see Networks behind a proxy "
            "in docs/webhooks.md"
        )

    def _is_in_networks(self, peer: str) -> bool:
        address = ip_address(peer)
        return address is not None and any(address in network for network in self._networks)


def origin_of(url: str) -> str:
    """Return scheme and host of an address, or an empty text."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _at_public_url(request: Request, public_url: str) -> Request:
    """Return a request with the address that the provider called, as far as it is known."""
    if not public_url:
        return request
    parts = urlsplit(request.url)
    query = f"?{parts.query}" if parts.query else ""
    return replace(request, url=f"{public_url}{parts.path}{query}")


def _path(request: Request) -> str:
    with suppress(ValueError):
        return unquote(request.path)
    return ""


def _list_of(key: str, given: object, allowed: str) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ConfigError(f"{key}: give a list of {allowed}", (key,))
    return list(given)


def _secret(given: object) -> Secret:
    with suppress(ConfigError):
        secret = given if isinstance(given, Secret) else Secret(given)  # type: ignore[arg-type]  # it looks
        if secret.reveal().strip():
            return secret
    raise ConfigError(f"secrets: one is blank, or not text; give {_SECRETS}", ("secrets",))


def _check_path(given: Any) -> None:
    sound = isinstance(given, str) and not UNSENDABLE.search(given)
    if not sound or (given and not (given.startswith("/") and given.strip("/ "))):
        why = "path: give one that nobody can guess, such as /sms/ and 32 hex digits"
        raise ConfigError(why, ("path",))


def _network(given: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if not isinstance(given, str):
        why = f"networks: one is a {type(given).__name__}; give {_NETWORKS}"
        raise ConfigError(why, ("networks",))
    try:
        return ipaddress.ip_network(given)
    except ValueError:
        why = f"networks: {show_value(given)} is not a network; give {_NETWORKS}"
        raise ConfigError(why, ("networks",)) from None
