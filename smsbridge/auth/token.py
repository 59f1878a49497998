"""A token that a session keeps: fetched once, renewed in time, renewed once when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING

from smsbridge.errors import Reason
from smsbridge.http.exchange import Broken, Exchange, Left, is_header

if TYPE_CHECKING:
    from smsbridge.http.exchange import Response, Session

_KEPT = "token"
_LIFETIME = 300.0  # seconds, where the answer names none (RFC 6749 §5.1 only recommends it)
_SHORTEST, _LONGEST = 30.0, 86_400.0
_MARGIN = 30.0


class TokenRefused(Exception):
    """The token call was refused because of the credentials.

    ``code`` is the provider's own word, which may be anything; ``known`` are the words that a table
    or a standard names. ``why`` explains more, without that word; it may be empty.
    """

    def __init__(
        self,
        code: str,
        reason: Reason = Reason.AUTHENTICATION,
        why: str = "",
        known: Collection[str] = (),
    ) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why or "the token call was refused")
        self.code = code
        self.reason = reason
        self.why = why
        self.known = known


@dataclass(frozen=True, slots=True)
class Token:
    """A token, until when it is valid, and when it is time for a new one (monotonic seconds)."""

    text: str = field(repr=False)
    valid_until: float
    renew_at: float


def token_of(text: str, said: object, now: float) -> Token:
    """Return a token with the answer's lifetime, kept within 30 s and a day; 300 s without one."""
    lifetime = _lifetime(said)
    margin = min(_MARGIN, lifetime / 5)
    return Token(text, valid_until=now + lifetime, renew_at=now + lifetime - margin)


def get_token(
    session: Session, fetch: Callable[[str], Exchange[Token]], refused: Token | None = None
) -> Exchange[Token]:
    """Return the session's token; ``fetch`` gets a new one, given the share of its call.

    ``refused`` is the token that was refused: another caller may have renewed it meanwhile.
    """
    share = session.share(_KEPT)
    held: Token | None = session.kept.get(_KEPT)
    if held is not None and refused is not None and held.text == refused.text:
        held = session.kept[_KEPT] = None
    now = session.monotonic()
    if held is not None and now < held.renew_at:
        return held
    try:
        token = yield from fetch(share)
        session.hidden.append(token.text)
        if session.share(_KEPT) == share:
            session.kept[_KEPT] = token
    except Broken:
        if held is None or now >= held.valid_until:
            raise
        return held
    finally:
        session.turn(share)
    return token


def fetch_failure(error: Broken) -> Broken:
    """Return the error for a broken token call: nothing of the message had left."""
    why = f"the token call failed: {error.why}"
    return Broken(Left.NOTHING, why, retry=error.retry, retry_after=error.retry_after)


def no_token(response: Response, why: str, session: Session, *, retry: bool = True) -> Broken:
    """Return the error for an answer without a token; a repeat after a redirect would fail too."""
    wait = response.retry_after(session.now())
    redirected = 300 <= response.status < 400  # noqa: PLR2004  (HTTP's redirects)
    why = f"the token call got HTTP {response.status}: {why}"
    return Broken(Left.NOTHING, why, retry=retry and not redirected, retry_after=wait)


def is_usable(text: object) -> bool:
    """Return whether a text can be a token: it goes into headers and fields."""
    return isinstance(text, str) and text != "" and is_header(text)


def _lifetime(said: object) -> float:
    try:
        seconds = float(said)  # type: ignore[arg-type]  # what is not a number raises, as it should
    except (TypeError, ValueError):
        return _LIFETIME
    except OverflowError:
        return _LONGEST
    return _LIFETIME if isnan(seconds) else min(max(seconds, _SHORTEST), _LONGEST)
