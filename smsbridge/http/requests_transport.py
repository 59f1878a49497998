"""The sync transport: requests, over connections that count and keep one deadline."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from smsbridge.http.counting_connection import CURRENT, CountingHTTPPool, CountingHTTPSPool, Sending
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.transport import Network, Reach, broken, outgoing, whole


class _Adapter(HTTPAdapter):
    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(max_retries=0, pool_maxsize=100)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._network.tls, **kwargs)
        _count(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        tls = {"ssl_context": self._network.tls, "proxy_ssl_context": self._network.tls}
        return _count(super().proxy_manager_for(proxy, **tls, **kwargs))

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, keys = super().build_connection_pool_key_attributes(request, verify, cert)
        keys.pop("ca_certs", None)
        return host, keys

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave everything to the SSLContext: issuers beside it would widen it."""

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


def _unheard(_: logging.LogRecord) -> bool:
    """Drop what urllib3 logs of a request of ours: its URL may hold a key, a number and a text."""
    return not getattr(_SENDING, "here", False)


class RequestsTransport:
    """Carries requests for one client, over connections that it keeps for a few idle seconds."""

    def __init__(self, backend: Reach) -> None:
        """Read issuers and proxies once. Connections are opened on first use."""
        self._network = Network.of(backend)
        self._open()

    def _open(self) -> None:
        self._adapter = _Adapter(self._network)
        self._process = os.getpid()

    def send(self, request: Request, deadline: float) -> Response:
        """Return the answer before ``deadline`` (monotonic seconds), or raise `Broken`.

        Raises `ConfigError`, before anything leaves, where the environment's proxy can't be used.
        """
        if self._process != os.getpid():  # a fork: the parent's connections are not ours
            self._open()
        proxy = self._network.proxies.to(request.url)
        sending = CURRENT.sending = Sending(request=request, proxy=proxy, deadline=deadline)
        _LOG.addFilter(_unheard)  # one that is there already is not added again
        _SENDING.here = True
        try:
            return self._carry(request, sending)
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is: what had left decides)
            failure = broken(error, sending.left, sending)
        finally:
            _SENDING.here = False
        raise failure  # here, not above: the library's error would hang on it, with the request

    def _carry(self, request: Request, sending: Sending) -> Response:
        headers = {name: value.encode() for name, value in outgoing(request, sending).items()}
        prepared = requests.Request(
            request.method, request.url, headers=headers, data=request.body
        ).prepare()
        proxy = sending.proxy.url if sending.proxy else None
        answer = self._adapter.send(
            prepared,
            stream=True,
            timeout=sending.remaining(),
            proxies={"http": proxy, "https": proxy} if proxy else None,
        )
        answer.raw.read(decode_content=False)  # nothing is left of it: its connection is free
        read = sending.reading
        left = Left.ALL if sending.sent else Left.PART
        return whole(read.status, read.headers, read.body, request, left)

    def close(self) -> None:
        """Close the connections that are open."""
        self._adapter.close()
