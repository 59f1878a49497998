"""``smsbridge webhook``: show the webhooks that arrive, or send one."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.group import Group
from smsbridge.cli.options import config_option, json_option, server_options
from smsbridge.cli.signals import until_signal
from smsbridge.cli.streams import keep_exit_code, put, say
from smsbridge.errors import ConfigError, SmsbridgeError
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request, Response
    from smsbridge.text.secrets import Secret
    from smsbridge.webhooks.guard import Guard

_SECONDS = 30.0
_VARIABLE = "SMSBRIDGE_WEBHOOK_SECRET"
_SAMPLE = {
    "sender": "+447700900123",
    "recipient": "+12025550123",
    "text": "Hello",
    "device": "sample-device",
}
_HELP = """Show incoming webhooks of a provider, by default SMSMobileAPI, or send one.

\b
Examples:
  smsbridge webhook listen --port 8780
  smsbridge webhook trigger sms.received --to http://127.0.0.1:8780
  smsbridge webhook trigger delivered --backend twilio --to http://127.0.0.1:8780
"""
_LISTEN_HELP = """Show incoming webhooks, until SIGTERM or Ctrl-C.

\b
Examples:
  smsbridge webhook listen --port 8780
  smsbridge webhook listen --port 8780 --forward-to http://127.0.0.1:8000/sms --json
  smsbridge webhook listen --port 8780 --backend twilio

Prints one JSON line to stderr when it is ready. With a secret, or a backend whose provider signs
with its credentials, a request without a valid signature is answered with 401 and not forwarded.
Otherwise nothing is checked, and each line says so.
"""
_TRIGGER_HELP = """Send a webhook of one TYPE with sample data, as the provider would.

\b
Examples:
  smsbridge webhook trigger sms.received --to http://127.0.0.1:8780
  smsbridge webhook trigger sms.received --to URL --set "message=I am late"
  smsbridge webhook trigger sms.received --to URL --v1
  smsbridge webhook trigger arrived --backend twilio --to URL --set "Body=I am late"

TYPE is the provider's word; if it has none, arrived, or a status: delivered, undelivered.
Prints the status of the answer. The exit code is 0 for 2xx, otherwise 1.
"""
_backend = click.option(
    "--backend", "source", metavar="NAME", help="A block of the config, or of the catalogue."
)
_secret = click.option(
    "--secret",
    "given",
    metavar="S",
    multiple=True,
    help=f"Signing secret; else {_VARIABLE}. Twice during a rotation.",
)


@click.group(cls=Group, help=_HELP)
def webhook() -> None:
    """Show or send webhooks."""


def _secrets(given: Sequence[str]) -> list[Secret]:
    from smsbridge.text.secrets import Secret

    named = os.environ.get(_VARIABLE)
    return [Secret(one) for one in given or ([] if named is None else [named])]


@webhook.command(help=_TRIGGER_HELP, short_help="Send a webhook, with sample data.")
@click.argument("kind", metavar="TYPE")
@click.option("--to", "url", metavar="URL", required=True, help="Where to send it.")
@_secret
@click.option(
    "--set", "changes", metavar="NAME=VALUE", multiple=True, help="Set a field of its data."
)
@click.option("--v1", is_flag=True, help="Use the first version: six fields, no signature.")
@_backend
@config_option
def trigger(  # noqa: PLR0913  (an option each)
    *,
    kind: str,
    url: str,
    given: Sequence[str],
    changes: Sequence[str],
    source: str | None,
    config: str | None,
    v1: bool,
) -> None:
    """Send one webhook."""
    from smsbridge.http.address import check_address
    from smsbridge.serving.webhooks import event_of, outgoing

    if v1 and given:
        raise click.UsageError("--v1 has no signature: leave --secret out")
    check_address("--to", url)
    backend, now = _provider(source, config), datetime.now(UTC)
    tables, known = backend.webhooks, backend.credentials()
    values = {"id": token_hex(20), **_SAMPLE, **known}
    event = event_of(tables, kind, values, now=now, event_id=None if v1 else str(uuid4()))
    fields = _fields(changes)
    if v1 and (unknown := sorted(fields.keys() - event.data.keys())):
        raise ConfigError(f"--set {unknown[0]}: no such field; {nearest(unknown[0], event.data)}")
    event = replace(event, data={**event.data, **fields})
    secrets = [] if v1 else _secrets(given)
    request = outgoing(tables, event, url, secrets=secrets, credentials=known, now=now)
    status = _post(request).status
    with keep_exit_code():
        put(f"{kind}  {status}")
    if not 200 <= status < 300:  # noqa: PLR2004  (2xx)
        sys.exit(Exit.ERROR)


def _provider(source: str | None, config: str | None) -> Backend:
    """Return the backend whose provider is played: a block, or one of the catalogue."""
    from smsbridge.testing.mock.declared_backend import declared_backend

    backend = declared_backend(source, config=config)
    if not backend.webhooks:
        raise ConfigError(
            f"{backend.name} has no webhooks: its block has neither reported nor arrived"
        )
    return backend


def _fields(changes: Sequence[str]) -> dict[str, str]:
    pairs = [change.partition("=") for change in changes]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.UsageError("--set takes NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _post(request: Request) -> Response:
    """Return the answer to a request that goes to one's own app."""
    from smsbridge.backends.console import Console
    from smsbridge.http.exchange import Broken
    from smsbridge.http.requests_transport import RequestsTransport

    with closing(RequestsTransport(Console())) as transport:
        try:
            return transport.send(request, time.monotonic() + _SECONDS)
        except Broken as broken:
            raise SmsbridgeError(f"no answer: {broken.why}") from None


@webhook.command(help=_LISTEN_HELP, short_help="Show incoming webhooks, until Ctrl-C.")
@server_options(8780)
@click.option("--path", metavar="PATH", default="", help="Accept only this path.")
@_secret
@_backend
@config_option
@click.option("--public-url", metavar="URL", help="The public address, up to the path.")
@click.option("--forward-to", "forward", metavar="URL", help="Forward each to this URL, unchanged.")
@json_option
def listen(**given: Any) -> None:
    """Show what arrives."""

    def show(line: str) -> None:
        with keep_exit_code():  # the sender gets its answer nevertheless
            put(line)

    with until_signal() as wait, open_listener(show, **given) as ready:
        say(json.dumps(ready))
        wait()


@contextmanager
def open_listener(  # noqa: PLR0913  (an option each)
    show: Callable[[str], None],
    *,
    host: str,
    port: int,
    path: str,
    given: Sequence[str],
    source: str | None,
    config: str | None,
    public_url: str | None,
    forward: str | None,
    as_json: bool,
) -> Iterator[dict[str, Any]]:
    """Take webhooks until the end of the block; its value is what the ready line says.

    ``show`` takes a line for each; the other arguments are the options of the command.
    """
    from smsbridge.cli.webhook_listener import Listener, serve
    from smsbridge.http.address import check_address
    from smsbridge.webhooks.guard import origin_of

    if forward is not None:
        check_address("--forward-to", forward)
    if path and not path.startswith("/"):
        raise click.UsageError("--path must begin with /")
    backend, secrets = _provider(source, config), _secrets(given)
    made: list[Listener] = []

    def answer(request: Request, peer: str) -> Response:
        return made[0].answer(request, peer)

    with serve(answer, host, port) as address:
        guard = _guard(backend, secrets, public_url or origin_of(backend.callback) or address)
        made.append(
            Listener(
                tables=backend.webhooks,
                guard=guard,
                zone=backend.zone(),
                path=path,
                forward=forward,
                post=_post,
                show=lambda shown: show(json.dumps(shown) if as_json else _line(shown)),
            )
        )
        yield {
            "address": address + path,
            "signature": "checked" if guard else "not checked",
            "forward_to": forward,
        }


def _guard(backend: Backend, secrets: Sequence[Secret], public_url: str) -> Guard | None:
    """Return what checks signatures; None where it isn't known with what the provider signs."""
    from smsbridge.webhooks.guard import Guard
    from smsbridge.webhooks.signatures import SECRET

    signed = [one.signed for one in backend.webhooks if one.signed]
    if not secrets and all(SECRET in one.names for one in signed):
        return None
    return Guard(
        backend.webhooks,
        backend.credentials,
        secrets=secrets,
        path="",
        networks=(),
        public_url=public_url,
        now=lambda: datetime.now(UTC),
    )


def _line(shown: Mapping[str, Any]) -> str:
    """Return what arrived in one line, without unprintable characters."""
    event, why = shown["event"], shown["why"]
    words = [str(shown["status"]), f"signature {shown['signature']}", *([why] if why else [])]
    if event is not None:
        words[1:1] = [event["type"]]
        words.append(json.dumps(event["data"], ensure_ascii=False))
    line = "  ".join(words)
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in line)
