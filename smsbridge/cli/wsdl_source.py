"""The WSDL that a command reads: a file, or fetched from its address."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from smsbridge.cli.streams import say
from smsbridge.errors import ConfigError, SmsbridgeError
from smsbridge.http.address import is_url
from smsbridge.text.masking import public_address

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.codecs.soap.wsdl_files import Source
    from smsbridge.http.exchange import Request, Response

_SECONDS = 60.0
_OK = 200


def wsdl_source(address: str, ca: str = "", *, lock: bool = False) -> Source:
    """Return the WSDL at an address with all that it imports, or that of a file.

    ``lock``: it is about to be locked, so what a file imports from elsewhere is fetched too.
    """
    from smsbridge.backends.console import Console
    from smsbridge.codecs.soap.fetch import fetch_imports, fetch_wsdl
    from smsbridge.codecs.soap.imports import HERE
    from smsbridge.codecs.soap.lockfile import read_current, read_wsdl
    from smsbridge.codecs.soap.model import BadWSDL
    from smsbridge.codecs.soap.wsdl_files import same_host
    from smsbridge.http.address import check_address
    from smsbridge.http.exchange import drive

    carry = wsdl_carrier(_SECONDS, Console(ca=ca))
    try:
        if is_url(address):
            check_address("wsdl", address)
            may = (lambda _: True) if lock else partial(same_host, address)
            return drive(fetch_wsdl(address, may, "wsdl"), carry)
        if not lock:
            return read_wsdl(Path(address))
        source = replace(read_current(Path(address)), above=True)
        return drive(
            fetch_imports(source, lambda found: not found.startswith(HERE), "wsdl"),
            carry,
        )
    except BadWSDL as error:
        raise wsdl_error(address, error) from None


def wsdl_warnings(backend: Backend) -> Iterator[tuple[str, str]]:
    """Yield what a backend's WSDL, a file, can't check, each with what it is about."""
    from smsbridge.backends.tables.check_marks import doubts
    from smsbridge.codecs.soap.codec import Soap

    protocol = backend.protocols.get(backend.protocol)
    if protocol is not None and isinstance(protocol.codec, Soap):
        yield from doubts(protocol.codec.read_port(backend.site()), protocol, protocol.codec.inner)


@contextmanager
def local_wsdl(backend: Backend, carry: Callable[[Request], Response]) -> Iterator[Backend]:
    """Yield the backend with its WSDL as a file: one at an address is fetched, for the time.

    Raises `ConfigError`, or what ``carry`` raises.
    """
    from smsbridge.codecs.soap.fetch import fetch_wsdl
    from smsbridge.codecs.soap.lockfile import lock, wsdl_name
    from smsbridge.codecs.soap.model import BadWSDL
    from smsbridge.codecs.soap.wsdl_files import same_host
    from smsbridge.http.exchange import drive

    if not is_url(backend.wsdl):
        yield backend
        return
    address = backend.site().check(backend.wsdl)
    with TemporaryDirectory(prefix="smsbridge-") as folder:
        try:
            source = drive(fetch_wsdl(address, partial(same_host, address), "wsdl"), carry)
            found = lock(source, wsdl_name(address), Path(folder))
        except BadWSDL as error:
            raise ConfigError(f"wsdl: {error}", ("wsdl",)) from None
        yield replace(backend, wsdl=str(found.wsdl))


def wsdl_carrier(seconds: float, backend: Backend) -> Callable[[Request], Response]:
    """Return what carries the requests for a WSDL, each within some seconds.

    ``backend`` says with which issuers, client certificate and proxy.
    """
    from smsbridge.http.address import check_address, is_loopback
    from smsbridge.http.exchange import Broken
    from smsbridge.http.requests_transport import RequestsTransport

    transport = RequestsTransport(backend)

    def carry(request: Request) -> Response:
        parts = check_address("wsdl", request.url)
        shown = public_address(request.url)
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            say(f"{shown} was fetched without TLS: check it")
        try:
            response = transport.send(request, time.monotonic() + seconds)
        except Broken as broken:
            raise SmsbridgeError(f"{shown}: {broken.why}") from None
        finally:
            transport.close()
        if response.status != _OK:
            raise SmsbridgeError(f"{shown}: HTTP {response.status}")
        return response

    return carry


def wsdl_error(address: str, error: Exception) -> ConfigError:
    """Return the error about a WSDL, with its address, or its whole path."""
    said = str(error)
    shown = public_address(address) if is_url(address) else address
    name = Path(shown).name
    unread = f"can't read {name}: "
    if said.startswith(unread):
        return ConfigError(f"can't read {shown}: {said.removeprefix(unread)}")
    return ConfigError(said if name in said else f"{shown}: {said}")
