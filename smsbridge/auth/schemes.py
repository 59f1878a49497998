"""Who we are: fields of the call, or headers."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smsbridge.errors import ConfigError
from smsbridge.http.exchange import HEADER_RULE, Exchange, Request, Response, is_header
from smsbridge.mapping.auth import Credentials, Make
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import at
from smsbridge.mapping.template import Template, names, rendered
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields and headers of every call, filled with credentials; without any, nobody is asked.

    ``Fields({"apikey": "{api_key}"})`` sends the config's api_key as the field apikey, and
    ``Fields(headers={"X-Api-Key": "{api_key}"})`` as a header.
    """

    given: Mapping[str, Template] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that the templates name."""
        templates = (*self.given.values(), *self.headers.values())
        return tuple(dict.fromkeys(name for one in templates for name in names(one)))

    @property
    def scheme(self) -> str:
        """The first word of its Authorization header, if it has one."""
        named = {name.lower(): template for name, template in self.headers.items()}
        return str(named.get("authorization", "")).partition(" ")[0].lower()

    def fields(self, credentials: Credentials) -> dict[str, Any]:
        """Return the fields; those without a value are left out."""
        return rendered(self.given, credentials)

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, _session: Session
    ) -> Exchange[Response]:
        """Send the request with the headers."""
        request = yield from make({})
        for name, value in rendered(self.headers, credentials).items():
            word = text(value)
            if not is_header(word):
                raise ConfigError(f"the header {name} {HEADER_RULE}")
            request = with_header(request, name, word)
        return (yield request)

    def presented(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Return whether each field and each header is there."""
        by_field = all(at(fields, path) is not None for path in self.given)
        return by_field and all(request.header(name) for name in self.headers)

    def valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether each holds what it must."""
        if any(key not in credentials for key in self.credentials):
            return False
        by_field = all(
            same(text(at(fields, path)), text(value))
            for path, value in self.fields(credentials).items()
        )
        return by_field and all(
            same(request.header(name), text(value))
            for name, value in rendered(self.headers, credentials).items()
        )

    def answer(self, *_: object) -> None:
        """Answer nothing: there is no conversation."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A user name and a password, by the names of two config keys; neither is a field of a call."""

    user: str
    password: str

    @property
    def credentials(self) -> tuple[str, ...]:
        """The two config keys."""
        return (self.user, self.password)

    @property
    def scheme(self) -> str:
        """The HTTP scheme in which a 401 would speak of it; empty where it is none."""
        return ""

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        """Return nothing: it is a header."""
        return {}


@dataclass(frozen=True, slots=True)
class Basic(Pair):
    """HTTP Basic authentication (RFC 7617), with the names of two config keys."""

    @property
    def scheme(self) -> str:
        """The HTTP scheme in which a 401 would speak of it."""
        return "basic"

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, _session: Session
    ) -> Exchange[Response]:
        """Send the request with the header."""
        request = yield from make({})
        return (yield with_header(request, "Authorization", self._header(credentials)))

    def presented(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the header is there."""
        return request.header("authorization").startswith("Basic ")

    def valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether the header holds both."""
        known = all(key in credentials for key in self.credentials)
        return known and same(request.header("authorization"), self._header(credentials))

    def answer(self, *_: object) -> None:
        """Answer nothing: there is no conversation."""

    def _header(self, credentials: Credentials) -> str:
        both = f"{credentials[self.user]}:{credentials[self.password]}"
        return f"Basic {base64.b64encode(both.encode()).decode()}"


def with_header(request: Request, name: str, value: str) -> Request:
    """Return a request with one more header."""
    return replace(request, headers={**request.headers, name: value})
