"""Checks a webhook's signature, an HMAC over timestamp and raw body, before the body is read."""

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

    ``header``: where the hex digits stand, after ``prefix``. ``rotating``: the header of a second
    signature, by the next secret, while the secret is rotated; empty if there is none.
    ``timestamp``: the header of the Unix seconds. ``seconds``: how far they may be from the clock.

    >>> from smsbridge.webhooks.signatures import Signature
    >>> Signature(header="X-Signature", timestamp="X-Timestamp", prefix="sha256=").seconds
    300
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


def check_signature(
    table: Signature, request: Request, secrets: Sequence[Secret], now: datetime
) -> None:
    """Refuse a request that isn't signed with one of the secrets, or not within the allowed time.

    The body is hashed and not read. Raises `WebhookUntrusted` with the status 401, and nothing
    else, whatever the headers hold.
    """
    timestamp = _only(request, table.timestamp)
    if not _SECONDS.fullmatch(timestamp):
        raise _refusal("the timestamp is missing, or is not a Unix time")
    found = [value.encode() for value in _signatures(table, request)]
    if not found:
        raise _refusal("the signature is missing, or has another form")
    wanted = [sign(secret, timestamp, request.body).encode() for secret in secrets]
    fits = [hmac.compare_digest(one, other) for one in wanted for other in found]
    if not any(fits):
        raise _refusal("the signature matches none of the configured secrets")
    if abs(now.timestamp() - int(timestamp)) > table.seconds:
        raise _refusal(f"the timestamp is more than {table.seconds} s from this clock")


def _signatures(table: Signature, request: Request) -> Iterator[str]:
    for header in (table.header, table.rotating):
        value = _only(request, header)
        digits = value.removeprefix(table.prefix)
        if value.startswith(table.prefix) and _HEX.fullmatch(digits):
            yield digits.lower()


def _only(request: Request, name: str) -> str:
    """Return the value of a header that is given exactly once, otherwise an empty text."""
    found = [value for key, value in request.headers.items() if key.lower() == name.lower()]
    return found[0].strip(" \t") if len(found) == 1 else ""


def _refusal(why: str) -> WebhookUntrusted:
    return WebhookUntrusted(why, _REFUSED)
