"""Fixtures that more than one test file asks for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from smsbridge.http.exchange import Session
from smsbridge.http.tls import VARIABLES

from support.asking import Make
from support.blocks import Clock, session
from support.postgres import Server, running_server
from support.sending import PROTOCOLS, Send, send_async, send_by_curl, send_sync
from support.stores import Place, file_place

if TYPE_CHECKING:
    from support.terminal import Terminal

for variable in VARIABLES:
    os.environ.pop(variable, None)  # each test says itself whom it trusts

os.environ["SMSBRIDGE_CACHE"] = ""  # no test depends on what another one kept

pytest_plugins = ["pytester"]

# What is slow is the machine: how long an example takes is no fact of ours. In CI the examples are
# the same each time, as in Hypothesis' own profile for it; new ones are looked for elsewhere.
PATIENT = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.register_profile("quick", PATIENT, max_examples=30)
settings.register_profile("full", PATIENT, max_examples=400)
settings.load_profile("quick")  # --hypothesis-profile=full asks for the other


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what takes long more time, on a machine that is slow too."""
    for item in items:
        if item.get_closest_marker("full") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[send_sync, send_async, send_by_curl], ids=["sync", "async", "curl"])
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
    monkeypatch.setenv("SMSBRIDGE_CACHE", "")
    return tmp_path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(clock: Clock) -> Session:
    """Return a session whose time passes only by ``clock``."""
    return session(clock)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Return a terminal in an empty folder, for the commands of a page."""
    from support.terminal import Terminal

    folder = tmp_path / "shop"
    folder.mkdir()
    with closing(Terminal(folder)) as terminal:
        yield terminal


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make clients by a wire, sync and async."""
    with asyncio.Runner() as runner:
        yield Make(request.param, runner)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of PostgreSQL."""
    with running_server() as server:
        yield server


@pytest.fixture
def shared_place(postgres: Server, tmp_path: Path) -> Iterator[Place]:
    """A place for a store that several processes may serve."""
    with postgres.database() as url:
        yield Place(tmp_path, url, postgres)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for a store, in each kind of database."""
    if request.param == "sqlite":
        return file_place(tmp_path)
    found: Place = request.getfixturevalue("shared_place")
    return found
