"""A provider behind each proxy, what a client saw of it, and a table of all that was seen."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from smsbridge import AsyncClient, Client, NotSent, Rejected, SendError, Submission
from smsbridge.backends.base import Backend
from smsbridge.config.load import from_mapping
from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.exchange import Broken, Request, Response
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.lanes import Route
from smsbridge.testing.mock.server import MockServer

from support.oracle import WatchedProvider
from support.proxies import STOCK, Proxy
from support.sending import NUMBER, backend

SUMMARY = Path(__file__).parents[2] / "build" / "proxies.md"
SECONDS = 30.0
TOKEN_CALL = "/oauth2/token"
_PROPERTY = "proxies"


class ListeningProvider(WatchedProvider):
    """A provider that keeps its answers, so that a test can tell them from those of a proxy."""

    answers: list[Response]

    def reset(self) -> None:
        super().reset()
        self.answers = []

    def answer(self, route: Route) -> Response | Fault:
        answer = super().answer(route)
        whole = answer.answer if isinstance(answer, Fault) else answer
        if whole is not None:
            self.answers.append(whole)
        return answer

    def said(self, seen: Response) -> bool:
        """Return whether an answer that came to the client is one of the provider's."""
        return any(
            one.status == seen.status and one.body.startswith(seen.body) for one in self.answers
        )


class Mock(MockServer):
    provider: ListeningProvider


@dataclass
class Sight:
    """What a client saw of each request that sends: an answer, or how much had left."""

    answers: list[Response | Broken] = field(default_factory=list)

    def keep(self, request: Request, answer: Response | Broken) -> None:
        if request.path != TOKEN_CALL:
            self.answers.append(answer)

    @property
    def last(self) -> Response | Broken | None:
        return self.answers[-1] if self.answers else None


class Watching:
    """A transport that shows what it carries."""

    def __init__(self, table: Backend, sight: Sight) -> None:
        self._carrier = RequestsTransport(table)
        self._sight = sight

    def send(self, request: Request, deadline: float) -> Response:
        try:
            answer = self._carrier.send(request, deadline)
        except Broken as broken:
            self._sight.keep(request, broken)
            raise
        self._sight.keep(request, answer)
        return answer

    def close(self) -> None:
        self._carrier.close()


class AsyncWatching:
    """The same for the async client."""

    def __init__(self, table: Backend, sight: Sight) -> None:
        self._carrier = AiohttpTransport(table)
        self._sight = sight

    async def send(self, request: Request, deadline: float) -> Response:
        try:
            answer = await self._carrier.send(request, deadline)
        except Broken as broken:
            self._sight.keep(request, broken)
            raise
        self._sight.keep(request, answer)
        return answer

    async def close(self) -> None:
        await self._carrier.close()


Outcome = Submission | SendError
Sends = Callable[[Backend, Sequence[str], Sight], list[Outcome]]


def retrying(protocol: str, url: str) -> Backend:
    """Return a backend as a config block makes it that tries a send three times."""
    return from_mapping(
        {
            "backend": "smsmobileapi",
            "protocol": protocol,
            "url": url,
            "timeout": SECONDS,
            "retry": {"attempts": 3},
            "api_key": "key-0123456789",
            "client_id": "client",
            "client_secret": "secret-0123456789",
        }
    )


def sync_sends(table: Backend, texts: Sequence[str], sight: Sight) -> list[Outcome]:
    """Send texts one after the other with one client, which waits for nothing between tries."""
    outcomes: list[Outcome] = []
    with Client(table, transport=Watching(table, sight), sleep=lambda _: None) as client:
        for text in texts:
            try:
                outcomes.append(client.send(NUMBER, text))
            except SendError as error:
                outcomes.append(error)
    return outcomes


def async_sends(table: Backend, texts: Sequence[str], sight: Sight) -> list[Outcome]:
    """The same for the async client."""

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    async def run() -> list[Outcome]:
        outcomes: list[Outcome] = []
        carrier = AsyncWatching(table, sight)
        async with AsyncClient(table, transport=carrier, sleep=at_once) as client:
            for text in texts:
                try:
                    outcomes.append(await client.send(NUMBER, text))
                except SendError as error:
                    outcomes.append(error)
        return outcomes

    return asyncio.run(run())


@dataclass(frozen=True, kw_only=True)
class Row:
    """What came of a send through a proxy, as the summary shows it."""

    proxy: str
    fault: str
    protocol: str
    client: str
    status: str
    retry_after: str
    by: str
    tries: int
    taken: int
    outcome: str
    wrong: bool


def row(outcome: Outcome, sight: Sight, provider: ListeningProvider, **names: str) -> Row:
    """Return the row of a send, the last of its test."""
    last = sight.last
    status, after, by = "", "", ""
    if isinstance(last, Response):
        status, after = str(last.status), last.header("retry-after")
        by = "provider" if provider.said(last) else "proxy"
    elif isinstance(last, Broken):
        status = f"broken, {last.left} left"
    texts = Counter(taken.text for taken in provider.messages)
    taken = max(texts.values(), default=0)
    return Row(
        status=status,
        retry_after=after,
        by=by,
        tries=len(sight.answers),
        taken=taken,
        outcome="Accepted" if isinstance(outcome, Submission) else type(outcome).__name__,
        wrong=claims_wrongly(outcome, taken),
        **names,
    )


def claims_wrongly(outcome: Outcome, taken: int) -> bool:
    """Return whether an outcome says what isn't so."""
    if isinstance(outcome, Submission):
        return taken != 1
    return isinstance(outcome, NotSent | Rejected) and taken > 0


@pytest.fixture(autouse=True)
def _no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def _server() -> Iterator[Mock]:
    provider = ListeningProvider(backend("rest", "https://api.smsmobileapi.com"))
    with Mock(provider) as server:
        yield server


@pytest.fixture
def mock(_server: Mock) -> Mock:
    """Return the provider, which has forgotten everything and has no fault."""
    _server.provider.play(None)
    _server.pace = 0.0002
    return _server


@pytest.fixture(scope="session")
def stock(_server: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the addresses of the stock proxies before the provider; each is started once."""
    with ExitStack() as running:

        class Started(dict[str, str]):
            def __missing__(self, name: str) -> str:
                self[name] = running.enter_context(
                    STOCK[name].running(tmp_path_factory.mktemp(name), _server.port)
                )
                return self[name]

        yield Started()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[Proxy, int], str]]:
    """Return what starts a proxy before a port, for one test."""
    with ExitStack() as running:
        yield lambda proxy, behind: running.enter_context(proxy.running(tmp_path, behind))


@pytest.fixture
def show(record_property: Callable[[str, object], None]) -> Callable[[Row], None]:
    """Return what puts a row into the summary."""
    return lambda seen: record_property(_PROPERTY, json.dumps(asdict(seen)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how much was tried and what was wrong; write the table of all that was seen."""
    reports = [one for some in terminalreporter.stats.values() for one in some]
    given = [
        json.loads(value)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == _PROPERTY
    ]
    if not given:
        return
    rows: list[dict[str, Any]] = sorted(given, key=lambda one: list(map(str, one.values())))
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([str(one[head]) for head in heads] for one in rows)]
    SUMMARY.parent.mkdir(exist_ok=True)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    SUMMARY.write_text(f"{table}\n", encoding="utf-8")
    proxies = {one["proxy"] for one in rows}
    terminalreporter.write_line(
        f"proxies: {len(rows)} sends through {len(proxies)} proxies, "
        f"{sum(one['taken'] > 0 for one in rows)} of them taken, "
        f"{sum(one['taken'] > 1 for one in rows)} taken twice, "
        f"{sum(one['wrong'] for one in rows)} claimed wrongly; all in {SUMMARY.name}"
    )
