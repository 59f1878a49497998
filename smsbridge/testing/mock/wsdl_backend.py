"""A backend made from a WSDL alone: the mock provider answers it with valid samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.auth.schemes import Fields
from smsbridge.backends.base import Backend, backend
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.imports import HERE
from smsbridge.codecs.soap.load import load_ports, require_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.mapping.operation import Protocol

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port
    from smsbridge.codecs.soap.wsdl_files import Source
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSoap(Soap):
    """SOAP over one port of a WSDL that is already loaded."""

    source: Source

    def read_port(self, _site: Site, _session: Session | None = None) -> Port:
        """Return the contract of the port."""
        return load_ports(self.source)[self.port]


def wsdl_backend(source: Source, name: str = "wsdl") -> Backend:
    """Return a backend with a protocol for each SOAP port of a WSDL; raises `ConfigError`."""
    try:
        ports = require_ports(source)
    except BadWSDL as error:
        raise ConfigError(str(error)) from None
    is_file = source.address.startswith(HERE) or not is_url(source.address)
    published = "" if is_file else urlsplit(source.address).path
    protocols = {
        port: Protocol(SourceSoap(port=port, source=source, published=published), Fields())
        for port in ports
    }
    says = {"name": name, "protocols": protocols}
    made: type[Backend] = backend(type("WsdlBackend", (Backend,), says))
    return made()
