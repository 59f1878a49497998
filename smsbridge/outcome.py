"""What an answer proves: the one place where an outcome is decided.

The statuses are a table; the provider's own words come from its `Operation`. A 200 is never proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from smsbridge.errors import AuthenticationFailed, NotSent, OutcomeUnknown, Reason, Rejected
from smsbridge.message import Status, Submission
from smsbridge.template import text

if TYPE_CHECKING:
    from datetime import datetime

    from smsbridge.errors import Attempt, SendError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a provider says yes and no. ``rejected``: path, then word, then reason; ``*``: any word."""

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


class _Proves(Enum):
    ANSWER = auto()  # nothing by itself: the answer decides
    REFUSED = auto()
    NOT_TAKEN = auto()
    MISDIRECTED = auto()  # not taken, and the same address will say so again
    WAIT = auto()  # not taken, come again
    WAIT_IF_TOLD = auto()
    NOTHING = auto()


_STATUSES = {
    **dict.fromkeys((200, 201, 202), _Proves.ANSWER),
    **dict.fromkeys((301, 307, 308), _Proves.MISDIRECTED),
    **dict.fromkeys((400, 401, 403, 404, 413, 422), _Proves.REFUSED),
    **dict.fromkeys((408, 421, 425), _Proves.NOT_TAKEN),
    429: _Proves.WAIT,
    503: _Proves.WAIT_IF_TOLD,
}
_REFUSALS = {401: Reason.AUTHENTICATION, 403: Reason.AUTHENTICATION, 413: Reason.CONTENT}
_REFUSING_FAULTS = {"Client", "Sender", "VersionMismatch", "MustUnderstand"}


def broken(error: Broken, attempt: Attempt) -> SendError:
    """Return the outcome of a send that got no whole answer: by what had left."""
    if error.left == "all":
        return OutcomeUnknown(error.why, attempt)
    return NotSent(error.why, attempt, retry=error.retry)


def judge(response: Response, answer: Mapping[str, Any] | str, case: Case) -> Submission | SendError:
    """Return what an answer proves. ``answer`` is what was read, or why it could not be read."""
    proves = _STATUSES.get(response.status, _Proves.NOTHING)
    seen = _seen(response)
    wait = _retry_after(response, case.now)
    read: Mapping[str, Any] = {} if isinstance(answer, str) else answer
    match proves:
        case _Proves.REFUSED:
            fallback = _REFUSALS.get(response.status, Reason.REQUEST), _code(read, case)
            return rejected(seen, case.attempt, *(_refusal(read, case, others=False) or fallback))
        case _Proves.NOT_TAKEN:
            return NotSent(seen, case.attempt)
        case _Proves.MISDIRECTED:
            why = f"{seen}, a redirect: never followed with credentials, check the url in the config"
            return NotSent(why, case.attempt, retry=False)
        case _Proves.WAIT:
            return NotSent(seen, case.attempt, retry_after=wait)
        case _Proves.WAIT_IF_TOLD if wait is not None:
            return NotSent(seen, case.attempt, retry_after=wait)
    if isinstance(answer, str):
        return OutcomeUnknown(f"{seen}: {answer}", case.attempt)
    if "fault" in answer:
        return _fault(answer, case)
    if proves is not _Proves.ANSWER:
        return OutcomeUnknown(seen, case.attempt)
    return _said(answer, case, seen)


def rejected(why: str, attempt: Attempt, reason: Reason, code: str | None = None) -> Rejected:
    """Return the error for a refusal, of the class that its reason asks for."""
    kind = AuthenticationFailed if reason is Reason.AUTHENTICATION else Rejected
    return kind(why, attempt, reason=reason, code=code)


def at(answer: Any, path: str) -> Any:
    """Return what stands at a dotted path of an answer, or None."""
    for step in path.split("."):
        if isinstance(answer, list) and answer:
            answer = answer[0]
        answer = answer.get(step) if isinstance(answer, Mapping) else None
    return answer


def word_at(answer: Any, path: str | None) -> str | None:
    """Return the word or number at a path as text; None for what is neither, or empty."""
    found = at(answer, path) if path else None
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return None
    return text(found) or None


def _said(answer: Mapping[str, Any], case: Case, seen: str) -> Submission | SendError:
    accepted = case.words.accepted
    if all(word_at(answer, path) == word for path, word in accepted.match.items()):
        own = word_at(answer, accepted.status)
        return Submission(
            id=word_at(answer, accepted.id),
            attempt=case.attempt,
            status=case.words.statuses.get(own, Status.UNKNOWN) if own else Status.ACCEPTED,
            provider_status=own,
            answer=answer,
        )
    if refusal := _refusal(answer, case, others=True):
        return rejected(f"the provider answered {refusal[1]!r}", case.attempt, *refusal)
    why = f"{seen}, and the answer has no marker of success or refusal"
    return OutcomeUnknown(why, case.attempt)


def _fault(answer: Mapping[str, Any], case: Case) -> SendError:
    code = word_at(answer, "fault.code") or ""
    why = f"SOAP fault {code}: {_shown(word_at(answer, 'fault.string') or '', case)}"
    if refusal := _refusal(answer, case, others=False):
        return rejected(why, case.attempt, *refusal)
    if code in _REFUSING_FAULTS:
        return rejected(why, case.attempt, Reason.REQUEST, code)
    return OutcomeUnknown(why, case.attempt)


def _refusal(
    answer: Mapping[str, Any], case: Case, *, others: bool
) -> tuple[Reason, str] | None:
    for path, reasons in case.words.rejected.items():
        word = word_at(answer, path)
        if word is not None and (reason := reasons.get(word, reasons.get("*") if others else None)):
            return reason, _shown(word, case)
    return None


def _code(answer: Mapping[str, Any], case: Case) -> str | None:
    words = (word_at(answer, path) for path in case.words.rejected)
    return next((_shown(word, case) for word in words if word), None)


def _shown(word: str, case: Case) -> str:
    return case.mask(word)[:_MOST_WORD]


def _seen(response: Response) -> str:
    try:
        return f"HTTP {response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:
        return f"HTTP {response.status}"


def _retry_after(response: Response, now: datetime) -> float | None:
    """Read Retry-After, in seconds or as a date (RFC 9110 §10.2.3), capped at one hour."""
    given = response.header("retry-after").strip()
    if given.isascii() and given.isdigit():
        seconds = float(given)
    else:
        try:
            date = parsedate_to_datetime(given)
        except ValueError:
            return None
        seconds = (date.astimezone(now.tzinfo) - now).total_seconds() if date.tzinfo else math.nan
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MOST_WAIT)
