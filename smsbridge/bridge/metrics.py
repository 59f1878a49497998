"""The bridge's Prometheus metrics; no label has a number, text or id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from smsbridge.bridge.store.database import StoreError

if TYPE_CHECKING:
    from smsbridge.bridge.bridge import Bridge

MEDIA_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, eq=False)
class BridgeCollector(Collector):
    """Reads the bridge's counters on each scrape."""

    bridge: Bridge

    def collect(self) -> Iterator[Metric]:
        """Yield each metric; those from the store are omitted if it can't be read."""
        yield from self._of_doors()
        sends = CounterMetricFamily(
            "smsbridge_bridge_sends", "Sends that ended.", labels=("backend", "outcome")
        )
        for labels, number in list(self.bridge.delivery.ended.items()):
            sends.add_metric(labels, number)
        yield sends
        events = CounterMetricFamily(
            "smsbridge_bridge_events",
            "Incoming reports and messages.",
            labels=("backend", "kind", "became"),
        )
        for named, number in list(self.bridge.inbound.counts.came.items()):
            events.add_metric(named, number)
        yield events
        posts = CounterMetricFamily(
            "smsbridge_bridge_webhooks", "Webhooks posted.", labels=("door", "caller", "result")
        )
        for place, number in list(self.bridge.webhooks.ended.items()):
            posts.add_metric(place, number)
        yield posts
        try:
            counts = self.bridge.store.counts()
            oldest = self.bridge.store.oldest_due()
            endpoints = list(self._of_endpoints())
        except StoreError:
            return
        yield from endpoints
        messages = GaugeMetricFamily(
            "smsbridge_bridge_messages", "Messages in the store.", labels=("state",)
        )
        for state, number in counts.items():
            messages.add_metric((state,), number)
        yield messages
        yield GaugeMetricFamily(
            "smsbridge_bridge_oldest_seconds",
            "Seconds since the oldest waiting message became due.",
            value=max(self.bridge.store.now() - oldest, 0.0) if oldest else 0.0,
        )

    def _of_endpoints(self) -> Iterator[Metric]:
        hooks = self.bridge.webhooks
        counts, off = hooks.queue.waiting_counts(hooks.places), hooks.queue.disabled_places()
        since, now = hooks.queue.oldest_times(hooks.places), hooks.queue.store.now()
        labels = ("door", "caller")
        disabled = GaugeMetricFamily(
            "smsbridge_bridge_webhook_disabled", "1 if the webhook is disabled.", labels=labels
        )
        waiting = GaugeMetricFamily(
            "smsbridge_bridge_webhook_waiting", "Events waiting for a webhook.", labels=labels
        )
        oldest = GaugeMetricFamily(
            "smsbridge_bridge_webhook_oldest_seconds",
            "Seconds since the event came in that waits longest for its webhook.",
            labels=labels,
        )
        for place, number in counts.items():
            oldest.add_metric(place, max(now - since.get(place, now), 0.0))
            disabled.add_metric(place, place in off)
            waiting.add_metric(place, number)
        yield from (disabled, waiting, oldest)

    def _of_doors(self) -> Iterator[Metric]:
        stored = CounterMetricFamily(
            "smsbridge_bridge_stored", "Messages stored.", labels=("door", "caller")
        )
        repeated = CounterMetricFamily(
            "smsbridge_bridge_repeated", "Repeated messages.", labels=("door", "caller")
        )
        refused = CounterMetricFamily(
            "smsbridge_bridge_refused", "Calls refused.", labels=("door", "why")
        )
        lenient = CounterMetricFamily(
            "smsbridge_bridge_leniencies",
            "Deviations from the standard that a door accepted.",
            labels=("door", "caller", "leniency"),
        )
        for door in self.bridge.doors:
            name, counts = door.config.name, door.counts
            for family, numbers in (
                (stored, counts.stored),
                (repeated, counts.repeated),
                (refused, counts.refused),
            ):
                for label, number in list(numbers.items()):
                    family.add_metric((name, label), number)
            for (caller, leniency), number in list(counts.leniencies.items()):
                lenient.add_metric((name, caller, leniency), number)
        yield from (stored, repeated, refused, lenient)


def exposition(bridge: Bridge) -> bytes:
    """Return the bridge's metrics in the Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(BridgeCollector(bridge))
    return generate_latest(registry)
