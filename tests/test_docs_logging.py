"""What docs/logging.md says that keeps addresses out of Sentry, done in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.fault_server import FaultServer, answer

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "logging.md"
SCRIPT = """
import asyncio, json, sys
import sentry_sdk
from sentry_sdk.transport import Transport
from smsbridge import AsyncClient, Client, SmsbridgeError
from smsbridge.config.load import from_mapping

events = []

class Kept(Transport):
    def capture_envelope(self, envelope):
        events.extend(item.payload.json for item in envelope.items if item.payload.json)

given = {"dsn": "http://public@127.0.0.1:9/1", "transport": Kept, "traces_sample_rate": 1.0}
real = sentry_sdk.init
sentry_sdk.init = lambda **more: real(**given, **more)
if sys.argv[2] == "kept":
    sentry_sdk.init()
else:
    exec(sys.stdin.read())

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


def events_of(page: str, way: str) -> list[Any]:
    """Return what Sentry would get of two sends by GET that fail, set up as the page says."""
    with FaultServer([answer(500)]) as server:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, server.url, way],
            input=page,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert len(server.sends) == 2, done.stderr
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def page() -> str:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if "sentry_sdk" in block]
    return str(found)


def test_sentry_keeps_no_address_set_up_as_the_page_says(page: str) -> None:
    events = events_of(page, "set")
    spans = [span for event in events for span in event.get("spans", [])]
    assert [span["description"] for span in spans if span["op"] == "http.client"] == ["GET"] * 2
    told = json.dumps(events)
    assert [word for word in ("canary", "2025550199", "/send") if word in told] == []


def test_sentry_keeps_the_query_where_nothing_is_set_up(page: str) -> None:
    """Else the page would tell of a danger that is none."""
    assert "canary-key" in json.dumps(events_of(page, "kept"))
