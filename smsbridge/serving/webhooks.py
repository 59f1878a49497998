"""Builds webhooks as a provider sends them: for the mock, and for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request
from smsbridge.mapping.filters import TIME_FILTERS
from smsbridge.mapping.path import nest
from smsbridge.mapping.template import render_all
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest
from smsbridge.webhooks.events import Event
from smsbridge.webhooks.signatures import sign
from smsbridge.webhooks.table import Webhook


def event_of(
    webhook: Webhook, kind: str, values: Mapping[str, Any], *, now: datetime, event_id: str | None
) -> Event:
    """Return the event that the provider would make of a message: the table, read backwards.

    ``values``: ``id``, ``sender``, ``recipient``, ``text``, ``device``, ``error`` of the message,
    if it has them. ``event_id``: None for the body that the provider doesn't sign. Raises
    `ConfigError` for a type that the table doesn't know.

    >>> from datetime import UTC, datetime
    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.serving.webhooks import event_of
    >>> now = datetime(2027, 1, 31, 9, tzinfo=UTC)
    >>> values = {"id": "7", "sender": "+447700900123", "text": "Yes"}
    >>> event = event_of(SMSMobileAPI.webhook, "sms.received", values, now=now, event_id="evt-1")
    >>> event.id, event.type
    ('evt-1', 'sms.received')
    """
    if event_id is None:
        plain = webhook.unsigned
        if plain is None or kind != plain.type:
            raise ConfigError(
                f"{kind!r} has no unsigned form; {nearest(kind, [plain.type] if plain else [])}"
            )
        fields = render_all(plain.fields, {**values, "now": now})
        return Event(id=None, type=kind, created_at=now, occurred_at=now, data=fields)
    if kind not in webhook.types:
        raise ConfigError(f"{kind!r} is not a type of event; {nearest(kind, webhook.types)}")
    row = webhook.reported_row if kind in webhook.reported else webhook.received_row
    of_a_message = kind in webhook.received or kind in webhook.reported
    given = {**values, "at": TIME_FILTERS["iso"](now)}
    said = {
        paths if isinstance(paths, str) else paths[0]: given[name]
        for name, paths in row.items()
        if name in given and (of_a_message or name in ("id", "sender", "at"))
    }
    blank = dict.fromkeys(webhook.blank if kind in webhook.received else ())
    data = blank | nest({path: word for path, word in said.items() if " " not in path})
    return Event(
        id=event_id, type=kind, created_at=now, occurred_at=now, version=webhook.version, data=data
    )


def outgoing(  # noqa: PLR0913  (what goes out, where to, signed how, and when)
    webhook: Webhook,
    event: Event,
    url: str,
    *,
    secrets: Sequence[Secret] = (),
    now: datetime,
    delivery: str = "",
) -> Request:
    """Return the request with which the provider delivers an event.

    ``secrets``: none, one, or two while it is rotated, the old one first. ``delivery`` names this
    try; the event's own id if it is left out. An event without an id goes without a signature.

    >>> from datetime import UTC, datetime
    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.serving.webhooks import event_of, outgoing
    >>> webhook, now = SMSMobileAPI.webhook, datetime(2027, 1, 31, 9, tzinfo=UTC)
    >>> event = event_of(webhook, "sms.received", {"text": "Yes"}, now=now, event_id="evt-1")
    >>> request = outgoing(webhook, event, "https://app.example/sms", now=now)
    >>> request.method, request.url
    ('POST', 'https://app.example/sms')
    """
    headers = {"Content-Type": "application/json"}
    if event.id is None:
        if secrets:
            raise ConfigError(f"secrets: {event.type} has no id here, so it is not signed")
        return Request(method="POST", url=url, headers=headers, body=_json(event.data))
    values = {
        "id": event.id,
        "type": event.type,
        "version": event.version,
        "created_at": _iso(event.created_at),
        "occurred_at": _iso(event.occurred_at),
        "data": event.data,
    }
    parts = nest({path: values[name] for name, path in webhook.envelope.items()})
    body = _json(parts if "data" in webhook.envelope else {**event.data, **parts})
    headers |= render_all(webhook.headers, {**values, "delivery": delivery or event.id})
    if table := webhook.signature:
        timestamp = str(int(now.timestamp()))
        headers[table.timestamp] = timestamp
        for header, secret in zip((table.header, table.rotating), secrets, strict=False):
            headers[header] = table.prefix + sign(secret, timestamp, body)
    return Request(method="POST", url=url, headers=headers, body=body)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else TIME_FILTERS["iso"](time)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
