"""Fixtures that more than one test file asks for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.asking import Make
from support.sending import PROTOCOLS, Send, send_async, send_sync

pytest_plugins = ["pytester"]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[send_sync, send_async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    way: Send = request.param
    return way


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, in an environment without config or proxy."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SMSBRIDGE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make clients by a wire, sync and async."""
    with asyncio.Runner() as runner:
        yield Make(request.param, runner)
