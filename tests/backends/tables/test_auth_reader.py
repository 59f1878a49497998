"""A table ``auth`` as an auth with its credentials; its mistakes, by line: test_table_reader.py."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from smsbridge import Basic, ClientCredentials, Fields
from smsbridge.auth.schemes import Digest, UsernameToken
from smsbridge.backends.tables.auth_reader import is_public, read_auth
from smsbridge.backends.tables.block import Block
from smsbridge.mapping.auth import Auth

from support.each import each


@each(
    ("text", "auth", "credentials"),
    [
        ("", Fields(), {}),
        ('auth.type = "none"', Fields(), {}),
        (
            'auth = { type = "fields", fields = { k = "{key}", v = 2 }, key = "x" }',
            Fields({"k": "{key}", "v": 2}),
            {"key": "x"},
        ),
        (
            'auth = { type = "fields", fields.a.b = { md5 = "{u}{p}" }, u = "x", p.env = "P" }',
            Fields({"a.b": {"md5": "{u}{p}"}}),
            {"u": "x", "p": {"env": "P"}},
        ),
        (
            'auth = { type = "headers", headers = { X-Key = "k {key}" }, key = "x" }',
            Fields({}, {"X-Key": "k {key}"}),
            {"key": "x"},
        ),
        (
            'auth = { type = "basic", username = "u", password = "p" }',
            Basic("username", "password"),
            {"username": "u", "password": "p"},
        ),
        (
            'auth = { type = "digest", username = "u", password = "p" }',
            Digest("username", "password"),
            {"username": "u", "password": "p"},
        ),
        (
            'auth = { type = "wsse", username = "u", password = "p" }',
            UsernameToken("username", "password"),
            {"username": "u", "password": "p"},
        ),
        (
            'auth = { type="wsse", username="u", password="p", digest=true, seconds=60 }',
            UsernameToken("username", "password", digest=True, seconds=60),
            {"username": "u", "password": "p"},
        ),
        (
            'auth = { type="oauth2", token_url="/t", client_id="i", client_secret="s" }',
            ClientCredentials("POST /t", "client_id", "client_secret"),
            {"client_id": "i", "client_secret": "s"},
        ),
        (
            (
                'auth = { type="oauth2", token_url="https://id.example/t", client_id="i", '
                'client_secret="s", scope="a b", basic=true }'
            ),
            ClientCredentials(
                "POST https://id.example/t", "client_id", "client_secret", scope="a b", basic=True
            ),
            {"client_id": "i", "client_secret": "s"},
        ),
    ],
)
def test_an_auth_has_a_type_and_credentials(
    text: str, auth: Auth, credentials: Mapping[str, Any]
) -> None:
    table = tomllib.loads(text).get("auth", {})
    assert read_auth(Block(table, ("auth",)), soap=True) == (auth, credentials)


def test_the_name_of_who_we_are_is_no_secret() -> None:
    names = ("username", "client_id", "password", "client_secret", "api_key")
    assert [name for name in names if is_public(name)] == ["username", "client_id"]
