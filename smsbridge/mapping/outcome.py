"""What an answer proves: the one place where an outcome is decided.

The statuses are a table; the provider's own words come from its `Operation`. A 200 is never proof.
For each status the question is: who between us and the provider can send it after the provider has
taken the message? ``docs/faults.md`` has the answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
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
from smsbridge.http.challenges import describe_schemes, is_foreign, is_page
from smsbridge.http.exchange import Left
from smsbridge.mapping.codec import SoapFault
from smsbridge.mapping.path import at
from smsbridge.mapping.words import (
    REFUSING,
    SPEAKING,
    UNTAKEN,
    Words,
    flag_at,
    meaning_of,
    pattern_of,
    with_status,
    word_at,
    words_of,
)
from smsbridge.message import Status, Submission
from smsbridge.text.word_pattern import LONGEST, matches

if TYPE_CHECKING:
    from datetime import datetime

    from smsbridge.errors import Attempt
    from smsbridge.http.exchange import Broken, Response

_MOST_WORD = 60
_TELLING = SPEAKING | UNTAKEN
_UNAUTHORIZED = 401
_SPOILT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")  # in no word of a provider
_YES_OR_NO = ("true", "false", "yes", "no", "1", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is needed to judge an answer.

    ``mask`` hides private values in an error. ``scheme``: the HTTP scheme of our credentials.
    """

    words: Words
    attempt: Attempt
    now: datetime
    mask: Callable[[str], str]
    scheme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """A response, the words of its body, these words with its status, and what is wrong with it."""

    response: Response
    answer: Mapping[str, Any]
    said: Mapping[str, Any]
    trouble: str

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def text(self) -> str:
        offered = describe_schemes(self.response) if self.status == _UNAUTHORIZED else ""
        said = f"HTTP {self.status} {responses.get(self.status, '')}".rstrip()
        return f"{said}; {offered}" if offered else said

    @property
    def has_fault(self) -> bool:
        return isinstance(self.answer, SoapFault)


SendEnd = Submission | SendError

_REFUSALS = {_UNAUTHORIZED: Reason.AUTHENTICATION, 403: Reason.AUTHENTICATION, 413: Reason.CONTENT}
_REFUSING_FAULTS = {"Client", "Sender", "VersionMismatch", "MustUnderstand"}


def end_of_break(error: Broken, attempt: Attempt) -> SendError:
    """Return the outcome of a send without a complete answer, by how much had left."""
    if error.left == "all":
        return OutcomeUnknown(error.why, attempt)
    return NotSent(error.why, attempt, retry=error.retry, retry_after=error.retry_after)


def judge(response: Response, answer: Mapping[str, Any] | str, case: Case) -> SendEnd:
    """Return what an answer proves. ``answer`` is its words, or why they could not be read."""
    words = {} if isinstance(answer, str) else answer
    evidence = _Evidence(
        response=response,
        answer=words,
        said=with_status(words, response),
        trouble=f": {answer}" if isinstance(answer, str) else "",
    )
    return _STATUSES.get(response.status, _unknown)(evidence, case)


def contradiction(response: Response, case: Case) -> OutcomeUnknown:
    """Return the outcome where a status says no, and the words of the answer say yes."""
    said = f"HTTP {response.status} {responses.get(response.status, '')}".rstrip()
    return OutcomeUnknown(f"{said}, and the answer has a marker of success", case.attempt)


def rejection(why: str, attempt: Attempt, reason: Reason, code: str | None = None) -> Rejected:
    """Return the error for a refusal: `AuthenticationFailed` or `Rejected`, by its reason."""
    kind = AuthenticationFailed if reason is Reason.AUTHENTICATION else Rejected
    return kind(why, attempt, reason=reason, code=code)


def _judge_empty(seen: _Evidence, case: Case) -> SendEnd:
    """Return what an answer without a body proves: nothing, unless the table names its status."""
    return (_judge_words if case.words.accepted.by_status else _unknown)(seen, case)


def _status_of(word: str, case: Case) -> Status:
    return meaning_of(case.words.statuses, word) or Status.UNKNOWN


def _judge_words(seen: _Evidence, case: Case) -> SendEnd:
    accepted = case.words.accepted
    unread = seen.trouble and not (accepted.by_status and not is_page(seen.response))
    if unread or seen.has_fault:
        return _unknown(seen, case)
    refusal = _refusal(seen.said, case, others=True)
    named = _refusal(seen.said, case, others=False) if refusal else None
    elsewhere = refusal and refusal.path not in accepted.match
    if _is_marked(seen, case) and (elsewhere or _is_not_taken(seen, case)):
        return _contradictory(seen, case)
    open_ = refusal and not accepted.match  # a question without a marker of success
    if accepted.holds(seen.said) and not named and not open_:
        own = word_at(seen.answer, accepted.status)
        return Submission(
            id=word_at(seen.answer, accepted.id),
            attempt=case.attempt,
            status=_status_of(own, case) if own else Status.ACCEPTED,
            provider_status=own,
            answer=seen.answer,
        )
    if named is None and _is_not_taken(seen, case):
        return _wait(seen, case)
    if refusal and (named or not accepted.holds_any(seen.said)):
        why = f"the provider answered {refusal.code!r}"
        return rejection(why, case.attempt, refusal.reason, refusal.code)
    why = f"{seen.text}, and the answer has no marker of success or refusal"
    if looked_at := "; ".join(f"{path}: {_at(seen, path, case)}" for path in _mark_paths(case)):
        why = f"{why}: {looked_at}"
    return OutcomeUnknown(why, case.attempt)


def _mark_paths(case: Case) -> Iterable[str]:
    """Return the paths where an acceptance would stand, and those where a refusal would."""
    return dict.fromkeys((*case.words.accepted.match, *case.words.rejected))


def _at(seen: _Evidence, path: str, case: Case) -> str:
    """Return what is at a path of an answer, as it may be shown."""
    if (word := word_at(seen.said, path)) is not None:
        named = (one for _, one in case.words.accepted.pairs())
        shown = word if word in named else _show(word, case)
        return f'"{shown}"' if shown == word else shown
    found = at(seen.said, path)
    if isinstance(found, bool):
        return str(found).lower()
    if found is None or found == "":
        return "nothing" if found is None else "an empty text"
    return "a list" if isinstance(found, list) else "a group"


def _reject_unless_page(seen: _Evidence, case: Case) -> SendEnd:
    if not is_foreign(seen.response, case.scheme):
        return _reject(seen, case)
    outcome = _unknown(seen, case)
    if not isinstance(outcome, OutcomeUnknown):
        return outcome
    why = f"{seen.text}, and an HTML page that may come from a proxy, not from the provider"
    return OutcomeUnknown(why, case.attempt)


def _reject(seen: _Evidence, case: Case) -> SendEnd:
    found = (word_at(seen.answer, path) for path in case.words.rejected)
    code = next((_show(word, case) for word in found if word), None)
    if named := _refusal(seen.said, case, others=False):
        return rejection(seen.text, case.attempt, named.reason, named.code)
    if seen.status != _UNAUTHORIZED and _is_not_taken(seen, case):
        return (_contradictory if _is_marked(seen, case) else _wait)(seen, case)
    reason = _REFUSALS.get(seen.status, Reason.REQUEST)
    return rejection(seen.text, case.attempt, reason, code)


def _no_send(seen: _Evidence, case: Case) -> SendEnd:
    return NotSent(seen.text, case.attempt)


def _redirect(seen: _Evidence, case: Case) -> SendEnd:
    why = f"{seen.text}, a redirect: never followed with credentials, check the url in the config"
    return NotSent(why, case.attempt, retry=False)


def _wait(seen: _Evidence, case: Case) -> SendEnd:
    return NotSent(seen.text, case.attempt, retry_after=seen.response.retry_after(case.now))


def _timeout(seen: _Evidence, case: Case) -> SendEnd:
    whole = seen.response.left is Left.ALL
    return _unknown(seen, case) if whole else _no_send(seen, case)


def _contradictory(seen: _Evidence, case: Case) -> SendEnd:
    why = f"{seen.text}, and the answer has a marker of success and one of refusal"
    return OutcomeUnknown(why, case.attempt)


def _unknown(seen: _Evidence, case: Case) -> SendEnd:
    """Return the outcome if the status proves nothing: by the table's words, or by a fault."""
    if not _is_marked(seen, case):
        named = _refusal(seen.said, case, others=False)
        if named and seen.status in REFUSING:
            return rejection(seen.text, case.attempt, named.reason, named.code)
        if not named and _is_not_taken(seen, case):
            return _wait(seen, case)
    if seen.has_fault:
        return _fault(seen.answer, case)
    return OutcomeUnknown(f"{seen.text}{seen.trouble}", case.attempt)


_STATUSES: Mapping[int, Callable[[_Evidence, Case], SendEnd]] = {
    **dict.fromkeys((200, 201, 202), _judge_words),
    204: _judge_empty,
    **dict.fromkeys((307, 308), _redirect),
    **dict.fromkeys((400, 413, 422), _reject),
    **dict.fromkeys((401, 403, 404), _reject_unless_page),
    408: _timeout,
    **dict.fromkeys((421, 425), _no_send),
    429: _wait,
}
"""What each status proves by itself; any other status proves nothing."""


def _is_marked(seen: _Evidence, case: Case) -> bool:
    """Return whether the answer has the whole marker of success."""
    accepted = case.words.accepted
    return bool(accepted.match) and accepted.holds(seen.said)


def _is_not_taken(seen: _Evidence, case: Case) -> bool:
    """Return whether the answer has a word that says that the message was not taken."""
    named = case.words.not_sent.items() if seen.status in _TELLING else ()
    return any((word_at(seen.said, p) or flag_at(seen.said, p)) in words for p, words in named)


def _fault(answer: Mapping[str, Any], case: Case) -> SendError:
    code = word_at(answer, "fault.code") or ""
    shown = _show(code, case)
    why = f"SOAP fault {shown}: {_show(word_at(answer, 'fault.string') or '', case)}"
    if refusal := _refusal(answer, case, others=False):
        return rejection(why, case.attempt, refusal.reason, refusal.code)
    if code.partition(".")[0] in _REFUSING_FAULTS:
        return rejection(why, case.attempt, Reason.REQUEST, shown)
    return OutcomeUnknown(why, case.attempt)


class _Refusal(NamedTuple):
    reason: Reason
    code: str
    path: str


def _refusal(answer: Mapping[str, Any], case: Case, *, others: bool) -> _Refusal | None:
    for path, reasons in case.words.rejected.items():
        word = word_at(answer, path)
        markers = words_of(case.words.accepted.match.get(path, ""))
        unclear = word and any(_unclear(word, marker) for marker in markers)
        is_word = word and not word.isspace()
        other = reasons.get("*") if others and is_word and not unclear else None
        said = word or flag_at(answer, path)
        if said is not None and (reason := meaning_of(reasons, said) or other):
            return _Refusal(reason, _show(said, case), path)
    return None


def _unclear(word: str, marker: str) -> bool:
    """Return whether a word may be a marker of success in another or a damaged spelling."""
    if _SPOILT.search(word):
        return True
    word = word.strip().lower()
    pattern = pattern_of(marker)
    if pattern is not None and (len(word) > LONGEST or matches(pattern, word, re.IGNORECASE)):
        return True
    with suppress(ValueError):
        return float(word) == float(marker or "0")
    if marker.lower() in _YES_OR_NO and word in _YES_OR_NO:
        return True
    return word in ("", marker.lower(), "null", "none", "false")


def _show(word: str, case: Case) -> str:
    return case.mask(word)[:_MOST_WORD]
