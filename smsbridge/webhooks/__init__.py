"""Webhooks: received, checked, turned into events."""

from smsbridge.webhooks.deduplication import Claim, Memory, Seen
from smsbridge.webhooks.events import Event, MessageReceived, MessageReported
from smsbridge.webhooks.receiver import Receiver
from smsbridge.webhooks.table import Unsigned, Webhook, parse

__all__ = [
    "Claim",
    "Event",
    "Memory",
    "MessageReceived",
    "MessageReported",
    "Receiver",
    "Seen",
    "Unsigned",
    "Webhook",
    "parse",
]
