"""Which proxy a request goes through, if any: one rule for both transports.

The environment is read as most programs read it: ``http_proxy``, ``https_proxy`` and ``no_proxy``,
the lower-case names before the upper-case ones.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from smsbridge.errors import ConfigError
from smsbridge.http.address import check_address, is_loopback, is_url

if TYPE_CHECKING:
    from smsbridge.text.secrets import Secret

PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_PORT = re.compile(r"(?P<host>[^:]*|\[.*\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy, by its URL without credentials; these are in ``authorization``, ready to send."""

    url: str
    authorization: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Its host and port, for readers."""
        return urlsplit(self.url).netloc

    @classmethod
    def at(cls, key: str, given: str) -> Proxy:
        """Return the proxy of a URL; raises `ConfigError`, which names ``key`` and nothing else."""
        try:
            parts = check_address(key, given, credentials=True)
        except ConfigError:
            raise _unusable(key) from None
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise _unusable(key)
        host = parts.hostname or ""
        bracketed = f"[{host}]" if ":" in host else host
        url = f"{parts.scheme}://{bracketed}:{parts.port or PORTS[parts.scheme]}"
        return cls(url=url, authorization=_basic(parts))


def _unusable(key: str) -> ConfigError:
    why = (
        "give http:// or https:// and a host, and optionally a port; other kinds of proxy "
        "are not supported"
    )
    return ConfigError(f"{key}: {why}", (key,))


def _basic(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    both = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
    return f"Basic {base64.b64encode(both).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxy of a config, or else those of the environment and their exceptions, read once."""

    given: Proxy | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, given: Secret | None) -> Proxies:
        """Return the proxies for the ``proxy`` of a config."""
        if given:
            return cls(given=Proxy.at("proxy", given.reveal()))
        return cls(environment={name: _variable(name)[1] for name in ("http", "https", "no")})

    def to(self, url: str) -> Proxy | None:
        """Return the proxy for a URL; loopback never goes through one.

        Raises `ConfigError` for one of the environment that can't be used.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if is_loopback(host):
            return None
        if self.given:
            return self.given
        address = self.environment.get(parts.scheme)
        port = parts.port or PORTS[parts.scheme]
        if not address or is_bypassed(self.environment.get("no", ""), host, port):
            return None
        given = address.strip()
        whole = given if is_url(given) else f"http://{given}"  # as curl takes it
        return Proxy.at(_variable(parts.scheme)[0], whole)


def _variable(scheme: str) -> tuple[str, str]:
    """Return the variable for a scheme, as it is spelt in the environment, and its value.

    A lower-case name goes first, also an empty one. For a CGI program ``HTTP_PROXY`` is a header
    that its client has sent.
    """
    small = f"{scheme}_proxy"
    is_header = scheme == "http" and "REQUEST_METHOD" in os.environ
    name = small if small in os.environ or is_header else small.upper()
    return name, os.environ.get(name, "")


def is_bypassed(no_proxy: str, host: str, port: int) -> bool:
    """Return whether a host is reached directly, by a list as it is in ``no_proxy``.

    An entry is ``*``, a name (for itself and all below it, also as ``.name`` or ``*.name``), an
    address or a network such as 10.0.0.0/8; each but ``*`` may end in a port. Case and a dot at
    the end make no difference; blanks separate as commas do.
    """
    entries = re.split(r"[\s,]+", no_proxy.lower())
    return any(_names_host(entry, host.lower().rstrip("."), port) for entry in entries if entry)


def _names_host(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if found := _PORT.fullmatch(entry):
        if int(found["port"]) != port:
            return False
        entry = found["host"]
    entry = entry.replace("[", "").replace("]", "")
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False
