"""Who we are, by a conversation: OAuth2 client credentials."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

from smsbridge.auth.schemes import with_header
from smsbridge.auth.token import (
    Token,
    TokenRefused,
    held_token,
    token_of,
    unfetched,
    unusable,
    usable,
)
from smsbridge.codecs.rest import FORM, JSON, json_response, parse_form, parse_json
from smsbridge.errors import ConfigError
from smsbridge.http.challenges import is_foreign
from smsbridge.http.exchange import Broken, Exchange, Request, Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make

_UNAUTHORIZED = 401
_OK = 200
_GIVEN_SECONDS = 3600
_REFUSING = (400, 401)
_REFUSALS = {  # RFC 6749 §5.2, of the credentials
    "invalid_client": "",
    "unauthorized_client": "this client may not get a token by its id and secret alone",
}
_MISTAKES = {  # RFC 6749 §5.2, of what is asked
    "invalid_scope": "check auth.scope",
    "unsupported_grant_type": "it gives no token for a client's id and secret alone",
    "invalid_request": "check auth.token_url, and auth.basic: how it wants the credentials",
    "invalid_grant": "check the credentials",
}
_STATUSES = {
    401: "it does not take the credentials; check them, and auth.basic",
    403: "these credentials may not get a token; check them",
    404: "there is no token call; check auth.token_url",
    405: "there is no token call by POST; check auth.token_url",
}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth2 client credentials (RFC 6749 §4.4); the token goes out as Bearer (RFC 6750 §2.1).

    ``token``: the route of the token call, ``POST /oauth2/token``, or with a whole address where it
    is elsewhere. ``scope``: what is asked for, if anything. ``basic``: the credentials as Basic
    (§2.3.1), else in the form body.
    """

    token: str
    client_id: str
    client_secret: str
    scope: str = ""
    basic: bool = False

    @property
    def credentials(self) -> tuple[str, ...]:
        """The two config keys."""
        return (self.client_id, self.client_secret)

    @property
    def scheme(self) -> str:
        """The HTTP scheme in which a 401 would speak of it."""
        return "bearer"

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        """Return nothing: it is a header."""
        return {}

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with a token; after a 401, once more with a new one.

        The repeat is safe: the first request was refused. A 403 is final, and so is a 401 that may
        be that of a proxy.
        """
        request = yield from make({})

        def fetch(share: str) -> Exchange[Token]:
            return self._fetch(credentials, site, session, share)

        token = yield from held_token(session, fetch)
        response = yield _bearing(request, token)
        if response.status == _UNAUTHORIZED and not is_foreign(response, self.scheme):
            token = yield from held_token(session, fetch, refused=token)
            response = yield _bearing(request, token)
        return response

    def presented(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether a Bearer token is there."""
        return request.header("authorization").startswith("Bearer ")

    def valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        _credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether the token is one of those given out."""
        return request.header("authorization").removeprefix("Bearer ") in tokens

    def answer(
        self,
        request: Request,
        credentials: Credentials,
        _site: Site,
        mint: Callable[[str], str],
    ) -> Response | None:
        """Return a token, or a refusal, to a token call."""
        method, _, address = self.token.partition(" ")
        wanted = urlsplit(address).path.rstrip("/")
        if request.method != method or request.path.rstrip("/") != wanted:
            return None
        if any(key not in credentials for key in self.credentials):
            return json_response(_UNAUTHORIZED, {"error": "invalid_client"})
        sent = parse_form(request.body.decode(errors="replace"))
        expected = self.form(credentials)
        if sent.get("grant_type") != expected["grant_type"]:
            return json_response(400, {"error": "unsupported_grant_type"})
        header = request.header("authorization")
        by_header = not self.basic or same(header, self._basic(credentials))
        if not by_header or any(sent.get(name) != value for name, value in expected.items()):
            return json_response(_UNAUTHORIZED, {"error": "invalid_client"})
        token = {"access_token": mint("token"), "token_type": "Bearer"}
        return json_response(_OK, {**token, "expires_in": _GIVEN_SECONDS})

    def form(self, credentials: Credentials) -> dict[str, str]:
        """Return the fields of the token call."""
        asked = {"scope": self.scope} if self.scope else {}
        both = {
            "client_id": credentials[self.client_id],
            "client_secret": credentials[self.client_secret],
        }
        return {"grant_type": "client_credentials", **asked, **({} if self.basic else both)}

    def _basic(self, credentials: Credentials) -> str:
        both = ":".join(quote_plus(credentials[key]) for key in self.credentials)  # RFC 6749 §2.3.1
        return f"Basic {base64.b64encode(both.encode()).decode()}"

    def _fetch(
        self, credentials: Credentials, site: Site, session: Session, share: str
    ) -> Exchange[Token]:
        method, _, address = self.token.partition(" ")
        if "://" not in address and not site.url:
            raise ConfigError("auth: give token_url as a whole address, or the block a url")
        own = {"Authorization": self._basic(credentials)} if self.basic else {}
        call = Request(
            method=method,
            url=site.checked(address if "://" in address else site.url.rstrip("/") + address),
            headers={"Content-Type": FORM, "Accept": JSON, **own},
            body=urlencode(self.form(credentials)).encode(),
            share=share,
        )
        try:
            response = yield call
        except Broken as broken:
            raise unfetched(broken) from None
        return _read_token(response, session)


def _read_token(response: Response, session: Session) -> Token:
    told = _STATUSES.get(response.status)
    try:
        answer = parse_json(response.body, "", response.header("content-type"))
    except Unreadable as error:
        raise unusable(response, told or str(error), session) from None
    code = answer.get("error")
    if response.status in _REFUSING and isinstance(code, str):
        if code in _REFUSALS:
            more = f": {_REFUSALS[code]}" if _REFUSALS[code] else ""
            why = f"the token call was refused: {code!r}{more}"
            raise TokenRefused(code, why=why, known=_REFUSALS)
        if code in _MISTAKES:
            why = f"{code}: {_MISTAKES[code]}"
            raise unusable(response, why, session, retry=False)
    text = answer.get("access_token")
    if response.status != _OK or not isinstance(text, str) or not usable(text):
        raise unusable(response, told or "it has no token", session)
    return token_of(text, answer.get("expires_in"), session.monotonic())


def _bearing(request: Request, token: Token) -> Request:
    return with_header(request, "Authorization", f"Bearer {token.text}")
