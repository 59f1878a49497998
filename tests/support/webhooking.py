"""What the tests of webhooks share: a moment, secrets, events, and the requests that bring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smsbridge import Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request
from smsbridge.serving.webhooks import event_of, outgoing
from smsbridge.webhooks.event_reader import parse
from smsbridge.webhooks.events import Event

TABLES = SMSMobileAPI.webhooks
NOW = datetime(2027, 1, 31, 9, 30, tzinfo=UTC)
SECRET, NEXT = "canary-hook-4e1d", "canary-hook-next-b07a"
GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
NUMBER, TEXT = "+447700900142", "canary reply 77c2"
URL = "http://app.example/sms"
SIGNATURE, TIMESTAMP = "X-SMSMobileAPI-Signature", "X-SMSMobileAPI-Timestamp"


def happened(kind: str = "sms.received", event_id: str | None = "event-1", **values: Any) -> Event:
    """Return an event of a type; None as its id makes it the first version."""
    given = {"id": GUID, "sender": NUMBER, "text": TEXT, "recipient": "+12025550123", **values}
    return event_of(TABLES, kind, given, now=NOW, event_id=event_id)


def signed(
    event: Event | None = None, secrets: Sequence[str] = (SECRET,), late: float = 0
) -> Request:
    """Return a request of the second version, signed some seconds ago."""
    at = NOW - timedelta(seconds=late)
    return outgoing(TABLES, event or happened(), URL, secrets=list(map(Secret, secrets)), now=at)


def unsigned(event: Event | None = None) -> Request:
    """Return a request of the first version."""
    return outgoing(TABLES, event or happened(event_id=None), URL, now=NOW)


def posted(body: bytes, content_type: str = "") -> Request:
    """Return a request with a body."""
    headers = {"Content-Type": content_type} if content_type else {}
    return Request(method="POST", url=URL, headers=headers, body=body)


def read_one(body: bytes, content_type: str = "") -> Event:
    """Return the only event of a body."""
    (event,) = parse(TABLES, posted(body, content_type))
    return event


def having(request: Request, **changes: str) -> Request:
    """Return a request with other headers, ``_`` for ``-`` in their names."""
    headers: Mapping[str, str] = {name.replace("_", "-"): one for name, one in changes.items()}
    return replace(request, headers={**request.headers, **headers})
