"""Checks credentials in the request itself, as the provider does."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import Basic, Fields, UsernameToken
from smsbridge.auth.username_token import (
    CREATED,
    NONCE,
    PASSWORD,
    PASSWORD_DIGEST,
    PASSWORD_TEXT,
    TOKEN,
    USERNAME,
    envelope_of,
    password_digest,
)
from smsbridge.codecs.soap.envelope import WSSE
from smsbridge.codecs.soap.reader import split
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import at
from smsbridge.mapping.reread import reread
from smsbridge.mapping.template import render_all
from smsbridge.serving.auth import ProviderAuth, has_all, provider_auth
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from smsbridge.mapping.auth import Credentials


@dataclass(frozen=True, slots=True)
class ProviderFields(ProviderAuth):
    """Fields and headers of every call."""

    auth: Fields

    def is_used(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Return whether each field and header is present."""
        by_field = all(at(fields, path) is not None for path in self.auth.given)
        return by_field and all(request.header(name) for name in self.auth.headers)

    def credentials_in(
        self, request: Request, fields: Mapping[str, Any], names: Collection[str]
    ) -> dict[str, str]:
        """Return the credentials in its fields and headers, read back by their templates."""
        pairs = [(template, at(fields, path)) for path, template in self.auth.given.items()]
        pairs += [(one, request.header(name)) for name, one in self.auth.headers.items()]
        found: dict[str, str] = {}
        for template, word in pairs:
            found |= reread(template, text(word)) if word not in (None, "") else {}
        return {name: word for name, word in found.items() if name in names}

    def is_valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether each value is right."""
        if not has_all(credentials, self.auth.credentials):
            return False
        by_field = all(
            same(text(at(fields, path)), text(value))
            for path, value in self.auth.fields(credentials).items()
        )
        return by_field and all(
            same(request.header(name), text(value))
            for name, value in render_all(self.auth.headers, credentials).items()
        )


@dataclass(frozen=True, slots=True)
class ProviderBasic(ProviderAuth):
    """HTTP Basic."""

    auth: Basic

    def is_used(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the header is present."""
        return request.header("authorization")[:6].lower() == "basic "

    def is_valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether user and password are right."""
        if not self.is_used(request, {}) or not has_all(credentials, self.auth.credentials):
            return False
        given, right = request.header("authorization"), self.auth.header(credentials)
        return same(given[6:].strip(), right[6:])

    def renew(
        self, request: Request, _tokens: Collection[str], _mint: Callable[[str], str]
    ) -> Response | None:
        """Return a challenge if there is no header: .NET and wget wait for one."""
        if request.header("authorization"):
            return None
        return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="smsbridge"'})


@dataclass(frozen=True, slots=True)
class ProviderUsernameToken(ProviderAuth):
    """A UsernameToken in the header of an envelope."""

    auth: UsernameToken

    def is_used(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether it is present."""
        return _token(request) is not None

    def is_valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether user and password (text or digest) are right; its age is ignored."""
        token = _token(request)
        if token is None or not has_all(credentials, self.auth.credentials):
            return False
        user, password = (credentials[key] for key in self.auth.credentials)
        said = {str(child.tag): child.text or "" for child in token}
        kinds = {child.get("Type", PASSWORD_TEXT) for child in token.iterfind(PASSWORD)}
        if len(said) != len(token) or not same(said.get(USERNAME, ""), user):
            return False
        if kinds == {PASSWORD_DIGEST}:
            try:
                nonce = base64.b64decode(said.get(NONCE, ""), validate=True)
            except ValueError:
                return False
            password = password_digest(nonce, said.get(CREATED, ""), password)
        return kinds <= {PASSWORD_TEXT, PASSWORD_DIGEST} and same(said.get(PASSWORD, ""), password)


def _token(request: Request) -> Element | None:
    """Return the only UsernameToken of an envelope."""
    try:
        envelope = envelope_of(request)
    except ConfigError:
        return None
    way = f"{{{split(envelope)[0]}}}Header/{{{WSSE}}}Security/{TOKEN}"
    found = envelope.findall(way)
    return found[0] if len(found) == 1 else None


provider_auth.register(Fields, ProviderFields)
provider_auth.register(Basic, ProviderBasic)
provider_auth.register(UsernameToken, ProviderUsernameToken)
