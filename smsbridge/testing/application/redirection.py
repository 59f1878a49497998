"""While a mock is active, every request of the process goes to it, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.backends.base import Backend
from smsbridge.backends.console import Console
from smsbridge.errors import CallerError
from smsbridge.http import redirect
from smsbridge.http.address import check_address

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Response
    from smsbridge.http.transport import Reach
    from smsbridge.testing.application.smsbridge_mock import SmsbridgeMock

_URLS = ("url", "proxy")


class NoMock(CallerError):
    """No active mock plays the backend of a request: it was refused, and nothing left.

    >>> from smsbridge.backends.parlayx import ParlayX
    >>> from smsbridge.testing import NoMock
    >>> backend = ParlayX(url="https://sms.example", username="user", password="SECRET")
    >>> try:
    ...     Client(backend).send("+12025550123", "Hello")
    ... except NoMock as error:
    ...     print(error)
    no mock of this test plays parlayx: its request to sms.example was refused, and nothing left. \
Play it too: smsbridge_mock.of("parlayx"), or @pytest.mark.smsbridge(backend="parlayx")
    >>> smsbridge_mock.refused.clear()
    """


class Redirection:
    """The mocks that are active, the newest first."""

    def __init__(self) -> None:
        """Begin without a mock."""
        self._mocks: list[SmsbridgeMock] = []
        self._allowed: list[tuple[SmsbridgeMock, str]] = []

    def add(self, mock: SmsbridgeMock) -> None:
        """Let a mock play its backend from now on."""
        if not self._mocks:
            redirect.choose(self)
        self._mocks.append(mock)

    def remove(self, mock: SmsbridgeMock) -> None:
        """Take a mock out; without one, requests go to the network again."""
        self._mocks = [one for one in self._mocks if one is not mock]
        self._allowed = [one for one in self._allowed if one[0] is not mock]
        if not self._mocks:
            redirect.forget(self)

    def allow(self, mock: SmsbridgeMock, address: str) -> None:
        """Let requests to a base URL go to the network, as long as a mock is active."""
        self._allowed.append((mock, check_address("address", address).geturl()))

    def send(self, request: Request, reach: Reach, deadline: float) -> Response | None:
        """Return the answer of the mock that plays a backend; raises `NoMock` without one."""
        mocks = tuple(self._mocks)
        if not mocks or isinstance(reach, Console):  # another thread ended it; or it is a webhook
            return None
        if any(_is_below(request.url, address) for _, address in self._allowed):
            return None
        for mock in reversed(mocks):
            if isinstance(reach, Backend) and (player := mock.player(reach)):
                return player.carry(request, reach, deadline)
        name = reach.name if isinstance(reach, Backend) else "this backend"
        why = _refusal(name, urlsplit(request.url).hostname or "its provider")
        mocks[0].refused.append(why)
        raise NoMock(why)

    def credential(self, key: str) -> str:
        """Return what stands for a credential, or an address, that the config has elsewhere."""
        return f"https://{key}.example" if key in _URLS else f"test-{key.replace('_', '-')}"


REDIRECTION = Redirection()
"""The one of this process."""


def _is_below(url: str, address: str) -> bool:
    """Return whether a URL is at an address, or below it; without a port, at any."""
    asked, given = urlsplit(url), urlsplit(address)
    same = (asked.scheme, asked.hostname) == (given.scheme, given.hostname)
    port = given.port is None or asked.port == given.port
    return same and port and f"{asked.path}/".startswith(f"{given.path.rstrip('/')}/")


def _refusal(name: str, host: str) -> str:
    return (
        f"no mock of this test plays {name}: its request to {host} was refused, and nothing left. "
        f'Play it too: smsbridge_mock.of("{name}"), or @pytest.mark.smsbridge(backend="{name}")'
    )
