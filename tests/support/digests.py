"""HTTP Digest, asked for and answered."""

from __future__ import annotations

from collections.abc import Callable
from urllib.request import AbstractDigestAuthHandler, HTTPPasswordMgr
from urllib.request import Request as LibraryRequest

from smsbridge.auth.schemes import Digest
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session
from smsbridge.serving.digest import REALM

SITE = Site(url="https://sms.example")
SEND = Request(method="POST", url="https://sms.example/send?to=%2B1", headers={"A": "b"}, body=b"x")
DIGEST = Digest("user", "password")
BOTH = {"user": "Mufasa", "password": "Circle of Life"}
ALGORITHMS = ("MD5", "MD5-sess", "SHA-256", "SHA-256-sess")


def made(request: Request) -> Callable[[object], Exchange[Request]]:
    def make(_: object) -> Exchange[Request]:
        yield from ()
        return request

    return make


def carry(
    session: Session | None = None, request: Request = SEND, both: dict[str, str] = BOTH
) -> Exchange[Response]:
    return DIGEST.carry(made(request), both, SITE, session or Session())


def refusal(challenge: str) -> Response:
    return Response(status=401, headers={"WWW-Authenticate": challenge})


def challenged(algorithm: str, nonce: str) -> dict[str, str]:
    return {"realm": REALM, "nonce": nonce, "qop": "auth", "algorithm": algorithm}


def by_urllib(challenge: dict[str, str], url: str = SEND.url, both: dict[str, str] = BOTH) -> str:
    passwords = HTTPPasswordMgr()
    passwords.add_password(challenge["realm"], url, both["user"], both["password"])
    handler = AbstractDigestAuthHandler(passwords)
    request = LibraryRequest(url, method="POST")
    return f"Digest {handler.get_authorization(request, challenge)}"
