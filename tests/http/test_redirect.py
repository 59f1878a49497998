"""What takes the place of the network, for both transports and for the config."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsbridge import ConfigError, Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.load import from_mapping
from smsbridge.http import redirect
from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.exchange import Request, Response
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.http.transport import Reach

from support.each import each


class Instead:
    """Answers every request, and keeps for which config it came."""

    def __init__(self) -> None:
        self.seen: list[Reach] = []

    def send(self, request: Request, reach: Reach, deadline: float) -> Response | None:
        self.seen.append(reach)
        return Response(status=204)

    def credential(self, key: str) -> str:
        return f"made-up-{key}"


@pytest.fixture
def instead() -> Iterator[Instead]:
    found = Instead()
    redirect.choose(found)
    yield found
    redirect.forget(found)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Return a socket to which nobody may connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def carried(listening: socket.socket, backend: SMSMobileAPI) -> list[int]:
    """Return the statuses that both transports bring from a server."""
    request = Request(method="GET", url=f"http://127.0.0.1:{listening.getsockname()[1]}/")
    deadline = time.monotonic() + 30
    plain = RequestsTransport(backend)
    first = plain.send(request, deadline)
    plain.close()

    async def second() -> int:
        transport = AiohttpTransport(backend)
        answer = await transport.send(request, deadline)
        await transport.close()
        return answer.status

    return [first.status, asyncio.run(second())]


def test_no_transport_uses_the_network_nor_reads_files_for_it(
    instead: Instead, listening: socket.socket
) -> None:
    backend = SMSMobileAPI(
        api_key=Secret("KEY"), ca="/nowhere/ca.pem", client_cert="/nowhere/cert.pem"
    )
    assert carried(listening, backend) == [204, 204]
    assert instead.seen == [backend, backend]
    with pytest.raises(BlockingIOError):
        listening.accept()


def test_a_transport_that_was_made_meanwhile_reads_its_files_later(instead: Instead) -> None:
    transport = RequestsTransport(SMSMobileAPI(api_key=Secret("KEY"), ca="/nowhere/ca.pem"))
    redirect.forget(instead)
    with pytest.raises(ConfigError, match="ca"):
        transport.send(Request(method="GET", url="http://127.0.0.1:1/"), time.monotonic() + 30)


@each("value", [{"env": "NOT_SET"}, {"file": "nowhere"}])
def test_a_credential_that_is_not_here_is_made_up(tmp_path: Path, value: dict[str, str]) -> None:
    keys = {"backend": "smsmobileapi", "api_key": value}
    instead = Instead()
    redirect.choose(instead)
    try:
        made = from_mapping(keys, environ={}, folder=tmp_path)
    finally:
        redirect.forget(instead)
    assert made.credentials()["api_key"] == "made-up-api_key"
    with pytest.raises(ConfigError, match="api_key"):
        from_mapping(keys, environ={}, folder=tmp_path)
