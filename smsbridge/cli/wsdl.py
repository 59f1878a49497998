"""``smsbridge wsdl``: show a WSDL, or lock it into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smsbridge.cli.group import Group
from smsbridge.cli.streams import keep_exit_code, put, say
from smsbridge.cli.wsdl_source import wsdl_error, wsdl_source
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.text.count import count
from smsbridge.text.masking import public_address
from smsbridge.text.suggest import nearest
from smsbridge.text.toml_quotes import toml_text

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port, Ports
    from smsbridge.codecs.soap.wsdl_files import Source

_HELP = """Show a WSDL, or lock a copy of it into a folder.

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
_LOCK_HELP = """Copy a WSDL and everything it imports into one folder, with hashes.

\b
Examples:
  smsbridge wsdl lock "https://sms.oldcorp.example/service?wsdl" --to oldcorp
  smsbridge wsdl lock vendor/service.wsdl

From then on nothing is fetched. A WSDL that differs from the locked one is refused, and the
differences are listed; --update accepts them.
"""


@click.group(cls=Group, help=_HELP)
def wsdl() -> None:
    """Show or lock a WSDL."""


@wsdl.command(help=_SHOW_HELP, short_help="Show services, ports, operations and their fields.")
@click.argument("address", metavar="URL|FILE")
@click.option(
    "--toml",
    "operation",
    metavar="OPERATION",
    help="Print only a block of config that sends with this.",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["send", "status", "received", "sent", "token"]),
    default="send",
    help="What the operation of --toml is for; by default it sends.",
)
@click.option("--port", metavar="PORT", help="The port to use, if there are several.")
@click.option(
    "--ca", metavar="FILE", help="Trust the issuers in this PEM file instead of the public ones."
)
def show(address: str, operation: str | None, kind: str, port: str | None, ca: str | None) -> None:
    """Show a WSDL."""
    from smsbridge.codecs.soap.describe import show as lines_of
    from smsbridge.codecs.soap.guess import TableKind
    from smsbridge.codecs.soap.model import BadWSDL
    from smsbridge.codecs.soap.scaffold import toml_block

    source = wsdl_source(address, ca or "")
    try:
        chosen, several = _ports(source, port)
        if operation is None:
            lines = lines_of(chosen, chosen.refused)
        else:
            name = _port_with(chosen, operation)
            asked = TableKind(kind)
            named = name if several else ""
            block = toml_block(chosen[name], operation, address, port_name=named, kind=asked)
            lines = _without_key(block, address)
        for line in lines:
            put(line)
    except BadWSDL as error:
        raise wsdl_error(address, error) from None


def _without_key(block: Iterator[str], address: str) -> Iterator[str]:
    """Yield a block of config; if its address may hold a key, it comes from a variable."""
    if not is_url(address) or public_address(address) == address:
        yield from block
        return
    head = next(block)
    variable = f"{head.strip('[]').partition('.')[2].upper().replace('-', '_')}_WSDL"
    yield head
    for line in block:
        if line == f"wsdl = {toml_text(address)}":
            yield f"# {public_address(address)} with its key: set {variable} to the whole address"
            yield f'wsdl = {{ env = "{variable}" }}'
        else:
            yield line


def _ports(source: Source, port: str | None) -> tuple[Ports, bool]:
    """Return the ports of a WSDL, or the one that is asked for; and whether it has several."""
    from smsbridge.codecs.soap.load import require_ports
    from smsbridge.codecs.soap.model import BadWSDL

    ports = require_ports(source)
    if port is not None and port not in {**ports, **ports.refused}:
        raise BadWSDL(f"the WSDL has no SOAP port {port!r}; {nearest(port, ports)}")
    return ports if port is None else ports.only(port), len(ports) > 1


def _port_with(ports: Mapping[str, Port], operation: str) -> str:
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


@wsdl.command(help=_LOCK_HELP, short_help="Copy it with all imports into one folder, with hashes.")
@click.argument("address", metavar="URL|FILE")
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    help="The folder; by default that of the file, or one of the WSDL's name.",
)
@click.option("--update", is_flag=True, help="Accept a WSDL that differs from the locked one.")
@click.option(
    "--ca", metavar="FILE", help="Trust the issuers in this PEM file instead of the public ones."
)
def lock(address: str, folder: str | None, ca: str | None, *, update: bool) -> None:
    """Lock a WSDL."""
    from smsbridge.codecs.soap.lockfile import lock as write_lock
    from smsbridge.codecs.soap.lockfile import wsdl_name
    from smsbridge.codecs.soap.model import BadWSDL

    name = wsdl_name(address) if is_url(address) else Path(address).name
    own = Path(address).parent if not is_url(address) else Path(name.removesuffix(".wsdl"))
    source = wsdl_source(address, ca or "", lock=True)
    try:
        done = write_lock(source, name, Path(folder) if folder else own, update=update)
    except BadWSDL as error:
        raise wsdl_error(address, error) from None
    wide = max(map(len, done.files))
    for file, origin in done.files.items():
        place = f"from {origin}" if is_url(origin) else "from a file"
        say(f"{file:<{wide}}  {place}")
    for contract in done.ports.values():
        for why in contract.troubles().values():
            say(f"port {contract.name}: can't be used: {why}")
    for _, why in done.ports.refused.values():
        say(f"can't be used: {why}")
    operations = sum(len(contract.operations) for contract in done.ports.values())
    counts = f"{count(len(done.files), 'file')}, {count(operations, 'operation')}"
    say(f"locked: {counts}; in the config:")
    with keep_exit_code():
        put(f"wsdl = {toml_text(done.wsdl.as_posix())}")
