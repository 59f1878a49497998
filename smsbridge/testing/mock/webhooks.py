"""The webhooks that the mock provider sends: made here, carried by its host."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.call_values import uuid_of
from smsbridge.message import Channel, Status
from smsbridge.serving.webhooks import event_of, outgoing, type_of_message, type_of_status

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Session
    from smsbridge.testing.mock.history import Logged
    from smsbridge.text.secrets import Secret
    from smsbridge.webhooks.table import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """Where the events of a provider go, and how.

    ``tables``: the provider's. ``secrets``: one, two during a rotation, or none. ``credentials``:
    the backend's, with which some providers sign. ``signed``: use the provider's signed form; not
    each provider has another.
    """

    tables: Sequence[Webhook]
    url: str
    session: Session
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[Secret] = ()
    signed: bool = True

    def sent_events(
        self, entry: Logged, channels: Collection[str], status: Status
    ) -> list[Request]:
        """Return the webhooks that report that a message was taken, and what became of it."""
        return self.status_events(entry, channels, (Status.QUEUED, status))

    def status_events(
        self, entry: Logged, channels: Collection[str], statuses: Collection[Status]
    ) -> list[Request]:
        """Return the webhooks that report statuses; none for one that the provider never does."""
        values = {
            "id": entry.id,
            "recipient": entry.recipient,
            "sender": entry.sender,
            "text": entry.text,
            "reference": entry.reference,
        }
        kinds = (
            type_of_status(self._tables, Channel(channel), status)
            for channel in channels
            for status in statuses
        )
        return [self._request(kind, values) for kind in kinds if kind]

    def received_events(self, entry: Logged) -> list[Request]:
        """Return the webhooks that report that a message came in."""
        values = {
            "id": entry.id,
            "sender": entry.sender,
            "recipient": entry.recipient,
            "text": entry.text,
            "device": entry.device,
        }
        kinds = (type_of_message(self._tables, channel) for channel in Channel)
        return [self._request(kind, values) for kind in kinds if kind][:1]

    @property
    def _tables(self) -> Sequence[Webhook]:
        return self.tables if self.signed else [one for one in self.tables if one.signed is None]

    def _request(self, kind: str, values: Mapping[str, Any]) -> Request:
        now = self.session.now()
        event_id = uuid_of(self.session) if self.signed else None
        given = {**self.credentials, **{k: v for k, v in values.items() if v not in (None, "")}}
        event = event_of(self._tables, kind, given, now=now, event_id=event_id)
        return outgoing(
            self._tables,
            event,
            self.url,
            secrets=self.secrets if self.signed else (),
            credentials=self.credentials,
            now=now,
        )
