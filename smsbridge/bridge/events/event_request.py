"""Builds and signs the webhook of an event: in our JSON, or as the dialect's provider does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from smsbridge.bridge.doors.door_answers import true_statuses
from smsbridge.bridge.doors.webhook_config import Shape, WebhookConfig
from smsbridge.bridge.store.stored_event import EventKind, StoredEvent
from smsbridge.bridge.store.stored_message import time_of
from smsbridge.errors import MissingExtra
from smsbridge.message import Channel, Status
from smsbridge.serving.webhooks import event_of, outgoing, type_of_message, type_of_status
from smsbridge.webhooks.signatures import SECRET
from smsbridge.webhooks.standard import STANDARD
from smsbridge.webhooks.table import Webhook, WebhookKind

try:
    from standardwebhooks import Webhook as Signer
except ImportError as missing:
    raise MissingExtra("bridge", "the bridge") from missing

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.bridge.store.stored_message import StoredMessage
    from smsbridge.http.exchange import Request

_KINDS = {EventKind.REPORT: WebhookKind.REPORTED, EventKind.RECEIVED: WebhookKind.ARRIVED}
_MOST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRequest:
    """Builds the webhook requests for one caller.

    ``dialect``: the backend that the door speaks, with this caller's credentials, with which some
    providers sign. ``id_of``: the id of a message or event as this caller knows it.
    """

    config: WebhookConfig
    dialect: Backend
    id_of: Callable[[StoredMessage | StoredEvent], str]

    def make(
        self, event: StoredEvent, message: StoredMessage | None, now: datetime
    ) -> Request | None:
        """Return the request of an event, signed now; None if it can't be expressed.

        Then the dialect has no word for it, or its content was cleared. ``message``: the one that
        a report is about.
        """
        tables = self._tables(event, _channel(event, message))
        kind = _type(tables, event)
        values = self._values(event, message)
        if kind is None or values is None:
            return None
        credentials = self.dialect.credentials() if self._is_of_dialect else {}
        made = outgoing(
            tables,
            event_of(
                tables, kind, {**credentials, **values}, now=time_of(event.at), event_id=event.id
            ),
            self.config.url,
            secrets=self._secrets(tables),
            credentials=credentials,
            now=now,
            delivery=event.id,
        )
        return replace(self._sign(made, event, now), most=_MOST_ANSWER)

    @property
    def _is_of_dialect(self) -> bool:
        return self.config.shape is Shape.DIALECT

    def _tables(self, event: StoredEvent, channel: Channel) -> Sequence[Webhook]:
        every = self.dialect.webhooks if self._is_of_dialect else STANDARD
        kind = _KINDS[event.kind]
        return [one for one in every if one.kind is kind and one.channel is channel]

    def _values(
        self, event: StoredEvent, message: StoredMessage | None
    ) -> Mapping[str, Any] | None:
        if event.kind is EventKind.RECEIVED:
            if event.sender is None and event.text is None:
                return None
            of_event = {"sender": event.sender, "recipient": event.recipient, "text": event.text}
            return _without_blanks({"id": self.id_of(event), **of_event})
        if message is None or message.recipient is None:
            return None
        return _without_blanks(
            {
                "id": self.id_of(message),
                "reference": message.reference,
                "recipient": message.recipient,
                "sender": message.sender,
                "text": message.text,
                "error": event.error,
            }
        )

    def _secrets(self, tables: Sequence[Webhook]) -> list[Any]:
        own = self.config.dialect_secret if self._is_of_dialect else None
        by = [table.signed for table in tables if table.signed]
        return [own] if own and any(SECRET in one.names for one in by) else []

    def _sign(self, request: Request, event: StoredEvent, now: datetime) -> Request:
        signers = [Signer(one.reveal()) for one in self.config.secrets]
        body = request.body.decode()
        headers = {
            "webhook-id": event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(one.sign(event.id, now, body) for one in signers),
        }
        return replace(request, headers={**request.headers, **headers})


def _type(tables: Sequence[Webhook], event: StoredEvent) -> str | None:
    """Return the type of an event by the tables of one channel, or a weaker true one."""
    if not tables:
        return None
    channel = tables[0].channel
    if event.kind is EventKind.RECEIVED:
        return type_of_message(tables, channel)
    words = (
        type_of_status(tables, channel, status)
        for status in true_statuses(event.status or Status.UNKNOWN)
    )
    return next((word for word in words if word), None)


def _channel(event: StoredEvent, message: StoredMessage | None) -> Channel:
    said = event.channel or (message.channels if message else "")
    return Channel(said.partition("+")[0] or Channel.SMS)


def _without_blanks(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in values.items() if one not in (None, "")}
