"""While a mock is active, no client of the process reaches a provider, by whatever door."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from smsbridge import AsyncClient, Client, Message, Secret
from smsbridge.backends.console import Console
from smsbridge.backends.failover import Failover
from smsbridge.backends.parlayx import ParlayX
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.testing import InProcess, MockServer, NoMock, Provider, SmsbridgeMock
from smsbridge.testing.mock.default import sample_backend

from support.commands import run
from support.each import each

NUMBER = "+12025550123"
CONFIG = """
default = "production"

[backends.production]
backend = "smsmobileapi"
protocol = "{protocol}"
url = "{url}"
api_key = {{ env = "PRODUCTION_KEY" }}
client_id = {{ env = "PRODUCTION_ID" }}
client_secret = {{ file = "/run/secrets/nowhere" }}
client_cert = "/nowhere/client.pem"

[backends.safe]
backend = "failover"
backends = ["production", "spare"]

[backends.spare]
like = "production"
"""


class Real:
    """A provider that a test must not reach, and a config that leads there."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}"
        self.backend = SMSMobileAPI(url=self.url, api_key=Secret("KEY"))
        self.early = Client(self.backend)
        self.write("rest")

    def write(self, protocol: str) -> None:
        text = CONFIG.format(url=self.url, protocol=protocol)
        Path("smsbridge.toml").write_text(text, encoding="utf-8")

    @property
    def reached(self) -> bool:
        """Whether anything has connected."""
        try:
            self._server.accept()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def real(nowhere: Path) -> Iterator[Real]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        found = Real(server)
        yield found
        assert not found.reached


def send(client: Client) -> None:
    with client:
        client.send(NUMBER, "Hello")


def send_async(made: Callable[[], AsyncClient]) -> None:
    async def main() -> None:
        async with made() as client:
            await client.send(NUMBER, "Hello")

    asyncio.run(main())


def in_a_thread(call: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()


def by_its_transport(real: Real) -> None:
    transport = RequestsTransport(real.backend)
    client = Client(real.backend, transport=transport)
    send(client)


DOORS: dict[str, Callable[[Real], object]] = {
    "config": lambda _: send(Client.from_config("production")),
    "the default of the config": lambda _: send(Client.from_config()),
    "a failover": lambda _: send(Client.from_config("safe")),
    "a URL": lambda real: send(
        Client.from_url(f"smsmobileapi+rest://KEY@{real.url.removeprefix('http://')}?tls=off")
    ),
    "a mapping": lambda real: send(
        Client.from_mapping({"backend": "smsmobileapi", "url": real.url, "api_key": "KEY"})
    ),
    "a backend": lambda real: send(Client(real.backend)),
    "a client that was there before": lambda real: send(real.early),
    "a transport": by_its_transport,
    "asyncio": lambda _: send_async(lambda: AsyncClient.from_config("production")),
    "a thread": lambda _: in_a_thread(lambda: send(Client.from_config("production"))),
    "many at once": lambda real: list(
        Client(real.backend).send_many([Message(recipient=NUMBER, text="Hello")], concurrency=4)
    ),
    "the command line": lambda _: run("send", NUMBER, "Hello", "--backend", "production"),
}


@each("door", DOORS)
def test_each_door_leads_to_the_mock(door: str, nowhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        real = Real(server)
        with SmsbridgeMock() as mock:
            DOORS[door](real)
        assert mock.sent_to(NUMBER).text == "Hello"
        mock.nothing_else_sent()
        assert not real.reached


@each("door", DOORS)
def test_each_door_is_shut_where_another_backend_is_played(door: str, nowhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        real = Real(server)
        mock = SmsbridgeMock("parlayx").start()
        with suppress(NoMock):  # the command line, and one of many, say it in another way
            DOORS[door](real)
        mock.stop()
        assert "no mock of this test plays smsmobileapi" in mock.refused[0]
        assert (len(mock.refused), mock.messages, real.reached) == (1, [], False)


@pytest.mark.parametrize("protocol", ["soap", "oauth"])
def test_a_token_call_and_every_protocol_go_to_the_mock(real: Real, protocol: str) -> None:
    real.write(protocol)
    with SmsbridgeMock() as mock:
        send(Client.from_config("production"))
        send_async(lambda: AsyncClient.from_config("production"))
    assert [one.protocol for one in mock.sent_to(NUMBER, count=2)] == [protocol, protocol]


def test_a_token_call_is_refused_as_well(real: Real) -> None:
    real.write("oauth")
    mock = SmsbridgeMock("parlayx").start()
    with pytest.raises(NoMock):
        send(Client.from_config("production"))
    mock.stop()


def test_a_refusal_names_backend_and_host_and_what_to_write_but_no_secret() -> None:
    backend = SMSMobileAPI(url="https://sms.example", api_key=Secret("canary-key"))
    mock = SmsbridgeMock("parlayx").start()
    with pytest.raises(NoMock) as caught:
        send(Client(backend))
    mock.stop()
    assert str(caught.value) == mock.refused[0]
    assert str(caught.value) == (
        "no mock of this test plays smsmobileapi: its request to sms.example was refused, and "
        'nothing left. Play it too: smsbridge_mock.of("smsmobileapi"), or '
        '@pytest.mark.smsbridge(backend="smsmobileapi")'
    )


def test_a_refusal_that_was_swallowed_is_told_at_the_end(real: Real) -> None:
    def use() -> None:
        with SmsbridgeMock("parlayx"), suppress(Exception):  # as applications do
            send(Client(real.backend))

    with pytest.raises(AssertionError, match="no mock of this test plays smsmobileapi"):
        use()


def test_it_is_over_when_the_last_mock_stops(nowhere: Path) -> None:
    with MockServer(Provider(sample_backend())) as server:
        address = server.provider.address
        backend = SMSMobileAPI(url=address, api_key=Secret("test-key"))
        outer, inner = SmsbridgeMock().start(), SmsbridgeMock("parlayx").start()
        send(Client(backend))
        inner.stop()
        send(Client(backend))
        outer.stop()
        assert server.provider.messages == []
        send(Client(backend))
        assert (len(outer.messages), len(server.provider.messages)) == (2, 1)


def test_what_is_in_process_already_stays_there() -> None:
    provider = Provider(sample_backend())
    with SmsbridgeMock() as mock:
        send(Client(provider.backend, transport=InProcess(provider)))
    assert (len(provider.messages), mock.messages) == (1, [])


@each(
    ("allowed", "passes"),
    [
        ("http://127.0.0.1", True),
        ("{address}", True),
        ("{address}/sendsms", True),
        ("{address}/send", False),
        ("http://127.0.0.1:1", False),
        ("http://localhost", False),
    ],
)
def test_a_server_of_the_tests_own_may_be_reached_if_the_test_says_so(
    allowed: str, *, passes: bool
) -> None:
    with MockServer(Provider(sample_backend())) as server, SmsbridgeMock() as mock:
        address = server.provider.address
        mock.allow(allowed.format(address=address))
        send(Client(SMSMobileAPI(url=address, api_key=Secret("test-key"))))
        assert bool(server.provider.messages) is passes
        assert bool(mock.messages) is not passes


def test_a_webhook_goes_to_the_application() -> None:
    with MockServer(Provider(sample_backend())) as server, SmsbridgeMock():
        request = Request(method="GET", url=f"{server.provider.address}/_mock/health")
        transport = RequestsTransport(Console())
        assert transport.send(request, time.monotonic() + 30).status == 200
        transport.close()


def test_members_of_a_failover_are_played_or_refused_each_for_itself(real: Real) -> None:
    spare = ParlayX(url="https://parlayx.example", username="user", password=Secret("SECRET"))
    both = Failover(backends={"first": real.backend, "spare": spare})
    with SmsbridgeMock() as mock:
        mock.next("not_sent")
        with pytest.raises(NoMock, match="parlayx"):
            send(Client(both))
        mock.refused.clear()


def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", "console://")
    monkeypatch.delenv("SMSBRIDGE_BACKEND", raising=False)
    with SmsbridgeMock():
        assert os.environ["SMSBRIDGE_URL"] != "console://"
    assert os.environ["SMSBRIDGE_URL"] == "console://"
