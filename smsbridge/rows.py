"""Rows of an answer become plain values: where a message stands, what was sent or received."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from smsbridge.codecs import Unreadable
from smsbridge.message import Status
from smsbridge.outcome import word_at
from smsbridge.path import at

if TYPE_CHECKING:
    from smsbridge.operation import Question

_SECONDS_DIGITS = 10
_NOTHING: tuple[Any, ...] = (None, "", [])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, with what it has; ``answer`` is the row as it was read.

    ``at`` is in UTC. ``provider_status`` is the provider's own word for ``status``; a word that
    its table doesn't know is ``unknown``.
    """

    id: str | None = None
    recipient: str | None = field(default=None, repr=False)
    sender: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    status: Status = Status.UNKNOWN
    provider_status: str | None = None
    at: datetime | None = None
    error: str | None = None
    reference: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_rows(
    table: Question, answer: Mapping[str, Any], statuses: Mapping[str, Status]
) -> Iterator[Row]:
    """Yield the rows of an answer; what stands alone where rows may be is one row.

    Raises `Unreadable` where something else stands there.
    """
    found = at(answer, table.rows) if table.rows else answer
    given = [row for row in (found if isinstance(found, list) else [found]) if row not in _NOTHING]
    rows = [row for row in given if isinstance(row, Mapping)]
    if given and not rows:
        raise Unreadable(f"at {table.rows} are no rows")
    for row in rows:
        yield _row(table, row, statuses)


def row_of(rows: list[Row], known: str) -> Row:
    """Return the row of an id; of a message that isn't there one with the status ``unknown``."""
    found = [row for row in rows if row.id in (known, None)]
    return replace(found[0], id=known) if len(found) == 1 else Row(id=known)


def _row(table: Question, row: Mapping[str, Any], statuses: Mapping[str, Status]) -> Row:
    words: dict[str, Any] = {name: word_at(row, path) for name, path in table.row.items()}
    own = words.pop("status", None)
    said = words.pop("at", None)
    return Row(
        **words,
        status=statuses.get(own, Status.UNKNOWN) if own else Status.UNKNOWN,
        provider_status=own,
        at=read_time(said) if said else None,
        answer=row,
    )


def read_time(said: str) -> datetime | None:
    """Return a time in UTC, from seconds, milliseconds or ISO 8601; None for anything else.

    A time without a zone is taken for UTC (ASSUMED: no provider says).
    """
    said = said.strip()
    if re.fullmatch(r"[0-9]{9,13}", said):
        unit = "milliseconds" if len(said) > _SECONDS_DIGITS + 1 else "seconds"
        return _EPOCH + timedelta(**{unit: int(said)})
    with suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(said)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return None
