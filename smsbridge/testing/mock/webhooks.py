"""The webhooks that the mock provider sends: made here, carried by whoever hosts it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.operation import uuid_of
from smsbridge.message import Channel, Status
from smsbridge.serving.webhooks import event_of, outgoing

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Session
    from smsbridge.testing.mock.history import Logged
    from smsbridge.text.secrets import Secret
    from smsbridge.webhooks.table import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """Where the events of a provider go, and how.

    ``webhook``: the provider's table. ``secrets``: one, two during a rotation, or none. ``signed``:
    use the provider's signed form; the unsigned form reports only messages that came in.
    """

    webhook: Webhook
    url: str
    session: Session
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
        if not self.signed:
            return []
        values = {"id": entry.id, "recipient": entry.recipient, "text": entry.text}
        wanted = [(Channel(one), word) for one in channels for word in statuses]
        kinds = (
            next((kind for kind, means in self.webhook.reported.items() if means == one), None)
            for one in wanted
        )
        return [self._request(kind, values) for kind in kinds if kind]

    def received_events(self, entry: Logged) -> list[Request]:
        """Return the webhooks that report that a message came in."""
        values = {
            "id": entry.id,
            "sender": entry.sender,
            "text": entry.text,
            "device": entry.device,
        }
        kinds = (kind for kind, one in self.webhook.received.items() if one is Channel.SMS)
        return [self._request(kind, values) for kind in kinds]

    def _request(self, kind: str, values: Mapping[str, Any]) -> Request:
        now = self.session.now()
        event_id = uuid_of(self.session) if self.signed else None
        event = event_of(self.webhook, kind, values, now=now, event_id=event_id)
        secrets = self.secrets if self.signed else ()
        return outgoing(self.webhook, event, self.url, secrets=secrets, now=now)
