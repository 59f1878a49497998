"""What would differ if a door's shadow sent the stored messages, counted by difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsbridge.http.no_network import NoNetwork

if TYPE_CHECKING:
    from smsbridge.bridge.doors.shadow import FieldDifference, Shadow, ShadowComparison
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.stored_message import StoredMessage

_PAGE = 500
_CLEARED = "its text was cleared after keep"


@dataclass(slots=True)
class Tally:
    """How many messages have one difference, and the first of them."""

    count: int = 0
    examples: list[ShadowExample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShadowExample:
    """A message's id, and its comparison."""

    id: str
    comparison: ShadowComparison


@dataclass(slots=True)
class ShadowReport:
    """What was found. ``differing``: how many messages have one or more differences.

    ``uncompared``: how many could not be compared, by reason. ``tries``: how many connections were
    attempted meanwhile; each was refused.
    """

    same: int = 0
    differing: int = 0
    found: dict[FieldDifference, Tally] = field(default_factory=dict)
    uncompared: Counter[str] = field(default_factory=Counter)
    tries: int = 0

    @property
    def messages(self) -> int:
        """The number of messages."""
        return self.same + self.differing + self.uncompared.total()

    def by_count(self) -> list[tuple[FieldDifference, Tally]]:
        """Return the differences, most frequent first."""
        return sorted(self.found.items(), key=lambda one: (-one[1].count, one[0].field))


def shadow_report(
    shadow: Shadow, messages: Iterable[StoredMessage], examples: int = 1
) -> ShadowReport:
    """Return what would differ if a shadow sent messages; nothing is sent.

    ``examples``: how many messages to keep for each difference.
    """
    report = ShadowReport()
    for stored in messages:
        if (message := stored.message()) is None:
            report.uncompared[_CLEARED] += 1
            continue
        with NoNetwork() as nothing_leaves:
            comparison = shadow.compare(message)
        report.tries += nothing_leaves.tries
        if comparison.why:
            report.uncompared[comparison.why] += 1
            continue
        report.differing += bool(comparison.differences)
        report.same += not comparison.differences
        for one in comparison.differences:
            tally = report.found.setdefault(one, Tally())
            tally.count += 1
            if len(tally.examples) < examples:
                tally.examples.append(ShadowExample(stored.id, comparison))
    return report


def messages_since(store: MessageStore, door: str, after: float) -> Iterator[StoredMessage]:
    """Yield a door's messages stored since a time, newest first."""
    below: int | None = None
    while page := store.list_messages(after=after, below=below, limit=_PAGE):
        yield from (one for one in page if one.door == door)
        below = page[-1].seq
