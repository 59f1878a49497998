"""What carries a request: the only place that uses a network.

A transport returns a whole `Response` of no more bytes than its request allows, or raises `Broken`
with what had left. It follows no redirects, repeats nothing by itself, always verifies TLS, and
reads proxies and issuers once.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from smsbridge.http.address import limit_hint
from smsbridge.http.answer import AnswerTooLarge, BadAnswer, Reading
from smsbridge.http.decompress import BadEncoding, TooLarge, inflate
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.proxy import Proxies, Proxy
from smsbridge.http.public_address import ForbiddenAddress
from smsbridge.http.tls import Issuers, handshake_alert, tls_context

if TYPE_CHECKING:
    from smsbridge.text.secrets import Secret

CURL = "curl"
"""The value of the config key ``transport`` that chooses libcurl."""
IDLE_SECONDS = 3.0
_MOST_CAUSES = 20
_MOST_PLACES = 32

T = TypeVar("T")


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


class Places(dict[str, T]):
    """How each origin is reached, found once: it doesn't change while a client lives."""

    def of(self, origin: str, find: Callable[[str], T]) -> T:
        """Return the place of an origin, found by ``find`` if it isn't known."""
        known = self.get(origin)
        if known is None:
            if len(self) >= _MOST_PLACES:
                self.clear()
            known = self[origin] = find(origin)
        return known


class Reach(Protocol):
    """The part of a backend's config that a transport reads: how its provider is reached."""

    @property
    def ca(self) -> str:
        """The PEM file of the issuers that are trusted; empty for those of the environment."""

    @property
    def client_cert(self) -> str:
        """The PEM file of our own certificate and its key; empty for none."""

    @property
    def client_cert_password(self) -> Secret | None:
        """What opens the key in ``client_cert``; None for a key that is not encrypted."""

    @property
    def proxy(self) -> Secret | None:
        """The address of a proxy, or None for those of the environment."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """How to reach hosts, read once: issuers, client certificate, proxies.

    Issuers are read on first use, since HTTP without TLS needs none; those of a config at once, so
    that a fault in them shows before a call.
    """

    reach: Reach
    proxies: Proxies
    _kept: list[ssl.SSLContext] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, backend: Reach) -> Network:
        """Return the network of a backend's config and of the environment."""
        network = cls(reach=backend, proxies=Proxies.of(backend.proxy))
        if backend.ca or backend.client_cert:
            network.check_tls()
        return network

    @property
    def issuers(self) -> Issuers:
        """Whose certificates are trusted."""
        return Issuers.of(self.reach.ca)

    @property
    def tls(self) -> ssl.SSLContext:
        """What trusts them; raises `ConfigError` if a file can't be read."""
        if not self._kept:  # no lock, which a fork could leave locked: the first is kept
            reach = self.reach
            context = tls_context(self.issuers, reach.client_cert, reach.client_cert_password)
            self._kept.append(context)
        return self._kept[0]

    def check_tls(self) -> None:
        """Raise `ConfigError` if a file of issuers, or of our certificate, can't be read."""
        _ = self.tls

    def proxy(self, url: str) -> str | None:
        """Return the address of the proxy for a URL, without its credentials; None for none."""
        found = self.proxies.to(url)
        return found.url if found else None


@dataclass(kw_only=True)
class Way:
    """What a transport knows about the route of one request."""

    request: Request
    proxy: Proxy | None
    tunnelled: bool = False  # the proxy has opened its tunnel: what follows is the provider's
    unproved: bool = False  # TLS 1.3, and nothing came yet: the peer may still refuse us
    reading: Reading = field(init=False)

    def __post_init__(self) -> None:
        """Expect an answer."""
        self.reading = Reading(self.request.method, self.request.most)

    @property
    def status(self) -> int:
        """The status of an answer whose headers have arrived, otherwise 0."""
        return self.reading.status

    @property
    def host(self) -> str | None:
        """The host of the request."""
        return urlsplit(self.request.url).hostname

    @property
    def peer(self) -> str:
        """The other end of the connection, for error texts."""
        if self.proxy is None or self.tunnelled:
            return str(self.host)
        return f"the proxy {self.proxy.name}"


class TunnelRefused(Exception):
    """A proxy answered a CONNECT with anything but a 2xx."""

    def __init__(self, status: int) -> None:
        """``status`` is its answer's."""
        super().__init__(status)
        self.status = status


def check_tunnel(way: Way, reading: Reading) -> None:
    """Note that the proxy has opened its tunnel; raises `TunnelRefused` if it refused."""
    if reading.status not in range(200, 300):
        raise TunnelRefused(reading.status)
    way.tunnelled = True


def headers_to_send(request: Request, way: Way) -> dict[str, str]:
    """Return the headers of a request on its way, which go out as UTF-8.

    Raises `Broken` if one can't be sent.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "smsbridge", **request.headers}
    for name, value in headers.items():
        if not value.isprintable() or value != value.strip():
            why = f"the header {name} holds a control character, or a blank at an end"
            raise Broken(Left.NOTHING, why, retry=False)
    if way.proxy and way.proxy.authorization and urlsplit(request.url).scheme == "http":
        headers["Proxy-Authorization"] = way.proxy.authorization
    return headers


def whole(
    status: int, headers: Mapping[str, str], body: bytes, request: Request, left: Left = Left.ALL
) -> Response:
    """Return an answer with its body decoded, no larger than allowed; raises `Broken` otherwise."""
    carried = Response(status=status, headers=headers, body=body, left=left)
    coding = carried.header("content-encoding")
    if not coding and len(body) <= request.most:
        return carried
    try:
        decoded = inflate(body, coding, request.most)
    except TooLarge:
        raise too_large(status, request) from None
    except BadEncoding as error:
        raise Broken(Left.ALL, f"HTTP {status}, and {error}") from None
    return Response(status=status, headers=headers, body=decoded, left=left)


def too_large(status: int, request: Request) -> Broken:
    """Return the error for an answer that never ends; a key of the config may allow more."""
    hint = limit_hint(request.most_key)
    why = f"HTTP {status}, and the body is larger than {request.most} bytes{hint}"
    return Broken(Left.ALL, why, retry=False)


def to_broken(error: Exception, left: Left, way: Way) -> Broken:
    """Return a `Broken` for a library's error. Its own text is never used: it may hold the URL."""
    causes = _causes(error)
    if (no_way := _no_way(causes, left, way)) is not None:
        return no_way
    odd = next((c for c in causes if isinstance(c, BadAnswer)), None)
    if isinstance(odd, AnswerTooLarge):
        return too_large(way.status, way.request)
    if odd is not None and way.status:
        return Broken(left, f"HTTP {way.status}, and {odd} ({way.peer})")
    broke = f"the connection broke: {type(error).__name__}"
    why = next((w for kind, w in _WHY.items() for c in causes if isinstance(c, kind)), broke)
    evidence = f" in the middle of an answer with HTTP {way.status}" if way.status else ""
    return Broken(left, f"{odd or why} ({way.peer}){evidence}")


def _no_way(causes: list[BaseException], left: Left, way: Way) -> Broken | None:
    """Return the error if the provider could not be reached: no host, no trust, no tunnel."""
    tls = next((c for c in causes if isinstance(c, ssl.SSLError)), None)
    refused = next((c for c in causes if isinstance(c, TunnelRefused)), None)
    if refused is not None:
        return _no_tunnel(refused.status, way)
    if way.unproved and (alert := handshake_alert(causes)):
        return Broken(Left.NOTHING, f"{way.peer} refused the TLS handshake: {alert}", retry=False)
    if left is Left.NOTHING and any(isinstance(cause, socket.gaierror) for cause in causes):
        host = way.peer if way.proxy else f"the host {way.host}"
        return Broken(left, f"{host} could not be resolved", retry=False)
    if left is Left.NOTHING and tls is not None:
        said = (getattr(c, name, None) for name in ("verify_message", "reason") for c in causes)
        why = next((word for word in said if isinstance(word, str)), "the handshake failed")
        return Broken(left, f"no trusted TLS connection to {way.peer}: {why}", retry=False)
    return None


_WHY: Mapping[type[Exception], str] = {
    ForbiddenAddress: "its address is neither public nor in an allowed network",
    ConnectionRefusedError: "the connection was refused",
    TimeoutError: "no whole answer came in time",
    ConnectionResetError: "the connection was reset",
    BrokenPipeError: "the connection was reset",
}

_PASSING = {408, 425, 429}


def _no_tunnel(status: int, way: Way) -> Broken:
    again = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    why = f"{way.peer} refused to open a tunnel to {way.host}: HTTP {status}"
    return Broken(Left.NOTHING, why, retry=again)


def _causes(error: BaseException | None) -> list[BaseException]:
    """Return an error and everything that it wraps: causes, contexts, arguments."""
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
