"""The webhooks that the mock provider sends: made here, carried by whoever hosts it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.operation import made_uuid
from smsbridge.message import Channel, Status
from smsbridge.webhooks.build import event_of, outgoing

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Session
    from smsbridge.testing.mock.history import Logged
    from smsbridge.text.secrets import Secret
    from smsbridge.webhooks.table import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Where the events of a provider go, and how.

    ``webhook``: the provider's table. ``secrets``: one, two while it is rotated, none for none.
    ``signed``: in the provider's signed form; the other tells only of what came in.
    """

    webhook: Webhook
    url: str
    session: Session
    secrets: Sequence[Secret] = ()
    signed: bool = True

    def sent(self, entry: Logged, channels: Collection[str], status: Status) -> list[Request]:
        """Return what tells that a message was taken, and what became of it."""
        if not self.signed:
            return []
        values = {"id": entry.id, "recipient": entry.recipient, "text": entry.text}
        wanted = [(Channel(one), word) for one in channels for word in (Status.QUEUED, status)]
        kinds = (
            next((kind for kind, means in self.webhook.reported.items() if means == one), None)
            for one in wanted
        )
        return [self._made(kind, values) for kind in kinds if kind]

    def received(self, entry: Logged) -> list[Request]:
        """Return what tells that a message came in."""
        values = {
            "id": entry.id,
            "sender": entry.sender,
            "text": entry.text,
            "device": entry.device,
        }
        kinds = (kind for kind, one in self.webhook.received.items() if one is Channel.SMS)
        return [self._made(kind, values) for kind in kinds]

    def _made(self, kind: str, values: Mapping[str, Any]) -> Request:
        now = self.session.now()
        event_id = made_uuid(self.session) if self.signed else None
        event = event_of(self.webhook, kind, values, now=now, event_id=event_id)
        secrets = self.secrets if self.signed else ()
        return outgoing(self.webhook, event, self.url, secrets=secrets, now=now)
