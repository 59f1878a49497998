"""A pytest plug-in: the fixture ``smsbridge_mock``, which every client of a test meets.

While it is active, no client of this process reaches a real provider, whatever its config. It sets
``SMSBRIDGE_URL`` too, so that an application that uses ``Client()`` changes nothing. The test fails
at its end if a request was refused, if the client swallowed one that matched nothing, if an
interaction of the chosen scenario was never played, or if a message was taken twice though its
first answer proved nothing (``reset`` forgets that, where a test wants it).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smsbridge.testing.application.smsbridge_mock import SmsbridgeMock
    from smsbridge.testing.mock.server import MockServer

_MARKER = (
    "smsbridge(backend, *, protocol, config, wsdl): play this backend for every client of the test"
)

_MUTANTS = "run tests again with altered requests: one that claims to notice them must fail"
_FOLDERS = "folders of smsbridge's fixtures: one that no test uses fails the whole suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the folders of fixtures an option of the ini."""
    parser.addini("smsbridge_fixtures", _FOLDERS, type="paths", default=[])
    group = parser.getgroup("smsbridge")
    group.addoption("--smsbridge-mutants", action="store_true", help=_MUTANTS)
    group.addoption(
        "--smsbridge-mutants-seconds",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="how long all mutants may take; those that are left fail the suite",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and look after the fixtures of the folders that the ini names."""
    config.addinivalue_line("markers", _MARKER)
    if folders := config.getini("smsbridge_fixtures"):
        from smsbridge.testing.fixture_usage import FixtureUsage

        config.pluginmanager.register(FixtureUsage(folders))
    if config.getoption("--smsbridge-mutants"):
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("--smsbridge-mutants runs in one process: leave -n out")
        from smsbridge.testing.mutants.suite import MutantSuite

        config.pluginmanager.register(MutantSuite(config.getoption("--smsbridge-mutants-seconds")))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a test that has the marker use the fixture, whether it asks for it or not."""
    names = getattr(item, "fixturenames", None)
    if names is not None and "smsbridge_mock" not in names and item.get_closest_marker("smsbridge"):
        names.insert(0, "smsbridge_mock")


@pytest.fixture(scope="session")
def _smsbridge_server() -> Iterator[MockServer]:
    from smsbridge.testing.mock.default import sample_backend
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.server import MockServer

    server = MockServer(Provider(sample_backend()))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def smsbridge_mock(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    _smsbridge_server: MockServer,
) -> Iterator[SmsbridgeMock]:
    """Return the provider: ``sent_to(number)`` is what it accepted, ``play(id)`` a scenario."""
    from smsbridge.testing.application.smsbridge_mock import VARIABLES, SmsbridgeMock

    for name in VARIABLES:  # else a test's own monkeypatch would put back what the mock has set
        monkeypatch.setenv(name, os.environ.get(name, ""))
        if not os.environ[name]:
            monkeypatch.delenv(name)
    marker = request.node.get_closest_marker("smsbridge")
    args, keys = (marker.args, marker.kwargs) if marker else ((), {})
    mock = SmsbridgeMock(*args, **keys, address=_smsbridge_server.url_for("").rstrip("/"))
    _smsbridge_server.provider = mock
    mock.start()
    try:
        yield mock
    finally:
        mock.stop()
    if wrong := mock.surprises():
        pytest.fail("the mock provider: " + "; ".join(wrong), pytrace=False)
