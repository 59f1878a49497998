"""``smsbridge mock``: a mock provider on a real socket."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.options import listens
from smsbridge.cli.signals import until_signal
from smsbridge.errors import ConfigError
from smsbridge.testing.faults.outcomes import Place
from smsbridge.testing.faults.table import FAULTS, fault

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.webhooks import Firing

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
  smsbridge mock --fault silence
  smsbridge mock --webhook http://127.0.0.1:8780 --webhook-secret S

Prints one JSON line when it is ready. GET /_mock/messages lists what it accepted, GET
/_mock/notes which leniencies were needed; POST /_mock/receive with {"sender": …, "text": …} lets a
message come in; POST /_mock/reset forgets all. A WSDL is served at the path of its service, with
this address in it. What was made from a table or a WSDL, and not from a fixture, is labelled
ASSUMED.

\b
--fault breaks each call that sends; the token-... ones and odd-expiry the
token call, wsdl-gone the fetching of the WSDL. All else is answered as always.
A kind of it is named after a colon: refusals:413. The names:
""" + indent(fill(", ".join(FAULTS), 76, break_on_hyphens=False), "  ")


_BAD_TLS = "bad-tls"


def _known(_context: click.Context, _option: click.Parameter, word: str | None) -> str | None:
    """Return the word of a fault; the error for another has the nearest one."""
    try:
        return word and fault(word).word
    except ConfigError as error:
        raise click.BadParameter(str(error)) from None


@click.command(help=_HELP)
@click.argument("source", required=False)
@listens(8765)
@click.option("--scenario", metavar="ID|FILE", help="Play one fixture.")
@click.option("--address", metavar="URL", help="How clients reach it, if not by host and port.")
@click.option("--fault", "named", metavar="NAME", callback=_known, help="What to break: see above.")
@click.option("--webhook", metavar="URL", help="Where its webhooks go.")
@click.option("--webhook-secret", metavar="S", help="Signs them.")
@click.option("--webhook-v1", is_flag=True, help="In the first version: received messages only.")
def mock(  # noqa: PLR0913  (an option each)
    *,
    source: str | None,
    host: str,
    port: int,
    scenario: str | None,
    address: str | None,
    named: str | None,
    **hooks: Any,
) -> None:
    """Serve the mock provider."""
    from smsbridge.http.address import check_address
    from smsbridge.testing.faults.connection import unreachable, untrusted
    from smsbridge.testing.mock.server import MockServer

    if address is not None:
        check_address("--address", address)
    if named and scenario:
        raise click.UsageError("give one of --fault and --scenario")
    with ExitStack() as stack:
        provider, credentials = _played(source, scenario, stack)
        provider.firing = _firing(provider.backend, **hooks)
        broken = fault(named) if named else None
        provider.fault = None if named == _BAD_TLS else named
        ready = {
            "plays": provider.fixture.id,
            "provenance": provider.fixture.provenance.source,
            "credentials": credentials,
            **({"fault": named} if named else {}),
        }
        tls = untrusted() if named == _BAD_TLS else None
        absent = broken is not None and not tls and broken.entry.place is Place.ADDRESS
        server = MockServer(provider, host, port, tls)
        try:
            if absent and broken:
                provider.address = stack.enter_context(unreachable(broken.name, host, port))
            else:
                server.start()
                stack.callback(server.stop)
        except OSError as error:
            told = (error.strerror or "").partition(" (while attempting")[0]
            why = told or "the address is none of this machine"
            where = f"{host}, port {port}"
            raise click.ClickException(f"can't listen at {where}: {why}") from None
        provider.address = (address or provider.address).rstrip("/")
        control = {} if absent else {"control": f"{provider.address}/_mock"}
        _wait({"address": provider.address, **ready, **control})


def _firing(
    backend: Backend, *, webhook: str | None, webhook_secret: str | None, webhook_v1: bool
) -> Firing | None:
    """Return where the webhooks of a mock go."""
    from smsbridge.http.address import check_address
    from smsbridge.http.exchange import Session
    from smsbridge.testing.mock.webhooks import Firing
    from smsbridge.text.secrets import Secret

    if webhook is None:
        if webhook_secret is not None or webhook_v1:
            raise click.UsageError("--webhook-secret and --webhook-v1 need --webhook")
        return None
    check_address("--webhook", webhook)
    table = getattr(backend, "webhook", None)
    if table is None:
        raise ConfigError(f"{backend.name} has no webhooks")
    if webhook_v1 and webhook_secret is not None:
        raise click.UsageError("the first version has no signature: leave --webhook-secret out")
    secrets = [Secret(webhook_secret)] if webhook_secret is not None else []
    return Firing(
        webhook=table, url=webhook, session=Session(), secrets=secrets, signed=not webhook_v1
    )


def _wait(ready: dict[str, Any]) -> None:
    """Say that it is ready, and wait for the signal that ends it."""
    with until_signal() as over:
        click.echo(json.dumps(ready))
        sys.stdout.flush()
        over.wait()


def _played(source: str | None, scenario: str | None, stack: ExitStack) -> tuple[Provider, Any]:
    """Return the provider of a source, and the credentials that it takes or where they stand.

    ``stack`` holds what it needs until it has been served.
    """
    from smsbridge.cli.local_wsdl import at_hand
    from smsbridge.cli.wsdl import fetching, wsdl_source
    from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS, sample_backend
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.wsdl_backend import wsdl_backend

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
    from smsbridge.cli.local_wsdl import at_hand
    from smsbridge.cli.wsdl import fetching
    from smsbridge.testing.fixture.load import load
    from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS, sample_backend
    from smsbridge.testing.mock.provider import Provider

    named = Path(scenario) if scenario else folder / "default.yaml"
    fixture = load(named if named.is_file() or not scenario else folder / f"{scenario}.yaml")
    backend = sample_backend()
    if fixture.id.partition("/")[0] == backend.name:
        return Provider(backend, fixture), SAMPLE_CREDENTIALS
    name = fixture.id.partition("/")[0]
    chosen = chosen_backend(name)
    ready = stack.enter_context(at_hand(chosen, fetching(chosen.timeout, chosen)))
    return Provider(ready, fixture), f"those of [backends.{name}]"
