"""HTTP Digest, provider's side: challenges and checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from smsbridge.auth.digest import answer_to, is_known, target, user_parameters, utf8_text
from smsbridge.auth.schemes import Digest
from smsbridge.http.challenges import challenges
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.auth import ProviderAuth, has_all, provider_auth
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.mapping.auth import Credentials

REALM = "smsbridge"
"""The realm of a challenge."""

_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class ProviderDigest(ProviderAuth):
    """HTTP Digest: the nonce is a token that is issued to anyone."""

    tells_by_token = False

    auth: Digest

    def is_used(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the header is present."""
        return request.header("authorization").lower().startswith("digest ")

    def is_valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether the header proves the password, with an issued nonce."""
        found = challenges(request.header("authorization"))
        if len(found) != 1 or not has_all(credentials, self.auth.credentials):
            return False
        scheme, said = found[0]
        user, password = (credentials[key] for key in self.auth.credentials)
        return (
            scheme == "digest"
            and said.get("nonce") in tokens
            and said.get("realm") == REALM
            and is_known(said)
            and said.get("qop", "auth") == "auth"
            and ("qop" not in said or {"nc", "cnonce"} <= said.keys())
            and unquote(said.get("uri", ""))
            == unquote(target(replace(request, url=request.called)))
            and _names(said, user)
            and same(said.get("response", ""), answer_to(said, request.method, user, password))
        )

    def answer(
        self,
        request: Request,
        _credentials: Credentials,
        _site: Site,
        mint: Callable[[str], str],
    ) -> Response | None:
        """Return a 401 with a challenge if the request lacks the header."""
        if self.is_used(request, {}):
            return None
        return _challenge(mint)

    def renew(
        self, request: Request, tokens: Collection[str], mint: Callable[[str], str]
    ) -> Response | None:
        """Return a new challenge if the nonce has expired."""
        found = challenges(request.header("authorization"))
        if any(said.get("nonce") in tokens for _, said in found):
            return None
        return _challenge(mint, ", stale=true") if self.is_used(request, {}) else None


def _challenge(mint: Callable[[str], str], more: str = "") -> Response:
    """Return an MD5 challenge: old clients, such as PHP's, support nothing else."""
    said = f'realm="{REALM}", qop="auth", algorithm=MD5, charset=UTF-8'
    challenge = f'Digest {said}, nonce="{mint("token")}"{more}'
    return Response(status=_UNAUTHORIZED, headers={"WWW-Authenticate": challenge})


def _names(said: Mapping[str, str], user: str) -> bool:
    """Return whether an Authorization names the user, in any form of RFC 7616 §3.4."""
    if "username*" in said:
        charset, _, rest = said["username*"].partition("'")
        return charset.lower() == "utf-8" and same(unquote(rest.partition("'")[2]), user)
    named = said.get("username", "")
    hashed = said.get("userhash", "").lower() == "true"
    return same(
        *(named, user_parameters(said, user)["username"]) if hashed else (utf8_text(named), user)
    )


provider_auth.register(Digest, ProviderDigest)
