"""Fixtures that more than one test file asks for."""

from __future__ import annotations

import pytest

from sending import PROTOCOLS, Send, send_async, send_sync

pytest_plugins = ["pytester"]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[send_sync, send_async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    way: Send = request.param
    return way
