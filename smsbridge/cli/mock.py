"""``smsbridge mock``: a mock provider on a real socket."""

from __future__ import annotations

import json
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.chosen import chosen_backend
from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.testing.provider import Provider
    from smsbridge.testing.server import MockServer

_HELP = """Serve a mock provider for clients in any language, until SIGTERM or Ctrl-C.

\b
SOURCE is what it plays, SMSMobileAPI if it is left out:
  the name of a backend in the config,
  a WSDL, by path or URL: each operation is answered with a valid sample,
  a folder of fixtures, of which default.yaml is played.

\b
Examples:
  smsbridge mock
  smsbridge mock oldcorp --port 0
  smsbridge mock vendor/service.wsdl
  smsbridge mock --scenario smsmobileapi/send/reset-after-request

Prints one JSON line when it is ready. GET /_mock/messages lists what it accepted, GET
/_mock/notes which leniencies were needed; POST /_mock/reset forgets both. A WSDL is served at
the path of its service, with this address in it. What was made from a table or a WSDL, and not
from a fixture, is labelled ASSUMED.
"""


@click.command(help=_HELP)
@click.argument("source", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option("--scenario", metavar="ID|FILE", help="Play one fixture.")
@click.option("--address", metavar="URL", help="How clients reach it, if not by host and port.")
def mock(
    source: str | None, host: str, port: int, scenario: str | None, address: str | None
) -> None:
    """Serve the mock provider."""
    from smsbridge.testing.server import MockServer

    with ExitStack() as stack:
        provider, credentials = _played(source, scenario, stack)
        _serve(MockServer(provider, host, port), credentials, address)


def _serve(server: MockServer, credentials: Any, address: str | None) -> None:
    provider = server.provider
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        server.start()
    except OSError as error:
        why = error.strerror or "the address is none of this machine"
        where = f"{server.host}, port {server.port}"
        raise click.ClickException(f"can't listen at {where}: {why}") from None
    address = provider.address = address or provider.address
    ready = {
        "address": address,
        "plays": provider.fixture.id,
        "provenance": provider.fixture.provenance.source,
        "credentials": credentials,
        "control": f"{address}/_mock",
    }
    click.echo(json.dumps(ready))
    sys.stdout.flush()
    over.wait()
    server.stop()


def _played(source: str | None, scenario: str | None, stack: ExitStack) -> tuple[Provider, Any]:
    """Return the provider of a source, and the credentials that it takes or where they stand.

    ``stack`` holds what it needs until it has been served.
    """
    from smsbridge.cli.wsdl import fetching, wsdl_source
    from smsbridge.lock import at_hand
    from smsbridge.testing.provider import Provider
    from smsbridge.testing.sample import SAMPLE_CREDENTIALS, sample_backend
    from smsbridge.testing.wsdl import wsdl_backend

    if source is None:
        return Provider(sample_backend(), scenario), SAMPLE_CREDENTIALS
    if Path(source).is_dir() and ("/" in source or any(Path(source).glob("*.yaml"))):
        return _folder(Path(source), scenario, stack)
    if source.lower().endswith((".yaml", ".yml")):
        raise click.UsageError(f"{source} is a fixture: give it as --scenario")
    wsdl = "://" in source or source.lower().endswith((".wsdl", ".xml"))
    if wsdl or Path(source).is_file():
        return Provider(wsdl_backend(wsdl_source(source)), scenario), {}
    if "/" in source:
        raise ConfigError(f"there is no file and no folder {source}")
    backend = chosen_backend(source)
    if not backend.protocols:
        raise ConfigError(f"{source} is {backend.name}: it has no wire to mock")
    backend = stack.enter_context(at_hand(backend, fetching(backend.timeout, backend)))
    return Provider(backend, scenario), f"those of [backends.{source}]"


def _folder(folder: Path, scenario: str | None, stack: ExitStack) -> tuple[Provider, Any]:
    from smsbridge.cli.wsdl import fetching
    from smsbridge.lock import at_hand
    from smsbridge.testing.fixture import load
    from smsbridge.testing.provider import Provider
    from smsbridge.testing.sample import SAMPLE_CREDENTIALS, sample_backend

    named = Path(scenario) if scenario else folder / "default.yaml"
    fixture = load(named if named.is_file() or not scenario else folder / f"{scenario}.yaml")
    backend = sample_backend()
    if fixture.id.partition("/")[0] == backend.name:
        return Provider(backend, fixture), SAMPLE_CREDENTIALS
    name = fixture.id.partition("/")[0]
    chosen = chosen_backend(name)
    ready = stack.enter_context(at_hand(chosen, fetching(chosen.timeout, chosen)))
    return Provider(ready, fixture), f"those of [backends.{name}]"
