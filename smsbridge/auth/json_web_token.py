"""A JSON Web Token (RFC 7519) in each call, signed by us: as Bearer (RFC 6750 §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import with_header
from smsbridge.errors import ConfigError, MissingExtra
from smsbridge.mapping.call_values import uuid_of
from smsbridge.mapping.template import Template, names, render_all

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Exchange, Response, Session
    from smsbridge.mapping.auth import Auth, Credentials, Make

_LONGEST_HASH = 64  # bytes: a shorter key is too short for HS512 (RFC 7518 §3.2)
ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256")
OWN_CLAIMS = ("iat", "exp", "jti")
"""The claims that each token has: its time, its end and an id (RFC 7519 §4.1)."""


@dataclass(frozen=True, slots=True)
class JsonWebToken:
    """A token that is signed for each call. ``key`` is the name of a config key.

    It holds a secret, or a private key in PEM. ``claims``: what it says beside `OWN_CLAIMS`, as
    templates over credentials. ``seconds``: how long it is valid.

    >>> JsonWebToken("key", "HS256", {"sub": "{account}"}).credentials
    ('key', 'account')
    """

    key: str
    algorithm: str = "HS256"
    claims: Mapping[str, Template] = field(default_factory=dict)
    seconds: int = 300

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys of its key and of its claims."""
        named = (name for one in self.claims.values() for name in names(one))
        return tuple(dict.fromkeys((self.key, *named)))

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it."""
        return "bearer"

    def fields(self, _credentials: Credentials) -> dict[str, Any]:
        """Return nothing: it is a header."""
        return {}

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with a new token."""
        now = int(session.now().timestamp())
        own = {"iat": now, "exp": now + self.seconds, "jti": uuid_of(session)}
        token = self.sign({**own, **render_all(self.claims, credentials)}, credentials)
        session.hidden.append(token)
        request = yield from make({})
        return (yield with_header(request, "Authorization", f"Bearer {token}"))

    def sign(self, claims: Mapping[str, Any], credentials: Credentials) -> str:
        """Return a token; raises `ConfigError` for a key that doesn't fit the algorithm."""
        library = jwt_library()
        try:
            made: str = library.encode(dict(claims), credentials[self.key], self.algorithm)
        except (library.PyJWTError, ValueError, TypeError, NotImplementedError):
            why = (
                f"{self.key}: it can't sign with {self.algorithm}: HS… takes a secret, RS… and ES… "
            )
            raise ConfigError(f"{why}a private key in PEM", (self.key,)) from None
        return made


def stand_in(auth: Auth, name: str, word: str) -> str:
    """Return what signs in place of a secret that must not be used: a word, or a new key.

    A word will do everywhere except as the key of a `JsonWebToken`, which must fit its algorithm.
    """
    if not isinstance(auth, JsonWebToken) or name != auth.key:
        return word
    if auth.algorithm.startswith("HS"):
        return word * (_LONGEST_HASH // len(word) + 1)
    return _private_key(auth.algorithm[:2])


@lru_cache(2)
def _private_key(kind: str) -> str:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    made = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ES"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    no_password = form.NoEncryption()
    return made.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, no_password).decode()


def jwt_library() -> ModuleType:
    """Return PyJWT; raises `MissingExtra` without it."""
    try:
        import jwt
    except ImportError:
        raise MissingExtra("jwt", "auth.type = jwt") from None
    return jwt
