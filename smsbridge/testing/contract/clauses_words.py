"""Clauses about the provider's words: each reason and each status, and unknown words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from smsbridge.errors import Outcome, Reason, Rejected, SmsbridgeError
from smsbridge.mapping.codec import Unwritable
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import STATUS
from smsbridge.mapping.words import words_of
from smsbridge.message import Status, Submission
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.clauses_replay import differences_of
from smsbridge.testing.contract.conversation import describe
from smsbridge.testing.contract.ruling import DoesNotApply, Finding, NotShown
from smsbridge.testing.contract.word_answers import acceptance, hear, refusals
from smsbridge.testing.fixture.do import Do

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

_UNHEARD_OF = ("e-4711", "4711")
_NEVER = "never-heard-of"


@clause(10, "each word of refusal has its reason, and an unknown word is kept")
def check_reasons(subject: Subject) -> Iterator[Finding]:
    """Yield the words of refusal that get another reason or code, and those that break a call."""
    for operation, table in subject.table.operations().items():
        for path, reasons in table.rejected.items():
            for word, reason in reasons.items():
                if word != "*":
                    yield from _judge_reason(subject, operation, path, word, reason)
            if path != STATUS:
                yield from _judge_new_word(subject, operation, path, reasons)
    shown = [one for one in subject.fixtures if one.expect["outcome"] == Outcome.REJECTED]
    for fixture in shown:
        for found in differences_of(subject, fixture):
            if found.of in ("reason", "code"):
                yield f"{fixture.id}: {found.text}"
    if not shown:
        name, over = subject.backend.name, subject.protocol
        yield NotShown(
            f"how it refuses: give the fixture {name}/send/refused, with protocols: [{over}], "
            "a message, and expect: {outcome: rejected, reason: …, code: …}"
        )


def _judge_reason(
    subject: Subject, operation: str, path: str, word: str, reason: Reason
) -> Iterator[str]:
    end = _refusal(subject, operation, path, word)
    where = f"{operation}, {path} = {word!r}"
    if end is None or _is_believed(end, path):
        return
    if not isinstance(end, Rejected):
        yield f"{where}: it ends with {describe(end)}, not Rejected"
    elif (end.reason, end.code) != (reason, word[:60]):
        yield f"{where}: reason and code are {end.reason} and {end.code!r}, not {reason}"


def _judge_new_word(
    subject: Subject, operation: str, path: str, reasons: Mapping[str, Reason]
) -> Iterator[str]:
    for word in _UNHEARD_OF:
        end = _refusal(subject, operation, path, word)
        if end is None:
            continue
        where = f"{operation}, {path} = {word!r}, which no table has"
        if isinstance(end, Exception) and not isinstance(end, SmsbridgeError):
            yield f"{where}: it ends with {describe(end)}"
        elif "*" in reasons and isinstance(end, Rejected) and end.code != word:
            yield f"{where}: the code is {end.code!r}"
        elif "*" in reasons and isinstance(end, Rejected) and end.reason != reasons["*"]:
            yield f"{where}: the reason is {end.reason}, not {reasons['*']}"
        return


def _is_believed(end: object, path: str) -> bool:
    """Return whether a 200 was taken for proof: another clause has that."""
    return path != STATUS and isinstance(end, Submission)


def _refusal(subject: Subject, operation: str, path: str, word: str) -> Any:
    """Return how a call ends that is answered with a word; None where no valid answer has it."""
    for words in refusals(subject, operation, path, word):
        with suppress(Unwritable):
            return hear(subject, operation, words).end
    return None


@clause(11, "each status word has its status, and an unknown word has the status unknown")
def check_statuses(subject: Subject) -> Iterator[Finding]:
    """Yield the status words that get another status, or get lost."""
    told = False
    for operation, table in subject.table.operations().items():
        words = getattr(table, "statuses", {}) or subject.backend.statuses
        if (path := _path(table)) is None:
            continue
        told = True
        for word, status in {**words, _NEVER: Status.UNKNOWN}.items():
            yield from _judge_status(subject, operation, path, word, status)
    if not told:
        raise DoesNotApply(f"no answer over {subject.protocol} has a status")
    for fixture in subject.fixtures:
        for found in differences_of(subject, fixture):
            if found.of == "status":
                yield f"{fixture.id}: {found.text}"


def _path(table: Operation | Question) -> str | None:
    """Return where a table looks for a status; None for nowhere."""
    if isinstance(table, Operation):
        return table.accepted.status
    if "status" not in table.row:
        return None
    prefix = f"{table.rows}[0]." if table.rows else ""
    return prefix + table.paths("status")[0].split(" ")[0]


def _judge_status(
    subject: Subject, operation: str, path: str, word: str, status: Status
) -> Iterator[str]:
    table = subject.table.operations()[operation]
    if isinstance(table, Operation) and word not in words_of(table.accepted.match.get(path, word)):
        return  # the word is a part of the mark of success
    try:
        end = hear(
            subject, operation, acceptance(subject, operation, _row(subject, operation, path, word))
        ).end
    except Unwritable:
        return
    row = end[0] if isinstance(end, list) and len(end) == 1 else end
    where = f"{operation}, {path} = {word!r}"
    if not hasattr(row, "provider_status"):
        yield f"{where}: it ends with {describe(end)}"
    elif row.status is not status:
        yield f"{where}: the status is {row.status}, not {status}"
    elif row.provider_status != word:
        yield f"{where}: the provider's word is lost"


def _row(subject: Subject, operation: str, path: str, word: str) -> dict[str, Any]:
    """Return the words of a row with a status; it is the row of the message that is asked for."""
    table, asked = subject.table.operations()[operation], subject.do(operation)
    words: dict[str, Any] = {path: word}
    if isinstance(table, Question) and "id" in table.row:
        prefix = f"{table.rows}[0]." if table.rows else ""
        given = asked.arguments if isinstance(asked, Do) else {}
        words[prefix + table.paths("id")[0]] = given.get("id", "7")
    return words
