"""Is this webhook theirs? An HMAC over timestamp and raw body, checked before the body is read."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsbridge.errors import WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.text.secrets import Secret

_SECONDS = re.compile("[0-9]{1,12}")
_HEX = re.compile("[0-9a-fA-F]{64}")
_REFUSED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a provider signs: HMAC-SHA256 of a secret over timestamp, ``.`` and the raw body.

    ``header``: where the hex digits stand, after ``prefix``. ``rotating``: where a second
    signature, by the next secret, stands while the secret is rotated; empty if nowhere.
    ``timestamp``: the header of the Unix seconds. ``seconds``: how far they may be from the clock.
    """

    header: str
    timestamp: str
    rotating: str = ""
    prefix: str = ""
    seconds: int = 300


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """Return the signature of a body, 64 hex digits."""
    signed = f"{timestamp}.".encode() + body
    return hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()


def check(table: Signature, request: Request, secrets: Sequence[Secret], now: datetime) -> None:
    """Refuse a request that none of the secrets signed, or not within the time allowed.

    The body is hashed and not read. Raises `WebhookUntrusted` with the status 401, and nothing
    else, whatever the headers hold.
    """
    timestamp = _only(request, table.timestamp)
    if not _SECONDS.fullmatch(timestamp):
        raise _untrusted("the timestamp is missing, or is no Unix time")
    found = [value.encode() for value in _signatures(table, request)]
    if not found:
        raise _untrusted("the signature is missing, or has another form")
    wanted = [sign(secret, timestamp, request.body).encode() for secret in secrets]
    fits = [hmac.compare_digest(one, other) for one in wanted for other in found]
    if not any(fits):
        raise _untrusted("the signature fits no secret that is configured")
    if abs(now.timestamp() - int(timestamp)) > table.seconds:
        raise _untrusted(f"the timestamp is more than {table.seconds} s from this clock")


def _signatures(table: Signature, request: Request) -> Iterator[str]:
    for header in (table.header, table.rotating):
        value = _only(request, header)
        digits = value.removeprefix(table.prefix)
        if value.startswith(table.prefix) and _HEX.fullmatch(digits):
            yield digits.lower()


def _only(request: Request, name: str) -> str:
    """Return the value of a header that is there once, else nothing."""
    found = [value for key, value in request.headers.items() if key.lower() == name.lower()]
    return found[0].strip(" \t") if len(found) == 1 else ""


def _untrusted(why: str) -> WebhookUntrusted:
    return WebhookUntrusted(why, _REFUSED)
