"""Checks a webhook's signature before the body is read, and writes one where we play a provider."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from smsbridge.errors import ConfigError, WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.mapping.filters import text
from smsbridge.mapping.template import names, render, split
from smsbridge.mapping.template_check import trouble
from smsbridge.text.frames import forget_locals
from smsbridge.text.hmac_text import ALGORITHMS, FORMS, hmac_text
from smsbridge.text.secrets import Secret, same
from smsbridge.text.suggest import nearest

SECRET = "secret"  # noqa: S105  (the name of a value)
_OF_A_REQUEST = ("url", "address", "method", "body", "timestamp", "nonce", "form", "query")
_SORTED = ("form", "query")
_PARTS = ("key", "from", "of", "as")
_KEYS = ("text", "base64")
_HEX = "hex"
_SECONDS = re.compile("[0-9]{1,12}")
_REFUSED = 401
_MOST_FIELDS = 1000
_MOST_SIGNATURES = 8
_BY_DEFAULT = {"hmac-sha256": {"key": "{secret}", "of": "{timestamp}.{body}", "as": "hex"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a provider signs: a header, and what is in it.

    ``value``: a template, such as a shared word, an HMAC, ``{"hmac-sha1": {"key": …, "of": …, "as":
    "hex"}}`` (or ``base64``, ``base64url``), or a list of these, one after the other: ``["v1=",
    …]``. ``key`` names a credential of the backend, or ``{secret}``, one of those that the receiver
    is given; with ``"from": "base64"`` it is in base64, after ``whsec_`` if present, as Standard
    Webhooks has it. ``of`` is made of ``{url}``, ``{address}`` (the URL without its query),
    ``{method}``, ``{body}``, ``{timestamp}``, ``{nonce}``, and ``{form|sorted}`` or
    ``{query|sorted}``: names and values, sorted, without anything between. By default it is
    HMAC-SHA256 of timestamp, ``.`` and the raw body, in hex.

    ``rotating``: the header of a second signature, by the next secret, while the secret is rotated.
    If that is the same header, it holds both, separated by a blank, as in Standard Webhooks.
    ``timestamp``: the header with the Unix time, which may be ``seconds`` off our clock. ``nonce``:
    the header of a word that goes into it.

    >>> from smsbridge.webhooks.signatures import Signature
    >>> Signature(header="X-Signature", timestamp="X-Timestamp").seconds
    300
    """

    header: str
    value: Any = field(default_factory=lambda: _BY_DEFAULT)
    timestamp: str = ""
    nonce: str = ""
    rotating: str = ""
    seconds: int = 300

    def __post_init__(self) -> None:
        """Refuse an expression that could not be computed; raises `ConfigError`."""
        if not isinstance(self.header, str) or not self.header:
            _fail("give the name of the header", "header")
        for part in self.parts:
            algorithm, of = hmac_of(part)
            if algorithm:
                self._check_hmac(algorithm, of)
            elif why := trouble(part):
                _fail(why, "value")

    def _check_hmac(self, algorithm: str, parts: Mapping[str, Any]) -> None:
        if not {"key", "of"} <= parts.keys() <= set(_PARTS):
            _fail(f"{algorithm} has {', '.join(_PARTS)}", "value")
        if (form := parts.get("as", _HEX)) not in FORMS:
            _fail(f"as: there is no {form!r}; {nearest(str(form), FORMS)}", "value")
        if (key := parts.get("from", _KEYS[0])) not in _KEYS:
            _fail(f"from: there is no {key!r}; {nearest(str(key), _KEYS)}", "value")
        if why := trouble(parts["key"]):
            _fail(f"key: {why}", "value")
        self._check_of(parts["of"])

    def _check_of(self, of: Any) -> None:
        if not isinstance(of, str):
            _fail("of: give text with values in it", "value")
        for place in split(of)[1]:
            wanted = "|sorted" if place[1] in _SORTED else ""
            if place[1] not in _OF_A_REQUEST or place[2] != wanted:
                known = (f"{{{one}{'|sorted' * (one in _SORTED)}}}" for one in _OF_A_REQUEST)
                _fail(f"of: {place[0]} is not one of {', '.join(known)}", "value")
            if place[1] in ("timestamp", "nonce") and not getattr(self, place[1]):
                _fail(f"give the header of {place[0]}", place[1])

    @property
    def parts(self) -> Sequence[Any]:
        """The parts of the value, one after the other."""
        return self.value if isinstance(self.value, list | tuple) else (self.value,)

    @property
    def names(self) -> frozenset[str]:
        """The credentials that it needs, and ``secret`` where it needs one of the receiver's."""
        keys = (hmac_of(part)[1].get("key", part) for part in self.parts)
        return frozenset(name for key in keys for name in names(key))

    @property
    def covers(self) -> frozenset[str]:
        """The parts of a request that it is made of."""
        signed = (hmac_of(part)[1].get("of", "") for part in self.parts)
        return frozenset(name for of in signed for name in names(of))

    @property
    def shares_header(self) -> bool:
        """Whether one header holds all signatures, separated by blanks."""
        return self.header.lower() == self.rotating.lower()

    @property
    def ignores_case(self) -> bool:
        """Whether it is in hex."""
        found = [hmac_of(part)[1] for part in self.parts]
        return any(found) and all(of.get("as", _HEX) == _HEX for of in found if of)


def hmac_of(part: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the algorithm and the parts of an HMAC; empty ones for anything else."""
    if isinstance(part, Mapping) and len(part) == 1:
        ((name, of),) = part.items()
        if name in ALGORITHMS and isinstance(of, Mapping):
            return name, of
    return "", {}


def _fail(why: str, key: str) -> None:
    raise ConfigError(f"signed.{key}: {why}", ("signed", key))


@forget_locals
def sign(table: Signature, request: Request, values: Mapping[str, Any]) -> str:
    """Return what the header of a request holds; ``values``: credentials, and ``secret``.

    Raises `ValueError` where a part that is signed can't be read.
    """
    return "".join([_word(table, part, request, values) for part in table.parts])


def _word(table: Signature, part: Any, request: Request, values: Mapping[str, Any]) -> str:
    algorithm, of = hmac_of(part)
    if not algorithm:
        return text(render(part, values) or "")
    key = render(of["key"], values)
    if not key:
        raise ValueError("the key is missing")
    own, places = split(of["of"])
    said = [b"", *(_part(table, request, place[1]) for place in places)]
    found = b"".join(one + after.encode() for one, after in zip(said, own, strict=True))
    return hmac_text(algorithm, _key(text(key), of), found, of.get("as", _HEX))


def _key(given: str, of: Mapping[str, Any]) -> str | bytes:
    """Return a key; raises `ValueError` for one that is not in the base64 that it should be in."""
    if of.get("from") != "base64":
        return given
    return base64.b64decode(given.removeprefix("whsec_"), validate=True)


def _part(table: Signature, request: Request, name: str) -> bytes:
    if name == "body":
        return request.body
    if name in _SORTED:
        said = request.query if name == "query" else request.body.decode()
        pairs = parse_qsl(
            said, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
        return "".join(f"{key}{value}" for key, value in sorted(set(pairs))).encode()
    if name in ("timestamp", "nonce"):
        return _only(request, getattr(table, name)).encode()
    if name == "address":
        return request.url.partition("?")[0].encode()
    return (request.url if name == "url" else request.method).encode()


@forget_locals
def check_signature(
    table: Signature,
    request: Request,
    secrets: Sequence[Secret],
    now: datetime,
    credentials: Mapping[str, str] | None = None,
) -> None:
    """Refuse a request that isn't signed with one of the secrets, or not within the allowed time.

    The body is hashed and not read. ``credentials``: those of the backend. Raises
    `WebhookUntrusted` with the status 401, and nothing else, whatever the headers hold.
    """
    timestamp = _only(request, table.timestamp) if table.timestamp else ""
    if table.timestamp and not _SECONDS.fullmatch(timestamp):
        raise _refusal("the timestamp is missing, or is not a Unix time")
    given = dict(credentials or {})
    several = [{**given, SECRET: one.reveal()} for one in secrets]
    wanted: list[str] = []
    for values in several if SECRET in table.names else [given]:
        with suppress(ValueError):  # of a form that can't be read, which is then not theirs
            said = sign(table, request, values)
            wanted.append(said.lower() if table.ignores_case else said)
    found = list(_signatures(table, request, {len(one) for one in wanted}))
    if not found:
        raise _refusal("the signature is missing, or has another form")
    fits = [same(one, other) for one in wanted for other in found]
    if not any(fits):
        raise _refusal("the signature matches none of the configured secrets")
    if timestamp and abs(now.timestamp() - int(timestamp)) > table.seconds:
        raise _refusal(f"the timestamp is more than {table.seconds} s from this clock")


def _signatures(table: Signature, request: Request, sizes: set[int]) -> Iterator[str]:
    for header in filter(None, (table.header, table.rotating)):
        value = _only(request, header)
        several = value.split(" ")[:_MOST_SIGNATURES] if table.shares_header else [value]
        for one in several:
            if one and len(one) in sizes and one.isascii():
                yield one.lower() if table.ignores_case else one


def _only(request: Request, name: str) -> str:
    """Return the value of a header that is given exactly once, otherwise an empty text."""
    found = [value for key, value in request.headers.items() if key.lower() == name.lower()]
    return found[0].strip(" \t") if len(found) == 1 else ""


def _refusal(why: str) -> WebhookUntrusted:
    return WebhookUntrusted(why, _REFUSED)
