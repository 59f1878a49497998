"""The command line. stdout carries data, stderr talk; the exit code carries the outcome."""

from __future__ import annotations

import io
import json
import signal
import sys
import textwrap
import threading
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from smsbridge.errors import (
    AuthenticationFailed,
    CallerError,
    InvalidMessage,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    SmsbridgeError,
)

if TYPE_CHECKING:
    from smsbridge.capabilities import Capability
    from smsbridge.client import Client
    from smsbridge.message import MessageFields, Submission

_UNKNOWN = 3
_EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (CallerError, 2),
    (OutcomeUnknown, _UNKNOWN),
    (AuthenticationFailed, 4),
    (NotSent, 5),
    (Rejected, 6),
)
_OUTCOMES: tuple[tuple[type[SendError], str], ...] = (
    (NotSent, "not_sent"),
    (Rejected, "rejected"),
    (OutcomeUnknown, "unknown"),
)
_HELP = """Send SMS and WhatsApp through REST, SOAP or OAuth2 by one interface.

\b
Examples:
  smsbridge demo
  export SMSBRIDGE_URL=smsmobileapi+rest://KEY@api.smsmobileapi.com
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --whatsapp --at 2027-01-31T09:00+00:00
  smsbridge mock --port 8765

\b
Exit codes: 0 done, 1 error, 2 refused before any I/O, 3 outcome unknown,
4 authentication failed, 5 not sent (safe to repeat), 6 rejected.
"""
_SEND_HELP = """Send TEXT to the number TO.

\b
Examples:
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --backend staging --json
  echo "$URL" | smsbridge send +12025550123 "Hello" --url -
"""
_BACKENDS_HELP = """List the backends: protocols, what each can do, and where it comes from.

\b
Examples:
  smsbridge backends
  smsbridge backends --json
"""
_MOCK_HELP = """Serve a mock SMSMobileAPI for clients in any language, until SIGTERM or Ctrl-C.

\b
Examples:
  smsbridge mock
  smsbridge mock --port 0 --scenario smsmobileapi/send/reset-after-request

Prints one JSON line when it is ready. GET /_mock/messages lists what it accepted, GET
/_mock/notes which leniencies were needed; POST /_mock/reset forgets both.
"""
_DEMO_HELP = """Show the main job on real sockets: three protocols, and a connection that breaks.

\b
Examples:
  smsbridge demo
  NO_COLOR=1 smsbridge demo > demo.txt
"""


class _Exits(click.Group):
    """Turns every error into its exit code and one line on stderr; a traceback is a defect."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return super().main(*args, **kwargs)
        except SmsbridgeError as error:
            click.echo(f"smsbridge: {error}", err=True)
            sys.exit(next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1))
        except Exception as error:  # noqa: BLE001  (the last line of defence)
            click.echo(f"smsbridge: unexpected {type(error).__name__}: please report it", err=True)
            sys.exit(1)


@click.group(cls=_Exits, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="smsbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Run the command line."""


@main.command(help=_SEND_HELP, short_help="Send one message.")
@click.argument("to")
@click.argument("text")
@click.option("--backend", metavar="NAME", help="A block of smsbridge.toml; its default otherwise.")
@click.option("--url", metavar="URL|-", help="A backend as a URL; - reads it from stdin.")
@click.option("--sms", is_flag=True, help="By SMS: the default; with --whatsapp, by both.")
@click.option("--whatsapp", is_flag=True, help="By WhatsApp.")
@click.option("--at", metavar="TIME", help="Not before: ISO 8601 with a time zone.")
@click.option("--reference", metavar="R", help="Your own name for the message; made if absent.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def send(to: str, text: str, at: str | None, reference: str | None, **given: Any) -> None:
    """Send TEXT to the number TO; the help is `_SEND_HELP`."""
    from smsbridge.message import Channel

    wanted = {
        Channel.WHATSAPP: given["whatsapp"],
        Channel.SMS: given["sms"] or not given["whatsapp"],
    }
    fields: MessageFields = {
        "channels": [channel for channel, asked in wanted.items() if asked],
        "send_at": None if at is None else _time(at),
    }
    if reference is not None:
        fields["reference"] = reference
    with _client(given["backend"], given["url"]) as client:
        try:
            submission = client.send(to, text, **fields)
        except SendError as error:
            if given["as_json"]:
                click.echo(json.dumps(_failure(error)))
            raise
        except KeyboardInterrupt:
            click.echo("smsbridge: interrupted: the message may have been sent", err=True)
            sys.exit(_UNKNOWN)
    if given["as_json"]:
        click.echo(json.dumps(_success(submission)))
        return
    click.echo(f"accepted  id {submission.id or '-'}  status {submission.status}")
    where = f"{submission.backend} over {submission.protocol}"
    click.echo(f"{where}, reference {submission.reference}", err=True)


@main.command(help=_BACKENDS_HELP, short_help="List what is installed, and what each can do.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def backends(*, as_json: bool) -> None:
    """List the backends."""
    from smsbridge.capabilities import capabilities

    found = list(capabilities())
    if as_json:
        for one in found:
            click.echo(json.dumps(asdict(one)))
        return
    for name, group in groupby(found, key=lambda one: f"{one.backend}, from {one.origin}"):
        click.echo(name)
        for one in group:
            click.echo(_paragraph(one))


@main.command(help=_MOCK_HELP, short_help="Serve a mock provider for clients in any language.")
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
def mock(host: str, port: int, scenario: str | None, address: str | None) -> None:
    """Serve the mock provider."""
    from smsbridge.testing.provider import Provider
    from smsbridge.testing.sample import API_KEY, CLIENT_ID, CLIENT_SECRET, sample_backend
    from smsbridge.testing.server import MockServer

    server = MockServer(Provider(sample_backend(), scenario), host, port)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        server.start()
    except OSError as error:
        why = error.strerror or "the address is none of this machine"
        raise click.ClickException(f"can't listen at {host}, port {port}: {why}") from None
    address = server.provider.address = address or server.provider.address
    ready = {
        "address": address,
        "credentials": {"api_key": API_KEY, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        "control": f"{address}/_mock",
    }
    click.echo(json.dumps(ready))
    sys.stdout.flush()
    over.wait()
    server.stop()


@main.command(help=_DEMO_HELP, short_help="Show the main job on real sockets.")
def demo() -> None:
    """Show the main job."""
    from smsbridge.demo import run

    run()


def _client(backend: str | None, url: str | None) -> Client:
    from smsbridge.client import Client

    if backend is not None and url is not None:
        raise click.UsageError("give one of --backend and --url")
    if backend == "":
        raise click.UsageError("--backend is empty")
    if url is not None:
        return Client.from_url(sys.stdin.readline().strip() if url == "-" else url)
    return Client() if backend is None else Client.from_config(backend)


def _time(given: str) -> datetime:
    with suppress(ValueError):
        time = datetime.fromisoformat(given)
        if time.tzinfo is not None:
            return time
    raise InvalidMessage(
        f"--at {given!r}: give ISO 8601 with a time zone, such as 2027-01-31T09:00+00:00"
    )


def _success(submission: Submission) -> dict[str, Any]:
    return {
        "outcome": "accepted",
        "id": submission.id,
        "status": submission.status,
        "provider_status": submission.provider_status,
        **_attempt(submission),
    }


def _failure(error: SendError) -> dict[str, Any]:
    outcome = next(word for kind, word in _OUTCOMES if isinstance(error, kind))
    more = {name: getattr(error, name, None) for name in ("reason", "code", "retry", "retry_after")}
    return {
        "outcome": outcome,
        "id": None,
        "error": error.why,
        **{name: value for name, value in more.items() if value is not None},
        **_attempt(error),
    }


def _attempt(holder: Submission | SendError) -> dict[str, str]:
    attempt = holder.attempt
    return {
        "backend": attempt.backend,
        "protocol": attempt.protocol,
        "reference": attempt.reference,
        "started": attempt.started.isoformat(),
    }


def _paragraph(can: Capability) -> str:
    """Return what a backend can do over one protocol, as a person reads it."""
    by = f" by {', '.join(can.channels)}" if can.channels else ""
    options = ", ".join(name.removeprefix("options.") for name in can.options)
    return textwrap.fill(
        f"{', '.join(can.operations) or 'nothing'}{by}" + (f"; with {options}" if options else ""),
        width=78,
        initial_indent=f"  {can.protocol:<9}",
        subsequent_indent=" " * 11,
    )
