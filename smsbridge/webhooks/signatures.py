"""Checks a webhook's signature before the body is read, and writes one where we play a provider."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from smsbridge.errors import ConfigError, WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.mapping.template import names, render, split
from smsbridge.mapping.template_check import trouble
from smsbridge.text.frames import forget_locals
from smsbridge.text.hmac_text import ALGORITHMS, FORMS, hmac_text
from smsbridge.text.secrets import Secret, same
from smsbridge.text.suggest import nearest

SECRET = "secret"  # noqa: S105  (the name of a value)
_OF_A_REQUEST = ("url", "address", "method", "body", "timestamp", "nonce", "form", "query")
_SORTED = ("form", "query")
_PARTS = ("key", "of", "as")
_SECONDS = re.compile("[0-9]{1,12}")
_REFUSED = 401
_MOST_FIELDS = 1000
_BY_DEFAULT = {"hmac-sha256": {"key": "{secret}", "of": "{timestamp}.{body}", "as": "hex"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a provider signs: a header, and what stands in it.

    ``value``: an HMAC, ``{"hmac-sha1": {"key": …, "of": …, "as": "hex"}}`` (or ``base64``,
    ``base64url``), or a template, such as a shared word. ``key`` names a credential of the backend,
    or ``{secret}``, one of those that the receiver is given. ``of`` is made of ``{url}``,
    ``{address}`` (the URL without its query), ``{method}``, ``{body}``, ``{timestamp}``,
    ``{nonce}``, and ``{form|sorted}`` or ``{query|sorted}``: names and values, sorted, without
    anything between. By default it is HMAC-SHA256 of timestamp, ``.`` and the raw body, in hex.

    ``prefix``: what stands before it. ``rotating``: the header of a second signature, by the next
    secret, while the secret is rotated. ``timestamp``: the header of the Unix seconds, which may be
    ``seconds`` from the clock. ``nonce``: the header of a word that goes into it.

    >>> from smsbridge.webhooks.signatures import Signature
    >>> Signature(header="X-Signature", timestamp="X-Timestamp", prefix="sha256=").seconds
    300
    """

    header: str
    value: Any = field(default_factory=lambda: _BY_DEFAULT)
    timestamp: str = ""
    nonce: str = ""
    rotating: str = ""
    prefix: str = ""
    seconds: int = 300

    def __post_init__(self) -> None:
        """Refuse an expression that could not be computed; raises `ConfigError`."""
        if not isinstance(self.header, str) or not self.header:
            _fail("give the name of the header", "header")
        algorithm, parts = self.hmac()
        if not algorithm:
            if why := trouble(self.value):
                _fail(why, "value")
            return
        if parts.keys() != set(_PARTS):
            _fail(f"{algorithm} has {', '.join(_PARTS)}", "value")
        if parts["as"] not in FORMS:
            _fail(f"as: there is no {parts['as']!r}; {nearest(str(parts['as']), FORMS)}", "value")
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
                _fail(f"of: {place[0]} is none of {', '.join(known)}", "value")
            if place[1] in ("timestamp", "nonce") and not getattr(self, place[1]):
                _fail(f"give the header of {place[0]}", place[1])

    def hmac(self) -> tuple[str, Mapping[str, Any]]:
        """Return the algorithm and the parts of an HMAC; empty ones for another value."""
        if isinstance(self.value, Mapping) and len(self.value) == 1:
            ((name, parts),) = self.value.items()
            if name in ALGORITHMS and isinstance(parts, Mapping):
                return name, parts
        return "", {}

    @property
    def names(self) -> frozenset[str]:
        """The credentials that it needs, and ``secret`` where it needs one of the receiver's."""
        _, parts = self.hmac()
        return frozenset(names(parts["key"] if parts else self.value))

    @property
    def covers(self) -> frozenset[str]:
        """The parts of a request that it is made of."""
        return frozenset(names(self.hmac()[1].get("of", "")))


def _fail(why: str, key: str) -> None:
    raise ConfigError(f"signed.{key}: {why}", ("signed", key))


@forget_locals
def sign(table: Signature, request: Request, values: Mapping[str, Any]) -> str:
    """Return what the header of a request holds; ``values``: credentials, and ``secret``.

    Raises `ValueError` where a part that is signed can't be read.
    """
    algorithm, parts = table.hmac()
    if not algorithm:
        return f"{table.prefix}{render(table.value, values)}"
    key = render(parts["key"], values)
    if not key:
        raise ValueError("the key is missing")
    own, places = split(parts["of"])
    found = b"".join(
        said + after.encode()
        for said, after in zip(
            [b"", *(_part(table, request, place[1]) for place in places)], own, strict=True
        )
    )
    return table.prefix + hmac_text(algorithm, str(key), found, parts["as"])


def _part(table: Signature, request: Request, name: str) -> bytes:
    if name == "body":
        return request.body
    if name in _SORTED:
        text = request.query if name == "query" else request.body.decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
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
            wanted.append(sign(table, request, values))
    found = list(_signatures(table, request, {len(one) for one in wanted}))
    if not found:
        raise _refusal("the signature is missing, or has another form")
    fits = [same(one, other) for one in wanted for other in found]
    if not any(fits):
        raise _refusal("the signature matches none of the configured secrets")
    if timestamp and abs(now.timestamp() - int(timestamp)) > table.seconds:
        raise _refusal(f"the timestamp is more than {table.seconds} s from this clock")


def _signatures(table: Signature, request: Request, sizes: set[int]) -> Iterator[str]:
    by_hex = table.hmac()[1].get("as") == "hex"
    for header in filter(None, (table.header, table.rotating)):
        value = _only(request, header)
        if len(value) in sizes and value.startswith(table.prefix) and value.isascii():
            rest = value.removeprefix(table.prefix)
            yield table.prefix + (rest.lower() if by_hex else rest)


def _only(request: Request, name: str) -> str:
    """Return the value of a header that is given exactly once, otherwise an empty text."""
    found = [value for key, value in request.headers.items() if key.lower() == name.lower()]
    return found[0].strip(" \t") if len(found) == 1 else ""


def _refusal(why: str) -> WebhookUntrusted:
    return WebhookUntrusted(why, _REFUSED)
