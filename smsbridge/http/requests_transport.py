"""The sync transport: requests' adapter, over connections that count and keep one deadline."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests import Request as PlainRequest
from requests.adapters import HTTPAdapter
from requests.utils import urldefragauth

from smsbridge.http import redirect
from smsbridge.http.counting_connection import CURRENT, CountingHTTPPool, CountingHTTPSPool, Sending
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.proxy import PORTS, Proxies, Proxy
from smsbridge.http.transport import Network, Places, Reach, headers_to_send, to_broken, whole

_ESCAPE = "%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF])"
_SIGN = rf"[A-Za-z0-9_.~!$&'()*+,;=:@-]|{_ESCAPE}"
_PLAIN = re.compile(
    r"(?P<origin>https?://(?:[a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?)"
    rf"(?P<target>(?:/(?!\.)(?:{_SIGN})*)+(?:\?(?:{_SIGN}|[/?])*)?)"
)
"""A URL that requests would send as it is written; any other is prepared by requests."""
_MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the requests to one origin go, and the Host that they name."""

    proxy: Proxy | None
    pool: Any
    host: str


class _Prepared(PreparedRequest):
    """A request as an adapter takes it, with its place and what follows its method."""

    pool: Any = None
    target: str = ""


class _Adapter(HTTPAdapter):
    """The adapter of requests, without what is looked up again for each request.

    Its answers are those of its pools.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(max_retries=0, pool_maxsize=_MOST_KEPT)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _count(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        tls = {"proxy_ssl_context": self._network.tls} if proxy.startswith("https:") else {}
        return _count(super().proxy_manager_for(proxy, **tls, **kwargs))

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, keys = super().build_connection_pool_key_attributes(request, verify, cert)
        keys.pop("ca_certs", None)
        if host["scheme"] == "https":
            keys["ssl_context"] = self._network.tls
        return host, keys

    def pool_to(self, url: str, proxy: Proxy | None) -> Any:
        """Return the pool of the connections to a URL."""
        asked = PreparedRequest()
        asked.url = url
        proxies = {"http": proxy.url, "https": proxy.url} if proxy else None
        return super().get_connection_with_tls_context(asked, verify=True, proxies=proxies)

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        """Return the pool of its place."""
        return request.pool

    def request_url(self, request: Any, _: Any) -> Any:
        """Return what follows the method."""
        return request.target

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave everything to the SSLContext: issuers beside it would widen it."""

    def build_response(self, _: Any, resp: Any) -> Any:
        """Return the answer of the pool."""
        return resp

    def close(self) -> None:
        """Close every connection now; urllib3 would wait for the last reference to its pool."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118  (it is iterable by keys() alone)
                if pool := manager.pools.get(key):
                    pool.close()
        super().close()


def _count(manager: Any) -> Any:
    manager.pool_classes_by_scheme = {"http": CountingHTTPPool, "https": CountingHTTPSPool}
    return manager


_LOG = logging.getLogger("urllib3.connectionpool")
_SENDING = threading.local()


def _is_of_another(_: logging.LogRecord) -> bool:
    """Drop what urllib3 logs of a request of ours: its URL may hold a key, a number and a text."""
    return not getattr(_SENDING, "here", False)


class RequestsTransport:
    """Carries requests for one client, over connections that it keeps for a few idle seconds."""

    def __init__(
        self,
        backend: Reach,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        may_connect: Callable[[str], bool] | None = None,
    ) -> None:
        """Read issuers and proxies once. Connections are opened on first use.

        ``monotonic``: the clock of the deadlines. ``may_connect``: whether an address may be
        connected to, asked for each after its name was resolved; then no proxy is used, which would
        connect to another.
        """
        self._monotonic = monotonic
        self._may_connect = may_connect
        self._backend = backend
        self._network: Network | None = None
        if redirect.current() is None:  # else a test needs neither its issuers nor its proxies
            self._open()

    def _open(self) -> Network:
        network = self._network = self._network or self._read_network()
        self._adapter = _Adapter(network)
        self._places = Places[_Place]()
        self._process = os.getpid()
        return network

    def _read_network(self) -> Network:
        if self._may_connect is None:
            return Network.of(self._backend)
        return Network(reach=self._backend, proxies=Proxies())

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline``, or raise `Broken`.

        Raises `ConfigError`, before anything leaves, if the environment's proxy can't be used.
        """
        if answer := redirect.send(request, self._backend, deadline):
            return answer
        if self._network is None or self._process != os.getpid():  # a fork: a parent's aren't ours
            self._open()
        plain, find = _PLAIN.fullmatch(request.url), self._find_place
        place = self._places.of(plain["origin"], find) if plain else find(request.url)
        sending = CURRENT.sending = Sending(
            request=request,
            proxy=place.proxy,
            deadline=deadline,
            monotonic=self._monotonic,
            may_connect=self._may_connect,
        )
        _LOG.addFilter(_is_of_another)  # one that is there already is not added again
        _SENDING.here = True
        try:
            return self._carry(request, sending, place, plain["target"] if plain else "")
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  (any error: how much had left decides)
            failure = to_broken(error, sending.left, sending)
        finally:
            _SENDING.here = False
        raise failure  # here: the library's error, which holds the request, is not its context

    def _find_place(self, url: str) -> _Place:
        network = self._network or self._open()
        proxy = network.proxies.to(url)
        if url[:6].lower() == "https:":
            network.check_tls()
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower().removesuffix(f":{PORTS.get(parts.scheme)}")
        return _Place(proxy, self._adapter.pool_to(url, proxy), host)

    def _carry(self, request: Request, sending: Sending, place: _Place, target: str) -> Response:
        headers = {"Host": place.host, **headers_to_send(request, sending)}
        prepared = _prepare(request, headers, target)
        prepared.pool = place.pool
        if place.proxy and place.pool.scheme == "http":  # it reads the request, so it needs it all
            prepared.target = urldefragauth(str(prepared.url))
        answer: Any = self._adapter.send(prepared, stream=True, timeout=sending.remaining_seconds())
        answer.release_conn()
        read = sending.reading
        left = Left.ALL if sending.sent else Left.PART
        return whole(read.status, read.headers, read.body, request, left)

    def close(self) -> None:
        """Close the connections that are open; another request opens new ones."""
        if self._network is not None:
            self._places.clear()
            self._adapter.close()


def _prepare(request: Request, headers: Mapping[str, str], target: str) -> _Prepared:
    """Return a request as an adapter takes it; ``target`` is empty for a URL that is not plain."""
    prepared = _Prepared()
    prepared.method, prepared.url = request.method, request.url
    prepared.target, prepared.body = target, request.body or None
    if request.body or request.method not in ("GET", "HEAD"):
        headers = {**headers, "Content-Length": str(len(request.body))}
    if not target:
        odd = PlainRequest(request.method, request.url, headers=headers).prepare()
        prepared.url, prepared.target, headers = odd.url, odd.path_url, dict(odd.headers)
    prepared.headers = headers  # type: ignore[assignment]  # the adapter only looks names up
    return prepared
