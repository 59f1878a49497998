"""What the name of a field says about its value: that it is a secret, or a phone number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from smsbridge.mapping.discretion import SECRETIVE

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PUBLIC = re.compile(
    r"keywords?|token_?type|authors?|public_?key|key_?id|key_?name|session_?count|tokens_?left",
    re.IGNORECASE,
)
_SECRET_WORD = re.compile(
    "pwd|pin|otp|jwt|bearer|signature|sign|hash|hmac|digest|sid"
    "|user|username|login|account|email|client_id"
)
_PROTOCOL_HEADERS = frozenset(("idempotency-key", "www-authenticate", "sec-websocket-key"))
_PHONE_WORD = re.compile(
    "recipients?|to|from|sender|phones?|mobile|msisdn|numbers?|da|oa|tel|telephone|cell|handset"
    "|destinations?|dest|originator|subscriber|caller|callee"
)
_TEXT_NAME = re.compile("message|text|body|msg|content|sms|smstext", re.IGNORECASE)
_NAMED_IN_TEXT = (
    re.compile(
        r"""form-data;\s*name="(?P<name>[^"\r\n]{1,200})"[^\r\n]{0,300}"""
        r"""(?:\r?\n[^\r\n]{1,300}){0,5}\r?\n\r?\n(?P<value>[^\r\n]+)""",
        re.IGNORECASE,
    ),  # a part of a multipart form
    re.compile(r"<(?:[\w.-]+:)?(?P<name>[\w.-]+)(?:\s[^<>]*)?>(?P<value>[^<>]+)</"),
    re.compile(r"""(?<![\w.-])(?P<name>[\w.-]{1,200})\s{0,9}=\s{0,9}["'](?P<value>[^"'<>]+)["']"""),
    re.compile(r"""["'](?P<name>[\w.-]+)["']\s*:\s*["'](?P<value>[^"']+)["']"""),
    re.compile(r"(?:^|[?&\s;])(?P<name>[\w.-]+)=(?P<value>[^&\s\"'<>;]+)"),
)
_USER_IN_URL = re.compile(r"://(?P<user>[^\s/?#:@\"'<>]+)(?::(?P<password>[^\s/?#@\"'<>]+))?@")
_JWT = re.compile(r"(?<![\w.-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*")
_COOKIE = re.compile(r"(?:^|[;,])\s*(?P<name>[^=;,\s]+)=\"?(?P<value>[^;,\s\"]+)")


def is_secretive(name: str) -> bool:
    """Return whether a field of that name has a secret, or says who somebody is."""
    if _PUBLIC.fullmatch(name):
        return False
    return bool(SECRETIVE.search(name)) or any(map(_SECRET_WORD.fullmatch, _words(name)))


def is_secret_header(name: str) -> bool:
    """Return whether a header of that name carries a credential."""
    return bool(SECRETIVE.search(name)) and name.lower() not in _PROTOCOL_HEADERS


def is_phone(name: str) -> bool:
    """Return whether a field of that name has a phone number."""
    return any(map(_PHONE_WORD.fullmatch, _words(name)))


def is_text(name: str) -> bool:
    """Return whether a field of that name has the text of a message."""
    return bool(_TEXT_NAME.fullmatch(name))


def placeholder_name(name: str) -> str:
    """Return the name of a placeholder for a field: small letters, digits and _."""
    words = "_".join(_WORD.findall(name)).lower()
    if words in ("access_token", "id_token", "jwt", "bearer"):
        return "token"
    return words if re.match("[a-z]", words) else f"secret_{words}".rstrip("_")


def named_values(value: Any, name: str = "") -> Iterator[tuple[str, str | int | float]]:
    """Yield each text and number in a value with the name that it has; of lists that of the list.

    What a text holds as JSON, XML or a form is named too, and who is named in a URL, and a JSON Web
    Token anywhere.
    """
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from named_values(part, str(key))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from named_values(part, name)
    elif isinstance(value, str):
        yield name, value
        for pattern in _NAMED_IN_TEXT:
            for found in pattern.finditer(value):
                yield found["name"], found["value"].strip()
        yield from _private_forms(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def _private_forms(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is private in a text by its form: who is named in a URL, a JSON Web Token."""
    for found in _USER_IN_URL.finditer(text):
        yield from ((key, word) for key, word in found.groupdict().items() if word)
    for found in _JWT.finditer(text):
        yield "token", found[0]


def named_steps(path: str) -> Iterator[tuple[str, str]]:
    """Yield each step of a path after a word, which may name it: ``/token/7f3a``."""
    for name, step in pairwise(unquote(one) for one in path.split("/") if one):
        if name.isalpha() and name.islower():
            yield name, step


def cookies(header: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each cookie, and of each attribute, in a header."""
    for found in _COOKIE.finditer(header):
        yield found["name"], found["value"]


def keys_of(value: Any) -> Iterator[str]:
    """Yield each key in a value: a provider may answer with an object of numbers."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from keys_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from keys_of(part)


def _words(name: str) -> set[str]:
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = (f"{one}_{two}" for one, two in pairwise(words))
    return {*words, *pairs}
