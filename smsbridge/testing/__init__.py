"""For tests: a mock provider, fixtures and the contract that every backend must keep."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsbridge.testing.application.redirection import NoMock
    from smsbridge.testing.application.smsbridge_mock import SmsbridgeMock
    from smsbridge.testing.contract.backend_contract import BackendContract
    from smsbridge.testing.contract.replay import cases, check, unpinned
    from smsbridge.testing.fixture.load import load, parse, shipped
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.server import MockServer
    from smsbridge.testing.mock.transport import AsyncInProcess, InProcess
    from smsbridge.testing.mock.verdict import Quirks, Verdict

__all__ = [
    "AsyncInProcess",
    "BackendContract",
    "InProcess",
    "MockServer",
    "NoMock",
    "Provider",
    "Quirks",
    "SmsbridgeMock",
    "Verdict",
    "cases",
    "check",
    "load",
    "parse",
    "shipped",
    "unpinned",
]
_HOMES = {
    **dict.fromkeys(("cases", "check", "unpinned"), "contract.replay"),
    **dict.fromkeys(("load", "parse", "shipped"), "fixture.load"),
    **dict.fromkeys(("AsyncInProcess", "InProcess"), "mock.transport"),
    "BackendContract": "contract.backend_contract",
    "MockServer": "mock.server",
    "NoMock": "application.redirection",
    "Provider": "mock.provider",
    **dict.fromkeys(("Quirks", "Verdict"), "mock.verdict"),
    "SmsbridgeMock": "application.smsbridge_mock",
}


def __getattr__(name: str) -> Any:
    """Import a name on first use: pytest loads this package in every run, so it stays light."""
    if name not in _HOMES:
        raise AttributeError(f"smsbridge.testing has no {name}", name=name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
