"""OAuth2 client credentials: issues and checks tokens, as the provider does."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from smsbridge.auth.schemes import ClientCredentials
from smsbridge.codecs.rest import parse_form
from smsbridge.http.address import is_url
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.auth import ProviderAuth, has_all, provider_auth
from smsbridge.serving.rest import json_response
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.mapping.auth import Credentials

_OK = 200
_UNAUTHORIZED = 401
TOKEN_SECONDS = 3600
"""How many seconds a token is valid."""


@dataclass(frozen=True, slots=True)
class ProviderClientCredentials(ProviderAuth):
    """OAuth2 client credentials."""

    auth: ClientCredentials

    def is_used(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether a Bearer token is present."""
        return request.header("authorization")[:7].lower() == "bearer "

    def is_valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        _credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether the token was issued."""
        return self.is_used(request, {}) and request.header("authorization")[7:].strip() in tokens

    def credentials_in(
        self, request: Request, _fields: Mapping[str, Any], names: Collection[str]
    ) -> dict[str, str]:
        """Return the client id in a token request."""
        name = self.auth.client_id
        if name not in names or not self._is_token_call(request):
            return {}
        if self.auth.basic:
            pair = _pair_in_basic(request.header("authorization"))
            return {name: unquote_plus(pair[0])} if pair else {}
        sent = parse_form(request.body.decode(errors="replace"))
        return {name: sent["client_id"]} if "client_id" in sent else {}

    def _is_token_call(self, request: Request, site: Site | None = None) -> bool:
        """Return whether it is one, at the path of the call or below that of the service."""
        method = self.auth.token.partition(" ")[0]
        return request.method == method and request.path.rstrip("/") in self.paths(site)

    def paths(self, site: Site | None) -> Collection[str]:
        """Return the path of the token call, and that below the path of the service."""
        address = self.auth.token.partition(" ")[2]
        wanted = urlsplit(address).path.rstrip("/")
        base = "" if is_url(address) or site is None else urlsplit(site.url).path.rstrip("/")
        return (wanted, base + wanted)

    def _is_in_header(self, header: str, credentials: Credentials) -> bool:
        """Return whether id and secret are right, escaped (RFC 6749 §2.3.1) or, as curl, not."""
        pair = _pair_in_basic(header)
        given = pair and [(word, unquote_plus(word)) for word in pair]
        known = [credentials[key] for key in self.auth.credentials]
        return bool(given) and all(
            any(same(word, right) for word in words)
            for words, right in zip(given or (), known, strict=True)
        )

    def answer(
        self,
        request: Request,
        credentials: Credentials,
        site: Site,
        mint: Callable[[str], str],
    ) -> Response | None:
        """Answer a token request with a token or a refusal."""
        if not self._is_token_call(request, site):
            return None
        if not has_all(credentials, self.auth.credentials):
            return json_response(_UNAUTHORIZED, {"error": "invalid_client"})
        sent = parse_form(request.body.decode(errors="replace"))
        expected = self.auth.form(credentials)
        if sent.get("grant_type") != expected["grant_type"]:
            return json_response(400, {"error": "unsupported_grant_type"})
        header = request.header("authorization")
        by_header = not self.auth.basic or self._is_in_header(header, credentials)
        if not by_header or not all(
            same(sent.get(name, ""), value) for name, value in expected.items()
        ):
            return json_response(_UNAUTHORIZED, {"error": "invalid_client"})
        token = {"access_token": mint("token"), "token_type": "Bearer"}
        return json_response(_OK, {**token, "expires_in": TOKEN_SECONDS})


def _pair_in_basic(header: str) -> tuple[str, str] | None:
    """Return user and password of HTTP Basic as they stand there; None if there are none."""
    scheme, _, coded = header.partition(" ")
    try:
        user, colon, password = (
            base64.b64decode(coded.strip(), validate=True).decode().partition(":")
        )
    except ValueError:
        return None
    return (user, password) if scheme.lower() == "basic" and colon else None


provider_auth.register(ClientCredentials, ProviderClientCredentials)
