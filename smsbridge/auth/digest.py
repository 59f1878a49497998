"""Who we are, by HTTP Digest (RFC 7616, and servers of RFC 2617): the password never travels."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from smsbridge.auth.schemes import Pair, with_header
from smsbridge.http.challenges import challenges
from smsbridge.http.exchange import Exchange, Request, Response
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make

REALM = "smsbridge"
"""The realm of the provider's side."""

_UNAUTHORIZED = 401
_MOST_SIGNED = 2  # requests of one call that carry a response
_CNONCE_BYTES = 18
_HASHES: Mapping[str, Callable[[bytes], Any]] = {  # the later is preferred
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}
_BARE = ("algorithm", "qop", "nc", "userhash", "username*")  # RFC 7616 §3.4: never in quotes
_URI = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class _Nonce:
    """A challenge that was taken up: what it said, our own nonce for it, and its next number.

    One cnonce for all its requests: so it does not matter whether a server takes that of the
    first or of each for ``-sess`` (RFC 7616 §3.4.2).
    """

    said: Mapping[str, str]
    cnonce: str
    numbers: Iterator[int]


@dataclass(frozen=True, slots=True)
class Digest(Pair):
    """HTTP Digest authentication (RFC 7616), with the names of two config keys."""

    @property
    def scheme(self) -> str:
        """The HTTP scheme in which a 401 would speak of it."""
        return "digest"

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request, and after a 401 again as its challenge asks.

        The repeat is safe: the first request was refused. The challenge is kept for the next call.
        A second 401 is final, unless it only says that the nonce was too old.
        """
        request = yield from make({})
        name = _kept_as(request)
        kept: _Nonce | None = session.kept.get(name)
        used = kept
        signed = 0
        while True:
            response = yield request if used is None else self._signed(request, used, credentials)
            signed += used is not None
            if response.status != _UNAUTHORIZED:
                return response
            said = best(response.header("www-authenticate"))
            if said is None or (used and not _may_sign_again(said, used, kept, signed)):
                if session.kept.get(name) is used:
                    session.kept.pop(name, None)
                return response
            used = _taken_up(said, session, name)

    def presented(self, request: Request, _fields: Mapping[str, Any]) -> bool:
        """Return whether the header is there."""
        return request.header("authorization").lower().startswith("digest ")

    def valid(
        self,
        request: Request,
        _fields: Mapping[str, Any],
        credentials: Credentials,
        tokens: Collection[str],
    ) -> bool:
        """Return whether the header proves the password, with a nonce that was given out."""
        found = challenges(request.header("authorization"))
        if len(found) != 1 or any(key not in credentials for key in self.credentials):
            return False
        scheme, said = found[0]
        user, password = (credentials[key] for key in self.credentials)
        return (
            scheme == "digest"
            and said.get("nonce") in tokens
            and said.get("realm") == REALM
            and _is_known(said)
            and said.get("qop", "auth") == "auth"
            and ("qop" not in said or {"nc", "cnonce"} <= said.keys())
            and unquote(said.get("uri", "")) == unquote(_target(request))
            and _names(said, user)
            and same(said.get("response", ""), answer_to(said, request.method, user, password))
        )

    def answer(
        self,
        request: Request,
        _credentials: Credentials,
        _site: Site,
        mint: Callable[[str], str],
    ) -> Response | None:
        """Return a 401 with a challenge to a request that has no such header."""
        if self.presented(request, {}):
            return None
        said = f'realm="{REALM}", qop="auth", algorithm=SHA-256, charset=UTF-8'
        challenge = f'Digest {said}, nonce="{mint("token")}"'
        return Response(status=_UNAUTHORIZED, headers={"WWW-Authenticate": challenge})

    def _signed(self, request: Request, used: _Nonce, credentials: Credentials) -> Request:
        user, password = (credentials[key] for key in self.credentials)
        asked = used.said
        said = {**_naming(asked, user), "realm": asked["realm"], "nonce": asked["nonce"]}
        said |= {"uri": _target(request)}
        said |= {name: asked[name] for name in ("algorithm", "opaque") if name in asked}
        if asked.get("qop"):
            said |= {"qop": "auth", "nc": f"{next(used.numbers):08x}"}
        if asked.get("qop") or _is_sess(asked):
            said |= {"cnonce": used.cnonce}
        said |= {"response": answer_to(said, request.method, user, password)}
        written = (f"{n}={value if n in _BARE else _quoted(value)}" for n, value in said.items())
        return with_header(request, "Authorization", f"Digest {', '.join(written)}")


def answer_to(said: Mapping[str, str], method: str, user: str, password: str) -> str:
    """Return the ``response`` to the other parameters of an Authorization (RFC 7616 §3.4.1)."""
    nonce, cnonce = (said.get(name, "") for name in ("nonce", "cnonce"))
    a1 = _hashed(said, user, _text(said.get("realm", "")), password)
    if _is_sess(said):
        a1 = _hashed(said, a1, nonce, cnonce)
    counted = (said.get("nc", ""), cnonce, said["qop"]) if "qop" in said else ()
    return _hashed(said, a1, nonce, *counted, _hashed(said, method, said.get("uri", "")))


def best(header: str) -> Mapping[str, str] | None:
    """Return the parameters of the strongest Digest challenge that we can answer, if any is."""
    usable = [
        said
        for scheme, said in challenges(header)
        if scheme == "digest"
        and "realm" in said
        and said.get("nonce")
        and _is_known(said)
        and "auth" in [word.strip(" \t") for word in (said.get("qop") or "auth").split(",")]
    ]
    order = list(_HASHES)
    return max(usable, key=lambda said: order.index(_algorithm(said)), default=None)


def _may_sign_again(
    said: Mapping[str, str], used: _Nonce, kept: _Nonce | None, signed: int
) -> bool:
    """Return whether the nonce may have been at fault, not the password."""
    renewed = said["nonce"] != used.said["nonce"]
    old = used is kept or said.get("stale", "").lower() == "true"
    return renewed and old and signed < _MOST_SIGNED


def _taken_up(said: Mapping[str, str], session: Session, name: str) -> _Nonce:
    """Return a challenge with its counter, which is that of another thread if it has the same."""
    held: _Nonce | None = session.kept.get(name)
    if held is None or held.said["nonce"] != said["nonce"]:
        cnonce = base64.b64encode(session.random(_CNONCE_BYTES)).decode()
        held = session.kept[name] = _Nonce(said, cnonce, count(1))
    return held


def _kept_as(request: Request) -> str:
    """Return where a challenge is kept: it is for its own host only."""
    parts = urlsplit(request.url)
    return f"digest {parts.scheme}://{parts.netloc}"


def _target(request: Request) -> str:
    """Return path and query as they go on the wire."""
    query = f"?{request.query}" if request.query else ""
    return quote((request.path or "/") + query, safe=_URI)


def _algorithm(said: Mapping[str, str]) -> str:
    return said.get("algorithm", "md5").lower().removesuffix("-sess")


def _is_sess(said: Mapping[str, str]) -> bool:
    return said.get("algorithm", "").lower().endswith("-sess")


def _is_known(said: Mapping[str, str]) -> bool:
    return _algorithm(said) in _HASHES


def _hashed(said: Mapping[str, str], *parts: str) -> str:
    return str(_HASHES[_algorithm(said)](":".join(parts).encode()).hexdigest())


def _naming(said: Mapping[str, str], user: str) -> dict[str, str]:
    """Return the user's name as a header can carry it, always in ASCII (RFC 7616 §3.4, §3.4.4)."""
    if said.get("userhash", "").lower() == "true":
        return {"username": _hashed(said, user, _text(said["realm"])), "userhash": "true"}
    if user.isascii() and user.isprintable():
        return {"username": user}
    return {"username*": f"UTF-8''{quote(user, safe='')}"}


def _names(said: Mapping[str, str], user: str) -> bool:
    """Return whether an Authorization names the user, in any of the ways of RFC 7616 §3.4."""
    if "username*" in said:
        charset, _, rest = said["username*"].partition("'")
        return charset.lower() == "utf-8" and same(unquote(rest.partition("'")[2]), user)
    named = said.get("username", "")
    hashed = said.get("userhash", "").lower() == "true"
    return same(*(named, _naming(said, user)["username"]) if hashed else (_text(named), user))


def _text(said: str) -> str:
    """Return text of a header that is UTF-8; some libraries read all headers as ISO-8859-1."""
    try:
        return said.encode("latin-1").decode()
    except UnicodeError:
        return said


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
