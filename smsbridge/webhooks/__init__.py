"""Webhooks: received, checked, turned into events."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsbridge.webhooks.deduplication import Claim, Memory, Seen
    from smsbridge.webhooks.event_reader import parse
    from smsbridge.webhooks.events import Event, MessageReceived, MessageReported
    from smsbridge.webhooks.receiver import Receiver
    from smsbridge.webhooks.signatures import Signature
    from smsbridge.webhooks.table import Webhook, WebhookAnswer, WebhookKind

__all__ = [
    "Claim",
    "Event",
    "Memory",
    "MessageReceived",
    "MessageReported",
    "Receiver",
    "Seen",
    "Signature",
    "Webhook",
    "WebhookAnswer",
    "WebhookKind",
    "parse",
]
_HOMES = {
    **dict.fromkeys(("Claim", "Memory", "Seen"), "deduplication"),
    **dict.fromkeys(("Event", "MessageReceived", "MessageReported"), "events"),
    "Receiver": "receiver",
    "Signature": "signatures",
    **dict.fromkeys(("Webhook", "WebhookAnswer", "WebhookKind"), "table"),
    "parse": "event_reader",
}


def __getattr__(name: str) -> object:
    """Import a name on first use, and no more than it needs."""
    if name not in _HOMES:
        raise AttributeError(f"smsbridge.webhooks has no {name}", name=name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
