"""What became of a send whose outcome is unknown: told by the provider's log, and never guessed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING

from smsbridge.errors import Attempt, InvalidMessage, OutcomeUnknown, Unsupported
from smsbridge.exchange import routed
from smsbridge.message import SentMessage, Submission, fingerprint
from smsbridge.paging import Pages

if TYPE_CHECKING:
    from smsbridge.backend import Backend
    from smsbridge.exchange import Exchange, Session

SLACK = timedelta(minutes=10)
"""How far the provider's clock, and its answer, may be from ours."""


def resolved(
    backend: Backend,
    attempt: Attempt,
    session: Session,
    owned: Collection[str] = (),
    others: Collection[Attempt] = (),
) -> Exchange[Submission]:
    """Return the submission that an attempt was, or raise `OutcomeUnknown`: it still is.

    It is accepted for a row of the log with its reference, or for the only row of its time,
    recipient and text that has no reference and is none of ``owned``, the ids of other messages.
    ``others`` are attempts that may have a row too: with one of the same message, nobody can tell.
    """
    whose = backend.answering("sent", attempt.via)
    log = backend.at(whose)
    if not attempt.reference and not attempt.fingerprint:
        raise InvalidMessage("the attempt has no reference and no fingerprint: it can't be found")
    if log.question("sent") is None:
        raise Unsupported(
            f"{log.name} over {log.protocol} has no log to look into: name a backend that has, "
            'as log = "NAME" in its block'
        )
    rows = yield from _window(backend, whose, attempt, session)
    if named := [row for row in rows if row.reference and row.reference == attempt.reference]:
        return _submission(named[0], attempt)
    found = [row for row in rows if _is_of(row, attempt) and row.id not in owned]
    if any(_are_alike(attempt, other) for other in others):
        raise OutcomeUnknown("another send of the same message may be the one there", attempt)
    if len(found) == 1:
        return _submission(found[0], attempt)
    many = f"{len(found)} messages that it may be" if found else "no such message"
    raise OutcomeUnknown(f"the log of {log.name} has {many}", attempt)


def _window(
    backend: Backend, whose: tuple[str, ...], attempt: Attempt, session: Session
) -> Exchange[list[SentMessage]]:
    """Return the rows of the log from the time of an attempt."""
    log = backend.at(whose)
    seconds = backend.parts().get(attempt.via, backend).timeout
    first = attempt.started - SLACK
    last = attempt.started + timedelta(seconds=seconds) + SLACK
    pages = Pages(log.question("sent"), {"after": first, "before": last})
    rows: list[SentMessage] = []
    while not pages.ended:
        asking: Exchange[list[SentMessage]] = log.ask("sent", pages.values(), session.at(whose))
        rows += pages.take((yield from routed(asking, whose)))
    return [row for row in rows if row.at is not None and first <= row.at <= last]


def _is_of(row: SentMessage, attempt: Attempt) -> bool:
    if row.recipient is None or row.text is None or not attempt.fingerprint or row.reference:
        return False
    return fingerprint(row.recipient, row.text) == attempt.fingerprint


def _are_alike(one: Attempt, other: Attempt) -> bool:
    near = abs(one.started - other.started) <= 2 * SLACK
    return near and one != other and bool(one.fingerprint) and one.fingerprint == other.fingerprint


def _submission(row: SentMessage, attempt: Attempt) -> Submission:
    return Submission(
        id=row.id,
        attempt=attempt,
        status=row.status,
        provider_status=row.provider_status,
        answer=row.answer,
    )
