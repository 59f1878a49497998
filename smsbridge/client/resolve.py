"""What became of a send whose outcome is unknown: told by the provider's log, and never guessed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import TYPE_CHECKING

from smsbridge.client.paging import Pages
from smsbridge.errors import Attempt, InvalidMessage, OutcomeUnknown, SendError, Unsupported
from smsbridge.http.exchange import routed
from smsbridge.mapping.rows import exact_time
from smsbridge.message import SentMessage, Status, Submission, fingerprint

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Exchange, Session

SLACK = timedelta(minutes=10)
"""How far the provider's clock, and its answer, may be from ours."""
_ZONES = timedelta(hours=15)  # as far as a time without a zone may be off


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of other sends: their ids, and attempts that may have a row too.

    ``since``: of earlier sends nothing is known any more; None where all are.
    """

    ids: Collection[str] = ()
    others: Collection[Attempt] = ()
    since: datetime | None = None


def unknown_attempt(unknown: OutcomeUnknown | Attempt) -> Attempt:
    """Return the attempt whose outcome is unknown; raises `InvalidMessage` for anything else."""
    attempt = unknown.attempt if isinstance(unknown, SendError) else unknown
    if not isinstance(attempt, Attempt):
        raise InvalidMessage("resolve takes an OutcomeUnknown, or its attempt")
    hold_attempt(attempt)
    if not attempt.fingerprint:
        raise InvalidMessage("the attempt has no fingerprint: a send can be found, no resend")
    return attempt


def hold_attempt(attempt: object) -> None:
    """Raise `InvalidMessage` for what no send has made: it may have come out of a file."""
    if not isinstance(attempt, Attempt):
        raise InvalidMessage(f"attempt: give an Attempt, not a {type(attempt).__name__}")
    for one in fields(Attempt):
        value = getattr(attempt, one.name)
        if one.name != "started" and not isinstance(value, str):
            raise InvalidMessage(f"attempt.{one.name}: give a text, not a {type(value).__name__}")
    started = attempt.started
    aware = isinstance(started, datetime) and started.utcoffset() is not None
    if not aware or not MINYEAR < started.year < MAXYEAR:
        raise InvalidMessage("attempt.started: give a time with a time zone")


def unknown_attempts(others: Collection[OutcomeUnknown | Attempt]) -> list[Attempt]:
    """Return the attempts of several; raises `InvalidMessage`."""
    if isinstance(others, str | bytes) or not isinstance(others, Collection):
        raise InvalidMessage("others: give a list of OutcomeUnknown, or of their attempts")
    attempts = [one.attempt if isinstance(one, SendError) else one for one in others]
    return [unknown_attempt(one) for one in attempts if getattr(one, "fingerprint", "-")]


def known_ids(known: Collection[Submission | str]) -> tuple[set[str], list[Attempt]]:
    """Return the ids of known messages, and the attempts of those that have none."""
    if isinstance(known, str | bytes) or not isinstance(known, Collection):
        raise InvalidMessage("known: give a list of submissions, or of ids")
    for one in known:
        if not isinstance(one, Submission | str):
            raise InvalidMessage("known: give a list of submissions, or of ids")
        if isinstance(one, Submission) and not isinstance(one.id, str | None):
            raise InvalidMessage(f"known: an id is a text, not a {type(one.id).__name__}")
        if isinstance(one, Submission):
            hold_attempt(one.attempt)
    ids = {one.id if isinstance(one, Submission) else one for one in known}
    nameless = [one.attempt for one in known if isinstance(one, Submission) and not one.id]
    return {one for one in ids if one}, nameless


def resolved(
    backend: Backend, attempt: Attempt, session: Session, known: Known | None = None
) -> Exchange[Submission]:
    """Return the submission that an attempt was, or raise `OutcomeUnknown`: it still is.

    It is accepted for a row of the log with its reference, or for the only row of its time,
    recipient and text that has no reference and none of the ids that are ``known``. That proves
    nothing where the log can't be read whole, where its times have no zone, where another send of
    the same message may have the row, or where the row says that the message was refused.
    """
    known = known or Known()
    whose = backend.answering("sent", attempt.via)
    log = backend.at(whose)
    table = log.question("sent")
    if table is None:
        raise Unsupported(
            f"{log.name} over {log.protocol} has no log to look into: name a backend that has, "
            'as log = "NAME" in its block'
        )
    timeout = timedelta(seconds=backend.parts().get(attempt.via, backend).timeout)
    first, last = attempt.started - SLACK, attempt.started + timeout + SLACK
    pages = Pages(table, {"after": first - _ZONES, "before": last + _ZONES})
    rows: list[SentMessage] = []
    while not pages.ended:
        asking: Exchange[list[SentMessage]] = log.ask("sent", pages.values(), session.at(whose))
        rows += pages.take((yield from routed(asking, whose)))
    named = [row for row in rows if row.reference and row.reference == attempt.reference]
    for row in named:
        if row.at is not None and first <= row.at <= last:
            return _taken(row, attempt, log)
    found = [row for row in rows if _is_of(row, attempt) and row.id not in known.ids]
    timed = [(exact_time(table, row.answer, log.zone()), row) for row in found]
    here = [row for time, row in timed if time is not None and first <= time <= last]
    why = _doubt(attempt, known, 2 * SLACK + timeout)
    if not why and not pages.whole:
        why = f"the log of {log.name} can't be read whole"
    if not why and any(time is None for time, _ in timed):
        why = f"the log of {log.name} has a message that it may be, at a time that is not sure"
    if not why and len(here) != 1:
        many = f"{len(here)} messages that it may be" if here else "no such message"
        why = f"the log of {log.name} has {many}"
    if why:
        raise OutcomeUnknown(why, attempt)
    return _taken(here[0], attempt, log)


def _doubt(attempt: Attempt, known: Known, near: timedelta) -> str:
    """Return why a row of the log may be another send's; empty where it can't."""
    if any(_are_alike(attempt, other, near) for other in known.others):
        return "another send of the same message may be the one there"
    if known.since is not None and attempt.started - near <= known.since:
        return "this client has sent too much since to know each of its messages"
    return ""


def _is_of(row: SentMessage, attempt: Attempt) -> bool:
    if row.recipient is None or row.text is None or row.reference:
        return False
    return fingerprint(row.recipient, row.text) == attempt.fingerprint


def _are_alike(one: Attempt, other: Attempt, near: timedelta) -> bool:
    """Return whether a row may be of either; two tries of one message are not two messages."""
    same = one == other or (one.reference != "" and one.reference == other.reference)
    at_once = abs(one.started - other.started) <= near
    return not same and at_once and one.fingerprint == other.fingerprint


def _taken(row: SentMessage, attempt: Attempt, log: Backend) -> Submission:
    """Return the submission of a row, unless it says that the message was refused."""
    if row.status is Status.REJECTED:
        raise OutcomeUnknown(f"the log of {log.name} has it, as refused", attempt)
    return Submission(
        id=row.id,
        attempt=attempt,
        status=row.status,
        provider_status=row.provider_status,
        answer=row.answer,
    )
