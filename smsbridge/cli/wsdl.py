"""``smsbridge wsdl``: show a WSDL, or lock it into a folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smsbridge.cli.streams import done_anyway, put, say
from smsbridge.errors import ConfigError, SmsbridgeError
from smsbridge.text.masking import public_address
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.codecs.soap.contract import Contract
    from smsbridge.codecs.soap.documents import Source
    from smsbridge.http.exchange import Request, Response

_SECONDS = 60.0
_OK = 200
_HELP = """Show a WSDL, or lock it into a folder.

\b
Examples:
  smsbridge wsdl show oldcorp.wsdl
  smsbridge wsdl lock oldcorp.wsdl
"""
_SHOW_HELP = """Show the services, ports and operations of a WSDL, with types and samples of input.

\b
Examples:
  smsbridge wsdl show oldcorp.wsdl
  smsbridge wsdl show "https://sms.oldcorp.example/service?wsdl"
  smsbridge wsdl show oldcorp.wsdl --toml SubmitShortMessage >> smsbridge.toml
"""
_LOCK_HELP = """Bring a WSDL and all that it imports into one folder, with hashes.

\b
Examples:
  smsbridge wsdl lock "https://sms.oldcorp.example/service?wsdl" --to oldcorp
  smsbridge wsdl lock vendor/service.wsdl

From then on nothing is fetched. A WSDL that differs from the locked one is refused, with what
changed; --update takes it.
"""


@click.group(help=_HELP)
def wsdl() -> None:
    """Show or lock a WSDL."""


@wsdl.command(help=_SHOW_HELP, short_help="Show services, ports, operations and their parts.")
@click.argument("address", metavar="URL|FILE")
@click.option("--toml", "operation", metavar="OPERATION", help="Print a block of config only.")
@click.option("--port", metavar="PORT", help="Of several ports, this one.")
@click.option("--ca", metavar="FILE", help="PEM file of issuers, instead of the public ones.")
def show(address: str, operation: str | None, port: str | None, ca: str | None) -> None:
    """Show a WSDL."""
    from smsbridge.codecs.soap.describe import show as lines_of
    from smsbridge.codecs.soap.describe import toml_block
    from smsbridge.codecs.soap.model import BadContract

    source = wsdl_source(address, ca or "")
    try:
        chosen, several = _ports(source, port)
        if operation is None:
            lines = lines_of(chosen)
        else:
            name = _holding(chosen, operation)
            lines = toml_block(chosen[name], operation, address, port=name if several else "")
        for line in lines:
            put(line)
    except BadContract as error:
        raise _refused(address, error) from None


def _ports(source: Source, port: str | None) -> tuple[Mapping[str, Contract], bool]:
    """Return the ports of a WSDL, or the one that is asked for; and whether it has several."""
    from smsbridge.codecs.soap.model import BadContract
    from smsbridge.codecs.soap.wsdl import load_ports

    ports = load_ports(source)
    if not ports:
        raise BadContract("the WSDL has no SOAP port")
    if port is not None and port not in ports:
        raise BadContract(f"the WSDL has no SOAP port {port!r}; {nearest(port, ports)}")
    return {name: ports[name] for name in ports if port in (None, name)}, len(ports) > 1


def _refused(address: str, error: Exception) -> ConfigError:
    """Return the error about a WSDL, with its name."""
    said = str(error)
    shown = public_address(address) if "://" in address else address
    return ConfigError(said if Path(shown).name in said else f"{shown}: {said}")


def _holding(ports: Mapping[str, Contract], operation: str) -> str:
    """Return the first port that has an operation."""
    found = [name for name, contract in ports.items() if operation in contract.operations]
    if not found:
        known = [name for contract in ports.values() for name in contract.operations]
        raise ConfigError(
            f"the WSDL has no operation {operation!r}; {nearest(operation, set(known))}"
        )
    if len(found) > 1:
        others = ", ".join(found[1:])
        say(f"by port {found[0]}; --port chooses another: {others}")
    return found[0]


@wsdl.command(help=_LOCK_HELP, short_help="Bring it with all imports into one folder, with hashes.")
@click.argument("address", metavar="URL|FILE")
@click.option("--to", "folder", metavar="DIR", help="The folder; a file's own, or the WSDL's name.")
@click.option("--update", is_flag=True, help="Take a WSDL that differs from the locked one.")
@click.option("--ca", metavar="FILE", help="PEM file of issuers, instead of the public ones.")
def lock(address: str, folder: str | None, ca: str | None, *, update: bool) -> None:
    """Lock a WSDL."""
    from smsbridge.codecs.soap.lockfile import lock as locked
    from smsbridge.codecs.soap.lockfile import wsdl_name
    from smsbridge.codecs.soap.model import BadContract

    name = wsdl_name(address) if "://" in address else Path(address).name
    own = Path(address).parent if "://" not in address else Path(name.removesuffix(".wsdl"))
    source = wsdl_source(address, ca or "", lock=True)
    try:
        done = locked(source, name, Path(folder) if folder else own, update=update)
    except BadContract as error:
        raise _refused(address, error) from None
    wide = max(map(len, done.files))
    for file, origin in done.files.items():
        place = f"from {origin}" if "://" in origin else "from a file"
        say(f"{file:<{wide}}  {place}")
    operations = sum(len(contract.operations) for contract in done.ports.values())
    count = f"{_several(len(done.files), 'file')}, {_several(operations, 'operation')}"
    say(f"locked: {count}; in the config:")
    with done_anyway():
        put(f"wsdl = {json.dumps(done.wsdl.as_posix(), ensure_ascii=False)}")


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def wsdl_source(address: str, ca: str = "", *, lock: bool = False) -> Source:
    """Return the WSDL at an address with all that it imports, or of a file.

    ``lock``: it is about to be locked, so what a file imports from elsewhere is fetched too.
    """
    from smsbridge.backends.console import Console
    from smsbridge.codecs.soap.documents import HERE, same_host
    from smsbridge.codecs.soap.fetch import completed, fetched
    from smsbridge.codecs.soap.lock_check import source_of
    from smsbridge.codecs.soap.lockfile import unlocked
    from smsbridge.codecs.soap.model import BadContract
    from smsbridge.http.address import check_address
    from smsbridge.http.exchange import drive

    carry = fetching(_SECONDS, Console(ca=ca))
    try:
        if "://" in address:
            check_address("wsdl", address)
            may = (lambda _: True) if lock else partial(same_host, address)
            return drive(fetched(address, may, "wsdl"), carry)
        if not lock:
            return source_of(Path(address))
        source = unlocked(Path(address))
        return drive(
            completed(source, lambda found: not found.startswith(HERE), "wsdl"),
            carry,
        )
    except BadContract as error:
        raise _refused(address, error) from None


def fetching(seconds: float, backend: Backend) -> Callable[[Request], Response]:
    """Return what carries the requests that a command makes, each within some seconds.

    ``backend`` says by which issuers, client certificate and proxy.
    """
    from smsbridge.http.address import check_address, is_loopback
    from smsbridge.http.exchange import Broken
    from smsbridge.http.requests_transport import RequestsTransport

    transport = RequestsTransport(backend)

    def carry(request: Request) -> Response:
        parts = check_address("wsdl", request.url)
        shown = public_address(request.url)
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            say(f"{shown} comes without TLS: check what came")
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
