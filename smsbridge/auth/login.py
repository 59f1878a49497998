"""A login that a table describes: log in, get a token, send it with calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import Login
from smsbridge.auth.token import (
    Token,
    TokenRefused,
    fetch_failure,
    get_token,
    is_usable,
    no_token,
    token_of,
)
from smsbridge.http.challenges import is_foreign
from smsbridge.http.exchange import Broken, Exchange, Response
from smsbridge.mapping.codec import SoapFault
from smsbridge.mapping.path import STATUS
from smsbridge.mapping.recipient_rows import rows_of
from smsbridge.mapping.request import add_headers, read_answer
from smsbridge.mapping.route import address
from smsbridge.mapping.template import render_all
from smsbridge.mapping.words import SPEAKING, with_status, word_at

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make
    from smsbridge.mapping.words import When

_OK = (200, 201)
_UNAUTHORIZED = 401
_REFUSING = (401, 403)


def carry_after_login(
    auth: Login, make: Make, credentials: Credentials, site: Site, session: Session
) -> Exchange[Response]:
    """Send the request with a token, and once more with a new token if the first was refused.

    The repeat is safe: the first request was refused. A second refusal is final.
    """
    yield from make({"token": "1"})  # a message that can't be sent is refused before the login

    def fetch(share: str) -> Exchange[Token]:
        return _fetch(auth, credentials, site, session, share)

    def make_with(token: Token) -> Make:
        return lambda more: make({**more, "token": token.text})

    token = yield from get_token(session, fetch)
    response = yield from auth.auth.carry(make_with(token), credentials, site, session)
    if _refusal(auth, response, site, session) is not None:
        token = yield from get_token(session, fetch, refused=token)
        response = yield from auth.auth.carry(make_with(token), credentials, site, session)
        word = _refusal(auth, response, site, session)
        if word is not None and response.status != _UNAUTHORIZED:
            why = "the token was refused, and so was a new one"
            raise TokenRefused(word, why=why, known=[word for _, word in auth.refused.pairs()])
    return response


def _refusal(auth: Login, response: Response, site: Site, session: Session) -> str | None:
    """Return the word with which an answer refuses the token, or None."""
    foreign = is_foreign(response, auth.scheme)
    if response.status == _UNAUTHORIZED:
        return None if foreign else str(_UNAUTHORIZED)
    if foreign and auth.refused.match.keys() <= {STATUS}:
        return None  # a status alone may be a proxy's, after the message was taken
    words: list[Mapping[str, Any]] = []
    for call, taken in auth.calls if auth.refused.match else ():
        looked_for: dict[str, list[str]] = {}
        for path, word in (*taken.pairs(), *auth.refused.pairs()):
            looked_for.setdefault(path, []).append(word)
        codec = auth.formats.get(call, auth.codec)
        said = read_answer(codec, call, response, site, session, looked_for)
        if isinstance(said, str) and STATUS not in auth.refused.match:
            continue
        if response.status not in SPEAKING and not isinstance(said, SoapFault):
            return None  # an error of a gateway proves nothing
        if not isinstance(said, str) and _is_any_taken(auth, call, taken, said):
            return None  # whatever else it says: a message that was taken is never sent again
        words.append(with_status({} if isinstance(said, str) else said, response))
    refusing = (one for one in words if auth.refused.holds(one))
    found = (word_at(one, next(iter(auth.refused.match))) for one in refusing)
    return next((word or "" for word in found), None)


def _is_any_taken(auth: Login, call: str, taken: When, said: Mapping[str, Any]) -> bool:
    """Return whether an answer, or the row of a recipient, has any of a mark of success."""
    rows = rows_of(auth.lists[call], said) if call in auth.lists else []
    return any(map(taken.holds_any, (said, *rows)))


def _fetch(
    auth: Login, credentials: Credentials, site: Site, session: Session, share: str
) -> Exchange[Token]:
    fields = render_all(auth.login, credentials)
    call = address(auth.call, credentials)
    request = yield from auth.codec.encode(site, session, call, fields)
    try:
        response = yield add_headers(request, auth.headers, credentials, share)
    except Broken as broken:
        raise fetch_failure(broken) from None
    said = read_answer(auth.codec, auth.call, response, site, session, auth.rejected)
    words = with_status({} if isinstance(said, str) else said, response)
    for path, reasons in auth.rejected.items():
        word = word_at(words, path)
        if word is not None and word in reasons:
            raise TokenRefused(word, reasons[word], known=reasons.keys())
    if response.status in _REFUSING:
        raise TokenRefused(str(response.status))
    found = word_at(words, auth.token)
    for path, reasons in auth.rejected.items() if found is None else ():
        word = word_at(words, path)
        if word is not None and "*" in reasons:
            raise TokenRefused(word, reasons["*"])
    if response.status not in _OK or found is None or not is_usable(found):
        raise no_token(response, said if isinstance(said, str) else "it has no token", session)
    lifetime = auth.lifetime
    seconds = word_at(words, lifetime) if isinstance(lifetime, str) else lifetime
    return token_of(found, seconds, session.monotonic())
