"""``smsbridge fixtures record``: a proxy in front of a live provider, which writes fixtures."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import cannot_listen, choose_backend, config_option, server_options
from smsbridge.cli.signals import until_signal
from smsbridge.cli.streams import put, say
from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.codecs.soap.wsdl_files import Source
    from smsbridge.testing.record.recording import RecordedFile

_HELP = """Record what a client and a live provider say to each other, until SIGTERM or Ctrl-C.

Point a client in any language at this address instead of the provider's; requests and answers are
passed on unchanged. Each call becomes a fixture in DIR without any secret: credentials and tokens
become placeholders, and phone numbers are moved to +1 202 555 01xx. A file that would still hold
one, in any encoding, is not written. Message texts stay, unless --hide-texts is given.

\b
Examples:
  smsbridge fixtures record --record-live --backend oldcorp \\
      --to https://api.oldcorp.example --out tests/fixtures
  smsbridge fixtures record --record-live --secret password=OLDCORP_PASSWORD \\
      --to https://soap.oldcorp.example --out recorded

Messages that pass through are really sent, and cost money. It needs --record-live, and a
credential: that of --backend, or --secret; if CI is set, it refuses to start.

POST /_mock/cut ends a conversation: what came since the last cut is written, as one file with
{"name": "send/token-expires"}. GET /_mock/notes lists what was passed on but could not be recorded.
"""
_SECRET = re.compile(r"([a-z][a-z0-9_]{0,39})=([A-Za-z_][A-Za-z0-9_]*)")


def _read_secrets(
    _context: click.Context, _option: click.Parameter, given: Sequence[str]
) -> dict[str, str]:
    """Return the secrets that the environment has, by name."""
    found: dict[str, str] = {}
    for number, word in enumerate(given, 1):
        named = _SECRET.fullmatch(word)
        if named is None:
            raise click.BadParameter(
                f"number {number}: give NAME=VARIABLE, the environment variable that has it"
            )
        value = os.environ.get(named[2], "")
        if not value:
            raise click.BadParameter(f"{named[1]}: the environment has no {named[2]}")
        found[named[1]] = value
    return found


@click.command(help=_HELP, short_help="Record a live provider through a proxy.")
@click.option("--to", "provider", metavar="URL", required=True, help="The provider's address.")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the fixtures go.",
)
@click.option("--record-live", is_flag=True, help="Confirm that messages are really sent.")
@click.option("--backend", metavar="NAME", help="A block of the config: its tables decode.")
@config_option
@click.option("--wsdl", metavar="FILE|URL", help="The contract, if no client fetches it.")
@click.option(
    "--secret",
    "secrets",
    metavar="NAME=VARIABLE",
    multiple=True,
    callback=_read_secrets,
    help="A secret, from the environment; may be repeated.",
)
@click.option("--hide-texts", is_flag=True, help="Hide the texts of messages too.")
@click.option(
    "--ca", metavar="FILE", default="", help="Trust these issuers for the provider's TLS."
)
@server_options(8766)
def record(**given: Any) -> None:
    """Record a live provider."""
    with serve_recorder(**given) as recorder, until_signal() as wait:
        put(json.dumps(recorder.ready))
        wait()
    if recorder.was_refused:
        sys.exit(Exit.ERROR)


class Recorder:
    """A proxy that records, and what became of its files. ``ready``: what its ready line says."""

    def __init__(self) -> None:
        """Begin without a file."""
        self.ready: Mapping[str, Any] = {}
        self.was_refused = False

    def tell(self, file: RecordedFile) -> None:
        """Say what became of a file."""
        if not file.refused:
            say(f"{file.path}: {file.title}")
            return
        self.was_refused = True
        say(f"smsbridge: {file.name} was not written:")
        for why in file.refused:
            say(f"  {why}")


@contextmanager
def serve_recorder(  # noqa: PLR0913  (an option each)
    *,
    provider: str,
    folder: Path,
    record_live: bool,
    backend: str | None,
    config: str | None,
    wsdl: str | None,
    secrets: Mapping[str, str],
    hide_texts: bool,
    ca: str,
    host: str,
    port: int,
) -> Iterator[Recorder]:
    """Record until the end of the block, and then write what was not cut before.

    The arguments are the options of the command.
    """
    from smsbridge.cli.wsdl_source import wsdl_source
    from smsbridge.http.tls import Issuers, tls_context
    from smsbridge.testing.record.addresses import Move
    from smsbridge.testing.record.decode import Decoder
    from smsbridge.testing.record.exchanges import Exchanges
    from smsbridge.testing.record.recorder_pages import control_pages
    from smsbridge.testing.record.recording import Recording
    from smsbridge.testing.record.recording_proxy import RecordingProxy
    from smsbridge.testing.record.redact import Secrets

    _check_allowed(record_live=record_live)
    _check_provider(provider)
    if wsdl is not None and (backend is not None or config is not None):
        raise click.UsageError(
            f"give only one of {'--config' if backend is None else '--backend'} and --wsdl"
        )
    with ExitStack() as stack:
        contract = wsdl_source(wsdl) if wsdl is not None else None
        chosen, configured = _backend(backend, config, contract, stack)
        known = {**configured, **secrets}
        _check_secrets(known)
        _check_folder(folder)  # last, since it makes the folder
        move = Move(provider.rstrip("/"), "")
        recording = Recording(
            Exchanges(lambda note: say(f"not recorded: {note}")),
            Decoder(chosen, move),
            contract,
            Secrets(known, configured=chosen.credentials(), hides_texts=hide_texts),
            folder,
            name=chosen.name,
            evidence=f"a client, through the proxy, at {urlsplit(provider).netloc}",
            today=datetime.now(UTC).date(),
        )
        recorder = Recorder()
        tls = tls_context(Issuers.of(ca or chosen.ca), "", None)
        control = control_pages(recording, (host,), recorder.tell)
        proxy = RecordingProxy(
            provider, recording.exchanges, control, tls=tls, host=host, port=port
        )
        try:
            proxy.start()
        except OSError as error:
            raise cannot_listen(host, port, error.strerror) from None
        recorder.ready = {
            "address": proxy.address,
            "to": provider.rstrip("/"),
            "out": str(folder),
            "control": f"{proxy.address}/_mock",
        }
        try:
            yield recorder
        finally:
            proxy.stop()
        for file in recording.cut():
            recorder.tell(file)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that can't be written to, before anything is recorded."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"--out {folder}: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise click.UsageError(f"--out {folder}: it can't be written to")


def _check_allowed(*, record_live: bool) -> None:
    if os.environ.get("CI"):
        raise click.UsageError(
            "CI is set: a recording is made by a person, and only replayed there"
        )
    if not record_live:
        raise click.UsageError("give --record-live: what clients send through it is really sent")


def _check_provider(provider: str) -> None:
    from smsbridge.http.address import check_address

    parts = check_address("--to", provider)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise click.UsageError("--to: give only scheme and host; clients keep the path")


def _check_secrets(known: Mapping[str, str]) -> None:
    from smsbridge.testing.record.redact import LEAST

    if not known:
        raise click.UsageError(
            "give a credential to look for: --backend NAME, or --secret NAME=VARIABLE"
        )
    for name, value in known.items():
        if len(value) < LEAST:
            raise click.UsageError(
                f"{name} is shorter than {LEAST} characters: it can't be looked for in a file"
            )


def _backend(
    name: str | None, config: str | None, contract: Source | None, stack: ExitStack
) -> tuple[Backend, dict[str, str]]:
    """Return the backend whose tables decode, and its secrets by config key."""
    from smsbridge.cli.wsdl_source import local_wsdl, wsdl_carrier
    from smsbridge.testing.mock.wsdl_backend import wsdl_backend
    from smsbridge.testing.record.bare import OUR_NAME, bare_backend

    if contract is not None:
        return wsdl_backend(contract, OUR_NAME), {}
    if name is None and config is None:
        return bare_backend(OUR_NAME), {}
    chosen = choose_backend(name, config=config)
    if not chosen.protocols:
        raise ConfigError(
            f"{name or config} is {chosen.name}, which uses no network: there is nothing to record"
        )
    ready = stack.enter_context(local_wsdl(chosen, wsdl_carrier(chosen.timeout, chosen)))
    return ready, {**_private_fields(ready), **ready.credentials()}


def _private_fields(backend: Backend) -> dict[str, str]:
    from smsbridge.text.secrets import Secret

    given = {one.name: getattr(backend, one.name) for one in fields(backend)}
    return {key: value.reveal() for key, value in given.items() if isinstance(value, Secret)}
