"""A token that is signed for each call: what it says, how long, and with which key."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from smsbridge import ConfigError
from smsbridge.auth.json_web_token import JsonWebToken, stand_in

from support.blocks import MESSAGE, NOW, REST_SEND, rest, sent, session
from support.each import each

SECRET = "s" * 64
PRIVATE = rsa.generate_private_key(65537, 2048)
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
HEAD = 'auth = {{ type = "jwt", key = {{ env = "KEY" }}, algorithm = "{}", account = "A-1", {} }}\n'


def block(algorithm: str, key: str, more: str = 'claims = { sub = "{account}" }') -> Any:
    return rest(HEAD.format(algorithm, more) + REST_SEND, KEY=key)


@each(("algorithm", "key", "public"), [("HS256", SECRET, SECRET), ("RS256", PEM, PUBLIC)])
def test_each_call_has_a_token_with_its_claims(algorithm: str, key: str, public: Any) -> None:
    header = sent(block(algorithm, key)).header("authorization")
    scheme, _, token = header.partition(" ")
    said = jwt.decode(token, public, algorithms=[algorithm], options={"verify_iat": False})
    now = int(NOW.timestamp())
    assert (scheme, said["sub"]) == ("Bearer", "A-1")
    assert (said["iat"], said["exp"], len(said["jti"])) == (now, now + 300, 36)


def test_a_token_is_hidden_from_errors() -> None:
    kept = session()
    request = next(block("HS256", SECRET).send(MESSAGE, kept))
    assert list(kept.hidden) == [request.header("authorization").removeprefix("Bearer ")]


@each(
    ("algorithm", "key", "more", "why"),
    [
        ("RS256", SECRET, "", "key: it can't sign with RS256"),
        ("HS257", SECRET, "", "auth.algorithm: there is no 'HS257'; did you mean"),
        ("HS256", SECRET, "seconds = 0", "auth.seconds: give seconds, above 0"),
        ("HS256", SECRET, 'claims = { a = "{b}" }', "auth.claims.a: there is no value {b}"),
    ],
)
def test_what_can_not_be_signed_is_refused_before_anything_leaves(
    algorithm: str, key: str, more: str, why: str
) -> None:
    used = more or 'claims = { sub = "{account}" }'
    with pytest.raises(ConfigError) as refused:
        sent(block(algorithm, key, used))
    assert str(refused.value).startswith(why)


@each("algorithm", ["HS512", "RS256", "ES256"])
@pytest.mark.filterwarnings("error")
def test_a_key_that_stands_in_for_a_secret_one_signs(algorithm: str) -> None:
    auth = JsonWebToken("key", algorithm)
    key = stand_in(auth, "key", "KEY-MASKED")
    assert auth.sign({"sub": "A-1"}, {"key": key})
    assert stand_in(auth, "account", "ACCOUNT-MASKED") == "ACCOUNT-MASKED"
