"""Who we are, by a conversation: OAuth2 client credentials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from smsbridge.auth import with_header
from smsbridge.codecs import Unreadable
from smsbridge.codecs.rest import FORM, JSON, parse_json
from smsbridge.exchange import Broken, Exchange, Left, Request, Response

if TYPE_CHECKING:
    from smsbridge.auth import Credentials
    from smsbridge.exchange import Session
    from smsbridge.site import Site

_KEPT = "token"
_UNAUTHORIZED = 401
_OK = 200


class TokenRefused(Exception):
    """The token endpoint refused the credentials; ``code`` is its own word (RFC 6749 §5.2)."""

    def __init__(self, code: str) -> None:
        """Create the error; see the class for the argument."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """A token, until when it is valid, and when it is time for a new one (monotonic seconds)."""

    text: str = field(repr=False)
    valid_until: float
    renew_at: float


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth2 client credentials (RFC 6749 §4.4): both in the form body, the token as Bearer."""

    token: str
    client_id: str
    client_secret: str

    @property
    def credentials(self) -> tuple[str, ...]:
        """The two config keys."""
        return (self.client_id, self.client_secret)

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        """Return nothing: it is a header."""
        return {}

    def carry(
        self, request: Request, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with a token; after a 401, once more with a new one.

        The repeat is safe: the first request was refused. A 403 is final.
        """
        token = yield from self._token(credentials, site, session)
        response = yield _bearing(request, token)
        if response.status == _UNAUTHORIZED:
            token = yield from self._token(credentials, site, session, refused=token)
            response = yield _bearing(request, token)
        return response

    def presented(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Tell whether a Bearer token is there."""
        return request.header("authorization").startswith("Bearer ")

    def valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        _credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Tell whether the token is one of those given out."""
        return request.header("authorization").removeprefix("Bearer ") in tokens

    def form(self, credentials: Credentials) -> dict[str, str]:
        """Return the fields of the token call."""
        return {
            "grant_type": "client_credentials",
            "client_id": credentials[self.client_id],
            "client_secret": credentials[self.client_secret],
        }

    def _token(
        self, credentials: Credentials, site: Site, session: Session, refused: Token | None = None
    ) -> Exchange[Token]:
        share = session.share(_KEPT)
        held: Token | None = session.kept.get(_KEPT)
        if held is not None and refused is not None and held.text == refused.text:
            held = session.kept[_KEPT] = None
        now = session.monotonic()
        if held is not None and now < held.renew_at:
            return held
        try:
            return (yield from self._fetch(credentials, site, session, share))
        except Broken:
            if held is None or now >= held.valid_until:
                raise
            return held
        finally:
            session.turn(share)

    def _fetch(
        self, credentials: Credentials, site: Site, session: Session, share: str
    ) -> Exchange[Token]:
        method, _, path = self.token.partition(" ")
        call = Request(
            method=method,
            url=site.checked(site.url.rstrip("/") + path),
            headers={"Content-Type": FORM, "Accept": JSON},
            body=urlencode(self.form(credentials)).encode(),
            share=share,
        )
        try:
            response = yield call
        except Broken as broken:
            why = f"the token call failed: {broken.why}"
            raise Broken(Left.NOTHING, why, retry=broken.retry) from None
        token = _read_token(response, session.monotonic())
        session.hidden.append(token.text)
        if session.share(_KEPT) == share:
            session.kept[_KEPT] = token
        return token


_REFUSALS = ("invalid_client", "unauthorized_client")
_REFUSING = (400, 401)
_LIFETIME = 300.0  # seconds, where the answer names none (RFC 6749 §5.1 only recommends it)
_SHORTEST, _LONGEST = 30.0, 86_400.0
_MARGIN = 30.0


def _read_token(response: Response, now: float) -> Token:
    try:
        answer = parse_json(response.body)
    except Unreadable as error:
        raise _failed(response, str(error)) from None
    code = answer.get("error")
    if response.status in _REFUSING and code in _REFUSALS:
        raise TokenRefused(code)
    text = answer.get("access_token")
    if (
        response.status != _OK
        or not isinstance(text, str)
        or not text.isascii()
        or not text.isprintable()
        or not text
    ):
        raise _failed(response, "it has no token")
    lifetime = _lifetime(answer.get("expires_in"))
    margin = min(_MARGIN, lifetime / 5)
    return Token(text, valid_until=now + lifetime, renew_at=now + lifetime - margin)


def _failed(response: Response, why: str) -> Broken:
    redirected = 300 <= response.status < 400  # noqa: PLR2004  (HTTP's redirects)
    why = f"the token call got HTTP {response.status}: {why}"
    return Broken(Left.NOTHING, why, retry=not redirected)


def _lifetime(said: object) -> float:
    try:
        seconds = float(said)  # type: ignore[arg-type]  # what is no number raises, as it should
    except (TypeError, ValueError):
        return _LIFETIME
    except OverflowError:
        return _LONGEST
    return min(max(seconds, _SHORTEST), _LONGEST) if seconds == seconds else _LIFETIME  # noqa: PLR0124  (NaN)


def _bearing(request: Request, token: Token) -> Request:
    return with_header(request, "Authorization", f"Bearer {token.text}")
