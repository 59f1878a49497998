"""Sentry sees no request of smsbridge, as docs/logging.md says; in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from support.fault_server import FaultServer, answer

SCRIPT = """
import asyncio, json, sys
import sentry_sdk
from sentry_sdk.integrations.aiohttp import AioHttpIntegration
from sentry_sdk.transport import Transport
from smsbridge import AsyncClient, Client, SmsbridgeError
from smsbridge.config.load import from_mapping

events = []

class Kept(Transport):
    def capture_envelope(self, envelope):
        events.extend(item.payload.json for item in envelope.items if item.payload.json)

given = {
    "dsn": "http://public@127.0.0.1:9/1", "transport": Kept, "traces_sample_rate": 1.0,
    # of all that Sentry would find installed, what watches our calls
    "auto_enabling_integrations": False, "integrations": [AioHttpIntegration()],
}
sentry_sdk.init(**given)

block = {
    "backend": "rest", "url": sys.argv[1],
    "auth": {"type": "fields", "key": "canary-key", "fields": {"k": "{key}"}},
    "send": {"route": "GET /send", "fields": {"to": "{recipient}", "text": "{text}"},
             "accepted": {"when": {"state": "OK"}}},
}

def ends(call):
    try:
        call()
    except SmsbridgeError as error:
        sentry_sdk.capture_message(type(error).__name__)

async def run():
    async with AsyncClient(from_mapping(block)) as client:
        await client.send("+12025550199", "canary-text")

with sentry_sdk.start_transaction(op="test", name="test"):
    with Client(from_mapping(block)) as client:
        ends(lambda: client.send("+12025550199", "canary-text"))
    ends(lambda: asyncio.run(run()))
print(json.dumps(events))
"""


def told_events() -> list[Any]:
    """Return what Sentry would get of two sends by GET that fail."""
    with FaultServer([answer(500)]) as server:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, server.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert len(server.sends) == 2, done.stderr
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.mark.full
def test_sentry_sees_no_request_of_smsbridge() -> None:
    events = told_events()
    assert [event["message"] for event in events if "message" in event] == ["OutcomeUnknown"] * 2
    spans = [span for event in events for span in event.get("spans", [])]
    assert [span for span in spans if span["op"] == "http.client"] == []
    told = json.dumps(events)
    assert [word for word in ("canary", "2025550199", "/send") if word in told] == []
