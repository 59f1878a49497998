"""Where every request of this process goes instead of the network, while a test says so.

The transports ask here before they use a network, and the config where a credential is missing. In
production nothing is ever chosen: it costs one look at a variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Response
    from smsbridge.http.transport import Reach


class Redirect(Protocol):
    """What takes the place of the network."""

    def send(self, request: Request, reach: Reach, deadline: float) -> Response | None:
        """Return the answer, or None where the network is meant; an error refuses the request."""

    def credential(self, key: str) -> str:
        """Return what stands for a value of the config that this machine doesn't have."""


_CHOSEN: list[Redirect] = []


def current() -> Redirect | None:
    """Return what takes the place of the network; None in production."""
    return _CHOSEN[-1] if _CHOSEN else None


def send(request: Request, reach: Reach, deadline: float) -> Response | None:
    """Return the answer of what takes the network's place; None where the network is meant."""
    chosen = current()
    return chosen.send(request, reach, deadline) if chosen else None


def choose(redirect: Redirect) -> None:
    """Send every request of this process, in each of its threads, there from now on."""
    _CHOSEN.append(redirect)


def forget(redirect: Redirect) -> None:
    """End what `choose` began."""
    _CHOSEN[:] = [one for one in _CHOSEN if one is not redirect]
