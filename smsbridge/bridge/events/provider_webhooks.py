"""The webhook paths for providers, each checked and read by its block's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsbridge.bridge.store.database import StoreError
from smsbridge.errors import WebhookRefused
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.bridge.events.event_intake import EventIntake
    from smsbridge.http.exchange import Request, Response
    from smsbridge.webhooks.events import Event
    from smsbridge.webhooks.receiver import Receiver

_LATER = 503


@dataclass(frozen=True, slots=True)
class ProviderWebhook:
    """One path. It answers once the event is durable."""

    path: str
    receiver: Receiver
    intake: EventIntake

    def hears(self, request: Request) -> bool:
        """Return whether a request is for this path or one below it."""
        return same(request.path[: len(self.path) + 1].rstrip("/"), self.path)

    def answer(self, request: Request, peer: str) -> Response:
        """Return the answer to a request from an address."""
        return self.receiver.answer(request, self._take, peer)

    def _take(self, event: Event) -> None:
        try:
            self.intake.take(event)
        except StoreError as error:
            why = f"the store can't be written ({type(error).__name__})"
            raise WebhookRefused(why, _LATER) from None
