"""Finds out what became of a send of unknown outcome from the provider's log, never by a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import TYPE_CHECKING

from smsbridge.client.log_filters import is_between
from smsbridge.client.paging import Pages
from smsbridge.client.send_history import SendHistory
from smsbridge.errors import Attempt, InvalidMessage, OutcomeUnknown, SendError, Unsupported
from smsbridge.http.exchange import direct_to
from smsbridge.mapping.rows import exact_time, exchange_of
from smsbridge.message import SentMessage, Status, Submission, fingerprint

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.errors import CallRecord
    from smsbridge.http.exchange import Exchange, Session
    from smsbridge.mapping.operation import Question

SLACK = timedelta(minutes=10)
"""How far the provider's clock may differ from ours, and how late its answer may be."""
_ZONES = timedelta(hours=15)  # as far as a time without a zone may be off


# --- what a caller gives


def unknown_attempt(unknown: OutcomeUnknown | Attempt) -> Attempt:
    """Return the attempt whose outcome is unknown; raises `InvalidMessage` for anything else."""
    attempt = attempt_of(unknown)
    if not attempt.fingerprint:
        raise InvalidMessage(
            "the attempt has no fingerprint: a send can be looked up, but not a resend"
        )
    return attempt


def attempt_of(unknown: OutcomeUnknown | Attempt) -> Attempt:
    """Return the attempt of an error, or the attempt that was given; raises `InvalidMessage`."""
    attempt = unknown.attempt if isinstance(unknown, SendError) else unknown
    if not isinstance(attempt, Attempt):
        raise InvalidMessage("resolve takes an OutcomeUnknown, or its attempt")
    check_attempt(attempt)
    return attempt


def check_attempt(attempt: object) -> None:
    """Raise `InvalidMessage` for an attempt that no send can have made: it may come from a file."""
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


def attempts_of(several: Collection[OutcomeUnknown | Attempt], name: str) -> list[Attempt]:
    """Return the attempts of several, given by that name; raises `InvalidMessage`."""
    if isinstance(several, str | bytes) or not isinstance(several, Collection):
        raise InvalidMessage(f"{name}: give a list of OutcomeUnknown, or of their attempts")
    return [attempt_of(one) for one in several]


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
            check_attempt(one.attempt)
    ids = {one.id if isinstance(one, Submission) else one for one in known}
    nameless = [one.attempt for one in known if isinstance(one, Submission) and not one.id]
    return {one for one in ids if one}, nameless


# --- what a log says


@dataclass(slots=True, kw_only=True)
class LogRows:
    """The rows of a log between two times, once it has been read; ``whole``: none is left out."""

    after: datetime
    before: datetime
    whole: bool = False
    was_read: bool = False
    by_reference: Mapping[str, Sequence[SentMessage]] = field(default_factory=dict, repr=False)
    by_fingerprint: Mapping[str, Sequence[SentMessage]] = field(default_factory=dict, repr=False)
    exchange: Sequence[CallRecord] = field(default=(), repr=False)

    def read(self, table: Question, name: str, log: Backend, session: Session) -> Exchange[None]:
        """Read the log; if that fails, the next caller that needs it tries again."""
        pages = Pages(table, {"after": self.after, "before": self.before})
        rows: list[SentMessage] = []
        while not pages.ended:
            asking: Exchange[list[SentMessage]] = log.ask("sent", pages.values(), session)
            answered = yield from direct_to(name, asking)
            self.exchange = exchange_of(answered)
            rows += pages.take(answered)
        references, fingerprints = defaultdict(list), defaultdict(list)
        for row in rows:
            if row.reference:
                references[row.reference].append(row)
            elif row.recipient is not None and row.text is not None:
                fingerprints[fingerprint(row.recipient, row.text)].append(row)
        self.by_reference, self.by_fingerprint = references, fingerprints
        self.whole, self.was_read = pages.whole, True


class LogReader:
    """Reads the logs for several attempts: once for those that are close in time."""

    def __init__(self, backend: Backend, session: Session, attempts: Iterable[Attempt]) -> None:
        """Plan what is to be read; nothing is asked yet."""
        self._backend, self._session = backend, session
        self._rows: dict[str, list[LogRows]] = defaultdict(list)
        for attempt in sorted(attempts, key=lambda attempt: attempt.started):
            first, last = self.window(attempt)
            after, before = first - _ZONES, last + _ZONES
            planned = self._rows[self._log_of(attempt)]
            if planned and after <= planned[-1].before:
                planned[-1].before = max(planned[-1].before, before)
            else:
                planned.append(LogRows(after=after, before=before))

    def _log_of(self, attempt: Attempt) -> str:
        return self._backend.who_answers("sent", attempt.via)

    def window(self, attempt: Attempt) -> tuple[datetime, datetime]:
        """Return the first and the last time that the row of an attempt may have."""
        by = self._backend.members().get(attempt.via, self._backend)
        return attempt.started - SLACK, attempt.started + timedelta(seconds=by.timeout) + SLACK

    def rows_about(self, attempt: Attempt) -> Exchange[tuple[Backend, Question, LogRows]]:
        """Return the log, its table, and at least its rows from around the time of an attempt."""
        name = self._log_of(attempt)
        log, session = self._backend.by_name()[name], self._session.of(name)
        table = log.question("sent")
        if table is None:
            raise Unsupported(
                f"{log.name} over {log.protocol} has no log to search: name a backend with one, "
                'as log = "NAME" in its block'
            )
        rows = next(rows for rows in self._rows[name] if attempt.started <= rows.before)
        if not rows.was_read:
            yield from rows.read(table, name, log, session)
        return log, table, rows


@dataclass(slots=True, kw_only=True)
class OtherSends:
    """What is known of other sends: their ids, attempts that may have a row too, and a history."""

    ids: Collection[str] = ()
    attempts: Iterable[Attempt] = ()
    history: SendHistory = field(default_factory=SendHistory)
    _alike: dict[str, list[Attempt]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Sort the attempts by what they sent."""
        for attempt in self.attempts:
            self._alike[attempt.fingerprint].append(attempt)

    def own(self, row: SentMessage, attempt: Attempt) -> bool:
        """Return whether a row belongs to a send other than an attempt's."""
        return row.id in self.ids or row.id in [*self.history.ids(but=attempt)]

    def doubt(self, attempt: Attempt, near: timedelta) -> str:
        """Return why a row of the log may be another send's; empty if it can't."""
        others = [*self._alike.get(attempt.fingerprint, ()), *self.history.open()]
        if any(_are_alike(attempt, other, near) for other in others):
            return "the message in the log may be another send of the same message"
        since = self.history.forgotten
        if since is not None and attempt.started - near <= since:
            return "this client has sent too much since to remember each message"
        return ""


def find_submission(attempt: Attempt, reader: LogReader, sends: OtherSends) -> Exchange[Submission]:
    """Return the submission behind an attempt, or raise `OutcomeUnknown` if that can't be proved.

    The proof is a row of the log with its reference, or the only row with its time, recipient and
    text that has no reference and is not known to be another send's. It proves nothing if the log
    can't be read completely, if its times have no zone, if the row may belong to another send of
    the same message, or if the row says that the message was refused.
    """
    log, table, rows = yield from reader.rows_about(attempt)
    first, last = reader.window(attempt)
    for row in rows.by_reference.get(attempt.reference, ()):
        if row.at is not None and first <= row.at <= last:
            return _submission_of(row, attempt, log, rows)
    near = {"after": first - _ZONES, "before": last + _ZONES}
    found = [
        row
        for row in rows.by_fingerprint.get(attempt.fingerprint, ())
        if is_between(row.at, near) and not sends.own(row, attempt)
    ]
    timed = [(exact_time(table, row.answer, log.zone()), row) for row in found]
    here = [row for time, row in timed if time is not None and first <= time <= last]
    why = sends.doubt(attempt, last - first)
    if not why and not rows.whole:
        why = f"the log of {log.name} can't be read completely"
    if not why and any(time is None for time, _ in timed):
        why = f"the log of {log.name} has a message that may be this one, but its time is uncertain"
    if not why and len(here) != 1:
        many = f"{len(here)} messages that may be this one" if here else "no such message"
        why = f"the log of {log.name} has {many}"
    if why:
        raise _still_unknown(why, attempt, rows)
    return _submission_of(here[0], attempt, log, rows)


def _are_alike(one: Attempt, other: Attempt, near: timedelta) -> bool:
    """Return whether a row may belong to either attempt; two tries of one message are not two."""
    same = one == other or (one.reference != "" and one.reference == other.reference)
    at_once = abs(one.started - other.started) <= near
    return not same and at_once and one.fingerprint == other.fingerprint


def _still_unknown(why: str, attempt: Attempt, rows: LogRows) -> OutcomeUnknown:
    error = OutcomeUnknown(why, attempt)
    error.exchange = rows.exchange
    return error


def _submission_of(row: SentMessage, attempt: Attempt, log: Backend, rows: LogRows) -> Submission:
    """Return the submission of a row, unless it says that the message was refused."""
    if row.status is Status.REJECTED:
        why = f"the log of {log.name} says that it was refused"
        raise _still_unknown(why, attempt, rows)
    return Submission(
        id=row.id,
        attempt=attempt,
        status=row.status,
        provider_status=row.provider_status,
        answer=row.answer,
        exchange=rows.exchange,
    )
