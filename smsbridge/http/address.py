"""Where a provider is, and which addresses may be spoken to without TLS."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from smsbridge.errors import ConfigError

ANSWER_KEY, ELEMENT_KEY = "answer_limit", "element_limit"
ANSWER_LIMIT = 4 * 1024 * 1024
ELEMENT_LIMIT = 50_000
"""Bytes and elements of XML that an answer may have, where the config says nothing else: what an
inbox of some thousand messages needs."""


def is_loopback(host: str | None) -> bool:
    """Return whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The addresses of one configured backend.

    ``url`` is the base of REST routes. ``host`` is the same where the config gave it, else empty:
    it replaces scheme and host of a WSDL's own address; if ``whole``, and it has a path, all of it.
    ``wsdl``: path or URL, empty for the backend's own; ``wsdl_sha256``: its pin, in hex, or empty.
    ``answer_limit``: how many bytes an answer may have; ``element_limit``: how many elements of
    XML.
    """

    url: str
    host: str = ""
    whole: bool = False
    wsdl: str = ""
    wsdl_sha256: str = ""
    cleartext_hosts: Collection[str] = ()
    answer_limit: int = ANSWER_LIMIT
    element_limit: int = ELEMENT_LIMIT

    def checked(self, url: str) -> str:
        """Return a URL that credentials may go to; raises `ConfigError` for any other."""
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
        parts = urlsplit(url if url.isascii() and url.isprintable() and " " not in url else "")
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if known and (credentials or "@" not in parts.netloc):
            return parts
    none = "" if credentials else " no credentials,"
    why = f"{key}: give http:// or https:// and a host,{none} a port if any"
    raise ConfigError(why, (key,))
