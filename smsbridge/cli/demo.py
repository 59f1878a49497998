"""``smsbridge demo``: a mock provider, three protocols, and a connection that breaks."""

from __future__ import annotations

import os
import re
import webbrowser
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from smsbridge.cli.mock_page import make_page
from smsbridge.cli.signals import until_signal
from smsbridge.cli.streams import put
from smsbridge.errors import OutcomeUnknown
from smsbridge.message import Submission
from smsbridge.text.count import count

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from smsbridge.http.exchange import Request
    from smsbridge.testing.mock.provider import Provider

_HELP = """Send through three protocols to a mock provider, then break a connection.

Nothing leaves this machine. With --page it then sends once more, and leaves the page of the mock
open until Ctrl-C or SIGTERM.

\b
Examples:
  smsbridge demo
  smsbridge demo --page
  NO_COLOR=1 smsbridge demo > demo.txt
"""
_RECIPIENT = "+12025550123"
_TEXT = "Hello"
_PROTOCOLS = ("rest", "soap", "oauth")
_TEXTS = (
    "Your code is 482913",
    "The table is yours at eight 🎉\nSee you",
    "שלום, your parcel is here",
)
_BROKEN = "smsmobileapi/send/reset-after-request"
_MOST_TRIES = 3
_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    client: str
    outcome: str
    wire: str
    accepted: str


@click.command(help=_HELP)
@click.option("--page", is_flag=True, help="Leave the page of the mock open.")
def demo(*, page: bool) -> None:
    """Show the main job."""
    if not page:
        play()
        return
    with until_signal() as wait:
        play(leave=lambda provider: _leave_open(provider, wait))


def play(console: Console | None = None, leave: Callable[[Provider], None] | None = None) -> None:
    """Play the demo and print its tables; ``leave`` then gets the mock, before it is stopped."""
    from rich.console import Console

    from smsbridge.testing.mock.default import sample_backend
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.server import MockServer

    plain = bool(os.environ.get("NO_COLOR"))  # rich alone would still print bold
    screen = console or Console(color_system=None if plain else "auto")
    if not screen.is_terminal:
        screen.width = _WIDTH
    provider = Provider(sample_backend())
    server = MockServer(provider)
    server.start()
    try:
        _print(screen, list(_rows(provider)), list(_rows_after_reset(provider)), provider.address)
        if leave:
            leave(provider)
    finally:
        server.stop()


def _leave_open(provider: Provider, wait: Callable[[], None]) -> None:
    """Send again, and show the page of the mock until it is ended."""
    from smsbridge.testing.mock.default import sample_url

    provider.play(None)
    for protocol, text in zip(_PROTOCOLS, _TEXTS, strict=True):
        _send(sample_url(protocol, provider.address), text)
    provider.begin_fault("reset-after-request", 1, None)
    with suppress(OutcomeUnknown):
        _send(sample_url("rest", provider.address), "Taken, but its answer got lost")
    url = provider.address + make_page(provider, "127.0.0.1")
    put(f"The page is {url}, until Ctrl-C")
    webbrowser.open(url)
    wait()


def _rows(provider: Provider) -> Iterable[_Row]:
    import asyncio

    from smsbridge.testing.mock.default import sample_url

    for protocol in _PROTOCOLS:
        url = sample_url(protocol, provider.address)
        ways: tuple[tuple[str, Callable[[str], Submission]], ...] = (
            ("Client", _send),
            ("AsyncClient", lambda url: asyncio.run(_send_async(url))),
        )
        for name, way in ways:
            provider.play(None)
            submission = way(url)
            yield _Row(
                client=f"[bold]{protocol}[/]\n{name}",
                outcome=f"[green]accepted[/]\n{submission.status}\n{(submission.id or '')[:10]}…",
                wire="\n".join(_wire(request, provider) for request in provider.requests),
                accepted=_count(provider),
            )


def _rows_after_reset(provider: Provider) -> Iterable[_Row]:
    from smsbridge.testing.mock.default import sample_url

    provider.play(_BROKEN)
    tries = _retry_loop(provider.address)
    said = f"[red]says: sent[/]\nafter {tries} tries" if tries else "[red]says: failed[/]"
    yield _Row(
        client="[bold]a retry loop[/]\naround requests",
        outcome=said,
        wire="the same request until one is answered",
        accepted=_count(provider),
    )
    provider.play(_BROKEN)
    try:
        _send(sample_url("rest", provider.address))
    except OutcomeUnknown as unknown:
        yield _Row(
            client="[bold]smsbridge[/]\nClient",
            outcome="[yellow]unknown[/]",
            wire=f"one request: {unknown.why}",
            accepted=_count(provider),
        )


def _send(url: str, text: str = _TEXT) -> Submission:
    from smsbridge.client.sync import Client

    with Client.from_url(url) as client:
        return client.send(_RECIPIENT, text)


async def _send_async(url: str) -> Submission:
    from smsbridge.client.aio import AsyncClient

    async with AsyncClient.from_url(url) as client:
        return await client.send(_RECIPIENT, _TEXT)


def _retry_loop(address: str) -> int | None:
    """Do what most code does around requests; return how many tries it took, None if all failed."""
    import requests

    from smsbridge.testing.mock.default import API_KEY

    session = requests.Session()
    session.trust_env = False  # otherwise a proxy of the environment would be used
    form = {"apikey": API_KEY, "recipients": _RECIPIENT, "message": _TEXT}
    for tried in range(1, _MOST_TRIES + 1):
        try:
            session.post(f"{address}/sendsms/", data=form, timeout=5).raise_for_status()
        except requests.RequestException:
            continue
        return tried
    return None


def _count(provider: Provider) -> str:
    return f"[bold]{count(len(provider.messages), 'message')}[/]"


def _wire(request: Request, provider: Provider) -> str:
    """Return a request in one line: its secrets masked, its envelope without what all have."""
    text = request.body.decode()
    if inner := re.search(r"Body>(.*)</[^>]*Body>", text, re.DOTALL):
        text = re.sub(r" [\w:-]+=\"[^\"]*\"", "", inner[1])
    authorization = request.header("authorization")
    line = f"{request.method} {request.path} {text}" + (f" ({authorization})" * bool(authorization))
    for secret in (*provider.backend.secrets(), *provider.scenario.tokens):
        line = line.replace(secret, "•••")
    return line.replace("[", r"\[")


def _print(screen: Console, sent: list[_Row], broke: list[_Row], address: str) -> None:
    screen.print(f"\nOne message through each protocol, to a mock SMSMobileAPI at {address}\n")
    screen.print(_table(sent))
    screen.print("\nThe provider takes a message, and the connection is reset before its answer\n")
    screen.print(_table(broke))
    screen.print("\nThe mock plays what the provider's documents say; nothing was seen live.\n")


def _table(rows: list[_Row]) -> Table:
    from rich.table import Table

    table = Table(show_lines=True, expand=True)
    table.add_column("client", no_wrap=True)
    table.add_column("outcome\nstatus\nid", no_wrap=True)
    table.add_column("the request on the wire, secrets masked", overflow="fold", ratio=1)
    table.add_column("the provider\naccepted", no_wrap=True)
    for row in rows:
        table.add_row(row.client, row.outcome, row.wire, row.accepted)
    return table
