"""A backend that is a WSDL and nothing else: the mock provider answers it with valid samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsbridge.auth.schemes import Fields
from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.model import BadContract
from smsbridge.codecs.soap.wsdl import load_ports
from smsbridge.errors import ConfigError
from smsbridge.mapping.operation import Protocol

if TYPE_CHECKING:
    from smsbridge.codecs.soap.contract import Contract
    from smsbridge.codecs.soap.documents import Source
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSoap(Soap):
    """SOAP of one port of a WSDL that is at hand."""

    source: Source

    def contract(self, _site: Site, _session: Session | None = None) -> Contract:
        """Return the contract of the port."""
        return load_ports(self.source)[self.port]


def wsdl_backend(source: Source, name: str = "wsdl") -> Backend:
    """Return a backend with a protocol for each SOAP port of a WSDL; raises `ConfigError`."""
    try:
        ports = load_ports(source)
    except BadContract as error:
        raise ConfigError(str(error)) from None
    if not ports:
        raise ConfigError("the WSDL has no SOAP port")
    protocols = {port: Protocol(SourceSoap(port=port, source=source), Fields()) for port in ports}
    made: type[Backend] = type("WsdlBackend", (Backend,), {"name": name, "protocols": protocols})
    return made()
