"""How a call is authenticated: the interface of an auth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from smsbridge.http.exchange import Exchange, Request, Response

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

Credentials = Mapping[str, str]
Make = Callable[[Mapping[str, str]], Exchange[Request]]
"""Makes the request of a call, given additional values for its table, such as a token."""


class Auth(Protocol):
    """A way to authenticate a call. ``credentials`` are the config keys that it needs, in order.

    One that gives `Make` values for the tables of a call has ``own_values``: their names. The
    provider's side is `smsbridge.serving.auth.ProviderAuth`.
    """

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that it needs."""

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it, in lower case; empty if there is none."""

    def fields(self, credentials: Credentials) -> dict[str, Any]:
        """Return what it adds to the fields of a call."""

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request of a call with what it adds to it, and return the answer.

        Earlier requests of the conversation have a ``share``; the call itself has none.
        """
