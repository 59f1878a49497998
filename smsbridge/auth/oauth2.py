"""Authentication by OAuth2 client credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from smsbridge.auth.schemes import ClientCredentials, with_header
from smsbridge.auth.token import (
    Token,
    TokenRefused,
    fetch_failure,
    get_token,
    is_usable,
    no_token,
    token_of,
)
from smsbridge.codecs.answer_format import parse_json
from smsbridge.codecs.rest import FORM, JSON
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.http.challenges import is_foreign
from smsbridge.http.exchange import Broken, Exchange, Request, Response
from smsbridge.mapping.codec import Unreadable

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make

_UNAUTHORIZED = 401
_OK = 200
_REFUSING = (400, 401)
_REFUSALS = {  # RFC 6749 §5.2, about the credentials
    "invalid_client": "",
    "unauthorized_client": "this client may not get a token with its id and secret alone",
}
_MISTAKES = {  # RFC 6749 §5.2, about the request
    "invalid_scope": "check auth.scope",
    "unsupported_grant_type": "it doesn't issue tokens for a client's id and secret alone",
    "invalid_request": "check auth.token_url, and auth.basic: how it wants the credentials",
    "invalid_grant": "check the credentials",
}
_STATUSES = {
    401: "it does not take the credentials; check them, and auth.basic",
    403: "these credentials may not get a token; check them",
    404: "there is no token call; check auth.token_url",
    405: "there is no token call by POST; check auth.token_url",
}


def carry_with_token(
    auth: ClientCredentials, make: Make, credentials: Credentials, site: Site, session: Session
) -> Exchange[Response]:
    """Send the request with a token; after a 401, once more with a new one.

    The repeat is safe: the first request was refused. A 403 is final, and so is a 401 that may come
    from a proxy.
    """
    request = yield from make({})

    def fetch(share: str) -> Exchange[Token]:
        return _fetch(auth, credentials, site, session, share)

    token = yield from get_token(session, fetch)
    response = yield _add_bearer(request, token)
    if response.status == _UNAUTHORIZED and not is_foreign(response, auth.scheme):
        token = yield from get_token(session, fetch, refused=token)
        response = yield _add_bearer(request, token)
    return response


def _fetch(
    auth: ClientCredentials, credentials: Credentials, site: Site, session: Session, share: str
) -> Exchange[Token]:
    method, _, address = auth.token.partition(" ")
    if not is_url(address) and not site.url:
        raise ConfigError("auth: give token_url as a whole address, or give the block a url")
    own = {"Authorization": auth.header(credentials)} if auth.basic else {}
    call = Request(
        method=method,
        url=site.check(address if is_url(address) else site.url.rstrip("/") + address),
        headers={"Content-Type": FORM, "Accept": JSON, **own},
        body=urlencode(auth.form(credentials)).encode(),
        share=share,
    )
    try:
        response = yield call
    except Broken as broken:
        raise fetch_failure(broken) from None
    return _read_token(response, session)


def _read_token(response: Response, session: Session) -> Token:
    told = _STATUSES.get(response.status)
    try:
        answer = parse_json(response.body, "", response.header("content-type"))
    except Unreadable as error:
        raise no_token(response, told or str(error), session) from None
    code = answer.get("error")
    if response.status in _REFUSING and isinstance(code, str):
        if code in _REFUSALS:
            more = f": {_REFUSALS[code]}" if _REFUSALS[code] else ""
            why = f"the token call was refused: {code!r}{more}"
            raise TokenRefused(code, why=why, known=_REFUSALS)
        if code in _MISTAKES:
            why = f"{code}: {_MISTAKES[code]}"
            raise no_token(response, why, session, retry=False)
    text = answer.get("access_token")
    if response.status != _OK or not isinstance(text, str) or not is_usable(text):
        raise no_token(response, told or "it has no token", session)
    return token_of(text, answer.get("expires_in"), session.monotonic())


def _add_bearer(request: Request, token: Token) -> Request:
    return with_header(request, "Authorization", f"Bearer {token.text}")
