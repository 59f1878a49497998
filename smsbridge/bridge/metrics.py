"""What a bridge counts, for Prometheus: no number, text or id is in a label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from smsbridge.bridge.database import StoreError

if TYPE_CHECKING:
    from smsbridge.bridge.service import Bridge

MEDIA_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, eq=False)
class BridgeCollector(Collector):
    """Reads what a bridge has counted when it is asked."""

    bridge: Bridge

    def collect(self) -> Iterator[Metric]:
        """Yield each metric; those of a store that can't be read are left out."""
        yield from self._of_doors()
        sends = CounterMetricFamily(
            "smsbridge_bridge_sends", "Sends that ended.", labels=("backend", "outcome")
        )
        for labels, number in list(self.bridge.delivery.ended.items()):
            sends.add_metric(labels, number)
        yield sends
        try:
            counts = self.bridge.store.counts()
            oldest = self.bridge.store.oldest_due()
        except StoreError:
            return
        messages = GaugeMetricFamily(
            "smsbridge_bridge_messages", "Messages of the store.", labels=("state",)
        )
        for state, number in counts.items():
            messages.add_metric((state,), number)
        yield messages
        yield GaugeMetricFamily(
            "smsbridge_bridge_oldest_seconds",
            "For how long the message has been due that waits longest.",
            value=max(self.bridge.store.now() - oldest, 0.0) if oldest else 0.0,
        )

    def _of_doors(self) -> Iterator[Metric]:
        stored = CounterMetricFamily(
            "smsbridge_bridge_stored", "Messages stored.", labels=("door", "caller")
        )
        repeated = CounterMetricFamily(
            "smsbridge_bridge_repeated", "Repeats of a message.", labels=("door", "caller")
        )
        refused = CounterMetricFamily(
            "smsbridge_bridge_refused", "Calls refused.", labels=("door", "why")
        )
        lenient = CounterMetricFamily(
            "smsbridge_bridge_leniencies",
            "What a door took although the standard says otherwise.",
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
    """Return the metrics of a bridge in Prometheus' own format."""
    registry = CollectorRegistry()
    registry.register(BridgeCollector(bridge))
    return generate_latest(registry)
