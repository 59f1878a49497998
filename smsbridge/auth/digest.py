"""Authentication by HTTP Digest (RFC 7616, and servers of RFC 2617): the password is never sent."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from smsbridge.auth.schemes import Digest, with_header
from smsbridge.http.challenges import challenges
from smsbridge.http.exchange import Exchange, Request, Response

if TYPE_CHECKING:
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Credentials, Make

_UNAUTHORIZED = 401
_MOST_SIGNED = 2  # how many requests of one call may carry a response
_CNONCE_BYTES = 18
_HASHES: Mapping[str, Callable[[bytes], Any]] = {  # the later is preferred
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}
_BARE = ("algorithm", "qop", "nc", "userhash", "username*")  # RFC 7616 §3.4: never in quotes
_URI = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class _Nonce:
    """A challenge in use: what it said, our cnonce for it, and its next count.

    One cnonce serves all its requests, so it does not matter whether a server uses that of the
    first request or of each for ``-sess`` (RFC 7616 §3.4.2).
    """

    said: Mapping[str, str]
    cnonce: str
    numbers: Iterator[int]


def carry_with_digest(
    auth: Digest, make: Make, credentials: Credentials, session: Session
) -> Exchange[Response]:
    """Send the request, and after a 401 again as its challenge asks.

    The repeat is safe: the first request was refused. The challenge is kept for the next call.
    A second 401 is final, unless it only says that the nonce was too old.
    """
    request = yield from make({})
    name = _store_key(request)
    kept: _Nonce | None = session.kept.get(name)
    used = kept
    signed = 0
    while True:
        response = yield request if used is None else _sign(auth, request, used, credentials)
        signed += used is not None
        if response.status != _UNAUTHORIZED:
            return response
        said = best(response.header("www-authenticate"))
        if said is None or (used and not _may_sign_again(said, used, kept, signed)):
            if session.kept.get(name) is used:
                session.kept.pop(name, None)
            return response
        used = _take_up(said, session, name)


def _sign(auth: Digest, request: Request, used: _Nonce, credentials: Credentials) -> Request:
    user, password = (credentials[key] for key in auth.credentials)
    asked = used.said
    said = {**user_parameters(asked, user), "realm": asked["realm"], "nonce": asked["nonce"]}
    said |= {"uri": target(request)}
    said |= {name: asked[name] for name in ("algorithm", "opaque") if name in asked}
    if asked.get("qop"):
        said |= {"qop": "auth", "nc": f"{next(used.numbers):08x}"}
    if asked.get("qop") or _is_sess(asked):
        said |= {"cnonce": used.cnonce}
    said |= {"response": answer_to(said, request.method, user, password)}
    written = (f"{n}={value if n in _BARE else _quote(value)}" for n, value in said.items())
    return with_header(request, "Authorization", f"Digest {', '.join(written)}")


def answer_to(said: Mapping[str, str], method: str, user: str, password: str) -> str:
    """Return the ``response`` to the other parameters of an Authorization (RFC 7616 §3.4.1)."""
    nonce, cnonce = (said.get(name, "") for name in ("nonce", "cnonce"))
    a1 = _hash(said, user, utf8_text(said.get("realm", "")), password)
    if _is_sess(said):
        a1 = _hash(said, a1, nonce, cnonce)
    counted = (said.get("nc", ""), cnonce, said["qop"]) if "qop" in said else ()
    return _hash(said, a1, nonce, *counted, _hash(said, method, said.get("uri", "")))


def best(header: str) -> Mapping[str, str] | None:
    """Return the parameters of the strongest Digest challenge that we can answer, or None."""
    usable = [
        said
        for scheme, said in challenges(header)
        if scheme == "digest"
        and "realm" in said
        and said.get("nonce")
        and is_known(said)
        and "auth" in [word.strip(" \t") for word in (said.get("qop") or "auth").split(",")]
    ]
    order = list(_HASHES)
    return max(usable, key=lambda said: order.index(_algorithm(said)), default=None)


def _may_sign_again(
    said: Mapping[str, str], used: _Nonce, kept: _Nonce | None, signed: int
) -> bool:
    """Return whether the nonce may have been refused, rather than the password."""
    renewed = said["nonce"] != used.said["nonce"]
    old = used is kept or said.get("stale", "").lower() == "true"
    return renewed and old and signed < _MOST_SIGNED


def _take_up(said: Mapping[str, str], session: Session, name: str) -> _Nonce:
    """Return a challenge and its counter, which all threads with the same challenge share."""
    held: _Nonce | None = session.kept.get(name)
    if held is None or held.said["nonce"] != said["nonce"]:
        cnonce = base64.b64encode(session.random(_CNONCE_BYTES)).decode()
        held = session.kept[name] = _Nonce(said, cnonce, count(1))
    return held


def _store_key(request: Request) -> str:
    """Return the key under which a challenge is kept: it is valid for its own host only."""
    parts = urlsplit(request.url)
    return f"digest {parts.scheme}://{parts.netloc}"


def target(request: Request) -> str:
    """Return path and query as they are sent."""
    query = f"?{request.query}" if request.query else ""
    return quote((request.path or "/") + query, safe=_URI)


def _algorithm(said: Mapping[str, str]) -> str:
    return said.get("algorithm", "md5").lower().removesuffix("-sess")


def _is_sess(said: Mapping[str, str]) -> bool:
    return said.get("algorithm", "").lower().endswith("-sess")


def is_known(said: Mapping[str, str]) -> bool:
    """Return whether we have the hash of a challenge or an answer."""
    return _algorithm(said) in _HASHES


def _hash(said: Mapping[str, str], *parts: str) -> str:
    return str(_HASHES[_algorithm(said)](":".join(parts).encode()).hexdigest())


def user_parameters(said: Mapping[str, str], user: str) -> dict[str, str]:
    """Return the user's name as a header can carry it, always in ASCII (RFC 7616 §3.4, §3.4.4)."""
    if said.get("userhash", "").lower() == "true":
        return {"username": _hash(said, user, utf8_text(said["realm"])), "userhash": "true"}
    if user.isascii() and user.isprintable():
        return {"username": user}
    return {"username*": f"UTF-8''{quote(user, safe='')}"}


def utf8_text(said: str) -> str:
    """Return the text of a UTF-8 header; some libraries read all headers as ISO-8859-1."""
    try:
        return said.encode("latin-1").decode()
    except UnicodeError:
        return said


def _quote(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
