"""Who we are, by a conversation that a table describes: log in, get a token, send it with calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import Fields
from smsbridge.auth.token import (
    Token,
    TokenRefused,
    held_token,
    token_of,
    unfetched,
    unusable,
    usable,
)
from smsbridge.errors import Reason
from smsbridge.http.challenges import is_foreign
from smsbridge.http.exchange import Broken, Exchange, Request, Response
from smsbridge.mapping.auth import Auth
from smsbridge.mapping.codec import SoapFault, Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import STATUS, at, flat
from smsbridge.mapping.request import answered, headed
from smsbridge.mapping.sample_answers import Asked
from smsbridge.mapping.template import Template, address, names, rendered
from smsbridge.mapping.words import SPEAKING, When, with_status, word_at

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make
    from smsbridge.mapping.codec import Codec

_OK = (200, 201)
_UNAUTHORIZED = 401
_REFUSING = (401, 403)


@dataclass(frozen=True, slots=True)
class Login:
    """A call that gives a token, which then is the value ``{token}`` of the tables.

    ``login``: the fields of that call.
    ``token``: the path of the token in the answer. ``lifetime``: its seconds, or their path.
    ``rejected``: path to word to reason, of a refused login. ``calls``: each call, and what its
    answer has when it was taken. ``refused``: what the answer to one has when its token was
    refused; a 401 is that always. ``auth``: what goes with each.
    """

    codec: Codec
    call: str
    login: Mapping[str, Template]
    token: str
    lifetime: float | str = ""
    rejected: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)
    refused: When = field(default_factory=lambda: When({}))
    headers: Mapping[str, Template] = field(default_factory=dict)
    auth: Auth = field(default_factory=Fields)
    calls: tuple[tuple[str, When], ...] = (("", When({})),)

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that its templates name, and those of ``auth``."""
        templates = (self.call, *self.login.values(), *self.headers.values())
        own = (name for one in templates for name in names(one))
        return tuple(dict.fromkeys((*self.auth.credentials, *own)))

    @property
    def scheme(self) -> str:
        """That of ``auth``."""
        return self.auth.scheme

    def fields(self, credentials: Credentials) -> dict[str, Any]:
        """Return what ``auth`` adds; the token stands where the tables have it."""
        return self.auth.fields(credentials)

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with a token; once more with a new one if the first was refused.

        The repeat is safe: the first request was refused. A second refusal is final.
        """
        yield from make({"token": "1"})  # what can't be sent is refused before the login

        def fetch(share: str) -> Exchange[Token]:
            return self._fetch(credentials, site, session, share)

        def bearing(token: Token) -> Make:
            return lambda more: make({**more, "token": token.text})

        token = yield from held_token(session, fetch)
        response = yield from self.auth.carry(bearing(token), credentials, site, session)
        if self._refusal(response, site, session) is not None:
            token = yield from held_token(session, fetch, refused=token)
            response = yield from self.auth.carry(bearing(token), credentials, site, session)
            word = self._refusal(response, site, session)
            if word is not None and response.status != _UNAUTHORIZED:
                why = "the token was refused, and a new one too"
                raise TokenRefused(word, why=why, known=self.refused.match.values())
        return response

    def presented(self, request: Request, fields: Mapping[str, Any]) -> bool:
        """Return whether ``auth`` is there."""
        return self.auth.presented(request, fields)

    def valid(
        self,
        request: Request,
        fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether a token that was given out is in a field or a header."""
        sent = [text(word) for _, word in flat(fields)]
        held = [*sent, *(word.rpartition(" ")[2] for word in request.headers.values())]
        known = any(token in held for token in tokens)
        return known and self.auth.valid(request, fields, credentials, tokens)

    def answer(
        self, request: Request, credentials: Credentials, site: Site, mint: Callable[[str], str]
    ) -> Response | None:
        """Return a token, or a refusal, to a login; to another request what ``auth`` has for it."""
        try:
            call = self.codec.read(site, (self.call,), request, lambda _: None)
        except Unreadable:
            call = None
        if call is None:
            return self.auth.answer(request, credentials, site, mint)
        asked = Asked(self.codec, site, request, self.call)
        headers = rendered(self.headers, credentials)
        known = all(
            text(at(call.fields, path)) == text(word)
            for path, word in rendered(self.login, credentials).items()
        ) and all(request.header(name) == text(word) for name, word in headers.items())
        if not known or any(key not in credentials for key in self.credentials):
            return asked.refusal(self.rejected, (Reason.AUTHENTICATION,))
        return asked.answer({self.token: mint("token")}, self.rejected)

    def _refusal(self, response: Response, site: Site, session: Session) -> str | None:
        """Return the word with which an answer refuses the token, or None."""
        foreign = is_foreign(response, self.scheme)
        if response.status == _UNAUTHORIZED:
            return None if foreign else str(_UNAUTHORIZED)
        if foreign and self.refused.match.keys() <= {STATUS}:
            return None  # a status alone may be a proxy's, after the message was taken
        words: list[Mapping[str, Any]] = []
        for call, taken in self.calls if self.refused.match else ():
            looked_for = {path: [word] for path, word in taken.match.items()}
            for path, word in self.refused.match.items():
                looked_for.setdefault(path, []).append(word)
            said = answered(self.codec, call, response, site, session, looked_for)
            if isinstance(said, str) and STATUS not in self.refused.match:
                continue
            if response.status not in SPEAKING and not isinstance(said, SoapFault):
                return None  # of a gateway's error nothing is known
            if not isinstance(said, str) and taken.holds_any(said):
                return None  # whatever else it says: what was taken is never sent again
            words.append(with_status({} if isinstance(said, str) else said, response))
        refusing = (one for one in words if self.refused.holds(one))
        found = (word_at(one, next(iter(self.refused.match))) for one in refusing)
        return next((word or "" for word in found), None)

    def _fetch(
        self, credentials: Credentials, site: Site, session: Session, share: str
    ) -> Exchange[Token]:
        fields = rendered(self.login, credentials)
        call = address(self.call, credentials)
        request = yield from self.codec.encode(site, session, call, fields)
        try:
            response = yield headed(request, self.headers, credentials, share)
        except Broken as broken:
            raise unfetched(broken) from None
        said = answered(self.codec, self.call, response, site, session, self.rejected)
        words = with_status({} if isinstance(said, str) else said, response)
        for path, reasons in self.rejected.items():
            word = word_at(words, path)
            if word is not None and word in reasons:
                raise TokenRefused(word, reasons[word], known=reasons.keys())
        if response.status in _REFUSING:
            raise TokenRefused(str(response.status))
        found = word_at(words, self.token)
        for path, reasons in self.rejected.items() if found is None else ():
            word = word_at(words, path)
            if word is not None and "*" in reasons:
                raise TokenRefused(word, reasons["*"])
        if response.status not in _OK or found is None or not usable(found):
            raise unusable(response, said if isinstance(said, str) else "it has no token", session)
        lifetime = self.lifetime
        seconds = word_at(words, lifetime) if isinstance(lifetime, str) else lifetime
        return token_of(found, seconds, session.monotonic())
