"""The auth of a block of config, read from its table ``auth``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from keyword import iskeyword
from typing import Any

from smsbridge.auth.aws_signature import AwsSignature
from smsbridge.auth.json_web_token import ALGORITHMS, JsonWebToken
from smsbridge.auth.schemes import Basic, ClientCredentials, Digest, Fields, UsernameToken
from smsbridge.backends.tables.block import OPERATIONS, Block
from smsbridge.errors import ConfigError
from smsbridge.http.address import check_address
from smsbridge.mapping.auth import Auth
from smsbridge.mapping.call_values import REQUEST_VALUES, value_names
from smsbridge.text.located import unknown_key
from smsbridge.text.masking import public_name
from smsbridge.text.suggest import nearest

OPEN_SETTINGS = ("fields", "headers")
_BOTH = ("username", "password")
AUTHS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "none": ((), OPEN_SETTINGS),
    "fields": ((), OPEN_SETTINGS),
    "headers": ((), OPEN_SETTINGS),
    "basic": (_BOTH, ()),
    "digest": (_BOTH, ()),
    "wsse": (_BOTH, ("digest", "seconds")),
    "oauth2": (("client_id", "client_secret"), ("token_url", "scope", "basic")),
    "jwt": (("key",), ("algorithm", "claims", "seconds")),
    "aws": (("access_key", "secret_key", "region"), ("service",)),
}
"""The credentials and settings of each type; with open settings, other keys are credentials."""


_MOST_SECONDS = 86_400
_OPEN = ("none", "fields", "headers", "jwt")  # whose other keys are credentials of any name
_PUBLIC = ("username", "client_id", "access_key", "region")
_NAME = re.compile("[a-z_][a-z0-9_]*")
_NAMES = frozenset(REQUEST_VALUES).union(*(value_names(name) for name in OPERATIONS))


def read_auth(block: Block, *, soap: bool) -> tuple[Auth, dict[str, Any]]:
    """Return the auth of a table, and the values of its credentials, by their key."""
    kind = block.values.get("type", "none")
    if not isinstance(kind, str) or kind not in AUTHS:
        block.fail(f"there is no {public_name(str(kind))!r}; {nearest(str(kind), AUTHS)}", "type")
    credentials = _credentials(block, kind)
    return _auth(block, kind, credentials, soap=soap), credentials


def _auth(block: Block, kind: str, credentials: Collection[str], *, soap: bool) -> Auth:
    if kind == "wsse" and not soap:
        block.fail("wsse is WS-Security, which is for SOAP only", "type")
    return _READERS.get(kind, _fields)(block, credentials)


def _fields(block: Block, credentials: Collection[str]) -> Auth:
    return Fields(
        block.templates("fields", credentials), headers=block.headers("headers", credentials)
    )


def _basic(_block: Block, credentials: Collection[str]) -> Auth:
    return Basic("username", "password" if "password" in credentials else "")


def _wsse(block: Block, _credentials: Collection[str]) -> Auth:
    digest = block.of("digest", bool, default=False)
    return UsernameToken(*_BOTH, digest=digest, seconds=_seconds(block))


def _oauth2(block: Block, _credentials: Collection[str]) -> Auth:
    return ClientCredentials(
        f"POST {_token_url(block)}",
        "client_id",
        "client_secret",
        scope=block.of("scope", str, ""),
        basic=block.of("basic", bool, default=False),
    )


def _jwt(block: Block, credentials: Collection[str]) -> Auth:
    algorithm = block.of("algorithm", str, "HS256")
    if algorithm not in ALGORITHMS:
        block.fail(f"there is no {algorithm!r}; {nearest(algorithm, ALGORITHMS)}", "algorithm")
    claims = block.templates("claims", credentials)
    return JsonWebToken("key", algorithm, claims, _seconds(block))


_READERS: Mapping[str, Callable[[Block, Collection[str]], Auth]] = {
    "basic": _basic,
    "digest": lambda _block, _credentials: Digest(*_BOTH),
    "wsse": _wsse,
    "oauth2": _oauth2,
    "jwt": _jwt,
    "aws": lambda block, _credentials: AwsSignature(block.of("service", str)),
}


def _seconds(block: Block) -> int:
    seconds: int = block.of("seconds", int, 300)
    if not 0 < seconds <= _MOST_SECONDS:
        block.fail(f"give seconds, above 0 and up to {_MOST_SECONDS}", "seconds")
    return seconds


def is_public(credential: str) -> bool:
    """Return whether a credential is not secret: a user name or client id."""
    return credential in _PUBLIC


def _credentials(block: Block, kind: str) -> dict[str, Any]:
    needed, settings = AUTHS[kind]
    own = {key: value for key, value in block.values.items() if key != "type"}
    if kind not in _OPEN and (unknown := unknown_key(own, needed + settings)):
        key, hint = unknown
        block.fail(f"not a key of {kind}; {hint}", key)
    if kind == "basic" and own.get("password") is False:
        del own["password"]
        needed = needed[:1]
    for key in needed:
        if key not in own:
            block.fail(f"{key} is missing")
    found = {key: value for key, value in own.items() if key not in settings}
    for key in found:
        if not _NAME.fullmatch(key) or iskeyword(key):
            block.fail("a credential's name has a-z, 0-9 and _, and is not a word of Python", key)
        if key in _NAMES:
            block.fail(f"{{{key}}} is already a value of the call: give another name", key)
    return found


def _token_url(block: Block) -> str:
    url: str = block.of("token_url", str)
    try:
        if not url.startswith("/"):
            check_address("token_url", url)
    except ConfigError:
        why = "give a path, such as /oauth/token, or a whole address without credentials"
        block.fail(why, "token_url")
    return url
