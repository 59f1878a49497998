"""Everything that brings events in: the providers' webhook paths, and the polling thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsbridge.bridge.events.event_config import receiver_of
from smsbridge.bridge.events.event_intake import EventCounts, EventIntake
from smsbridge.bridge.events.event_polls import EventPolls, Poll
from smsbridge.bridge.events.provider_webhooks import ProviderWebhook
from smsbridge.bridge.events.reports import Reports
from smsbridge.bridge.events.status_questions import StatusQuestions, StatusRule

if TYPE_CHECKING:
    from smsbridge.bridge.events.event_config import EventsConfig
    from smsbridge.bridge.store.event_store import EventStore
    from smsbridge.bridge.store.stored_message import StoredMessage
    from smsbridge.client.sync import Client
    from smsbridge.http.exchange import Request, Response

Proved = Callable[["StoredMessage"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """The sources of incoming events, and their ``counts``."""

    webhooks: Sequence[ProviderWebhook]
    polls: EventPolls
    counts: EventCounts

    def answer(self, request: Request, peer: str) -> Response | None:
        """Return the answer to a provider's webhook; None if the path is not one of ours."""
        heard = (one for one in self.webhooks if one.hears(request))
        found = max(heard, key=lambda one: len(one.path), default=None)
        return found.answer(request, peer) if found else None

    @classmethod
    def of(
        cls,
        configs: Sequence[EventsConfig],
        events: EventStore,
        clients: Mapping[str, Client],
        address: str,
        proved: Proved,
    ) -> Inbound:
        """Return the sources for some blocks. ``clients``: by block, for polling.

        ``proved`` gets each message that a report proves accepted.
        """
        reports = Reports(events, {one.name: one.routes for one in configs})
        counts = EventCounts()
        intakes = {
            one.name: EventIntake(
                config=one, events=events, reports=reports, counts=counts, proved=proved
            )
            for one in configs
        }
        asked = [one for one in configs if one.poll]
        questions = StatusQuestions(
            events.store, {one.name: _rule(one) for one in asked if _has_status(one)}
        )
        return cls(
            webhooks=[
                ProviderWebhook(one.path, receiver_of(one, address), intakes[one.name])
                for one in configs
                if one.webhook
            ],
            polls=EventPolls(
                polls=[Poll(intakes[one.name], clients[one.name]) for one in asked],
                reports=reports,
                questions=questions,
                proved=proved,
            ),
            counts=counts,
        )


def _has_status(config: EventsConfig) -> bool:
    return config.backend.question("status") is not None


def _rule(config: EventsConfig) -> StatusRule:
    ends = config.backend.ends(config.backend.question("status"))
    return StatusRule(routes=config.routes, wait=config.poll, ends=ends)
