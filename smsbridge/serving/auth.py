"""The provider's side of an auth: its interface, and which class implements each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from functools import singledispatch
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Request, Response
    from smsbridge.mapping.auth import Auth, Credentials


def has_all(credentials: Credentials, names: Collection[str]) -> bool:
    """Return whether an account has each of the credentials that a call needs."""
    return all(name in credentials for name in names)


class ProviderAuth(ABC):
    """Authenticates requests, and answers those that are not calls: token requests and logins.

    ``tells_by_token``: whether the tokens that it issues identify their holder.
    """

    tells_by_token: ClassVar[bool] = True

    @abstractmethod
    def is_used(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Return whether a request uses this auth, with right or wrong credentials."""

    @abstractmethod
    def is_valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether the credentials are right; ``tokens`` are the issued ones."""

    def credentials_in(
        self, _request: Request, _fields: Mapping[str, Any], _names: Collection[str]
    ) -> dict[str, str]:
        """Return which of the named credentials a request carries in plain text, right or wrong."""
        return {}

    def answer(
        self,
        _request: Request,
        _credentials: Credentials,
        _site: Site,
        _mint: Callable[[str], str],
    ) -> Response | None:
        """Return the answer to a request of the auth's conversation; ``mint`` issues a token."""
        return None

    def at_path(self, _path: str) -> ProviderAuth:
        """Return an auth whose conversation is at another path, as `ProviderCodec.at_path` does."""
        return self

    def paths(self, _site: Site) -> Collection[str]:
        """Return the paths of the auth's conversation, as `ProviderCodec.paths` does."""
        return ()

    def renew(
        self, _request: Request, _tokens: Collection[str], _mint: Callable[[str], str]
    ) -> Response | None:
        """Return a challenge if a request answers none, or one that has expired.

        A door uses it once a call has failed to authenticate.
        """
        return None


@singledispatch
def provider_auth(auth: Auth) -> ProviderAuth:
    """Return the provider's side of an auth, by its class; raises `ConfigError` if it has none.

    A package with its own auth adds one: ``provider_auth.register(Mine, ProviderMine)``.
    """
    kind = type(auth).__name__
    raise ConfigError(f"{kind} has no provider's side: add one with provider_auth.register")
