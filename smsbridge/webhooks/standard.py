"""The JSON of the webhooks that ``smsbridge serve`` posts, by Standard Webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smsbridge.mapping.words import When
from smsbridge.message import Channel, Status
from smsbridge.webhooks.signatures import Signature
from smsbridge.webhooks.table import Webhook, WebhookKind

SIGNATURE = Signature(
    header="webhook-signature",
    rotating="webhook-signature",
    timestamp="webhook-timestamp",
    nonce="webhook-id",
    value=[
        "v1,",
        {
            "hmac-sha256": {
                "key": "{secret}",
                "from": "base64",
                "of": "{nonce}.{timestamp}.{body}",
                "as": "base64",
            }
        },
    ],
)
_ENVELOPE = {"id": "id", "type": "type", "occurred_at": "timestamp", "data": "data"}
_STATUSES: Mapping[str, Status] = {f"message.{status}": status for status in Status}


def _tables(channel: Channel) -> tuple[Webhook, ...]:
    both: dict[str, Any] = {
        "channel": channel,
        "envelope": _ENVELOPE,
        "when": When({"data.channel": str(channel)}),
        "signed": SIGNATURE,
    }
    reported = Webhook(
        kind=WebhookKind.REPORTED,
        types=tuple(_STATUSES),
        statuses=_STATUSES,
        row={
            "id": "id",
            "reference": "reference",
            "status": "#request.type",
            "error": "error",
            "recipient": "to",
            "sender": "from",
        },
        **both,
    )
    arrived = Webhook(
        kind=WebhookKind.ARRIVED,
        types=("message.received",),
        row={"id": "id", "sender": "from", "recipient": "to", "text": "text"},
        **both,
    )
    return reported, arrived


STANDARD: tuple[Webhook, ...] = tuple(one for channel in Channel for one in _tables(channel))
"""Tables for a receiver: ``Receiver(STANDARD, secrets=["whsec_…"])``."""
