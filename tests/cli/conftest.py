"""What every command does anew in its own process, once for all that run in this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import trustme

from smsbridge.testing import SmsbridgeMock
from smsbridge.testing.fixture import load


@pytest.fixture(scope="session")
def one_issuer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the certificate of an issuer that has issued none."""
    file = tmp_path_factory.mktemp("issuers") / "one.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    return file


_PARSE = cache(load.parse)


@pytest.fixture(autouse=True)
def _read_once(one_issuer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each fixture once; trust one issuer in place of all."""
    monkeypatch.setattr("certifi.where", lambda: str(one_issuer))
    monkeypatch.setattr(load, "parse", _PARSE)


@pytest.fixture
def smsbridge_mock(smsbridge_mock: SmsbridgeMock) -> SmsbridgeMock:
    """Return the mock; what the tests serve beside it, or leave unserved, is on loopback."""
    smsbridge_mock.allow("http://127.0.0.1")
    return smsbridge_mock
