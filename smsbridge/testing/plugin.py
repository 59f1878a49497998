"""A pytest plug-in: the fixture ``smsbridge_mock``, a mock provider on a real socket.

It also sets ``SMSBRIDGE_URL``, so that an application that uses ``Client()`` changes nothing. The
test fails at its end if the client swallowed a request that matched nothing, or if an interaction
of the chosen scenario was never played.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.server import MockServer


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
    _smsbridge_server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """Return the provider: ``play(id)`` chooses a scenario, ``messages`` is what it accepted."""
    from smsbridge.testing.mock.default import sample_url

    provider = _smsbridge_server.provider
    provider.play(None)
    monkeypatch.setenv("SMSBRIDGE_URL", sample_url("rest", provider.address))
    yield provider
    if wrong := provider.surprises():
        pytest.fail("the mock provider: " + "; ".join(wrong), pytrace=False)
