"""Who carries a request: the only place that touches a network.

A transport returns a whole `Response` of no more bytes than its request allows, or raises `Broken`
with what had left. It follows no redirect, repeats nothing by itself, verifies TLS always, and
reads proxies and issuers once.
"""

from __future__ import annotations

import socket
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from smsbridge.errors import ConfigError
from smsbridge.http.address import is_loopback
from smsbridge.http.decompress import BadEncoding, inflate
from smsbridge.http.exchange import Broken, Left, Request, Response

if TYPE_CHECKING:
    from smsbridge.text.secrets import Secret

IDLE_SECONDS = 3.0
_GIVEN = "given"
_MOST_CAUSES = 20


class Transport(Protocol):
    """What a `Client` needs of a carrier."""

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline`` (monotonic seconds), or raise `Broken`."""

    def close(self) -> None:
        """Close what is open."""


class AsyncTransport(Protocol):
    """What an `AsyncClient` needs of a carrier."""

    async def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline`` (monotonic seconds), or raise `Broken`."""

    async def close(self) -> None:
        """Close what is open."""


class Reach(Protocol):
    """What a transport reads of a backend's config: how its provider is reached."""

    @property
    def ca(self) -> str:
        """The PEM file of the issuers that are trusted; empty for those of certifi."""

    @property
    def client_cert(self) -> str:
        """The PEM file of our own certificate and its key; empty for none."""

    @property
    def proxy(self) -> Secret | None:
        """The address of a proxy, or None for those of the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How to reach hosts, read once: issuers, client certificate, proxies."""

    tls: ssl.SSLContext
    proxies: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, backend: Reach) -> Network:
        """Return the network of a backend's config and of the environment."""
        return cls(tls=_tls(backend), proxies=_proxies(backend))

    def proxy(self, url: str) -> str | None:
        """Return the proxy for a URL; loopback never goes through one."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host):
            return None
        if _GIVEN in self.proxies:
            return self.proxies[_GIVEN]
        bypassed = urllib.request.proxy_bypass_environment(  # type: ignore[attr-defined]  # typeshed
            host, self.proxies
        )
        return None if bypassed else self.proxies.get(parts.scheme)


def whole(status: int, headers: Mapping[str, str], body: bytes, most: int) -> Response:
    """Return an answer with its body decoded, of ``most`` bytes; raises `Broken` otherwise."""
    carried = Response(status=status, headers=headers, body=body)
    try:
        decoded = inflate(body, carried.header("content-encoding"), most)
    except BadEncoding as error:
        raise Broken(Left.ALL, f"HTTP {status}, and {error}") from None
    return replace(carried, body=decoded)


def too_large(status: int, most: int) -> Broken:
    """Return the error for an answer that never ends."""
    return Broken(Left.ALL, f"HTTP {status}, and the body is larger than {most} bytes")


def broken(error: Exception, left: Left, request: Request, status: int = 0) -> Broken:
    """Return what a library's error comes to. Its own text is never used: it may hold the URL."""
    host = urlsplit(request.url).hostname
    causes = _causes(error)
    tls = next((c for c in causes if isinstance(c, ssl.SSLError)), None)
    if left is Left.NOTHING and any(isinstance(cause, socket.gaierror) for cause in causes):
        return Broken(left, f"the host {host} could not be resolved", retry=False)
    if left is Left.NOTHING and tls is not None:
        said = (getattr(c, name, None) for name in ("verify_message", "reason") for c in causes)
        why = next((word for word in said if isinstance(word, str)), "the handshake failed")
        return Broken(left, f"no trusted TLS connection to {host}: {why}", retry=False)
    broke = f"the connection broke, or what came was no HTTP: {type(error).__name__}"
    why = next((w for kind, w in _WHY.items() for c in causes if isinstance(c, kind)), broke)
    evidence = f" in the middle of an answer with HTTP {status}" if status else ""
    return Broken(left, f"{why} ({host}){evidence}")


_WHY: Mapping[type[Exception], str] = {
    ConnectionRefusedError: "the connection was refused",
    TimeoutError: "no whole answer came in time",
    ConnectionResetError: "the connection was reset",
}


def _causes(error: BaseException | None) -> list[BaseException]:
    """Return an error with all that it was made of: causes, contexts, wrapped arguments."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < _MOST_CAUSES:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or current in found:
            continue
        found.append(current)
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        waiting += [arg for arg in current.args if isinstance(arg, BaseException)]
    return found


def _tls(backend: Reach) -> ssl.SSLContext:
    import certifi

    key = "ca"
    try:
        context = ssl.create_default_context(cafile=backend.ca or certifi.where())
        key = "client_cert"
        if backend.client_cert:
            context.load_cert_chain(backend.client_cert)
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "reason", None) or error.strerror
        raise ConfigError(f"{key}: the PEM file can't be read: {why}") from None
    return context


def _proxies(backend: Reach) -> dict[str, str]:
    return {_GIVEN: backend.proxy.reveal()} if backend.proxy else urllib.request.getproxies()
