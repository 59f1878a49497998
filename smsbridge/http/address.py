"""Where a provider is, and which addresses may be used without TLS."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from smsbridge.errors import ConfigError

ANSWER_KEY, ELEMENT_KEY = "answer_limit", "element_limit"
ANSWER_LIMIT = 4 * 1024 * 1024
ELEMENT_LIMIT = 50_000
"""Bytes and elements of XML that an answer may have, unless the config says otherwise.

They are enough for an inbox of a few thousand messages.
"""


_AFTER_SCHEME = len("https://")
_MOST_ORIGINS = 32
_URL = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")


def is_url(place: str) -> bool:
    """Return whether a place is a URL, of any scheme in any case (RFC 3986 §3.1), not a file."""
    return bool(_URL.match(place))


def is_http(place: str) -> bool:
    """Return whether a place is an address of HTTP, in any case."""
    return place.lower().startswith(("http://", "https://"))


def origin(url: str) -> str:
    """Return a URL up to its path: what one connection serves."""
    end = url.find("/", _AFTER_SCHEME)
    return url if end < 0 else url[:end]


def is_loopback(host: str | None) -> bool:
    """Return whether a host name or address is this machine."""
    address = ip_address(host or "")
    return host == "localhost" or (address is not None and address.is_loopback)


def ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that a text is, or None; an IPv4 address in IPv6 form as IPv4."""
    with suppress(ValueError):
        address = ipaddress.ip_address(text)
        return getattr(address, "ipv4_mapped", None) or address
    return None


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def limit_hint(key: str) -> str:
    """Return what to add to an error about a limit, given its config key; empty without one."""
    return f"; {key} in the config may allow more" if key else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The addresses of one configured backend.

    ``url`` is the base of REST routes. ``host`` is the same if the config gave it, otherwise empty:
    it replaces scheme and host of a WSDL's own address, or the whole address if ``whole`` is set
    and it has a path. ``wsdl``: path or URL, empty for the backend's own; ``wsdl_sha256``: its pin,
    in hex, or empty. ``answer_limit``: how many bytes an answer may have; ``element_limit``: how
    many elements of XML.
    """

    url: str
    host: str = ""
    whole: bool = False
    wsdl: str = ""
    wsdl_sha256: str = ""
    cleartext_hosts: Collection[str] = ()
    answer_limit: int = ANSWER_LIMIT
    element_limit: int = ELEMENT_LIMIT
    _good: set[str] = field(init=False, repr=False, compare=False, default_factory=set)

    def check(self, url: str) -> str:
        """Return a URL that credentials may go to; raises `ConfigError` for any other."""
        origin = "/".join(url.split("/", 3)[:3])  # what follows it changes neither scheme nor host
        if origin in self._good and _is_plain(url):
            return url
        self._check(url)
        if len(self._good) < _MOST_ORIGINS:
            self._good.add(origin)
        return url

    def _check(self, url: str) -> str:
        parts = check_address("url", url)
        host = parts.hostname or ""
        if parts.scheme == "https" or is_loopback(host):
            return url
        if host in {allowed.lower() for allowed in self.cleartext_hosts}:
            return url
        raise ConfigError(
            f"url: credentials would go to {host} without TLS; use https, "
            f'or allow it with cleartext_hosts = ["{host}"]',
            ("url",),
        )


def check_address(key: str, url: str, *, credentials: bool = False) -> SplitResult:
    """Return the parts of an http or https URL; raises `ConfigError` for anything else."""
    with suppress(ValueError):  # the standard library's own errors show the URL
        parts = urlsplit(url if _is_plain(url) else "")
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if known and (credentials or "@" not in parts.netloc):
            return parts
    none = "" if credentials else " no credentials,"
    why = f"{key}: give http:// or https:// and a host,{none} and optionally a port"
    raise ConfigError(why, (key,))
