"""How a call says who makes it: what each auth owes, for the client and the mock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from smsbridge.http.exchange import Exchange, Request, Response

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

Credentials = Mapping[str, str]
Make = Callable[[Mapping[str, str]], Exchange[Request]]
"""Makes the request of a call, with more values for its table: a token, for one."""


class Auth(Protocol):
    """A way to say who we are. ``credentials`` are the config keys that it needs, in order.

    ``presented``, ``valid`` and ``answer`` are the provider's side: does a request try this way,
    and rightly? And what answers a request that is part of the conversation, and not a call?
    """

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that it needs."""

    @property
    def scheme(self) -> str:
        """The HTTP scheme in which a 401 would speak of it, in lower case; empty for none."""

    def fields(self, credentials: Credentials) -> dict[str, Any]:
        """Return what it adds to the fields of a call."""

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request of a call with what it adds to it, and return the answer.

        Requests of a conversation before it have a ``share``; the call itself has none.
        """

    def presented(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Return whether a request says who it is in this way."""

    def valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether a request says rightly who it is; ``tokens`` are those given out."""

    def answer(
        self, request: Request, credentials: Credentials, site: Site, mint: Callable[[str], str]
    ) -> Response | None:
        """Return the answer to a request of the conversation; ``mint`` gives out a token."""
