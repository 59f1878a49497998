"""The paths at which providers report: each checked and read by the tables of its block."""

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
    """One path. A provider is answered once what it told is on the disk."""

    path: str
    receiver: Receiver
    intake: EventIntake

    def hears(self, request: Request) -> bool:
        """Return whether a request is for this path, or for one below it."""
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
