"""Who we are: a field of the call, or a header. A conversation that fetches a token: oauth.py."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from smsbridge.exchange import Exchange, Request, Response
from smsbridge.secret import same

if TYPE_CHECKING:
    from smsbridge.exchange import Session
    from smsbridge.site import Site


Credentials = Mapping[str, str]


class Auth(Protocol):
    """A way to say who we are. ``credentials`` are the config keys that it needs, in order.

    ``presented`` and ``valid`` are the provider's side: does a request try this way, and rightly?
    """

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that it needs."""

    def fields(self, credentials: Credentials) -> dict[str, str]:
        """Return what it adds to the fields of a call."""

    def carry(
        self, request: Request, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send a request with what it adds to it, and return the answer."""

    def presented(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Tell whether a request says who it is in this way."""

    def valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Tell whether a request says rightly who it is; ``tokens`` are those given out."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the call: ``Field("apikey", "api_key")`` sends the config's api_key as apikey."""

    field: str
    key: str

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config key."""
        return (self.key,)

    def fields(self, credentials: Credentials) -> dict[str, str]:
        """Return the field."""
        return {self.field: credentials[self.key]}

    def carry(
        self, request: Request, _credentials: Credentials, _site: Site, _session: Session
    ) -> Exchange[Response]:
        """Send the request as it is."""
        return (yield request)

    def presented(self, _request: Request, fields: Mapping[str, Any]) -> bool:
        """Tell whether the field is there."""
        return self.field in fields

    def valid(
        self,
        _request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Tell whether the field holds the key."""
        expected = credentials.get(self.key)
        return expected is not None and same(str(fields.get(self.field, "")), expected)


@dataclass(frozen=True, slots=True)
class Basic:
    """HTTP Basic authentication (RFC 7617), with the names of two config keys."""

    user: str
    password: str

    @property
    def credentials(self) -> tuple[str, ...]:
        """The two config keys."""
        return (self.user, self.password)

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        """Return nothing: it is a header."""
        return {}

    def carry(
        self, request: Request, credentials: Credentials, _site: Site, _session: Session
    ) -> Exchange[Response]:
        """Send the request with the header."""
        return (yield with_header(request, "Authorization", self._header(credentials)))

    def presented(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Tell whether the header is there."""
        return request.header("authorization").startswith("Basic ")

    def valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Tell whether the header holds both."""
        known = all(key in credentials for key in self.credentials)
        return known and same(request.header("authorization"), self._header(credentials))

    def _header(self, credentials: Credentials) -> str:
        both = f"{credentials[self.user]}:{credentials[self.password]}"
        return f"Basic {base64.b64encode(both.encode()).decode()}"


def with_header(request: Request, name: str, value: str) -> Request:
    """Return a request with one more header."""
    return replace(request, headers={**request.headers, name: value})
