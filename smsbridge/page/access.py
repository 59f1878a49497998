"""Who may look at a page: browsers of its own origin, and elsewhere those that have its token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from smsbridge.http.exchange import Request, Response

_PLAIN = "text/plain; charset=utf-8"
_FORBIDDEN = 403
_SEE_OTHER = 303
_NEEDS = "this page needs the token that its host printed: open it with ?token=… once\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may look. ``foreign`` returns why a request comes from elsewhere, empty if it doesn't.

    ``token``: what a browser has to show once, empty where none is needed. ``secure``: the page is
    served by TLS, so the cookie goes over nothing else.
    """

    foreign: Callable[[Request], str]
    token: str = field(default="", repr=False)
    secure: bool = False

    @property
    def cookie(self) -> str:
        """The name of the cookie: cookies ignore ports, so each token has its own name."""
        return f"smsbridge-page-{hashlib.sha256(self.token.encode()).hexdigest()[:8]}"

    def check(self, request: Request) -> Response | None:
        """Return None to whoever may look; else what to answer."""
        if why := self.foreign(request):
            return _refuse(f"{why}\n")
        if not self.token:
            return None
        pairs = parse_qsl(request.query, keep_blank_values=True)
        given = dict(pairs).get("token")
        if given is None:
            return None if self._has_cookie(request) else _refuse(_NEEDS)
        if request.method not in ("GET", "HEAD") or not self._is_right(given):
            return _refuse(f"that is not the token; {_NEEDS}")
        left = urlencode([pair for pair in pairs if pair[0] != "token"])
        path = request.prefix + urlsplit(request.url).path
        return self._let_in(f"{path}?{left}" if left else path)

    def _let_in(self, where: str) -> Response:
        """Give the cookie, and show the same page without the token in its address."""
        more = "; Secure" if self.secure else ""
        cookie = f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict{more}"
        headers = {"Location": where, "Set-Cookie": cookie, "Cache-Control": "no-store"}
        return Response(status=_SEE_OTHER, headers=headers)

    def _has_cookie(self, request: Request) -> bool:
        try:
            cookies = SimpleCookie(request.header("cookie"))
        except CookieError:
            return False
        found = cookies.get(self.cookie)
        return found is not None and self._is_right(found.value)

    def _is_right(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(errors="replace"), self.token.encode())


def _refuse(why: str) -> Response:
    headers = {"Content-Type": _PLAIN, "Cache-Control": "no-store"}
    return Response(status=_FORBIDDEN, headers=headers, body=why.encode(errors="replace"))
