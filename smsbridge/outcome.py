"""What an answer proves: the one place where an outcome is decided.

The statuses are a table; the provider's own words come from its `Operation`. A 200 is never proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import TYPE_CHECKING, Any

from smsbridge.codecs import SoapFault
from smsbridge.errors import (
    AuthenticationFailed,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
)
from smsbridge.message import Status, Submission
from smsbridge.template import text

if TYPE_CHECKING:
    from datetime import datetime

    from smsbridge.errors import Attempt
    from smsbridge.exchange import Broken, Response

MOST_WAIT = 3600.0
_MOST_WORD = 60


@dataclass(frozen=True, slots=True)
class When:
    """An answer is an acceptance when each path holds its word, compared as text.

    ``id`` and ``status`` are the paths of the provider's id and of its word for the status.
    """

    match: Mapping[str, str]
    id: str | None = None
    status: str | None = None

    def __post_init__(self) -> None:
        """Refuse a table that takes every answer for an acceptance."""
        if not self.match:
            raise ValueError("When: name at least one path and its word; a 200 is never proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a provider says yes and no. ``rejected``: path to word to reason; ``*``: any word."""

    accepted: When
    rejected: Mapping[str, Mapping[str, Reason]]
    statuses: Mapping[str, Status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is needed to judge an answer. ``mask`` hides what nobody may see in an error."""

    words: Words
    attempt: Attempt
    now: datetime
    mask: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """A response, what was read of its body, and what was wrong with it."""

    response: Response
    answer: Mapping[str, Any]
    trouble: str

    @property
    def text(self) -> str:
        status = self.response.status
        return f"HTTP {status} {responses.get(status, '')}".rstrip()

    @property
    def has_fault(self) -> bool:
        return isinstance(self.answer, SoapFault)


Outcome = Submission | SendError

_REFUSALS = {401: Reason.AUTHENTICATION, 403: Reason.AUTHENTICATION, 413: Reason.CONTENT}
_REFUSING_FAULTS = {"Client", "Sender", "VersionMismatch", "MustUnderstand"}


def broken(error: Broken, attempt: Attempt) -> SendError:
    """Return the outcome of a send that got no whole answer: by what had left."""
    if error.left == "all":
        return OutcomeUnknown(error.why, attempt)
    return NotSent(error.why, attempt, retry=error.retry)


def judge(response: Response, answer: Mapping[str, Any] | str, case: Case) -> Outcome:
    """Return what an answer proves. ``answer`` is what was read, or why it could not be read."""
    evidence = _Evidence(
        response=response,
        answer={} if isinstance(answer, str) else answer,
        trouble=f": {answer}" if isinstance(answer, str) else "",
    )
    return _STATUSES.get(response.status, _unknown)(evidence, case)


def rejected(why: str, attempt: Attempt, reason: Reason, code: str | None = None) -> Rejected:
    """Return the error for a refusal, of the class that its reason asks for."""
    kind = AuthenticationFailed if reason is Reason.AUTHENTICATION else Rejected
    return kind(why, attempt, reason=reason, code=code)


def at(answer: Any, path: str) -> Any:
    """Return what stands at a dotted path of an answer, through lists of one; or None."""
    for step in path.split("."):
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        answer = answer.get(step) if isinstance(answer, Mapping) else None
    return answer


def word_at(answer: Any, path: str | None) -> str | None:
    """Return the word or number at a path as text; None for what is neither, or empty."""
    found = at(answer, path) if path else None
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return None
    return text(found) or None


def _said(seen: _Evidence, case: Case) -> Outcome:
    if seen.trouble or seen.has_fault:
        return _unknown(seen, case)
    accepted = case.words.accepted
    if all(word_at(seen.answer, path) == word for path, word in accepted.match.items()):
        own = word_at(seen.answer, accepted.status)
        return Submission(
            id=word_at(seen.answer, accepted.id),
            attempt=case.attempt,
            status=case.words.statuses.get(own, Status.UNKNOWN) if own else Status.ACCEPTED,
            provider_status=own,
            answer=seen.answer,
        )
    if refusal := _refusal(seen.answer, case, others=True):
        return rejected(f"the provider answered {refusal[1]!r}", case.attempt, *refusal)
    why = f"{seen.text}, and the answer has no marker of success or refusal"
    return OutcomeUnknown(why, case.attempt)


def _refused(seen: _Evidence, case: Case) -> Outcome:
    found = (word_at(seen.answer, path) for path in case.words.rejected)
    code = next((_shown(word, case) for word in found if word), None)
    fallback = _REFUSALS.get(seen.response.status, Reason.REQUEST), code
    return rejected(
        seen.text, case.attempt, *(_refusal(seen.answer, case, others=False) or fallback)
    )


def _not_taken(seen: _Evidence, case: Case) -> Outcome:
    return NotSent(seen.text, case.attempt)


def _misdirected(seen: _Evidence, case: Case) -> Outcome:
    why = f"{seen.text}, a redirect: never followed with credentials, check the url in the config"
    return NotSent(why, case.attempt, retry=False)


def _wait(seen: _Evidence, case: Case) -> Outcome:
    return NotSent(seen.text, case.attempt, retry_after=_retry_after(seen.response, case.now))


def _wait_if_told(seen: _Evidence, case: Case) -> Outcome:
    told = _retry_after(seen.response, case.now) is not None
    return _wait(seen, case) if told else _unknown(seen, case)


def _unknown(seen: _Evidence, case: Case) -> Outcome:
    if seen.has_fault:
        return _fault(seen.answer, case)
    return OutcomeUnknown(f"{seen.text}{seen.trouble}", case.attempt)


_STATUSES: Mapping[int, Callable[[_Evidence, Case], Outcome]] = {
    **dict.fromkeys((200, 201, 202), _said),
    **dict.fromkeys((301, 307, 308), _misdirected),
    **dict.fromkeys((400, 401, 403, 404, 413, 422), _refused),
    **dict.fromkeys((408, 421, 425), _not_taken),
    429: _wait,
    503: _wait_if_told,
}
"""What each status proves by itself; any other proves nothing."""


def _fault(answer: Mapping[str, Any], case: Case) -> SendError:
    code = word_at(answer, "fault.code") or ""
    shown = _shown(code, case)
    why = f"SOAP fault {shown}: {_shown(word_at(answer, 'fault.string') or '', case)}"
    if refusal := _refusal(answer, case, others=False):
        return rejected(why, case.attempt, *refusal)
    if code.partition(".")[0] in _REFUSING_FAULTS:
        return rejected(why, case.attempt, Reason.REQUEST, shown)
    return OutcomeUnknown(why, case.attempt)


def _refusal(answer: Mapping[str, Any], case: Case, *, others: bool) -> tuple[Reason, str] | None:
    for path, reasons in case.words.rejected.items():
        word = word_at(answer, path)
        marker = case.words.accepted.match.get(path, "")
        other = reasons.get("*") if others and word and not _unclear(word, marker) else None
        if word is not None and (reason := reasons.get(word, other)):
            return reason, _shown(word, case)
    return None


def _unclear(word: str, marker: str) -> bool:
    """Tell whether a word may mean the marker of success, spelt in another way."""
    word = word.strip()
    with suppress(ValueError):
        return float(word) == float(marker)
    return word.lower() in ("", marker.lower(), "null", "none", "false")


def _shown(word: str, case: Case) -> str:
    return case.mask(word)[:_MOST_WORD]


def _retry_after(response: Response, now: datetime) -> float | None:
    """Read Retry-After, in seconds or as a date (RFC 9110 §10.2.3), capped at one hour."""
    given = response.header("retry-after").strip()
    if given.isascii() and given.isdigit():
        seconds = float(given)
    else:
        try:
            date = parsedate_to_datetime(given)
            seconds = (
                (date.astimezone(now.tzinfo) - now).total_seconds() if date.tzinfo else math.nan
            )
        except (ValueError, OverflowError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MOST_WAIT)
