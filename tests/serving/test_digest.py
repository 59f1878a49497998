"""HTTP Digest as the provider speaks it: what clients write is checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import requests.auth
from yarl import URL

from smsbridge.http.exchange import Request
from smsbridge.serving import provider_auth
from smsbridge.serving.digest import REALM

from support.digests import (
    ALGORITHMS,
    BOTH,
    DIGEST,
    SEND,
    SITE,
    by_urllib,
    carry,
    challenged,
    refusal,
)
from support.each import each

# The provider's side, and other clients against it.


def by_requests(challenge: dict[str, str], both: dict[str, str] = BOTH) -> str:
    auth: Any = requests.auth.HTTPDigestAuth(both["user"], both["password"])
    auth.init_per_thread_state()
    auth._thread_local.chal = challenge  # noqa: SLF001  (requests has no other way in)
    return str(auth.build_digest_header("POST", SEND.url))


def by_aiohttp(challenge: dict[str, str]) -> str:
    auth = aiohttp.DigestAuthMiddleware(BOTH["user"], BOTH["password"])
    auth._challenge = dict(challenge)  # type: ignore[assignment]  # noqa: SLF001  (a typed dict; aiohttp has no other way in)
    url = URL(SEND.url, encoded=True)
    return asyncio.run(auth._encode("POST", url, b""))  # noqa: SLF001  (the same)


def by_us(challenge: dict[str, str]) -> str:
    exchange = carry()
    next(exchange)
    written = ", ".join(f'{name}="{value}"' for name, value in challenge.items())
    return exchange.send(refusal(f"Digest {written}")).header("authorization")


CLIENTS = [
    *((algorithm, client) for algorithm in ALGORITHMS for client in (by_us, by_aiohttp)),
    *((algorithm, by_requests) for algorithm in ALGORITHMS[:3]),
    ("MD5", by_urllib),
]


@each(("algorithm", "client"), CLIENTS)
def test_what_other_clients_write_is_valid_and_nothing_else_is(
    algorithm: str, client: Callable[[dict[str, str]], str]
) -> None:
    header = client(challenged(algorithm, "t-1"))
    signed = replace(SEND, headers={"Authorization": header})

    def valid(request: Request = signed, both: dict[str, str] = BOTH, token: str = "t-1") -> bool:
        return provider_auth(DIGEST).is_valid(request, {}, both, (token,))

    assert provider_auth(DIGEST).is_used(signed, {})
    assert valid()
    assert not valid(token="t-2")
    assert not valid(both={**BOTH, "password": "other"})
    assert not valid(both={**BOTH, "user": "other"})
    assert not valid(both={})
    assert not valid(replace(signed, method="GET"))
    assert not valid(replace(signed, url="https://sms.example/other"))
    for before, after in [
        ('username="Mufasa"', 'username="mufasa"'),
        ("Digest", "Other"),
        ("response=", "other="),
        ("uri=", "other="),
        ("cnonce=", "other="),
        ("nc=", "other="),
        ("auth", "auth-int"),
        (REALM, "other"),
        (algorithm, "SHA-512-256"),
    ]:
        wrong = header.replace(before, after)
        assert wrong != header or before == algorithm
        assert wrong == header or not valid(replace(signed, headers={"Authorization": wrong}))


@each("user", ["Mufasa", "Jäsøn Doe", 'a"b\\c', "a\r\nb"])
@each("more", ["", ", userhash=true"])
def test_the_two_sides_understand_each_other(user: str, more: str) -> None:
    both = {"user": user, "password": "ü"}
    exchange = carry(both=both)
    question = provider_auth(DIGEST).answer(next(exchange), both, SITE, lambda name: f"{name}-1")
    assert question is not None
    assert question.status == 401
    header = question.header("www-authenticate") + more
    sent = exchange.send(refusal(header))
    assert provider_auth(DIGEST).answer(sent, both, SITE, str) is None
    assert provider_auth(DIGEST).is_valid(sent, {}, both, ["token-1"])
    assert not provider_auth(DIGEST).is_valid(sent, {}, {**both, "user": "other"}, ["token-1"])


def test_a_nonce_that_nobody_remembers_is_replaced() -> None:
    auth = provider_auth(DIGEST)
    signed = replace(SEND, headers={"Authorization": by_us(challenged("MD5", "t-1"))})
    again = auth.renew(signed, ["t-2"], lambda _: "t-3")
    assert again is not None
    said = again.header("www-authenticate")
    assert (again.status, 'nonce="t-3"' in said, "stale=true" in said) == (401, True, True)
    assert "algorithm=MD5" in said
    assert auth.renew(signed, ["t-1"], str) is None
    assert auth.renew(SEND, ["t-1"], str) is None


def test_a_name_in_raw_utf_8_is_understood_as_a_server_reads_it() -> None:
    both = {"user": "Jäsøn", "password": "ü"}
    written = by_requests(challenged("MD5", "t-1"), both)
    for header in (written, written.encode().decode("latin-1")):
        request = replace(SEND, headers={"Authorization": header})
        assert provider_auth(DIGEST).is_valid(request, {}, both, ["t-1"])


def test_a_request_without_the_header_is_not_signed() -> None:
    assert not provider_auth(DIGEST).is_used(SEND, {})
    assert not provider_auth(DIGEST).is_valid(SEND, {}, BOTH, ())
