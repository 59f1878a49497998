"""What an answer proves: the one place where an outcome is decided.

The statuses are a table; the provider's own words come from its `Operation`. A 200 is never proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import responses
from typing import TYPE_CHECKING, Any, NamedTuple

from smsbridge.errors import (
    AuthenticationFailed,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
)
from smsbridge.mapping.codec import SoapFault
from smsbridge.mapping.path import TEXT, at, steps
from smsbridge.mapping.template import text
from smsbridge.message import Status, Submission

if TYPE_CHECKING:
    from datetime import datetime

    from smsbridge.errors import Attempt
    from smsbridge.http.exchange import Broken, Response

_MOST_WORD = 60
_SPOILT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")  # what no word of a provider has
_YES_OR_NO = ("true", "false", "yes", "no", "1", "0")


@dataclass(frozen=True, slots=True)
class When:
    """An answer is an acceptance when each path holds its word, compared as text.

    A boolean of JSON is the word ``true`` or ``false``. The word ``*`` is any other, and
    ``/[0-9]+/`` any other that the pattern matches as a whole. ``id`` and ``status`` are the paths
    of the provider's id and of its word for the status.
    """

    match: Mapping[str, str]
    id: str | None = None
    status: str | None = None

    def __post_init__(self) -> None:
        """Refuse a path or a pattern that is none."""
        for path in (self.id, self.status):
            steps(path or "id")
        for path, word in self.match.items():
            steps(path)
            try:
                re.compile(_pattern(word) or "")
            except re.error as error:
                raise ValueError(f"{path}: {word} is no pattern: {error}") from None

    def holds_any(self, answer: Mapping[str, Any]) -> bool:
        """Tell whether any path of an answer holds its word."""
        return any(_is(answer, path, word) for path, word in self.match.items())

    def holds(self, answer: Mapping[str, Any]) -> bool:
        """Tell whether each path of an answer holds its word."""
        return all(_is(answer, path, word) for path, word in self.match.items())


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
    return NotSent(error.why, attempt, retry=error.retry, retry_after=error.retry_after)


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


def word_at(answer: Any, path: str | None) -> str | None:
    """Return the word or number at a path as text; None for what is neither, or empty."""
    found = at(answer, path) if path else None
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, Mapping):
        found = found.get(TEXT)
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return None
    return text(found) or None


def _said(seen: _Evidence, case: Case) -> Outcome:
    if seen.trouble or seen.has_fault:
        return _unknown(seen, case)
    accepted = case.words.accepted
    named = _refusal(seen.answer, case, others=False)
    refusal = _refusal(seen.answer, case, others=True)
    marked = accepted.match and accepted.holds(seen.answer)
    if marked and refusal and refusal.path not in accepted.match:
        why = f"{seen.text}, and the answer has a marker of success and one of refusal"
        return OutcomeUnknown(why, case.attempt)
    open_ = refusal and not accepted.match  # a question that says no word of success
    if accepted.holds(seen.answer) and not named and not open_:
        own = word_at(seen.answer, accepted.status)
        return Submission(
            id=word_at(seen.answer, accepted.id),
            attempt=case.attempt,
            status=case.words.statuses.get(own, Status.UNKNOWN) if own else Status.ACCEPTED,
            provider_status=own,
            answer=seen.answer,
        )
    if refusal and (named or not accepted.holds_any(seen.answer)):
        why = f"the provider answered {refusal.code!r}"
        return rejected(why, case.attempt, refusal.reason, refusal.code)
    why = f"{seen.text}, and the answer has no marker of success or refusal"
    return OutcomeUnknown(why, case.attempt)


def _is(answer: Mapping[str, Any], path: str, wanted: str) -> bool:
    word = word_at(answer, path)
    if word is None:
        return _flag_at(answer, path) == wanted
    pattern = _pattern(wanted)
    if pattern is not None:
        return re.fullmatch(pattern, word) is not None
    return wanted in ("*", word)


def _pattern(wanted: str) -> str | None:
    slashed = len(wanted) > 1 and wanted[0] == wanted[-1] == "/"
    return wanted[1:-1] if slashed else None


def _flag_at(answer: Mapping[str, Any], path: str) -> str | None:
    found = at(answer, path)
    return text(found) if isinstance(found, bool) else None


def _refused(seen: _Evidence, case: Case) -> Outcome:
    found = (word_at(seen.answer, path) for path in case.words.rejected)
    code = next((_shown(word, case) for word in found if word), None)
    if named := _refusal(seen.answer, case, others=False):
        return rejected(seen.text, case.attempt, named.reason, named.code)
    reason = _REFUSALS.get(seen.response.status, Reason.REQUEST)
    return rejected(seen.text, case.attempt, reason, code)


def _not_taken(seen: _Evidence, case: Case) -> Outcome:
    return NotSent(seen.text, case.attempt)


def _misdirected(seen: _Evidence, case: Case) -> Outcome:
    why = f"{seen.text}, a redirect: never followed with credentials, check the url in the config"
    return NotSent(why, case.attempt, retry=False)


def _wait(seen: _Evidence, case: Case) -> Outcome:
    return NotSent(seen.text, case.attempt, retry_after=seen.response.retry_after(case.now))


def _wait_if_told(seen: _Evidence, case: Case) -> Outcome:
    told = seen.response.retry_after(case.now) is not None
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
        return rejected(why, case.attempt, refusal.reason, refusal.code)
    if code.partition(".")[0] in _REFUSING_FAULTS:
        return rejected(why, case.attempt, Reason.REQUEST, shown)
    return OutcomeUnknown(why, case.attempt)


class _Refusal(NamedTuple):
    reason: Reason
    code: str
    path: str


def _refusal(answer: Mapping[str, Any], case: Case, *, others: bool) -> _Refusal | None:
    for path, reasons in case.words.rejected.items():
        word = word_at(answer, path)
        marker = case.words.accepted.match.get(path, "")
        other = reasons.get("*") if others and word and not _unclear(word, marker) else None
        said = word or _flag_at(answer, path)
        if said is not None and (reason := reasons.get(said, other)):
            return _Refusal(reason, _shown(said, case), path)
    return None


def _unclear(word: str, marker: str) -> bool:
    """Tell whether a word may mean the marker of success, spelt in another way or spoilt."""
    if _SPOILT.search(word):
        return True
    word = word.strip().lower()
    pattern = _pattern(marker)
    if pattern is not None and re.fullmatch(pattern, word, re.IGNORECASE):
        return True
    with suppress(ValueError):
        return float(word) == float(marker or "0")
    if marker.lower() in _YES_OR_NO and word in _YES_OR_NO:
        return True
    return word in ("", marker.lower(), "null", "none", "false")


def _shown(word: str, case: Case) -> str:
    return case.mask(word)[:_MOST_WORD]
