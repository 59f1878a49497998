"""docs/troubleshooting.md: each error text that it quotes is the one that its symptom has."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from smsbridge import AsyncClient, Client, NotSent, Secret, SmsbridgeError
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.cli.mock import mock, serve
from smsbridge.serving.webhooks import event_of, outgoing
from smsbridge.testing import InProcess, MockServer, Provider
from smsbridge.testing.mock.default import sample_backend
from smsbridge.webhooks import Receiver

from support.carrying import GROWING
from support.commands import parse_options, run
from support.terminal import blocks

PAGE = "troubleshooting.md"
NUMBER = "+12025550123"
TABLE = SMSMobileAPI.webhooks
NOW = datetime.now(UTC)
CONFIG = """
[backends.production]
backend = "smsmobileapi"
api_key = { env = "SMS_KEY" }
"""


CONSOLE = """
[backends.production]
backend = "console"
"""


def send(url: str, number: str = NUMBER, **more: str) -> Callable[[], object]:
    """Return what sends a message; ``MOCK`` in a URL is the address of the mock."""

    def call() -> None:
        with Client.from_url(url.replace("MOCK", os.environ.get("SMS_HOST", ""))) as sms:
            sms.send(number, "Hello", reference="order-4711", **more)  # type: ignore[arg-type]  # each is a text

    return call


def config(text: str, *words: str) -> Callable[[], str]:
    """Return what runs a command beside a config."""

    def call() -> str:
        Path("smsbridge.toml").write_text(text, encoding="utf-8")
        return run(*words).err

    return call


def webhook(secret: str, age: timedelta, networks: tuple[str, ...] = ()) -> Callable[[], object]:
    """Return what receives a webhook that was signed some time ago."""

    def call() -> None:
        event = event_of(TABLE, "sms.sent", {"id": "1"}, now=NOW, event_id="event-1")
        made = outgoing(TABLE, event, "/sms", secrets=[Secret(secret)], now=NOW - age)
        secrets = [] if networks else ["SECRET"]
        Receiver(SMSMobileAPI, secrets=secrets, networks=networks).read(made, "198.51.100.7")

    return call


def silence() -> None:
    for seconds in GROWING:
        with suppress(NotSent):
            send(f"smsmobileapi+rest://test-key@MOCK?tls=off&timeout={seconds}", "+447700900003")()


def closed() -> None:
    sms = Client.from_url("console://")
    sms.close()
    sms.send(NUMBER, "Hello")


def two_loops() -> None:
    sms = AsyncClient.from_url("smsmobileapi+rest://KEY@127.0.0.1:1?tls=off")

    async def elsewhere() -> None:
        await sms.send(NUMBER, "Hello")

    async def call() -> None:
        async with sms:
            await asyncio.to_thread(asyncio.run, elsewhere())

    asyncio.run(call())


def taken_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        return run("mock", "--port", port).err.replace(port, "8765")


def untrusted() -> None:
    given = parse_options(mock, ["--port", "0", "--fault", "bad-tls"]).params
    with serve(**given) as ready:
        send(f"smsmobileapi+rest://test-key@{ready['address'].removeprefix('https://')}")()


def without_extra() -> str:
    with patch.dict(sys.modules, {"phonenumbers": None}):
        return config(f'{CONSOLE}default_region = "GB"\n', "send", "07700 900123", "Hello")()


def unmatched() -> str:
    """Return what the fixture of pytest says at the end of a test."""
    provider = Provider(sample_backend(), "smsmobileapi/send/accepted-rest")
    with Client(sample_backend(), transport=InProcess(provider)) as sms, suppress(SmsbridgeError):
        sms.send(NUMBER, "Something else")
    return f"the mock provider: {'; '.join(provider.surprises())}"


SYMPTOMS: Mapping[str, Callable[[], object]] = {
    "no config": lambda: run("send", NUMBER, "Hello").err,
    "variable": config(CONFIG, "send", NUMBER, "Hello"),
    "key": config(CONFIG.replace("api_key", "apikey"), "send", NUMBER, "Hello"),
    "block": config(CONFIG, "send", NUMBER, "Hello", "--backend", "prodution"),
    "plug-in": config(CONFIG.replace("smsmobileapi", "smsmobilapi"), "send", NUMBER, "Hello"),
    "tls off": send("smsmobileapi+rest://KEY@sms.example?tls=off"),
    "extra": without_extra,
    "number": send("console://", "07700 900123"),
    "sender": send("smsmobileapi+rest://KEY@sms.example", sender="SHOP"),
    "refused": send("smsmobileapi+rest://test-key@127.0.0.1:1?tls=off"),
    "password": send("smsmobileapi+rest://wrong@MOCK?tls=off"),
    "bad request": send("smsmobileapi+rest://test-key@MOCK?tls=off", "+447700900400"),
    "busy": send("smsmobileapi+rest://test-key@MOCK?tls=off", "+447700900429"),
    "reset": send("smsmobileapi+rest://test-key@MOCK?tls=off", "+447700900002"),
    "silence": silence,
    "500": send("smsmobileapi+rest://test-key@MOCK?tls=off", "+447700900500"),
    "nonsense": send("smsmobileapi+rest://test-key@MOCK?tls=off", "+447700900999"),
    "closed": closed,
    "loops": two_loops,
    "signature": webhook("another", timedelta()),
    "clock": webhook("SECRET", timedelta(minutes=10)),
    "networks": webhook("SECRET", timedelta(), ("192.0.2.0/24",)),
    "port": taken_port,
    "issuer": untrusted,
    "unmatched": unmatched,
}


def said(call: Callable[[], object]) -> str:
    """Return what somebody sees: what a command prints, or the last line of a traceback."""
    try:
        seen = str(call())
    except SmsbridgeError as error:
        name = type(error).__name__
        seen = f"smsbridge.errors.{name}: {error}"
    return seen.strip().replace("acme, ", "")  # which the tests install


def test_each_text_of_the_page_is_what_its_symptom_says(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MockServer(Provider(sample_backend())) as server:
        monkeypatch.setenv("SMS_HOST", server.provider.address.removeprefix("http://"))
        told = {name: said(call) for name, call in SYMPTOMS.items()}
    shown = [block.text.strip() for block in blocks(PAGE, "text")]
    assert {name: text for name, text in told.items() if text not in shown} == {}
    assert [text for text in shown if text not in told.values()] == []
