"""The provider's log of what was sent, page by page: each message once, and an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from smsbridge.client.log_filters import is_between
from smsbridge.message import SentMessage
from smsbridge.text.phone import same_number

if TYPE_CHECKING:
    from smsbridge.mapping.operation import Question

_MOST_PAGES = 10_000
_SECOND = timedelta(seconds=1)
_HERE = ("after", "before", "recipient")


@dataclass(slots=True)
class Pages:
    """What to ask for next, and which rows of an answer are new.

    ``filters`` that the table can't carry are applied here, as far as a row says enough:
    ``after``, ``before``, ``recipient``. ``whole``: no row can have been missed so far.
    """

    table: Question | None
    filters: Mapping[str, Any] = field(repr=False)
    _cursor: Any = None
    _asked: int = 0
    _ended: bool = False
    _known: set[str] = field(default_factory=set, repr=False)
    _largest: int = 0
    whole: bool = True

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to ask."""
        return self._ended or self._asked >= _MOST_PAGES

    def values(self) -> dict[str, Any]:
        """Return the values of the question for the next page."""
        carried = self.table.carries() if self.table else frozenset()
        values = {n: v for n, v in self.filters.items() if n in carried or n not in _HERE}
        return values | ({} if self._cursor is None else {"before": self._cursor})

    def take(self, rows: list[SentMessage]) -> list[SentMessage]:
        """Return the rows of a page that are new and wanted; then ask for the next page."""
        self._asked += 1
        keys = [row.id or str(sorted(row.answer.items())) for row in rows]
        new = [row for row, key in zip(rows, keys, strict=True) if key not in self._known]
        self._known.update(keys)
        self._largest = max(self._largest, len(rows))
        repeated = bool(rows) and not new and len(rows) == self._largest  # a full page, all known
        before = self._cursor
        self._cursor = self._next(rows, new)
        past = bool(new) and self._is_past(new)
        self._ended = self._cursor is None or self._cursor == before or past
        pages = self.table is not None and self.table.pages != ""
        lost = pages and bool(new) and self._cursor is None  # nothing to ask the next page by
        self.whole &= not (repeated or lost or self._asked >= _MOST_PAGES)
        return [row for row in new if self._fits(row)]

    def _next(self, rows: list[SentMessage], new: list[SentMessage]) -> Any:
        """Return what the next page comes before, or None where there can be none."""
        if not rows or self.table is None or not self.table.pages:
            return None
        timed = [(row.at, row) for row in rows if row.at is not None]
        last_first = list(reversed(timed))  # in one second, the last of a page is the oldest
        time, oldest = min(last_first, key=itemgetter(0)) if timed else (None, rows[-1])
        if self.table.pages == "id":
            return (oldest if len(timed) == len(rows) else rows[-1]).id if new else None
        if time is None or len(timed) != len(rows):
            return None
        after_it = time + _SECOND  # so that nothing of its own second is left out
        return after_it if new and after_it != self._cursor else time

    def _is_past(self, rows: list[SentMessage]) -> bool:
        after = self.filters.get("after")
        return after is not None and all(row.at is not None and row.at < after for row in rows)

    def _fits(self, row: SentMessage) -> bool:
        recipient = self.filters.get("recipient")
        known = recipient is not None and row.recipient is not None
        theirs = not known or same_number(row.recipient or "", str(recipient))
        return theirs and is_between(row.at, self.filters)
