"""What a webhook tells: a message came in, a message got further, or anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from smsbridge.message import Channel, ReceivedMessage, SentMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened at the provider.

    ``id``: the provider's, the same each time that it is delivered; None where it gives none.
    ``type``: the provider's own word. ``created_at``, ``occurred_at``: in UTC, None where it
    doesn't say. ``version``: of the provider's format. ``data``: all that it said of it.
    """

    id: str | None
    type: str
    created_at: datetime | None = None
    occurred_at: datetime | None = None
    version: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """Somebody sent us a message, by a channel."""

    channel: Channel
    message: ReceivedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReported(Event):
    """A message of ours got further, or failed: ``message.status`` says where it stands."""

    channel: Channel
    message: SentMessage
