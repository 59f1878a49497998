"""A provider's own login: answers it, and checks its tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import Login
from smsbridge.errors import Reason
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import at, flat
from smsbridge.mapping.template import render_all
from smsbridge.serving.answers import AnswerWriter
from smsbridge.serving.auth import ProviderAuth, has_all, provider_auth
from smsbridge.serving.codec import ProviderCodec, provider_codec
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.mapping.auth import Credentials


@dataclass(frozen=True, slots=True)
class ProviderLogin(ProviderAuth):
    """A provider's own login. ``path``: where it is served, if not at the service's own path."""

    auth: Login
    path: str = ""

    def at_path(self, path: str) -> ProviderLogin:
        """Return a login that is served at another path."""
        return replace(self, path=path)

    def is_used(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Return whether a call carries the token's field or header."""
        return provider_auth(self.auth.auth).is_used(request, fields)

    def is_valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether a field or header has an issued token."""
        sent = [text(word) for _, word in flat(fields)]
        held = [*sent, *(word.rpartition(" ")[2] for word in request.headers.values())]
        known = any(word in tokens for word in held)
        beside = provider_auth(self.auth.auth)
        return known and beside.is_valid(request, fields, credentials, tokens)

    def paths(self, site: Site) -> Collection[str]:
        """Return the path of the login, and those of ``auth``."""
        own = self._codec(site).paths((self.auth.call,))
        return (*own, *provider_auth(self.auth.auth).paths(site))

    def answer(
        self, request: Request, credentials: Credentials, site: Site, mint: Callable[[str], str]
    ) -> Response | None:
        """Answer a login with a token or a refusal, and any other request as ``auth`` does."""
        table = self.auth
        codec = self._codec(site)
        try:
            call = codec.read((table.call,), request, lambda _: None)
        except Unreadable:
            call = None
        if call is None:
            return provider_auth(table.auth).answer(request, credentials, site, mint)
        writer = AnswerWriter(codec, request, table.call)
        headers = render_all(table.headers, credentials)
        known = all(
            same(text(at(call.fields, path)), text(word))
            for path, word in render_all(table.login, credentials).items()
        ) and all(same(request.header(name), text(word)) for name, word in headers.items())
        if not known or not has_all(credentials, table.credentials):
            return writer.refusal(table.rejected, (Reason.AUTHENTICATION,))
        return writer.answer({table.token: mint("token")}, table.rejected)

    def _codec(self, site: Site) -> ProviderCodec:
        codec = provider_codec(self.auth.codec, site)
        return codec.at_path(self.path) if self.path else codec


provider_auth.register(Login, ProviderLogin)
