"""The main job on real sockets: a mock provider, three protocols, and a connection that breaks."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from smsbridge.client.aio import AsyncClient
from smsbridge.client.sync import Client
from smsbridge.errors import OutcomeUnknown
from smsbridge.message import Submission

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.testing.mock.provider import Provider

_RECIPIENT = "+12025550123"
_TEXT = "Hello"
_PROTOCOLS = ("rest", "soap", "oauth")
_BROKEN = "smsmobileapi/send/reset-after-request"
_MOST_TRIES = 3
_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    client: str
    outcome: str
    wire: str
    accepted: str


def run(console: Console | None = None) -> None:
    """Play the demo and print its table."""
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
        _print(screen, list(_rows(provider)), list(_broken_rows(provider)), provider.address)
    finally:
        server.stop()


def _rows(provider: Provider) -> Iterable[_Row]:
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
                wire="\n".join(_shown(request, provider) for request in provider.requests),
                accepted=_accepted(provider),
            )


def _broken_rows(provider: Provider) -> Iterable[_Row]:
    from smsbridge.testing.mock.default import sample_url

    provider.play(_BROKEN)
    tries = _retry_loop(provider.address)
    said = f"[red]says: sent[/]\nafter {tries} tries" if tries else "[red]says: failed[/]"
    yield _Row(
        client="[bold]a retry loop[/]\naround requests",
        outcome=said,
        wire="the same request until one is answered",
        accepted=_accepted(provider),
    )
    provider.play(_BROKEN)
    try:
        _send(sample_url("rest", provider.address))
    except OutcomeUnknown as unknown:
        yield _Row(
            client="[bold]smsbridge[/]\nClient",
            outcome="[yellow]unknown[/]",
            wire=f"one request: {unknown.why}",
            accepted=_accepted(provider),
        )


def _send(url: str) -> Submission:
    with Client.from_url(url) as client:
        return client.send(_RECIPIENT, _TEXT)


async def _send_async(url: str) -> Submission:
    async with AsyncClient.from_url(url) as client:
        return await client.send(_RECIPIENT, _TEXT)


def _retry_loop(address: str) -> int | None:
    """Do what most code does around requests; return how many tries it took, None if all failed."""
    import requests

    from smsbridge.testing.mock.default import API_KEY

    session = requests.Session()
    session.trust_env = False  # or a proxy of the environment would stand between
    form = {"apikey": API_KEY, "recipients": _RECIPIENT, "message": _TEXT}
    for tried in range(1, _MOST_TRIES + 1):
        try:
            session.post(f"{address}/sendsms/", data=form, timeout=5).raise_for_status()
        except requests.RequestException:
            continue
        return tried
    return None


def _accepted(provider: Provider) -> str:
    count = len(provider.messages)
    return f"[bold]{count} message{'s' * (count != 1)}[/]"


def _shown(request: Request, provider: Provider) -> str:
    """Return a request in one line: its secrets masked, its envelope less what every one has."""
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
    table = Table(show_lines=True, expand=True)
    table.add_column("client", no_wrap=True)
    table.add_column("outcome\nstatus\nid", no_wrap=True)
    table.add_column("the request on the wire, secrets masked", overflow="fold", ratio=1)
    table.add_column("the provider\naccepted", no_wrap=True)
    for row in rows:
        table.add_row(row.client, row.outcome, row.wire, row.accepted)
    return table
