"""``smsbridge mock``: a mock provider on a real socket."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.mock_list import list_playable
from smsbridge.cli.mock_page import make_page, open_page, page_options
from smsbridge.cli.mock_source import provider_of
from smsbridge.cli.mock_tls import make_tls, tls_options
from smsbridge.cli.options import cannot_listen, config_option, server_options
from smsbridge.cli.signals import until_signal
from smsbridge.cli.streams import put, say
from smsbridge.errors import ConfigError
from smsbridge.testing.faults.table import FAULTS, Place
from smsbridge.testing.faults.table import fault as find_fault

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.mock.server import MockServer
    from smsbridge.testing.mock.verdict import Verdict
    from smsbridge.testing.mock.webhooks import WebhookTarget

_HELP = """Serve a mock provider for clients in any language, until SIGTERM or Ctrl-C.

\b
SOURCE is what it plays; without it, the default of --config, or SMSMobileAPI:
  a backend, by its name in the config or the catalogue, or a file ./NAME.toml;
  a WSDL, by path or URL: it answers each operation with a valid sample;
  a folder of fixtures: it plays default.yaml, or else all of them together.

\b
Examples:
  smsbridge mock
  smsbridge mock --open
  smsbridge mock twilio
  smsbridge mock oldcorp --port 0
  smsbridge mock vendor/service.wsdl
  smsbridge mock --scenario smsmobileapi/send/reset-after-request
  smsbridge mock --fault silence
  smsbridge mock --tls --address https://sms-mock:8765
  smsbridge mock --list
  smsbridge mock --webhook http://127.0.0.1:8780 --webhook-secret S

Prints one JSON line when it is ready, with the address of a page that shows people what came in.
GET /_mock/messages lists what it accepted, GET /_mock/requests all that came in and why it was
refused; POST /_mock/receive with {"sender": …, "text": …} makes a message come in; POST
/_mock/reset forgets everything. A suite that sends with the key test-key-NAME, or below the path
/lane-NAME/, has all of that to itself, at /_mock/…?lane=NAME. A WSDL is served at the path of its
service, with this address in it. Answers made up from a table or a WSDL, and not from a fixture,
are labelled ASSUMED.

GET /_mock/verify answers 200, or 409 with what clients did wrong since the last reset: requests
that matched nothing, interactions of --scenario that were never played, messages that were taken
twice, requests that were refused. With --check the command reports the same on stderr when it
ends, for all that came since its start, with exit code 1 if it found anything.

\b
--fault breaks each call that sends; token-... and odd-expiry break the token
call, wsdl-gone the fetching of the WSDL. Everything else works as usual.
Some faults have kinds, named after a colon: refusals:413. A status selects
its fault: 429 is too-many. The names:
""" + indent(fill(", ".join(FAULTS), 76, break_on_hyphens=False), "  ")


_BAD_TLS = "bad-tls"


def _fault_word(_context: click.Context, _option: click.Parameter, word: str | None) -> str | None:
    """Return the word of a fault; the error for another has the nearest one."""
    try:
        return word and find_fault(word).word
    except ConfigError as error:
        raise click.BadParameter(str(error)) from None


def _list_and_exit(context: click.Context, _option: click.Parameter, asked: object) -> None:
    """List what can be played, in place of serving it."""
    if asked and not context.resilient_parsing:
        list_playable()
        context.exit()


@click.command(help=_HELP)
@click.argument("source", required=False)
@config_option
@server_options(8765)
@click.option("--scenario", metavar="ID|FILE", help="Play one fixture.")
@click.option(
    "--address", metavar="URL", help="The address that clients use, if not host and port."
)
@tls_options
@click.option(
    "--quirks",
    type=click.Choice(["allow", "fail"]),
    default="allow",
    show_default=True,
    help="Whether leniencies are counted or refused.",
)
@page_options
@click.option("--check", is_flag=True, help="Print the verdict at the end; exit 1 if it failed.")
@click.option("--fault", metavar="NAME", callback=_fault_word, help="What to break: see above.")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_and_exit,
    help="List the scenarios that ship, and the faults.",
)
@click.option("--webhook", metavar="URL", help="Send its webhooks to this URL.")
@click.option("--webhook-secret", metavar="S", help="Sign them with this secret.")
@click.option("--webhook-v1", is_flag=True, help="Send the first version: received messages only.")
def mock(**given: Any) -> None:
    """Serve the mock provider."""
    with serve(**given) as ready, until_signal() as wait:
        put(json.dumps(ready))
        wait()


def _say_verdict(verdicts: Sequence[Verdict]) -> None:
    """Say what clients did wrong; exit 1 if they did."""
    for verdict in verdicts:
        for line in verdict.lines():
            say(line)
    if not all(verdict.passed for verdict in verdicts):
        sys.exit(Exit.ERROR)


@contextmanager
def serve(  # noqa: PLR0913  (an option each)
    *,
    source: str | None,
    config: str | None,
    host: str,
    port: int,
    scenario: str | None,
    address: str | None,
    fault: str | None,
    names: Sequence[str],
    tls: bool,
    ca_file: str | None,
    quirks: str,
    check: bool,
    page: bool,
    opens: bool,
    **hooks: Any,
) -> Iterator[dict[str, Any]]:
    """Serve a mock provider until the end of the block; its value is what the ready line says.

    The arguments are the options of the command; ``check`` exits after the block if need be.
    """
    from smsbridge.http.address import check_address
    from smsbridge.testing.faults.connection import untrusted_tls
    from smsbridge.testing.mock.server import MockServer
    from smsbridge.testing.mock.verdict import Quirks

    if address is not None:
        check_address("--address", address)
    if fault and scenario:
        raise click.UsageError("give only one of --fault and --scenario")
    if tls and fault == _BAD_TLS:
        raise click.UsageError("give only one of --tls and --fault bad-tls")
    with ExitStack() as stack:
        provider, credentials = provider_of(source, config, scenario, stack)
        provider.quirks = Quirks(quirks)
        provider.webhooks = _webhooks(provider.backend, **hooks)
        provider.fault = None if fault == _BAD_TLS else fault
        provider.hosts.update(name.lower() for name in names)
        secure = make_tls(tls=tls, ca_file=ca_file, hosts=(host, *names), address=address)
        untrusted = untrusted_tls() if fault == _BAD_TLS else None
        absent = _address_fault(fault)
        below = make_page(provider, host, address, tls=tls) if page and not absent else ""
        server = MockServer(provider, host, port, untrusted or (secure.context if secure else None))
        try:
            provider.address = stack.enter_context(_listen(server, absent))
        except OSError as error:
            why = (error.strerror or "").partition(" (while attempting")[0]
            raise cannot_listen(host, port, why) from None
        if secure:
            secure.publish()
        provider.address = (address or provider.address).rstrip("/")
        shown = f"{provider.address}{below}" if below else ""
        if opens:
            open_page(shown)
        yield {
            "address": provider.address,
            "plays": provider.fixture.id,
            "provenance": provider.fixture.provenance.source,
            "credentials": credentials,
            **({"ca": str(secure.file)} if secure else {}),
            **({"fault": fault} if fault else {}),
            **({} if absent else {"control": f"{provider.address}/_mock"}),
            **({"page": shown} if shown else {}),
        }
    if check:
        _say_verdict(provider.lanes.verdicts())


def _address_fault(fault: str | None) -> str:
    """Return the name of a fault of the address, where nothing answers; empty for any other."""
    broken = find_fault(fault) if fault and fault != _BAD_TLS else None
    return broken.name if broken and broken.entry.place is Place.ADDRESS else ""


@contextmanager
def _listen(server: MockServer, absent: str) -> Iterator[str]:
    """Listen until the end of the block, which gets the address; ``absent`` is its fault, if any.

    Raises `OSError`.
    """
    from smsbridge.testing.faults.connection import unreachable

    if absent:
        with unreachable(absent, server.host, server.port) as address:
            yield address
        return
    server.start()
    try:
        yield server.provider.address
    finally:
        server.stop()


def _webhooks(
    backend: Backend, *, webhook: str | None, webhook_secret: str | None, webhook_v1: bool
) -> WebhookTarget | None:
    """Return where the webhooks of a mock go."""
    from smsbridge.http.address import check_address
    from smsbridge.http.exchange import Session
    from smsbridge.testing.mock.webhooks import WebhookTarget
    from smsbridge.text.secrets import Secret

    if webhook is None:
        if webhook_secret is not None or webhook_v1:
            raise click.UsageError("--webhook-secret and --webhook-v1 need --webhook")
        return None
    check_address("--webhook", webhook)
    if not backend.webhooks:
        raise ConfigError(f"{backend.name} has no webhooks")
    if webhook_v1 and webhook_secret is not None:
        raise click.UsageError("the first version has no signature: leave --webhook-secret out")
    secrets = [Secret(webhook_secret)] if webhook_secret is not None else []
    return WebhookTarget(
        tables=backend.webhooks,
        url=webhook,
        session=Session(),
        secrets=secrets,
        credentials=backend.credentials(),
        signed=not webhook_v1,
    )
