"""The provider takes a token that is signed with the key of the config, and says what it must."""

from __future__ import annotations

from dataclasses import replace

import jwt

from smsbridge.testing.mock.provider import Provider

from support.blocks import REST_SEND, rest, sent
from support.each import each

SECRET = "s" * 64
HEAD = f"""
[auth]
type = "jwt"
key = "{SECRET}"
account = "A-1"
claims = {{ sub = "{{account}}" }}
"""
GOOD = {"iat": 1, "exp": 2, "sub": "A-1"}


@each(
    ("claims", "key", "arrives"),
    [
        (GOOD, SECRET, True),
        (GOOD | {"more": 1}, SECRET, True),
        (GOOD, "x" * 64, False),
        (GOOD | {"sub": "A-2"}, SECRET, False),
        ({"sub": "A-1"}, SECRET, False),
    ],
)
def test_a_token_of_any_client_is_taken_if_it_is_right(
    claims: dict[str, object], key: str, *, arrives: bool
) -> None:
    provider = Provider(rest(HEAD + REST_SEND))
    request = sent(provider.backend)
    headers = {**request.headers, "Authorization": f"Bearer {jwt.encode(claims, key)}"}
    provider.handle(replace(request, headers=headers))
    assert len(provider.messages) == arrives


def test_our_own_is_taken_and_none_is_not() -> None:
    provider = Provider(rest(HEAD + REST_SEND))
    request = sent(provider.backend)
    provider.handle(request)
    assert len(provider.messages) == 1
    provider.handle(replace(request, headers={"Content-Type": "application/json"}))
    assert len(provider.messages) == 1
