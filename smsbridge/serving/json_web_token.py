"""Checks a JSON Web Token, as the provider does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.auth.json_web_token import OWN_CLAIMS, JsonWebToken, jwt_library
from smsbridge.mapping.template import render_all
from smsbridge.serving.auth import ProviderAuth, has_all, provider_auth

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.auth import Credentials

_SCHEME = "Bearer "


@dataclass(frozen=True, slots=True)
class ProviderJsonWebToken(ProviderAuth):
    """A token signed by the client; its time is ignored."""

    auth: JsonWebToken

    def is_used(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the header is present."""
        return request.header("authorization").startswith(_SCHEME)

    def is_valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        _tokens: Collection[str],
    ) -> bool:
        """Return whether the token is signed with the key and has the required claims."""
        if not has_all(credentials, self.auth.credentials):
            return False
        library, given = jwt_library(), request.header("authorization").removeprefix(_SCHEME)
        try:
            said = library.decode(
                given,
                self._public_key(credentials),
                algorithms=[self.auth.algorithm],
                options={"verify_exp": False, "verify_iat": False, "require": ["iat", "exp"]},
            )
        except (library.PyJWTError, ValueError):
            return False
        wanted = render_all(self.auth.claims, credentials)
        return all(
            said.get(name) == word for name, word in wanted.items() if name not in OWN_CLAIMS
        )

    def _public_key(self, credentials: Credentials) -> Any:
        key = credentials[self.auth.key]
        if self.auth.algorithm.startswith("HS"):
            return key
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        return load_pem_private_key(key.encode(), None).public_key()


provider_auth.register(JsonWebToken, ProviderJsonWebToken)
