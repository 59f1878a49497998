"""Plays one provider for clients of this process, by their own config, and for other processes."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.codec import served_address
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.lanes import Route
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import answer_in_process


class Player(Provider):
    """A provider that accepts each config of its backend, whatever its credentials and address."""

    def __init__(self, backend: Backend, served: str = "") -> None:
        """At ``served``, the address of a server, only the credentials of ``backend`` count."""
        if is_url(backend.wsdl):
            why = f"wsdl: a test fetches none: keep the WSDL of {backend.name} as a file, and give"
            raise ConfigError(f'{why} the mock wsdl="FILE"', ("wsdl",))
        self._declared = backend
        self._served = served
        super().__init__(backend)

    def plays(self, backend: Backend) -> bool:
        """Return whether a backend is that of this provider."""
        return backend.name == self._declared.name

    def carry(self, request: Request, backend: Backend, deadline: float) -> Response:
        """Return the answer to a client of this process, or raise `Broken`."""
        at_its_address = self._served and backend.url.startswith(self._served)
        with self.lock:
            self.answer_for(self._declared if at_its_address else self._with_own_wsdl(backend))
            address, self._address = self._address, urljoin(request.url, "/").rstrip("/")
            try:  # a WSDL that is asked for names the host that was asked
                asked = self._at_our_wsdl(request, backend)
                route = self.route(asked) if at_its_address else Route(self, asked, self.backend)
                own = route.provider is self
                answer = super().answer(route) if own else route.provider.answer(route)
            finally:
                self._address = address
        return answer_in_process(answer, request, deadline)

    def answer(self, route: Route) -> Response | Fault:
        """Return the answer to a request of another process."""
        with self.lock:
            self.answer_for(self._declared)
            return super().answer(replace(route, account=self._declared))

    def _with_own_wsdl(self, backend: Backend) -> Backend:
        """Return a client's config with the WSDL that is here, if the client fetches one."""
        if not is_url(backend.wsdl):
            return backend
        return replace(backend, wsdl=self._declared.wsdl, wsdl_sha256="")

    def _at_our_wsdl(self, request: Request, backend: Backend) -> Request:
        """Return a request for the WSDL of a client's config as one for the WSDL that is here."""
        codecs = (one.codec for one in self.protocols if isinstance(one.codec, ProviderSoap))
        codec = next(codecs, None)
        if codec is None or request.url != backend.wsdl:
            return request
        path = urlsplit(served_address(codec.site, codec.port)).path
        return replace(request, url=f"{urljoin(request.url, path)}?wsdl")
