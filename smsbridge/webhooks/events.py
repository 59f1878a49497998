"""What a webhook reports: a message came in, the status of a message changed, or anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from smsbridge.message import Channel, ReceivedMessage, SentMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened at the provider.

    ``id``: the provider's, the same each time it is delivered; None if the provider gives none.
    ``type``: the provider's own word. ``created_at``, ``occurred_at``: in UTC, None if it doesn't
    say. ``version``: of the provider's format. ``data``: everything that the provider said about
    it.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.http.exchange import Request
    >>> from smsbridge.webhooks import parse
    >>> body = b'{"id": "evt-1", "type": "webhook.test", "data": {}}'
    >>> (event,) = parse(SMSMobileAPI.webhooks, Request(method="POST", url="/", body=body))
    >>> event.id, event.type
    ('evt-1', 'webhook.test')
    """

    id: str | None
    type: str
    created_at: datetime | None = None
    occurred_at: datetime | None = None
    version: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """Somebody sent us a message, by a channel.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.webhooks import MessageReceived, Receiver
    >>> def take(event):
    ...     if isinstance(event, MessageReceived):
    ...         print(event.message.sender, event.message.text)
    >>> app = Receiver(SMSMobileAPI, secrets=["SECRET"]).wsgi(take)
    """

    channel: Channel
    message: ReceivedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReported(Event):
    """The status of a message that we sent has changed: see ``message.status``.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.webhooks import MessageReported, Receiver
    >>> def take(event):
    ...     if isinstance(event, MessageReported):
    ...         print(event.message.id, event.message.status)
    >>> app = Receiver(SMSMobileAPI, secrets=["SECRET"]).wsgi(take)
    """

    channel: Channel
    message: SentMessage
