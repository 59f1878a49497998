"""Beside other mocks of HTTP, and a fake file system: they see nothing of the fixture."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests

import smsbridge
from smsbridge import AsyncClient, Client, NotSent
from smsbridge.testing import SmsbridgeMock

from support.tools import need_module

NUMBER = "+12025550123"
URL = "https://shop.example/orders"
ORDER = {"order": "4711"}
CONTRACTS = import_module("smsbridge.wsdl")


def send() -> None:
    """Send with both clients, as an application would."""
    with Client() as client:
        client.send(NUMBER, "Hello")

    async def later() -> None:
        async with AsyncClient() as client:
            await client.send(NUMBER, "Hello")

    asyncio.run(later())


@pytest.fixture
def both_sent(smsbridge_mock: SmsbridgeMock) -> Iterator[None]:
    """Check that what both clients sent came to the mock."""
    yield
    assert len(smsbridge_mock.sent_to(NUMBER, count=2)) == 2


@pytest.mark.usefixtures("both_sent")
def test_responses_sees_only_what_the_application_asks_for_itself() -> None:
    responses = need_module("responses", "responses")
    with responses.RequestsMock() as fake:
        fake.get(URL, json=ORDER)
        send()
        assert requests.get(URL, timeout=30).json() == ORDER
        assert len(fake.calls) == 1


def test_without_the_fixture_what_responses_does_not_know_is_not_sent() -> None:
    responses = need_module("responses", "responses")
    with responses.RequestsMock(), pytest.raises(NotSent):
        Client.from_url("smsmobileapi+rest://KEY@127.0.0.1:1?tls=off").send(NUMBER, "Hello")


@pytest.mark.usefixtures("both_sent")
def test_requests_mock_sees_only_what_the_application_asks_for_itself() -> None:
    requests_mock = pytest.importorskip(
        "requests_mock", reason="needs it: pip install requests-mock"
    )
    with requests_mock.Mocker() as fake:
        fake.get(URL, json=ORDER)
        send()
        assert requests.get(URL, timeout=30).json() == ORDER
        assert fake.call_count == 1


@pytest.mark.usefixtures("both_sent")
def test_nothing_of_a_send_gets_into_a_cassette_of_vcrpy(tmp_path: Path) -> None:
    vcr = need_module("vcr", "vcrpy")
    cassette = tmp_path / "cassette.yaml"
    with vcr.use_cassette(str(cassette), record_mode="all") as recorded:
        send()
    assert len(recorded) == 0
    assert not cassette.exists()


@pytest.mark.usefixtures("both_sent")
def test_aioresponses_sees_only_what_the_application_asks_for_itself() -> None:
    aioresponses = need_module("aioresponses", "aioresponses-ng")
    aiohttp = need_module("aiohttp", "aiohttp")

    async def ask() -> Any:
        async with aiohttp.ClientSession() as session, session.get(URL) as answer:
            return await answer.json()

    with aioresponses.aioresponses() as fake:
        fake.get(URL, payload=ORDER)
        send()
        assert asyncio.run(ask()) == ORDER
        assert len(fake.requests) == 1


@pytest.fixture
def files() -> Iterator[Any]:
    """Yield a fake file system, which has nothing."""
    fake = need_module("pyfakefs.fake_filesystem_unittest", "pyfakefs")
    with fake.Patcher() as patcher:
        yield patcher.fs


@pytest.mark.parametrize("protocol", ["rest", "soap"])
def test_in_a_fake_file_system_with_the_package_in_it_the_mock_works(
    files: Any, protocol: str
) -> None:
    folders = {Path(smsbridge.__file__).parent, Path(CONTRACTS.__file__ or "").parent}
    for folder in folders:  # of a checkout two; of what is installed one, which has the other
        files.add_real_directory(folder)
    files.create_file("smsbridge.toml", contents=CONFIG.format(protocol=protocol))
    with SmsbridgeMock("production") as mock:
        send()
    assert len(mock.sent_to(NUMBER, count=2)) == 2


CONFIG = """
[backends.production]
backend = "smsmobileapi"
protocol = "{protocol}"
api_key = {{ file = "/run/secrets/key" }}
"""
